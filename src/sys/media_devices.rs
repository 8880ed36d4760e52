//! [`MediaDevices`](https://www.w3.org/TR/mediacapture-streams/#mediadevices). It is absent in insecure pages.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::{global, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = web_sys::MediaDevices, extends = EventTarget, extends = Object, js_name = MediaDevices)]
    #[derive(Clone, Debug)]
    pub(crate) type MediaDevices;

    #[wasm_bindgen(method, catch, js_name = getUserMedia)]
    pub(crate) fn get_user_media(this: &MediaDevices, constraints: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = enumerateDevices)]
    pub(crate) fn enumerate_devices(this: &MediaDevices) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getSupportedConstraints)]
    pub(crate) fn get_supported_constraints(this: &MediaDevices) -> Result<Object, JsValue>;

    /// The method is absent on phones.
    #[wasm_bindgen(method, catch, js_name = getDisplayMedia)]
    pub(crate) fn get_display_media(this: &MediaDevices, options: &Object) -> Result<Promise, JsValue>;

    /// The method is absent in Chromium.
    #[wasm_bindgen(method, catch, js_name = selectAudioOutput)]
    pub(crate) fn select_audio_output(this: &MediaDevices, options: &Object) -> Result<Promise, JsValue>;

    /// A camera or a microphone. The speakers in the same list lack the method.
    #[wasm_bindgen(extends = Object, js_name = InputDeviceInfo)]
    #[derive(Clone, Debug)]
    pub(crate) type InputDeviceInfo;

    /// The method is absent in Firefox.
    #[wasm_bindgen(method, catch, js_name = getCapabilities)]
    pub(crate) fn get_capabilities(this: &InputDeviceInfo) -> Result<Object, JsValue>;
}

/// Returns `navigator.mediaDevices`, if the page has it.
pub(crate) fn media_devices() -> Option<MediaDevices> {
    let navigator = global::get(&js_sys::global(), "navigator");
    let devices = global::get(&navigator, "mediaDevices");
    devices.is_object().then(|| devices.unchecked_into())
}
