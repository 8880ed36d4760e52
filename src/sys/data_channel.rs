//! [`RTCDataChannel`](https://www.w3.org/TR/webrtc/#rtcdatachannel)

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, EventTarget, RtcDataChannel};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcDataChannel, extends = EventTarget, extends = Object, js_name = RTCDataChannel)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type DataChannel;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn ordered(this: &DataChannel) -> bool;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn protocol(this: &DataChannel) -> String;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn negotiated(this: &DataChannel) -> bool;

    #[wasm_bindgen(method, getter, js_name = readyState)]
    pub(crate) fn ready_state_name(this: &DataChannel) -> String;

    #[wasm_bindgen(method, getter, js_name = binaryType)]
    pub(crate) fn binary_type_name(this: &DataChannel) -> String;

    #[wasm_bindgen(method, setter, js_name = binaryType)]
    pub(crate) fn set_binary_type_name(this: &DataChannel, binary_type: &str);

    #[wasm_bindgen(method, getter, js_name = bufferedAmount)]
    pub(crate) fn buffered_bytes(this: &DataChannel) -> f64;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_text(this: &DataChannel, text: &str) -> Result<(), JsValue>;

    /// The browser copies the bytes out of wasm memory before it returns.
    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_bytes(this: &DataChannel, bytes: &[u8]) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_blob(this: &DataChannel, blob: &Blob) -> Result<(), JsValue>;
}
