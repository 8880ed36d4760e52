//! Streams in `<video>` and `<audio>` elements.

use std::fmt;

use wasm_bindgen::JsCast;
use web_sys::HtmlMediaElement;

use super::MediaStream;
use crate::{
    error::{During, Result},
    promise::settled_for_good,
    sys::media_element::MediaElement,
};

/// Shows a stream in an element, which starts to play it. The tracks of the stream are kept alive until the
/// [`Attachment`] is dropped, which empties the element.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastreams-in-media-elements)
///
/// ```no_run
/// # use browser_rtc::{media, Result};
/// # fn example(preview: &web_sys::HtmlMediaElement, camera: &media::MediaStream) -> Result<()> {
/// let attachment = media::show(preview, camera)?;
/// drop(attachment); // the element is empty again
/// # Ok(()) }
/// ```
///
/// # Errors
/// The error that the browser throws if the element does not accept a stream.
#[doc(alias = "HTMLMediaElement.srcObject")]
pub fn show(element: &HtmlMediaElement, stream: &MediaStream) -> Result<Attachment> {
    let element: MediaElement = element.clone().unchecked_into();
    element.set_autoplay(true);
    element.set_source(Some(stream.as_raw())).during("srcObject")?;
    Ok(Attachment { element, stream: Some(stream.clone()) })
}

/// A stream that is shown in an element. Dropping it empties the element, unless another stream has been set there.
#[must_use = "the element is emptied when this is dropped"]
pub struct Attachment {
    element: MediaElement,
    /// `None` once the stream has been left in the element.
    stream: Option<MediaStream>,
}

impl Attachment {
    /// Starts playback, and resolves when the element plays. Browsers may require a click of the user for an element
    /// that is not muted: call this again in the click if it fails.
    ///
    /// # Errors
    /// - `NotAllowed` if the browser requires a click first.
    /// - `Abort` if the stream of the element is replaced in the meantime.
    ///
    /// # Cancel safety
    /// This function is cancel safe: the element still plays.
    pub async fn play(&self) -> Result<()> {
        settled_for_good("play", self.element.play_stream()).await?;
        Ok(())
    }

    /// Leaves the stream in the element. Dropping handles no longer stops its tracks.
    pub fn into_raw(mut self) {
        if let Some(stream) = self.stream.take() {
            let _ = stream.into_raw();
        }
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        let Some(stream) = &self.stream else { return };
        let source = self.element.source();
        if source.is_some_and(|source| js_sys::Object::is(&source, stream.as_raw())) {
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
