//! Media that no device has captured: the picture of a canvas, sent to a peer.

use std::{f64::consts::TAU, fmt::Display};

use browser_rtc::{
    Error, Result,
    media::{self, MediaStream},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
};
use futures::{
    StreamExt,
    future::{pending, try_join},
};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlVideoElement};

/// Draws a clock, and shows it at the other end of a connection.
pub async fn run(
    canvas: &HtmlCanvasElement,
    video: &HtmlVideoElement,
    show: impl Fn(&str, &dyn Display),
) -> Result<()> {
    // Any stream of the browser can be converted, such as one of an audio context.
    let raw = canvas.capture_stream().map_err(|error| Error::from_js("captureStream", error))?;
    let picture = MediaStream::from_raw(raw);
    let (session, peer) = sessions()?;
    let mut tracks = peer.connection().tracks();
    for track in picture.tracks() {
        session.connection().add_track(&track, &[&picture])?;
    }
    let receive = async {
        let Some(arrived) = tracks.next().await else { return Ok(()) };
        let _shown = arrived.streams.first().map(|stream| media::show(video, stream)).transpose()?;
        show("Received", &arrived.track.kind());
        pending().await
    };
    try_join(draw(canvas, &show), receive).await?;
    Ok(())
}

/// Draws twenty pictures a second. The browser captures each change of the canvas.
async fn draw(canvas: &HtmlCanvasElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let context = canvas.get_context("2d").map_err(|error| Error::from_js("getContext", error))?;
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok()) else {
        return Err(Error::other("getContext", "the canvas has no context"));
    };
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    for count in 1_u32.. {
        let angle = f64::from(count) / 60.0 * TAU;
        context.set_fill_style_str("#14191c");
        context.fill_rect(0.0, 0.0, width, height);
        context.set_stroke_style_str("#8db4ff");
        context.set_line_width(8.0);
        context.begin_path();
        context.move_to(width / 2.0, height / 2.0);
        context.line_to(width / 2.0 + 0.4 * height * angle.sin(), height / 2.0 - 0.4 * height * angle.cos());
        context.stroke();
        show("Drawn", &format_args!("{count} pictures"));
        TimeoutFuture::new(50).await;
    }
    Ok(())
}

fn sessions() -> Result<(Session, Session)> {
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    Ok((session, Session::new(&Configuration::new(), Politeness::Polite, other_link)?))
}
