//! [`CaptureController`](https://www.w3.org/TR/screen-capture/#capturecontroller). It is absent in Firefox.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = EventTarget, extends = Object, js_name = CaptureController)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type CaptureController;

    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new() -> Result<CaptureController, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setFocusBehavior)]
    pub(crate) fn set_focus_behavior(this: &CaptureController, behavior: &str) -> Result<(), JsValue>;
}
