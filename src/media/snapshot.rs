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
        /// WebP, which Safari cannot write.
        Webp = "image/webp",
        /// PNG, which each browser can write. It is lossless, and has no quality.
        Png = "image/png",
        /// JPEG.
        Jpeg = "image/jpeg",
    }
}

/// Options of a snapshot. The default is WebP in the browser's default quality.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotOptions {
    format: Option<ImageFormat>,
    quality: Option<f64>,
}

impl SnapshotOptions {
    /// Creates options for WebP in the browser's default quality.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the file format, WebP by default. A browser that cannot write it returns PNG instead.
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
            // Browsers would silently take their own.
            if !(0.0..=1.0).contains(&quality) {
                return Err(Error::new(OPERATION, ErrorKind::Range, "the quality goes from 0 to 1"));
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
    /// The file.
    pub blob: Blob,
    /// The format, which is PNG where the browser cannot write the requested one.
    pub format: ImageFormat,
    /// The width, in pixels.
    pub width: u32,
    /// The height, in pixels.
    pub height: u32,
}

/// Returns the frame that `video` currently shows, as a file, in the resolution of the video. The frame is taken when
/// the future is first polled. Cancel safe.
///
/// ```no_run
/// # use browser_rtc::{media::{self, SnapshotOptions}, Result};
/// # async fn example(video: &web_sys::HtmlVideoElement) -> Result<()> {
/// let picture = media::snapshot(video, &SnapshotOptions::new().quality(0.8)).await?;
/// let _file = (picture.blob, picture.format);
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `InvalidState`: the video has no frame yet.
/// - `Range`: the quality is not from 0 to 1.
/// - `Security`: the page may not read the frame, such as that of a video from another site.
/// - `NotSupported`: the browser has no `OffscreenCanvas`, as Safari before 16.4.
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
    /// Returns the next frame of the track, as a file, without an element of the page. While the track provides none,
    /// it waits for one, or for the end of the track. Cancel safe.
    ///
    /// # Errors
    /// As [`snapshot`], `NotSupported` for audio and outside of a window, and `InvalidState` once the track has ended.
    pub async fn snapshot(&self, options: &SnapshotOptions) -> Result<Snapshot> {
        if self.kind() != TrackKind::Video {
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, "an audio track has no frames"));
        }
        let screen = Screen::new(self)?;
        match select(Box::pin(settled_for_good("play", screen.0.play_stream())), self.ended()).await {
            Either::Left((played, _)) => played?,
            Either::Right(((), _)) => {
                return Err(Error::new(OPERATION, ErrorKind::InvalidState, "the track has ended"));
            }
        };
        snapshot(screen.0.unchecked_ref(), options).await
    }
}

/// A `<video>` that is not on the page. Its source is removed when this is dropped.
struct Screen(MediaElement);

impl Screen {
    fn new(track: &MediaStreamTrack) -> Result<Self> {
        let Some(element) = media_element::create("video") else {
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, "snapshots of a track need a window"));
        };
        let stream = web_sys::MediaStream::new_with_tracks(&Array::of1(track.as_raw())).during(OPERATION)?;
        // Muted elements may play without a click.
        element.set_muted(true);
        element.set_source(Some(&stream)).during(OPERATION)?;
        Ok(Self(element))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Emptying an element never fails.
        let _ = self.0.set_source(None);
    }
}
