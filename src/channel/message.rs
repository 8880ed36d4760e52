//! What a channel carries.

use wasm_bindgen::{JsCast, JsValue};

use crate::{
    error::{Error, ErrorKind, Result},
    spec_enum::spec_enum,
};

spec_enum! {
    /// As what bytes arrive. [Specification](https://www.w3.org/TR/webrtc/#dom-datachannel-binarytype)
    BinaryType {
        /// As [`Message::Binary`], in the program's own memory.
        ArrayBuffer = "arraybuffer",
        /// As [`Message::Blob`], which the browser may keep on disk.
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
    /// Bytes that the browser keeps, where [`BinaryType::Blob`] was asked for.
    Blob(web_sys::Blob),
}

impl Message {
    /// The text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) | Self::Blob(_) => None,
        }
    }

    /// The bytes: of binary, or of the text in UTF-8. A blob must be read first.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Text(text) => Some(text.as_bytes()),
            Self::Binary(bytes) => Some(bytes),
            Self::Blob(_) => None,
        }
    }

    pub(super) fn from_js(data: &JsValue) -> Result<Self> {
        if let Some(text) = data.as_string() {
            return Ok(Self::Text(text));
        }
        if let Some(buffer) = data.dyn_ref::<js_sys::ArrayBuffer>() {
            return Ok(Self::Binary(js_sys::Uint8Array::new(buffer).to_vec()));
        }
        match data.dyn_ref::<web_sys::Blob>() {
            Some(blob) => Ok(Self::Blob(blob.clone())),
            None => Err(Error::new("message", ErrorKind::Type, "the message is neither text nor bytes")),
        }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

/// Text or bytes, borrowed for [`DataChannel::send`](super::DataChannel::send).
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
    /// Bytes that the browser keeps. In Chromium a text that is sent right after it overtakes it.
    Blob(&'a web_sys::Blob),
}

impl<'a> From<&'a str> for Payload<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Payload<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Payload<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Payload<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl<'a> From<&'a web_sys::Blob> for Payload<'a> {
    fn from(blob: &'a web_sys::Blob) -> Self {
        Self::Blob(blob)
    }
}

impl<'a> From<&'a Message> for Payload<'a> {
    fn from(message: &'a Message) -> Self {
        match message {
            Message::Text(text) => Self::Text(text),
            Message::Binary(bytes) => Self::Binary(bytes),
            Message::Blob(blob) => Self::Blob(blob),
        }
    }
}
