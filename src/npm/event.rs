//! Conversion of events to JavaScript objects.

use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::sys::global;

/// Creates an event object with the given `type` and members.
pub(super) fn typed(event: &str, members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    global::set(&object, "type", &event.into());
    for (name, value) in members {
        global::set(&object, name, value);
    }
    object.into()
}
