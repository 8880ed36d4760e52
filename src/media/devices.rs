//! Cameras, microphones and speakers.

use browser_rtc_proto::{dictionary, spec_enum};
use futures::{Stream, StreamExt};
use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};

use super::TrackCapabilities;
use crate::{
    dictionary,
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    promise::settled_for_good,
    sys::{global, media_devices::InputDeviceInfo},
};

spec_enum! {
    /// The kind of a device. [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevicekind)
    #[doc(alias = "MediaDeviceKind")]
    DeviceKind {
        /// A microphone.
        #[doc(alias = "MediaDeviceKind.audioinput")]
        AudioInput = "audioinput",
        /// A speaker or headphones.
        #[doc(alias = "MediaDeviceKind.audiooutput")]
        AudioOutput = "audiooutput",
        /// A camera.
        #[doc(alias = "MediaDeviceKind.videoinput")]
        VideoInput = "videoinput",
    }
}

/// A camera, a microphone or a speaker. Its serialized form is that of the browser's `toJSON`.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#device-info)
#[doc(alias = "MediaDeviceInfo")]
#[doc(alias = "MediaDeviceInfo.toJSON")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeviceInfo {
    /// The id of the device for this origin, for [`Video::device_id`](super::Video::device_id) and
    /// [`Audio::device_id`](super::Audio::device_id). It is empty until the user has allowed a device of the kind.
    #[doc(alias = "MediaDeviceInfo.deviceId")]
    pub device_id: String,
    /// The kind of the device.
    #[doc(alias = "MediaDeviceInfo.kind")]
    pub kind: DeviceKind,
    /// The label, which is meant for users. It is empty until the user has allowed a device of the kind.
    #[doc(alias = "MediaDeviceInfo.label")]
    pub label: String,
    /// The group. Devices that are parts of one physical device, such as a headset, have the same group.
    #[doc(alias = "MediaDeviceInfo.groupId")]
    pub group_id: String,
}

dictionary! {
    DeviceInfo = Self {
        device_id: String::new(),
        kind: DeviceKind::AudioInput,
        label: String::new(),
        group_id: String::new(),
    },
    required ["deviceId", "kind", "label", "groupId"],
    device_id / "deviceId",
    kind / "kind",
    label / "label",
    group_id / "groupId",
}

impl DeviceInfo {
    /// Reads a device. Returns `None` for a value that is not a device.
    ///
    /// This is done without serde, because a page that only lets the user choose devices, such as the lobby of the demo, needs
    /// no other part of it.
    pub(super) fn from_js(device: &JsValue) -> Option<Self> {
        let text = |member| global::get_text(device, member);
        Some(Self {
            device_id: text("deviceId")?,
            kind: DeviceKind::from(&*text("kind")?),
            label: text("label")?,
            group_id: text("groupId")?,
        })
    }

    fn list_from_js(devices: &JsValue) -> Vec<Self> {
        global::items(devices).iter().filter_map(Self::from_js).collect()
    }

    /// Returns the capabilities of the camera or microphone. Until the user has allowed the device, there are few or
    /// none.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-inputdeviceinfo-getcapabilities)
    ///
    /// # Errors
    /// - `NotFound` if the device is no longer present.
    /// - `NotSupported` for a speaker, and in Firefox, which reports capabilities only while the device is open, by
    ///   [`MediaStreamTrack::capabilities`](super::MediaStreamTrack::capabilities).
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "InputDeviceInfo.getCapabilities")]
    pub async fn capabilities(&self) -> Result<TrackCapabilities> {
        const OPERATION: &str = "getCapabilities";
        let devices = raw_devices(OPERATION).await?;
        let is_this = |raw: &JsValue| Self::from_js(raw).is_some_and(|device| device.is_same_device(self));
        let Some(device) = devices.iter().find(is_this) else {
            return Err(Error::new(OPERATION, ErrorKind::NotFound, "the device is no longer present"));
        };
        let device: InputDeviceInfo = device.unchecked_into();
        if !global::has_member(&device, OPERATION) {
            let advice =
                "this browser does not report the capabilities of the device: capture it, and read those of its track";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        let capabilities = device.get_capabilities().during(OPERATION)?;
        Ok(dictionary::from_js(&capabilities).unwrap_or_default())
    }

    fn is_same_device(&self, other: &Self) -> bool {
        self.kind == other.kind && self.device_id == other.device_id
    }
}

/// Returns the current devices. Until the user has allowed a capture, browsers report at most one device of each kind,
/// without a label.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-enumeratedevices)
///
/// # Errors
/// `NotSupported` if the browser or the page has no camera API and, in Chromium, while the page is being unloaded.
///
/// # Cancel safety
/// This function is cancel safe.
#[doc(alias = "MediaDevices.enumerateDevices")]
pub async fn devices() -> Result<Vec<DeviceInfo>> {
    let devices = raw_devices("enumerateDevices").await?;
    Ok(DeviceInfo::list_from_js(&devices))
}

async fn raw_devices(operation: &'static str) -> Result<Array> {
    let devices = super::media_devices(operation)?.enumerate_devices();
    Ok(settled_for_good(operation, devices).await?.unchecked_into())
}

/// The devices after one was connected or disconnected.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#devicechangeevent)
#[doc(alias = "DeviceChangeEvent")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceChange {
    /// All devices, as [`devices`] returns them.
    #[doc(alias = "DeviceChangeEvent.devices")]
    pub devices: Vec<DeviceInfo>,
    /// The devices that the user has just connected. Neither Chromium nor Firefox reports them.
    #[doc(alias = "DeviceChangeEvent.userInsertedDevices")]
    pub user_inserted_devices: Vec<DeviceInfo>,
}

/// Returns a stream with an item each time that a device is connected or disconnected. The stream never ends; dropping
/// it removes the listener.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#event-mediadevices-devicechange)
///
/// ```no_run
/// # use browser_rtc::{media::{self, DeviceKind}, Result};
/// # use futures::StreamExt;
/// # async fn example(list: impl Fn(Vec<String>)) -> Result<()> {
/// let mut changes = media::device_changes()?;
/// while let Some(change) = changes.next().await {
///     let cameras = change?.devices.into_iter().filter(|device| device.kind == DeviceKind::VideoInput);
///     list(cameras.map(|camera| camera.label).collect());
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
/// `NotSupported` if the browser or the page has no camera API.
#[doc(alias = "MediaDevices.ondevicechange")]
pub fn device_changes() -> Result<impl Stream<Item = Result<DeviceChange>> + Unpin> {
    let media_devices = super::media_devices("devicechange")?;
    let changes = EventStream::listen(&media_devices, "devicechange", |event| Some(change_from_event(&event)));
    Ok(Box::pin(changes.then(async |change| match change {
        Some(change) => Ok(change),
        None => Ok(DeviceChange { devices: devices().await?, ..DeviceChange::default() }),
    })))
}

/// Reads the devices from the event. Returns `None` if the events of the browser do not have devices.
fn change_from_event(event: &JsValue) -> Option<DeviceChange> {
    let devices = global::get(event, "devices");
    devices.is_array().then(|| DeviceChange {
        devices: DeviceInfo::list_from_js(&devices),
        user_inserted_devices: DeviceInfo::list_from_js(&global::get(event, "userInsertedDevices")),
    })
}
