//! Checks of the interface of a browser object.
//!
//! `instanceof` does not recognize objects of other realms, such as those of a frame, and accepts proxies and objects
//! with a forged prototype. A native getter of an interface throws for objects of any other interface. Only getters of
//! numbers and flags are used: if a call that returns an object throws, wasm-bindgen leaks the slot of the object.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Blob)]
    type Blob;

    #[wasm_bindgen(method, getter, final, catch, js_class = "Blob")]
    fn size(this: &Blob) -> Result<f64, JsValue>;

    #[wasm_bindgen(js_name = ArrayBuffer)]
    type ArrayBuffer;

    #[wasm_bindgen(method, getter, final, catch, js_class = "ArrayBuffer", js_name = byteLength)]
    fn byte_length(this: &ArrayBuffer) -> Result<f64, JsValue>;
}

/// Returns whether the value is a `Blob` or a `File` of any realm.
pub(crate) fn is_blob(value: &JsValue) -> bool {
    value.unchecked_ref::<Blob>().size().is_ok()
}

/// Returns whether the value is an `ArrayBuffer` of any realm; false for a `SharedArrayBuffer`.
pub(crate) fn is_array_buffer(value: &JsValue) -> bool {
    value.unchecked_ref::<ArrayBuffer>().byte_length().is_ok()
}
