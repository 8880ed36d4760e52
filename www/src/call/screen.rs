//! Sharing of the screen beside the camera.

use browser_rtc::{
    ErrorKind, EventStream, Result,
    media::{self, ContentHint, DisplayMediaOptions, SelfCapturePreference, Video, max},
};
use futures::{FutureExt, StreamExt, select_biased};
use web_sys::{HtmlButtonElement, HtmlElement};

use super::own::Own;
use crate::{
    dom::{self, Dom, MissingElement},
    page::Page,
    texts::call as texts,
    ui::features,
};

pub struct Screen {
    button: HtmlButtonElement,
    sharing: HtmlElement,
}

impl Screen {
    /// Finds the button, which is hidden where the browser cannot share a screen, such as on phones.
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        let button: HtmlButtonElement = dom.get("share-screen")?;
        button.set_hidden(!features::has_media_device_member("getDisplayMedia"));
        Ok(Self { button, sharing: dom.get("sharing")? })
    }

    fn show(&self, is_sharing: bool) {
        dom::set_attribute(&self.button, "aria-pressed", if is_sharing { "true" } else { "false" });
        self.sharing.set_hidden(!is_sharing);
    }
}

/// Shares the screen whenever the user wants to, until the future is dropped.
pub async fn run(page: &Page, own: &Own<'_>) {
    let screen = &page.call.share;
    let mut clicks = dom::clicks(&screen.button);
    loop {
        screen.show(false);
        clicks.select_next_some().await;
        match share(screen, own, &mut clicks).await {
            Ok(()) => {}
            // The user has closed the browser's dialog, or the call has ended.
            Err(error) if matches!(error.kind(), ErrorKind::NotAllowed | ErrorKind::Closed) => {}
            Err(error) => page.notices.fail(texts::not_shared(&error)),
        }
    }
}

/// Shares the screen until the user stops it, by the button of the page or by the browser's.
async fn share(screen: &Screen, own: &Own<'_>, clicks: &mut EventStream<()>) -> Result<()> {
    let options = DisplayMediaOptions::new()
        .video(Video::new().frame_rate(max(15)))
        .audio(true)
        .self_browser_surface(SelfCapturePreference::Exclude);
    let stream = media::get_display_media(&options).await?;
    let Some(track) = stream.video_tracks().into_iter().next() else { return Ok(()) };
    // Sharp text rather than smooth motion. Firefox has no hints.
    let _ = track.set_content_hint(&ContentHint::Text);
    let senders = own.add_screen(&stream)?;
    screen.show(true);
    select_biased! {
        () = clicks.select_next_some() => {}
        // The browser's own button, or a window that was closed.
        () = track.ended().fuse() => {}
    }
    own.remove_screen(&senders)
}
