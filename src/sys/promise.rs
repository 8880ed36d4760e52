//! `Promise.prototype.then` with callbacks that JavaScript owns.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = js_sys::Promise, extends = js_sys::Object, js_name = Promise)]
    #[derive(Clone, Debug)]
    pub(crate) type Promise;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn then(this: &Promise, settled: &JsValue, failed: &JsValue) -> Result<JsValue, JsValue>;
}
