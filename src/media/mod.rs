//! Cameras, microphones, the screen, and the streams that come from them.
//! [Specification](https://www.w3.org/TR/mediacapture-streams/)

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

/// Prompts the user for a camera and a microphone.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia)
///
/// Cancel safe: if the future is dropped while the prompt is open, a stream that is granted later is stopped at once.
///
/// ```no_run
/// # use browser_rtc::{media::{self, Constraints}, Result};
/// # async fn example() -> Result<()> {
/// let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `NotAllowed`: the user, the page's policy or the system refused.
/// - `NotFound`: there is no such device.
/// - `NotReadable`: another program uses the device.
/// - `Overconstrained`, with the constraint's name: no device can meet it.
/// - `NotSupported`: the page is neither https nor localhost, or the browser has no camera API.
/// - `Type`: neither audio nor video was asked for; or a number of the constraints is not finite.
/// - `InvalidState`: the page is being unloaded, or is not in the foreground.
/// - `Abort`: the device could not start for another reason.
/// - `Security`: a setting of the browser denies cameras to pages.
#[doc(alias = "MediaDevices.getUserMedia")]
pub async fn get_user_media(constraints: &Constraints) -> Result<MediaStream> {
    const OPERATION: &str = "getUserMedia";
    granted(OPERATION, media_devices(OPERATION)?.get_user_media(&constraints.to_js())).await
}

/// Awaits the stream that the user grants. It is stopped if the future has been dropped.
async fn granted(operation: &'static str, asked: std::result::Result<Promise, JsValue>) -> Result<MediaStream> {
    let (granted, grant) = oneshot::channel();
    spawn_local(async move {
        let stream = settled_for_good(operation, asked).await;
        if let Err(error) = &stream {
            log!(warn, "{error}");
        }
        // Where the receiver is gone, this drops the stream, and so stops it.
        let _ = granted.send(stream.map(|raw| MediaStream::from_capture(raw.unchecked_into())));
    });
    grant.await.unwrap_or_else(|oneshot::Canceled| Err(Error::closed(operation)))
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
