//! [`MediaDevices`](https://www.w3.org/TR/mediacapture-streams/#mediadevices), which insecure pages lack.

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
}

/// `navigator.mediaDevices`, where there is one.
pub(crate) fn media_devices() -> Option<MediaDevices> {
    let navigator = global::get(&js_sys::global(), "navigator");
    let devices = global::get(&navigator, "mediaDevices");
    devices.is_object().then(|| devices.unchecked_into())
}
