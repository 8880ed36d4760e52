//! A stream in a `<video>` or `<audio>` element.

use std::fmt;

use wasm_bindgen::JsCast;
use web_sys::HtmlMediaElement;

use super::MediaStream;
use crate::{
    error::{During, Result},
    promise::settled_for_good,
    sys::media_element::MediaElement,
};

/// Shows `stream` in `element`, which starts to play it. The element keeps the stream's tracks alive until the
/// [`Attachment`] is dropped.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastreams-in-media-elements)
///
/// ```no_run
/// # use browser_rtc::{media, Result};
/// # fn example(own_picture: &web_sys::HtmlMediaElement, camera: &media::MediaStream) -> Result<()> {
/// let shown = media::show(own_picture, camera)?;
/// drop(shown); // the element is empty again
/// # Ok(()) }
/// ```
///
/// # Errors
/// The error that the browser throws for an element that takes no stream.
#[doc(alias = "HTMLMediaElement.srcObject")]
pub fn show(element: &HtmlMediaElement, stream: &MediaStream) -> Result<Attachment> {
    let element: MediaElement = element.clone().unchecked_into();
    element.set_autoplay(true);
    element.set_source(Some(stream.as_raw())).during("srcObject")?;
    Ok(Attachment { element, stream: Some(stream.clone()) })
}

/// A stream shown in an element, until this is dropped.
#[must_use = "the element is emptied when this is dropped"]
pub struct Attachment {
    element: MediaElement,
    /// `None` once it has been left to the element.
    stream: Option<MediaStream>,
}

impl Attachment {
    /// Resolves when the element plays. An element without `muted` may need a click of the user first: then this fails,
    /// and can be called again in that click. Cancel safe.
    ///
    /// # Errors
    /// `NotAllowed` where the browser requires a click first; `Abort` where the stream was replaced in the meantime.
    pub async fn play(&self) -> Result<()> {
        settled_for_good("play", self.element.play_stream()).await?;
        Ok(())
    }

    /// Leaves the stream in the element, and the element to the page.
    pub fn into_raw(mut self) {
        if let Some(stream) = self.stream.take() {
            // Its tracks stay live.
            let _ = stream.into_raw();
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let Some(stream) = &self.stream else { return };
        let shown = self.element.source();
        if shown.is_some_and(|shown| js_sys::Object::is(&shown, stream.as_raw())) {
            // Emptying an element never fails.
            let _ = self.element.set_source(None);
        }
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("stream", &self.stream).finish_non_exhaustive()
    }
}
