//! [`RTCDataChannel`](https://www.w3.org/TR/webrtc/#rtcdatachannel)

use js_sys::{ArrayBuffer, Object};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, RtcDataChannel};

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

    /// A string, a blob, a buffer or a view of one.
    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_js(this: &DataChannel, data: &JsValue) -> Result<(), JsValue>;

    /// [`MessageEvent`](https://html.spec.whatwg.org/multipage/comms.html#messageevent)
    pub(crate) type MessageEvent;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn data(this: &MessageEvent) -> Data;

    /// What a message carries: a string, an `ArrayBuffer` or a `Blob`. Of what it has not, the size is no number.
    #[wasm_bindgen(extends = Object)]
    pub(crate) type Data;

    #[wasm_bindgen(method, getter, js_name = byteLength)]
    pub(crate) fn byte_length(this: &Data) -> f64;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn length(this: &Data) -> f64;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn size(this: &Data) -> f64;

    #[wasm_bindgen(extends = Object, js_name = Uint8Array)]
    type Bytes;

    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    fn of(buffer: &ArrayBuffer) -> Bytes;

    /// The same object, copied into the program's memory on its way here: one call, where js-sys takes three and can
    /// panic.
    #[wasm_bindgen(method, js_name = valueOf)]
    fn copied(this: &Bytes) -> Vec<u8>;
}

/// What is in the buffer.
pub(crate) fn copied(buffer: &ArrayBuffer) -> Vec<u8> {
    Bytes::of(buffer).copied()
}
