//! A camera that is switched off and on many times in one call, without a negotiation.

use std::fmt::Display;

use browser_rtc::{
    Result,
    media::{self, Constraints},
    negotiation::Politeness,
    peer::Configuration,
    session::{MemoryLink, Session},
    stats::InboundRtp,
};
use futures::{FutureExt, StreamExt};
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use web_sys::HtmlVideoElement;

/// Switches the camera off and on this many times, and then waits for new frames at the peer.
pub async fn run(video: &HtmlVideoElement, times: u32, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let camera = media::get_user_media(&Constraints::new().video(true)).await?;
    let (link, other_link) = MemoryLink::pair();
    let session = Session::new(&Configuration::new(), Politeness::Impolite, link)?;
    let peer = Session::new(&Configuration::new(), Politeness::Polite, other_link)?;
    let mut tracks = peer.connection().tracks();
    for track in camera.tracks() {
        session.connection().add_track(&track, &[&camera])?;
    }
    let Some(arrived) = tracks.next().await else { return Ok(()) };
    let _shown = arrived.streams.first().map(|stream| media::show(video, stream)).transpose()?;
    let mut muted = arrived.track.mute_changes();
    while muted.next().await == Some(true) {}
    show("Frames before", &frames(&peer).await?);

    let Some(sender) = session.connection().senders().into_iter().next() else { return Ok(()) };
    let mut negotiations = session.connection().negotiation_needed();
    let started = Date::now();
    for count in 1..=times {
        sender.replace_track(None).await?;
        sender.replace_track(camera.tracks().first()).await?;
        show("Switched off and on", &count);
    }
    show("Time", &format_args!("{:.0} ms", Date::now() - started));
    show("Negotiations", &if negotiations.next().now_or_never().is_none() { "none" } else { "some" });

    let before = frames(&peer).await?;
    loop {
        TimeoutFuture::new(200).await;
        show("Frames after", &(frames(&peer).await? - before));
    }
}

/// Returns the number of frames that the session has decoded.
async fn frames(session: &Session) -> Result<u32> {
    let report = session.connection().stats().await?;
    Ok(report.of_type::<InboundRtp>().filter_map(|stream| stream.frames_decoded).sum())
}
