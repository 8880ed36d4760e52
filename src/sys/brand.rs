//! Tests of whether a value is a browser object of one interface.
//!
//! `instanceof` does not know objects of other realms, such as those of a frame, and takes a proxy or an object with a
//! forged prototype for the real one. The native getter of an interface throws for all but real objects. Only getters
//! of numbers and flags are used: the place of an object that a call should have returned is lost if it throws.

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

/// Returns whether the value is a `Blob`, or a `File`, of any realm.
pub(crate) fn is_blob(value: &JsValue) -> bool {
    value.unchecked_ref::<Blob>().size().is_ok()
}

/// Returns whether the value is an `ArrayBuffer` of any realm. A `SharedArrayBuffer` is none.
pub(crate) fn is_array_buffer(value: &JsValue) -> bool {
    value.unchecked_ref::<ArrayBuffer>().byte_length().is_ok()
}
