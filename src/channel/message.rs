//! The messages of a channel.

use std::borrow::Cow;

use browser_rtc_proto::spec_enum;
use bytes::Bytes;
use js_sys::{ArrayBuffer, JsString, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    error::{Error, ErrorKind, Result},
    sys::{
        brand,
        data_channel::{self, Data},
    },
};

spec_enum! {
    /// The type in which received bytes arrive.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-datachannel-binarytype)
    BinaryType {
        /// Bytes arrive as a [`Message::Binary`], in the memory of the program.
        ArrayBuffer = "arraybuffer",
        /// Bytes arrive as a [`Message::Blob`], which the browser may store on disk.
        Blob = "blob",
    }
}

/// A message: text or bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// Bytes in the browser's storage. They arrive if the channel's type is [`BinaryType::Blob`].
    Blob(web_sys::Blob),
}

impl Message {
    /// Returns the text of a text message.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) | Self::Blob(_) => None,
        }
    }

    /// Returns the bytes of a binary message, or of a text message in UTF-8; `None` for a blob, which has to be read
    /// first.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Binary(bytes) => Some(bytes),
            Self::Blob(_) => None,
        }
    }
}

macro_rules! messages {
    ($($variant:ident: $($from:ty $([const $length:ident])?),*;)*) => {
        $($(impl $(<const $length: usize>)? From<$from> for Message {
            fn from(content: $from) -> Self {
                Self::$variant(content.into())
            }
        })*)*
    };
}

messages! {
    Text: &str, String, &String, Box<str>, Cow<'_, str>;
    Binary: &[u8], &[u8; N] [const N], [u8; N] [const N], Vec<u8>, Box<[u8]>, Bytes;
}

/// A received message as a JavaScript value, from [`DataChannel::js_messages`](super::DataChannel::js_messages). It is
/// not copied into the memory of the program.
#[derive(Clone, Debug)]
pub enum JsMessage {
    /// Text.
    Text(JsString),
    /// Bytes.
    Binary(ArrayBuffer),
    /// Bytes in the browser's storage. They arrive if the channel's type is [`BinaryType::Blob`].
    Blob(web_sys::Blob),
}

impl JsMessage {
    /// Converts the data of an event. Returns the message and its size: in bytes, or in UTF-16 units for text.
    pub(super) fn from_data(data: Data) -> (Self, f64) {
        let bytes = data.byte_length();
        if !bytes.is_nan() {
            return (Self::Binary(data.unchecked_into()), bytes);
        }
        if data.is_string() {
            let length = data.length();
            return (Self::Text(data.unchecked_into()), length);
        }
        let size = data.size();
        (Self::Blob(data.unchecked_into()), size)
    }
}

/// Copies text and bytes into the memory of the program. A blob is not copied.
impl From<JsMessage> for Message {
    fn from(message: JsMessage) -> Self {
        match message {
            JsMessage::Text(text) => Self::Text(text.into()),
            JsMessage::Binary(buffer) => Self::Binary(data_channel::copied(&buffer)),
            JsMessage::Blob(blob) => Self::Blob(blob),
        }
    }
}

impl From<JsMessage> for JsValue {
    fn from(message: JsMessage) -> Self {
        match message {
            JsMessage::Text(text) => text.into(),
            JsMessage::Binary(buffer) => buffer.into(),
            JsMessage::Blob(blob) => blob.into(),
        }
    }
}

/// Text or bytes for [`DataChannel::send`](super::DataChannel::send), borrowed or owned, in the memory of the program
/// or of JavaScript. The browser copies the data once.
///
/// ```no_run
/// # async fn example(chat: browser_rtc::channel::DataChannel, name: &str, bytes: Vec<u8>) -> browser_rtc::Result<()> {
/// chat.send("hello").await?;
/// chat.send(format!("hello, {name}")).await?;
/// chat.send(&bytes).await?;
/// chat.send([0, 1, 2]).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub enum Payload<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Binary(Cow<'a, [u8]>),
    /// Bytes in the browser's storage.
    Blob(&'a web_sys::Blob),
    /// Bytes in JavaScript's memory.
    Buffer(&'a ArrayBuffer),
    /// A view of bytes in JavaScript's memory: a typed array of any kind, or a `DataView`.
    View(&'a Object),
    /// Text in JavaScript's memory.
    JsText(&'a JsString),
}

impl Payload<'_> {
    /// Returns an upper bound of the size in bytes.
    pub(super) fn max_bytes(&self) -> f64 {
        match self {
            Self::Text(text) => text.len() as f64,
            Self::Binary(bytes) => bytes.len() as f64,
            Self::Blob(blob) => data_channel::size(blob, "size"),
            Self::Buffer(buffer) => data_channel::size(buffer, "byteLength"),
            Self::View(view) => data_channel::size(view, "byteLength"),
            // A UTF-16 unit is at most three bytes in UTF-8.
            Self::JsText(text) => text.unchecked_ref::<Data>().length() * 3.0,
        }
    }

    /// Returns the size in bytes. This copies text that is in JavaScript's memory.
    pub(super) fn exact_bytes(&self) -> f64 {
        match self {
            Self::JsText(text) => String::from(*text).len() as f64,
            other => other.max_bytes(),
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::JsText(_))
    }
}

/// Defines the conversions by reference, which borrow, and by value, which take ownership.
macro_rules! payloads {
    ($($variant:ident: $($from:ty $([const $length:ident])? => |$value:ident| $convert:expr),* $(,)?;)*) => {
        $($(impl<'a $(, const $length: usize)?> From<$from> for Payload<'a> {
            fn from($value: $from) -> Self {
                Self::$variant($convert)
            }
        })*)*
    };
}

payloads! {
    Text:
        &'a str => |text| Cow::Borrowed(text),
        &'a String => |text| Cow::Borrowed(text),
        &'a Box<str> => |text| Cow::Borrowed(text),
        &'a Cow<'_, str> => |text| Cow::Borrowed(text),
        String => |text| Cow::Owned(text),
        Box<str> => |text| Cow::Owned(text.into()),
        Cow<'a, str> => |text| text;
    Binary:
        &'a [u8] => |bytes| Cow::Borrowed(bytes),
        &'a [u8; N] [const N] => |bytes| Cow::Borrowed(bytes),
        &'a Vec<u8> => |bytes| Cow::Borrowed(bytes),
        &'a Box<[u8]> => |bytes| Cow::Borrowed(bytes),
        &'a Cow<'_, [u8]> => |bytes| Cow::Borrowed(bytes),
        &'a Bytes => |bytes| Cow::Borrowed(bytes),
        [u8; N] [const N] => |bytes| Cow::Owned(bytes.into()),
        Vec<u8> => |bytes| Cow::Owned(bytes),
        Box<[u8]> => |bytes| Cow::Owned(bytes.into()),
        Cow<'a, [u8]> => |bytes| bytes,
        Bytes => |bytes| Cow::Owned(bytes.into());
}

impl<'a> From<&'a web_sys::Blob> for Payload<'a> {
    fn from(blob: &'a web_sys::Blob) -> Self {
        Self::Blob(blob)
    }
}

impl<'a> From<&'a Message> for Payload<'a> {
    fn from(message: &'a Message) -> Self {
        match message {
            Message::Text(text) => text.into(),
            Message::Binary(bytes) => bytes.into(),
            Message::Blob(blob) => Self::Blob(blob),
        }
    }
}

impl<'a> From<&'a ArrayBuffer> for Payload<'a> {
    fn from(buffer: &'a ArrayBuffer) -> Self {
        Self::Buffer(buffer)
    }
}

macro_rules! from_views {
    ($($view:ident),*) => {$(
        impl<'a> From<&'a js_sys::$view> for Payload<'a> {
            fn from(view: &'a js_sys::$view) -> Self {
                Self::View(view)
            }
        }
    )*};
}

from_views!(
    DataView,
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array
);

impl<'a> From<&'a JsString> for Payload<'a> {
    fn from(text: &'a JsString) -> Self {
        Self::JsText(text)
    }
}

impl<'a> From<&'a JsMessage> for Payload<'a> {
    fn from(message: &'a JsMessage) -> Self {
        match message {
            JsMessage::Text(text) => Self::JsText(text),
            JsMessage::Binary(buffer) => Self::Buffer(buffer),
            JsMessage::Blob(blob) => Self::Blob(blob),
        }
    }
}

/// Converts a string, an `ArrayBuffer`, a view of one, or a `Blob`, of any realm. Any other value is the error `Type`;
/// the browser would convert the value to a string and send that.
impl<'a> TryFrom<&'a JsValue> for Payload<'a> {
    type Error = Error;

    fn try_from(value: &'a JsValue) -> Result<Self> {
        if let Some(text) = value.dyn_ref::<JsString>() {
            return Ok(Self::JsText(text));
        }
        if ArrayBuffer::is_view(value) {
            return Ok(Self::View(value.unchecked_ref()));
        }
        if brand::is_array_buffer(value) {
            return Ok(Self::Buffer(value.unchecked_ref()));
        }
        if brand::is_blob(value) {
            return Ok(Self::Blob(value.unchecked_ref()));
        }
        let message = "the message must be a string, an ArrayBuffer, a view of one or a Blob";
        Err(Error::new("send", ErrorKind::Type, message))
    }
}
