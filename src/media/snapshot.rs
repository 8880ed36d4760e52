//! Still images of a video.

use browser_rtc_proto::spec_enum;
use futures::future::{Either, select};
use js_sys::{Array, Object};
use wasm_bindgen::JsCast;
use web_sys::{Blob, HtmlMediaElement, HtmlVideoElement};

use super::{MediaStreamTrack, TrackKind};
use crate::{
    error::{During, Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{
        global,
        media_element::{self, MediaElement},
        offscreen_canvas::OffscreenCanvas,
    },
};

const OPERATION: &str = "snapshot";

spec_enum! {
    /// The format of an image file.
    ImageFormat {
        /// WebP. Safari cannot encode it.
        Webp = "image/webp",
        /// PNG. Every browser can encode it. It is lossless, so that the quality does not apply.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
    }
}

/// Options of a snapshot. The default is WebP with the browser's default quality.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotOptions {
    format: Option<ImageFormat>,
    quality: Option<f64>,
}

impl SnapshotOptions {
    /// Creates options for WebP with the browser's default quality.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the format; WebP by default. A browser that cannot encode it returns PNG instead.
    #[must_use]
    pub fn format(mut self, format: ImageFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the quality, from 0 (smallest file) to 1 (best image).
    #[must_use]
    pub fn quality(mut self, quality: f64) -> Self {
        self.quality = Some(quality);
        self
    }

    fn to_js(&self) -> Result<Object> {
        let object = Object::new();
        let format = self.format.as_ref().unwrap_or(&ImageFormat::Webp);
        global::set(&object, "type", &format.as_str().into());
        if let Some(quality) = self.quality {
            // For any other value, browsers silently use their default.
            if !(0.0..=1.0).contains(&quality) {
                return Err(Error::new(OPERATION, ErrorKind::Range, "the quality of a snapshot must be from 0 to 1"));
            }
            global::set(&object, "quality", &quality.into());
        }
        Ok(object)
    }
}

/// A still image.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// The image file.
    pub blob: Blob,
    /// The format. It is PNG if the browser cannot encode the requested format.
    pub format: ImageFormat,
    /// The width, in pixels.
    pub width: u32,
    /// The height, in pixels.
    pub height: u32,
}

/// Returns the frame that a `<video>` element shows, as an image file in the resolution of the video. The frame is
/// captured when the future is first polled.
///
/// ```no_run
/// # use browser_rtc::{media::{self, SnapshotOptions}, Result};
/// # async fn example(video: &web_sys::HtmlVideoElement) -> Result<()> {
/// let image = media::snapshot(video, &SnapshotOptions::new().quality(0.8)).await?;
/// println!("{} × {}, {} bytes", image.width, image.height, image.blob.size());
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `InvalidState` if the video has no frame yet.
/// - `Range` if the quality is not from 0 to 1.
/// - `Security` if the page may not read the frame, such as that of a video from another site.
/// - `NotSupported` if the browser has no `OffscreenCanvas`, such as Safari before 16.4.
///
/// # Cancel safety
/// This function is cancel safe.
pub async fn snapshot(video: &HtmlVideoElement, options: &SnapshotOptions) -> Result<Snapshot> {
    let options = options.to_js()?;
    if !global::has("OffscreenCanvas") {
        let advice = "this browser has no OffscreenCanvas: use a current Chrome, Edge, Firefox or Safari";
        return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
    }
    let (width, height) = (video.video_width(), video.video_height());
    if video.ready_state() < HtmlMediaElement::HAVE_CURRENT_DATA || width == 0 || height == 0 {
        return Err(Error::new(OPERATION, ErrorKind::InvalidState, "the video has no frame yet: wait until it plays"));
    }
    let canvas = OffscreenCanvas::new(width, height).during(OPERATION)?;
    let Some(context) = canvas.context("2d").during(OPERATION)? else {
        return Err(Error::new(OPERATION, ErrorKind::NotSupported, "this browser has no 2D canvas"));
    };
    context.draw(video, 0.0, 0.0).during(OPERATION)?;
    let blob: Blob = settled_for_good(OPERATION, canvas.convert_to_blob(&options)).await?.unchecked_into();
    Ok(Snapshot { format: ImageFormat::from(&*blob.type_()), blob, width, height })
}

/// Snapshots.
impl MediaStreamTrack {
    /// Returns the next frame of the track as an image file. The track need not be shown in an element. The future
    /// waits without a timeout while the track is live and provides no frame.
    ///
    /// # Errors
    /// - Those of [`snapshot`].
    /// - `NotSupported` for an audio track, and in a context without a window.
    /// - `InvalidState` if the track has ended.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn snapshot(&self, options: &SnapshotOptions) -> Result<Snapshot> {
        if self.kind() != TrackKind::Video {
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, "an audio track has no frames"));
        }
        let video = HiddenVideo::new(self)?;
        match select(Box::pin(settled_for_good("play", video.0.play_stream())), self.ended()).await {
            Either::Left((played, _)) => played?,
            Either::Right(((), _)) => {
                return Err(Error::new(OPERATION, ErrorKind::InvalidState, "the track has ended"));
            }
        };
        snapshot(video.0.unchecked_ref(), options).await
    }
}

/// A `<video>` element that is not part of the page. Dropping it removes the source.
struct HiddenVideo(MediaElement);

impl HiddenVideo {
    fn new(track: &MediaStreamTrack) -> Result<Self> {
        let Some(element) = media_element::create("video") else {
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, "a snapshot of a track requires a window"));
        };
        let stream = web_sys::MediaStream::new_with_tracks(&Array::of1(track.as_raw())).during(OPERATION)?;
        // Browsers play a muted element without a click.
        element.set_muted(true);
        element.set_source(Some(&stream)).during(OPERATION)?;
        Ok(Self(element))
    }
}

impl Drop for HiddenVideo {
    fn drop(&mut self) {
        // Emptying an element never fails.
        let _ = self.0.set_source(None);
    }
}
