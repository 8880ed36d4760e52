//! Type checks for browser objects that only the JavaScript API accepts. Like those in
//! [`sys::brand`](crate::sys::brand), they also work for objects of other realms.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = MediaStream)]
    type MediaStream;

    #[wasm_bindgen(method, getter, final, catch, js_class = "MediaStream")]
    fn active(this: &MediaStream) -> std::result::Result<bool, JsValue>;

    #[wasm_bindgen(js_name = WritableStream)]
    type WritableStream;

    #[wasm_bindgen(method, getter, final, catch, js_class = "WritableStream")]
    fn locked(this: &WritableStream) -> std::result::Result<bool, JsValue>;

    #[wasm_bindgen(js_name = AbortSignal)]
    type AbortSignal;

    #[wasm_bindgen(method, getter, final, catch, js_class = "AbortSignal")]
    fn aborted(this: &AbortSignal) -> std::result::Result<bool, JsValue>;

    #[wasm_bindgen(method, getter, final, catch, js_class = "AbortSignal")]
    fn reason(this: &AbortSignal) -> std::result::Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = Object)]
    type AnyObject;

    #[wasm_bindgen(method, final, catch, js_class = "Object", js_name = toString)]
    fn to_text(this: &AnyObject) -> std::result::Result<String, JsValue>;
}

/// Returns whether the value is a `MediaStream`.
pub(super) fn is_media_stream(value: &JsValue) -> bool {
    value.unchecked_ref::<MediaStream>().active().is_ok()
}

/// Returns whether the value is a `WritableStream`.
pub(super) fn is_writable_stream(value: &JsValue) -> bool {
    value.unchecked_ref::<WritableStream>().locked().is_ok()
}

/// Returns whether an `AbortSignal` has aborted, or `None` if the value is not an `AbortSignal`.
pub(super) fn is_aborted(value: &JsValue) -> Option<bool> {
    value.unchecked_ref::<AbortSignal>().aborted().ok()
}

/// Returns the reason of an `AbortSignal`.
pub(super) fn abort_reason(signal: &JsValue) -> JsValue {
    signal.unchecked_ref::<AbortSignal>().reason().unwrap_or(JsValue::UNDEFINED)
}

/// Returns the tag of an object, such as `Object`, `Promise` or `MediaStreamTrack`. Returns `None` if the object has no tag,
/// such as a revoked proxy.
pub(super) fn tag(object: &JsValue) -> Option<String> {
    let text = object.unchecked_ref::<AnyObject>().to_text().ok()?;
    text.strip_prefix("[object ")?.strip_suffix(']').map(Into::into)
}
