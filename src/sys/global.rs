//! What every global scope has: windows, workers, and browsers without WebRTC.

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `String(value)`, which throws for an object that cannot be made a primitive.
    #[wasm_bindgen(catch, js_name = String)]
    fn string_of(value: &JsValue) -> Result<JsValue, JsValue>;
}

/// Whether the global object has something of this name, such as `RTCPeerConnection`.
pub(crate) fn has(name: &str) -> bool {
    !get(&js_sys::global(), name).is_undefined()
}

/// A member of any value; `undefined` where there is none or its getter throws.
pub(crate) fn get(value: &JsValue, member: &str) -> JsValue {
    js_sys::Reflect::get(value, &member.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A member that WebIDL declares an integer of this type; none where it is no number within its range.
pub(crate) fn integer<N: TryFrom<u64>>(value: &JsValue, member: &str) -> Option<N> {
    let number = get(value, member).as_f64().filter(|number| *number >= 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and saturates")]
    N::try_from(number as u64).ok()
}

/// What this method without arguments gives; none where the object has no such method.
pub(crate) fn call(object: &JsValue, method: &str) -> Option<Result<JsValue, JsValue>> {
    get(object, method).dyn_ref::<Function>().map(|method| method.call0(object))
}

/// What is in an array; nothing where the value is none.
pub(crate) fn items(value: &JsValue) -> Vec<JsValue> {
    value.dyn_ref::<js_sys::Array>().map(js_sys::Array::to_vec).unwrap_or_default()
}

/// Whether a browser's object has this method or attribute: an older browser's may not.
pub(crate) fn has_member(value: &JsValue, member: &str) -> bool {
    !get(value, member).is_undefined()
}

/// Sets a member of an object that we made ourselves, which cannot fail.
pub(crate) fn set(object: &js_sys::Object, member: &str, value: &JsValue) {
    let _always_settable = js_sys::Reflect::set(object, &member.into(), value);
}

/// Any value as text, also where `String(value)` throws.
pub(crate) fn text(value: &JsValue) -> String {
    string_of(value).ok().and_then(|text| text.as_string()).unwrap_or_else(|| "a value that has no text".into())
}
