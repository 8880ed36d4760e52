//! [`RTCDataChannel`](https://www.w3.org/TR/webrtc/#rtcdatachannel)

use js_sys::{ArrayBuffer, Object};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, RtcDataChannel};

#[cfg(feature = "npm")]
use super::brand;
use super::global;

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

    /// Sends bytes. The browser copies them from the memory of the program before this returns.
    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_bytes(this: &DataChannel, bytes: &[u8]) -> Result<(), JsValue>;

    /// Sends a string, a blob, a buffer or a view of one.
    #[wasm_bindgen(method, catch, js_name = send)]
    pub(crate) fn send_js(this: &DataChannel, data: &JsValue) -> Result<(), JsValue>;

    /// [`MessageEvent`](https://html.spec.whatwg.org/multipage/comms.html#messageevent)
    pub(crate) type MessageEvent;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn data(this: &MessageEvent) -> Data;

    /// The content of a message: a string, an `ArrayBuffer` or a `Blob`. A getter that the value does not have returns
    /// NaN.
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
    fn new(buffer: &ArrayBuffer) -> Bytes;

    /// Creates a view of a part of a buffer. It throws if the buffer is detached or the range is out of bounds.
    #[wasm_bindgen(constructor, catch, js_class = "Uint8Array")]
    fn part(buffer: &JsValue, byte_offset: f64, length: f64) -> Result<Bytes, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn slice(this: &Bytes) -> Result<Bytes, JsValue>;

    /// Copies the bytes into the memory of the program, in one call: wasm-bindgen copies the object that `valueOf`
    /// returns. js-sys makes three calls and can panic.
    #[wasm_bindgen(method, js_name = valueOf)]
    fn copied(this: &Bytes) -> Vec<u8>;
}

/// Returns a size of the object; 0 if the page has redefined the member as something else.
pub(crate) fn size(object: &JsValue, member: &str) -> f64 {
    global::get(object, member).as_f64().unwrap_or_default()
}

/// Copies `length` bytes of an `ArrayBuffer` or of a view, from `start` on, into the memory of the program.
pub(crate) fn copied_part(object: &JsValue, start: usize, length: usize) -> Result<Vec<u8>, JsValue> {
    Ok(part(object, start as f64, length as f64)?.copied())
}

/// Returns a copy of an `ArrayBuffer`, or of the part of one that a view covers; `None` for memory that is shared,
/// resizable or detached.
#[cfg(feature = "npm")]
pub(crate) fn snapshot(object: &JsValue) -> Option<JsValue> {
    let buffer = underlying_buffer(object);
    if !brand::is_array_buffer(&buffer) || global::get(&buffer, "resizable").is_truthy() {
        return None;
    }
    part(object, 0.0, size(object, "byteLength")).and_then(|bytes| bytes.slice()).map(JsValue::from).ok()
}

fn part(object: &JsValue, start: f64, length: f64) -> Result<Bytes, JsValue> {
    Bytes::part(&underlying_buffer(object), size(object, "byteOffset") + start, length)
}

/// Returns the buffer of a view, or the object itself if it is a buffer.
fn underlying_buffer(object: &JsValue) -> JsValue {
    let buffer = global::get(object, "buffer");
    if buffer.is_undefined() { object.clone() } else { buffer }
}

/// Copies the bytes of a buffer into the memory of the program.
pub(crate) fn copied(buffer: &ArrayBuffer) -> Vec<u8> {
    Bytes::new(buffer).copied()
}
