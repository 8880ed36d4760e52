//! Which cameras, microphones and loudspeakers there are.

use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;

use crate::{error::Result, event::EventStream, promise::settled_for_good, spec_enum::spec_enum, sys::global};

spec_enum! {
    /// What a device does. [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevicekind)
    #[doc(alias = "MediaDeviceKind")]
    DeviceKind {
        /// A microphone.
        #[doc(alias = "MediaDeviceKind.audioinput")]
        AudioInput = "audioinput",
        /// A loudspeaker or headphones.
        #[doc(alias = "MediaDeviceKind.audiooutput")]
        AudioOutput = "audiooutput",
        /// A camera.
        #[doc(alias = "MediaDeviceKind.videoinput")]
        VideoInput = "videoinput",
    }
}

/// A camera, microphone or loudspeaker.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#device-info)
#[doc(alias = "MediaDeviceInfo")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// The device's name for this origin: give it to [`Video::device_id`](super::Video::device_id). Empty until the
    /// user has allowed a device of this kind.
    #[doc(alias = "MediaDeviceInfo.deviceId")]
    pub device_id: String,
    /// What it does.
    #[doc(alias = "MediaDeviceInfo.kind")]
    pub kind: DeviceKind,
    /// Its name for people. Empty until the user has allowed a device of this kind.
    #[doc(alias = "MediaDeviceInfo.label")]
    pub label: String,
    /// The same for devices that are parts of one, such as a headset's two halves.
    #[doc(alias = "MediaDeviceInfo.groupId")]
    pub group_id: String,
}

/// The devices there are now. Without the user's consent browsers tell of no more than one of each kind, nameless.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-enumeratedevices)
///
/// # Errors
/// `NotSupported` where the browser or the page has no camera API.
#[doc(alias = "MediaDevices.enumerateDevices")]
pub async fn devices() -> Result<Vec<DeviceInfo>> {
    const OPERATION: &str = "enumerateDevices";
    let devices = super::media_devices(OPERATION)?.enumerate_devices();
    let listed = settled_for_good(OPERATION, devices).await?;
    let text = |info: &wasm_bindgen::JsValue, member| global::get(info, member).as_string().unwrap_or_default();
    Ok(listed
        .unchecked_into::<js_sys::Array>()
        .iter()
        .map(|info| DeviceInfo {
            device_id: text(&info, "deviceId"),
            kind: DeviceKind::from(&*text(&info, "kind")),
            label: text(&info, "label"),
            group_id: text(&info, "groupId"),
        })
        .collect())
}

/// The devices anew each time that one is plugged in or out. It never ends; drop it to stop listening.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#event-mediadevices-devicechange)
///
/// # Errors
/// `NotSupported` where the browser or the page has no camera API.
#[doc(alias = "MediaDevices.ondevicechange")]
pub fn device_changes() -> Result<impl Stream<Item = Result<Vec<DeviceInfo>>> + Unpin> {
    let media_devices = super::media_devices("devicechange")?;
    let changes = EventStream::listen(&media_devices, "devicechange", |_| Some(()));
    Ok(Box::pin(changes.then(|()| devices())))
}
