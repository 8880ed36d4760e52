//! The globals of any scope, such as a window, a worker, or a browser without WebRTC.

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `String(value)`, which throws for an object that does not convert to a primitive.
    #[wasm_bindgen(catch, js_name = String)]
    fn string_of(value: &JsValue) -> Result<JsValue, JsValue>;

    /// Any value but `undefined` and `null`. One import serves all members, and their names are not converted to
    /// JavaScript strings first.
    type Members;

    #[wasm_bindgen(method, structural, catch, indexing_getter)]
    fn member(this: &Members, name: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_member(this: &Members, name: &str, value: &JsValue);

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set_member_text(this: &Members, name: &str, value: &str);

    /// Calls `callback` after `ms` milliseconds, or later if the page is hidden. Returns the id of the timer.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(crate) fn set_timeout(callback: &JsValue, ms: u32) -> i32;

    #[wasm_bindgen(js_name = clearTimeout)]
    pub(crate) fn clear_timeout(timer: i32);
}

/// Returns whether the global object has a property of this name, such as `RTCPeerConnection`.
pub(crate) fn has(name: &str) -> bool {
    !get(&js_sys::global(), name).is_undefined()
}

/// Returns a member of any value; `undefined` if the member is absent or its getter throws.
pub(crate) fn get(value: &JsValue, member: &str) -> JsValue {
    // The access would throw, and wasm-bindgen never frees the slot of the result of a call that has thrown: each
    // `null` candidate would leak one.
    if value.is_null_or_undefined() {
        return JsValue::UNDEFINED;
    }
    value.unchecked_ref::<Members>().member(member).unwrap_or(JsValue::UNDEFINED)
}

/// Returns a member of any value; `undefined` if the member is absent.
///
/// # Errors
/// The value that the getter throws.
#[cfg(feature = "npm")]
pub(crate) fn try_get(value: &JsValue, member: &str) -> Result<JsValue, JsValue> {
    if value.is_null_or_undefined() {
        return Ok(JsValue::UNDEFINED);
    }
    value.unchecked_ref::<Members>().member(member)
}

/// Returns a member that is a string.
pub(crate) fn get_text(value: &JsValue, member: &str) -> Option<String> {
    get(value, member).as_string()
}

/// Returns a member that is an integer; `None` if it is not a number in the range of the type.
pub(crate) fn integer<N: TryFrom<u64>>(value: &JsValue, member: &str) -> Option<N> {
    let number = get(value, member).as_f64().filter(|number| *number >= 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    N::try_from(number as u64).ok()
}

/// Calls a method without arguments. Returns `None` if the object has no such method.
pub(crate) fn call(object: &JsValue, method: &str) -> Option<Result<JsValue, JsValue>> {
    get(object, method).dyn_ref::<Function>().map(|method| method.call0(object))
}

/// Returns the items of an array; an empty list for any other value.
pub(crate) fn items(value: &JsValue) -> Vec<JsValue> {
    value.dyn_ref::<js_sys::Array>().map(js_sys::Array::to_vec).unwrap_or_default()
}

/// Returns whether an object has a method or an attribute, which an older browser may lack.
pub(crate) fn has_member(value: &JsValue, member: &str) -> bool {
    !get(value, member).is_undefined()
}

/// Sets a member of an object that this crate has created, which cannot fail.
pub(crate) fn set(object: &js_sys::Object, member: &str, value: &JsValue) {
    object.unchecked_ref::<Members>().set_member(member, value);
}

/// Sets a member of an object that this crate has created to a string, without converting the string to a `JsValue`.
pub(crate) fn set_text(object: &js_sys::Object, member: &str, value: &str) {
    object.unchecked_ref::<Members>().set_member_text(member, value);
}

/// Converts any value to a string, even if `String(value)` throws.
pub(crate) fn text(value: &JsValue) -> String {
    string_of(value)
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_else(|| "a value that does not convert to a string".into())
}
