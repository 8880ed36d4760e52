//! A shared screen, window or tab, and the end of sharing by the button of the browser.

use std::fmt::Display;

use browser_rtc::{
    Result,
    media::{self, DisplayMediaOptions, SelfCapturePreference, Video, ideal, max},
};
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use web_sys::HtmlVideoElement;

/// Shares a screen until the user ends it.
pub async fn run(video: &HtmlVideoElement, frame_rate: u32, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    // The browser asks the user, and ignores an exact size.
    let picture = Video::new().width(ideal(1920)).frame_rate(max(f64::from(frame_rate)));
    let options =
        DisplayMediaOptions::new().video(picture).audio(true).self_browser_surface(SelfCapturePreference::Include);
    let screen = media::get_display_media(&options).await?;
    let _shown = media::show(video, &screen)?;
    show("Sound", &if screen.audio_tracks().is_empty() { "not shared" } else { "shared" });

    let Some(track) = screen.video_tracks().into_iter().next() else { return Ok(()) };
    let mut ended = track.ended();
    show("Sharing", &"on");
    loop {
        let settings = track.settings();
        show("Surface", &settings.display_surface.map_or("not reported".into(), |surface| surface.to_string()));
        if let (Some(width), Some(height)) = (settings.width, settings.height) {
            // The size changes when the user resizes a shared window.
            show("Size", &format_args!("{width} × {height}"));
        }
        match select(ended, TimeoutFuture::new(500)).await {
            Either::Left(_) => break,
            Either::Right(((), waiting)) => ended = waiting,
        }
    }
    show("Sharing", &"ended by the user");
    Ok(())
}
