//! Capture of cameras, microphones and screens, and playback, recording and measurement of media.
//! [Specification](https://www.w3.org/TR/mediacapture-streams/)
//!
//! [`get_user_media`] prompts the user for a camera and a microphone, and [`get_display_media`] for a screen, a window
//! or a tab. Both return a [`MediaStream`] of [tracks](MediaStreamTrack). The stream can be shown in a `<video>`
//! element, recorded to a file, and sent to peers, with a [`PeerConnection`](crate::peer::PeerConnection) or a
//! [`Room`](crate::room::Room). When the last handle of a captured track is dropped, the device is released.
//!
//! # Examples
//!
//! A preview of the camera, with a message for each kind of failure:
//!
//! ```no_run
//! use browser_rtc::{
//!     ErrorKind, Result,
//!     media::{self, Audio, Constraints, FacingMode, MediaStream, Video, ideal},
//! };
//! use web_sys::HtmlVideoElement;
//!
//! async fn open_camera(preview: &HtmlVideoElement) -> Result<(MediaStream, media::Attachment)> {
//!     let constraints = Constraints::new()
//!         .audio(Audio::new().echo_cancellation(true))
//!         .video(Video::new().width(ideal(1280)).height(ideal(720)).facing_mode(FacingMode::User));
//!     let camera = media::get_user_media(&constraints).await?;
//!     preview.set_muted(true); // otherwise the microphone would be heard
//!     let attachment = media::show(preview, &camera)?;
//!     Ok((camera, attachment)) // dropping both turns the camera off
//! }
//!
//! fn message(error: &browser_rtc::Error) -> String {
//!     match error.kind() {
//!         ErrorKind::NotAllowed => "Please allow the camera in the address bar.".into(),
//!         ErrorKind::NotFound => "No camera or no microphone is connected.".into(),
//!         ErrorKind::NotReadable => "The camera is used by another program.".into(),
//!         ErrorKind::Overconstrained { .. } => "The camera does not have this resolution.".into(),
//!         _ => error.to_string(),
//!     }
//! }
//! ```
//!
//! # Functions and types
//!
//! | For | Items |
//! |---|---|
//! | capturing a camera or a microphone | [`get_user_media`] with [`Constraints`] of [`Audio`] and [`Video`] |
//! | capturing a screen | [`get_display_media`] with [`DisplayMediaOptions`], [`CaptureController`] |
//! | values of constraints | [`ideal`], [`exact`], [`min`], [`max`]; [`FacingMode`], [`ResizeMode`] and others; [`supported_constraints`] |
//! | streams and tracks | [`MediaStream`], [`MediaStreamTrack`], [`TrackKind`], [`TrackState`] |
//! | settings of a live track | [`TrackSettings`], [`TrackCapabilities`], [`TrackConstraints`], [`ContentHint`], [`TrackStats`] |
//! | devices and permissions | [`devices`], [`device_changes`], [`DeviceInfo`]; [`permission`] |
//! | showing a stream in an element | [`show`], which returns an [`Attachment`] |
//! | choosing a speaker | [`select_audio_output`], [`set_sink_id`], [`sink_id`] |
//! | recording | [`MediaRecorder`], [`RecorderOptions`], [`Recording`] |
//! | still images | [`snapshot`], [`SnapshotOptions`], [`Snapshot`] |
//! | audio levels | [`LevelMeter`], [`Level`] |
//!
//! # Lifetime of tracks
//!
//! The program, the captured stream, a connection that sends a track, and an element that shows it all hold handles of
//! the track. The device is released when the last of these handles is dropped, or immediately by
//! [`MediaStreamTrack::stop`] or [`MediaStream::stop`]. A track also ends without the program, such as when its device
//! is unplugged or the user stops sharing: see [`MediaStreamTrack::ended`].
//!
//! # Requirements
//!
//! Browsers permit capture on `https` and on `localhost` only, and prompt the user. [`is_supported`] returns whether
//! the page can capture.

mod constraints;
mod controller;
mod devices;
mod display;
mod display_choices;
mod element;
mod level;
mod output;
mod permission;
mod recorder;
mod settings;
mod snapshot;
mod stream;
mod supported;
mod track;
mod track_stats;
mod tuning;

use futures::channel::oneshot;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

pub use self::{
    constraints::{
        Audio, Bounds, Constrain, Constraints, CursorCapture, DisplaySurface, EchoCancellation, EchoCancellationMode,
        FacingMode, Number, OneOf, ResizeMode, TrackConstraints, Video, Wanted, exact, ideal, max, min,
    },
    controller::{CaptureController, FocusBehavior},
    devices::{DeviceChange, DeviceInfo, DeviceKind, device_changes, devices},
    display::{DisplayMediaOptions, get_display_media},
    display_choices::{
        AudioSelectionPreference, MonitorTypeSurfaces, SelfCapturePreference, SurfaceSwitchingPreference,
        SystemAudioPreference, WindowAudioPreference,
    },
    element::{Attachment, show},
    level::{Level, LevelMeter},
    output::{AudioOutputOptions, select_audio_output, set_sink_id, sink_id},
    permission::{Permission, PermissionState, PermissionStatus, permission},
    recorder::{BitrateMode, Chunk, KeyFrames, MediaRecorder, RecorderOptions, Recording, RecordingState},
    settings::{NumberRange, TrackCapabilities, TrackSettings},
    snapshot::{ImageFormat, Snapshot, SnapshotOptions, snapshot},
    stream::MediaStream,
    supported::{SupportedConstraints, supported_constraints},
    track::{MediaStreamTrack, TrackKind, TrackState},
    track_stats::{AudioTrackStats, TrackStats, VideoTrackStats},
    tuning::ContentHint,
};
use crate::{
    error::{Error, ErrorKind, Result},
    log::log,
    promise::settled_for_good,
    sys::{global, media_devices::MediaDevices, promise::Promise},
};

/// Prompts the user for a camera, a microphone or both. The future waits for the answer of the user without a timeout.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia)
///
/// ```no_run
/// # use browser_rtc::{media::{self, Constraints}, Result};
/// # async fn example() -> Result<()> {
/// let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `NotAllowed` if the user, the page's policy or the system denies access.
/// - `NotFound` if there is no such device.
/// - `NotReadable` if another program uses the device.
/// - `Overconstrained`, with the name of the constraint, if no device meets it.
/// - `NotSupported` if the page is neither https nor localhost, or the browser has no camera API.
/// - `Type` if the constraints request neither audio nor video, or contain a number that is not finite.
/// - `InvalidState` if the page is being unloaded or is not in the foreground.
/// - `Abort` if the device fails to start for another reason.
/// - `Security` if a setting of the browser denies cameras to pages.
///
/// # Cancel safety
/// This function is cancel safe: if the future is dropped while the prompt is open, a stream that is granted later is
/// stopped immediately.
#[doc(alias = "MediaDevices.getUserMedia")]
pub async fn get_user_media(constraints: &Constraints) -> Result<MediaStream> {
    const OPERATION: &str = "getUserMedia";
    captured(OPERATION, media_devices(OPERATION)?.get_user_media(&constraints.to_js())).await
}

/// Awaits the stream that the user grants. The stream is stopped if the future has been dropped.
async fn captured(operation: &'static str, request: std::result::Result<Promise, JsValue>) -> Result<MediaStream> {
    let (sender, receiver) = oneshot::channel();
    spawn_local(async move {
        let stream = settled_for_good(operation, request).await;
        if let Err(error) = &stream {
            log!(warn, "{error}");
        }
        // If the receiver was dropped, this drops the stream, which stops it.
        let _ = sender.send(stream.map(|raw| MediaStream::from_capture(raw.unchecked_into())));
    });
    receiver.await.unwrap_or_else(|oneshot::Canceled| Err(Error::closed(operation)))
}

/// Returns whether this page can capture: the browser has the API, and the page is secure (https or localhost).
#[doc(alias = "Navigator.mediaDevices")]
#[must_use]
pub fn is_supported() -> bool {
    crate::sys::media_devices::media_devices().is_some()
}

fn media_devices(operation: &'static str) -> Result<MediaDevices> {
    crate::sys::media_devices::media_devices().ok_or_else(|| {
        let secure = global::get(&js_sys::global(), "isSecureContext").as_bool();
        let advice = match secure {
            Some(false) => "open the page over https or on localhost: browsers deny cameras to other pages",
            _ => "this browser has no camera API: use a current Chrome, Edge, Firefox or Safari",
        };
        Error::new(operation, ErrorKind::NotSupported, advice)
    })
}
