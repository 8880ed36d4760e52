//! Cameras, microphones, and the streams that come from them.
//! [Specification](https://www.w3.org/TR/mediacapture-streams/)

mod constraints;
mod devices;
mod element;
mod level;
mod recorder;
mod snapshot;
mod stream;
mod track;

use futures::channel::oneshot;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

pub use self::{
    constraints::{Audio, Bounds, Constrain, Constraints, FacingMode, Number, Video, Wanted, exact, ideal, max, min},
    devices::{DeviceInfo, DeviceKind, device_changes, devices},
    element::{Attachment, show},
    level::{Level, LevelMeter},
    recorder::{BitrateMode, Chunk, KeyFrames, MediaRecorder, RecorderOptions, Recording, RecordingState},
    snapshot::{ImageFormat, Snapshot, SnapshotOptions, snapshot},
    stream::MediaStream,
    track::{MediaStreamTrack, TrackKind},
};
use crate::{
    error::{Error, ErrorKind, Result},
    promise::settled_for_good,
    sys::{global, media_devices::MediaDevices},
};

/// Asks the user for camera and microphone.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia)
///
/// Cancel safe: where the future is dropped while the user still thinks, what is granted later is stopped at once.
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
/// - `NotReadable`: the device is there, and another program has it.
/// - `Overconstrained`, with the constraint's name: no device can meet it.
/// - `NotSupported`: the page is neither https nor localhost, or the browser has no camera API.
/// - `Type`: neither audio nor video was asked for.
#[doc(alias = "MediaDevices.getUserMedia")]
pub async fn get_user_media(constraints: &Constraints) -> Result<MediaStream> {
    const OPERATION: &str = "getUserMedia";
    let asked = media_devices(OPERATION)?.get_user_media(&constraints.to_js());
    let (granted, grant) = oneshot::channel();
    spawn_local(async move {
        let stream = settled_for_good(OPERATION, asked).await;
        // Where nobody waits any more, this drops the stream, and so stops it.
        let _ = granted.send(stream.map(|raw| MediaStream::from_capture(raw.unchecked_into())));
    });
    grant.await.unwrap_or_else(|oneshot::Canceled| Err(Error::closed(OPERATION)))
}

/// Whether this page can capture: the browser has the API, and the page is secure (https or localhost).
#[must_use]
pub fn is_supported() -> bool {
    crate::sys::media_devices::media_devices().is_some()
}

fn media_devices(operation: &'static str) -> Result<MediaDevices> {
    crate::sys::media_devices::media_devices().ok_or_else(|| {
        let secure = global::get(&js_sys::global(), "isSecureContext").as_bool();
        let advice = match secure {
            Some(false) => "open the page over https or on localhost: browsers keep the camera from other pages",
            _ => "this browser has no camera API: use a current Chrome, Edge, Firefox or Safari",
        };
        Error::new(operation, ErrorKind::NotSupported, advice)
    })
}
