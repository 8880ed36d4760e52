//! Detection of optional features of the browser.

use wasm_bindgen::JsValue;

/// Returns whether an object of the browser has a member of this name.
pub fn has_member(object: &JsValue, name: &str) -> bool {
    object.is_object() && JsValue::from_str(name).js_in(object)
}

/// Returns whether `navigator.mediaDevices` has a member of this name.
pub fn has_media_device_member(name: &str) -> bool {
    let devices = web_sys::window().and_then(|window| window.navigator().media_devices().ok());
    devices.is_some_and(|devices| has_member(&devices, name))
}
