//! The constraints and settings of a
//! [`MediaStreamTrack`](https://www.w3.org/TR/mediacapture-streams/#mediastreamtrack).

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::promise::Promise;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = web_sys::MediaStreamTrack, extends = Object, js_name = MediaStreamTrack)]
    #[derive(Clone, Debug)]
    pub(crate) type MediaStreamTrack;

    #[wasm_bindgen(method, catch, js_name = getSettings)]
    pub(crate) fn settings(this: &MediaStreamTrack) -> Result<Object, JsValue>;

    /// The method is absent in Firefox before 132.
    #[wasm_bindgen(method, catch, js_name = getCapabilities)]
    pub(crate) fn capabilities(this: &MediaStreamTrack) -> Result<Object, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getConstraints)]
    pub(crate) fn constraints(this: &MediaStreamTrack) -> Result<Object, JsValue>;

    #[wasm_bindgen(method, catch, js_name = applyConstraints)]
    pub(crate) fn apply(this: &MediaStreamTrack, constraints: &JsValue) -> Result<Promise, JsValue>;
}
