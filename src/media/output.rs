//! The choice of a speaker.
//! [Specification](https://www.w3.org/TR/audio-output/)

use browser_rtc_proto::dictionary;
use js_sys::Object;
use serde::Serialize;
use wasm_bindgen::JsCast;
use web_sys::HtmlMediaElement;

use super::{DeviceInfo, constraints};
use crate::{
    error::{Error, ErrorKind, Result},
    members::{Members, member_setter},
    promise::settled_for_good,
    sys::{global, media_element::MediaElement},
};

/// Prompts the user for a speaker, for [`set_sink_id`]. Browsers require a click of the user for each call. The future
/// waits for the answer of the user without a timeout.
/// [Specification](https://www.w3.org/TR/audio-output/#dom-mediadevices-selectaudiooutput)
///
/// # Errors
/// - `NotSupported` in Chromium. Choose among the [`devices`](super::devices) there, which include the speakers once
///   the user has allowed a microphone.
/// - `InvalidState` if the call is not made in a click of the user.
/// - `NotAllowed` if the user, the page's policy or the system denies access.
/// - `NotFound` if there is no speaker.
///
/// # Cancel safety
/// This function is cancel safe. The prompt stays open.
#[doc(alias = "MediaDevices.selectAudioOutput")]
pub async fn select_audio_output(options: &AudioOutputOptions) -> Result<DeviceInfo> {
    const OPERATION: &str = "selectAudioOutput";
    let devices = super::media_devices(OPERATION)?;
    if !global::has_member(&devices, OPERATION) {
        let advice = "this browser does not prompt for a speaker: choose one of the devices that it lists";
        return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
    }
    let device = settled_for_good(OPERATION, devices.select_audio_output(&options.to_js())).await?;
    DeviceInfo::from_js(&device)
        .ok_or_else(|| Error::new(OPERATION, ErrorKind::Other, "the browser returned no device"))
}

/// Options of [`select_audio_output`].
/// [Specification](https://www.w3.org/TR/audio-output/#audiooutputoptions-dictionary)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioOutputOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    #[serde(skip)]
    other: Members,
}

dictionary! {
    AudioOutputOptions = Self::default(),
    required [],
    device_id / "deviceId",
}

impl AudioOutputOptions {
    /// Creates options without a device.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the device that the user has chosen before. The browser may return it without a prompt.
    #[doc(alias = "AudioOutputOptions.deviceId")]
    #[must_use]
    pub fn device_id(mut self, device_id: impl Into<String>) -> Self {
        self.device_id = Some(device_id.into());
        self
    }

    member_setter!();

    /// Converts the options without serde, for the same reason as [`DeviceInfo::from_js`].
    fn to_js(&self) -> Object {
        let object = Object::new();
        constraints::set(&object, "deviceId", self.device_id.as_ref());
        self.other.write(&object);
        object
    }
}

/// Sets the speaker on which an element plays, by its [`DeviceInfo::device_id`]. An empty id is the default speaker of
/// the system. If the speaker is disconnected, the element is silent until another speaker is set.
/// [Specification](https://www.w3.org/TR/audio-output/#dom-htmlmediaelement-setsinkid)
///
/// ```no_run
/// # use browser_rtc::{media::{self, AudioOutputOptions}, Result};
/// # async fn example(remote_video: &web_sys::HtmlMediaElement) -> Result<()> {
/// let headset = media::select_audio_output(&AudioOutputOptions::new()).await?;
/// media::set_sink_id(remote_video, &headset.device_id).await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `NotFound` if there is no such speaker.
/// - `NotAllowed` if the user has not allowed the speaker, or the page's policy denies access. Chromium ignores the
///   policy.
/// - `Abort` if the speaker cannot be opened.
/// - `NotSupported` if the browser plays only on the default speaker of the system.
///
/// # Cancel safety
/// If the future is dropped before it resolves, the browser still sets the speaker.
#[doc(alias = "HTMLMediaElement.setSinkId")]
pub async fn set_sink_id(element: &HtmlMediaElement, device_id: &str) -> Result<()> {
    const OPERATION: &str = "setSinkId";
    let element: &MediaElement = element.unchecked_ref();
    if !global::has_member(element, OPERATION) {
        return Err(no_choice(OPERATION));
    }
    settled_for_good(OPERATION, element.set_sink(device_id)).await?;
    Ok(())
}

/// Returns the id of the speaker on which an element plays; empty for the default speaker of the system.
/// [Specification](https://www.w3.org/TR/audio-output/#dom-htmlmediaelement-sinkid)
///
/// # Errors
/// `NotSupported` if the browser plays only on the default speaker of the system.
#[doc(alias = "HTMLMediaElement.sinkId")]
pub fn sink_id(element: &HtmlMediaElement) -> Result<String> {
    const OPERATION: &str = "sinkId";
    global::get(element, OPERATION).as_string().ok_or_else(|| no_choice(OPERATION))
}

fn no_choice(operation: &'static str) -> Error {
    let advice =
        "this browser plays on the system's default speaker only: the user can choose it in the system settings";
    Error::new(operation, ErrorKind::NotSupported, advice)
}
