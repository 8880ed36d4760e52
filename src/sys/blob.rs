//! [`Blob`](https://w3c.github.io/FileAPI/#blob-section)

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = web_sys::Blob, extends = Object, js_name = Blob)]
    #[derive(Clone, Debug)]
    pub(crate) type Blob;

    #[wasm_bindgen(constructor, catch, js_class = "Blob")]
    pub(crate) fn join(parts: &Array, options: &Object) -> Result<Blob, JsValue>;
}
