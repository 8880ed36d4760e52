//! Tests for the browser objects that only the JavaScript API takes, as in [`sys::brand`](crate::sys::brand).

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
    fn tag(this: &AnyObject) -> std::result::Result<String, JsValue>;
}

/// Whether the value is a `MediaStream` of any realm.
pub(super) fn is_media_stream(value: &JsValue) -> bool {
    value.unchecked_ref::<MediaStream>().active().is_ok()
}

/// Whether the value is a `WritableStream` of any realm.
pub(super) fn is_writable_stream(value: &JsValue) -> bool {
    value.unchecked_ref::<WritableStream>().locked().is_ok()
}

/// Whether an `AbortSignal` of any realm has aborted. `None` for any other value.
pub(super) fn is_aborted(value: &JsValue) -> Option<bool> {
    value.unchecked_ref::<AbortSignal>().aborted().ok()
}

/// Returns the reason with which an `AbortSignal` has aborted.
pub(super) fn abort_reason(signal: &JsValue) -> JsValue {
    signal.unchecked_ref::<AbortSignal>().reason().unwrap_or(JsValue::UNDEFINED)
}

/// Returns the name of an object's kind, such as `Object`, `Promise` or `MediaStreamTrack`. `None` where there is none,
/// as for a revoked proxy.
pub(super) fn kind(object: &JsValue) -> Option<String> {
    let tag = object.unchecked_ref::<AnyObject>().tag().ok()?;
    tag.strip_prefix("[object ")?.strip_suffix(']').map(Into::into)
}
