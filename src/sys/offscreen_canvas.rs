//! [`OffscreenCanvas`](https://html.spec.whatwg.org/multipage/canvas.html#the-offscreencanvas-interface), on which
//! frames of a video are drawn.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::HtmlVideoElement;

use super::promise::Promise;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object, js_name = OffscreenCanvas)]
    #[derive(Clone, Debug)]
    pub(crate) type OffscreenCanvas;

    #[wasm_bindgen(constructor, catch, js_class = "OffscreenCanvas")]
    pub(crate) fn new(width: u32, height: u32) -> Result<OffscreenCanvas, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getContext)]
    pub(crate) fn context(this: &OffscreenCanvas, kind: &str) -> Result<Option<DrawingContext>, JsValue>;

    #[wasm_bindgen(method, catch, js_name = convertToBlob)]
    pub(crate) fn convert_to_blob(this: &OffscreenCanvas, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = Object, js_name = OffscreenCanvasRenderingContext2D)]
    #[derive(Clone, Debug)]
    pub(crate) type DrawingContext;

    #[wasm_bindgen(method, catch, js_name = drawImage)]
    pub(crate) fn draw(this: &DrawingContext, video: &HtmlVideoElement, x: f64, y: f64) -> Result<(), JsValue>;
}
