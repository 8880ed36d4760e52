//! [`HTMLMediaElement`](https://html.spec.whatwg.org/multipage/media.html#htmlmediaelement) with a stream as its
//! source.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlMediaElement, MediaStream};

use super::{global, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = HtmlMediaElement, extends = Object, js_name = HTMLMediaElement)]
    #[derive(Clone, Debug)]
    pub(crate) type MediaElement;

    #[wasm_bindgen(method, getter, js_name = srcObject)]
    pub(crate) fn source(this: &MediaElement) -> Option<MediaStream>;

    #[wasm_bindgen(method, setter, catch, js_name = srcObject)]
    pub(crate) fn set_source(this: &MediaElement, stream: Option<&MediaStream>) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = play)]
    pub(crate) fn play_stream(this: &MediaElement) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setSinkId)]
    pub(crate) fn set_sink(this: &MediaElement, device_id: &str) -> Result<Promise, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Object)]
    type Document;

    #[wasm_bindgen(method, catch, js_name = createElement)]
    fn create_media_element(this: &Document, tag: &str) -> Result<MediaElement, JsValue>;
}

/// Creates a `<video>` or `<audio>` element that is not part of the page; `None` in a worker.
pub(crate) fn create(tag: &str) -> Option<MediaElement> {
    let document = global::get(&js_sys::global(), "document");
    document.is_object().then(|| document.unchecked_into::<Document>().create_media_element(tag).ok())?
}
