//! Events as JavaScript objects.

use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::sys::global;

/// Creates the object of an event: its `type` and its members.
pub(super) fn typed(event: &str, members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    global::set(&object, "type", &event.into());
    for (name, value) in members {
        global::set(&object, name, value);
    }
    object.into()
}
