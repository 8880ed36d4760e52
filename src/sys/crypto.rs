//! [`SubtleCrypto`](https://w3c.github.io/webcrypto/#subtlecrypto-interface). It is absent in insecure pages.

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::{global, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type SubtleCrypto;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn digest(this: &SubtleCrypto, algorithm: &str, data: &Object) -> Result<Promise, JsValue>;
}

pub(crate) fn subtle() -> Option<SubtleCrypto> {
    let subtle = global::get(&global::get(&js_sys::global(), "crypto"), "subtle");
    subtle.is_object().then(|| subtle.unchecked_into())
}
