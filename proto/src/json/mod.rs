//! JSON of the messages of this library.
//!
//! Messages are read and written by hand, from the raw text of the members that they have. With serde, whose code is
//! compiled for each type, `minimal_call` of `cargo xtask size` would be 17 % larger by gzip. Values of the
//! application, in [`Data`](crate::signaling::Data) and in typed channels, use serde.

mod checked;
mod object;
mod scanner;
mod writer;

use std::{borrow::Cow, error, fmt};

pub(crate) use checked::check;
pub use checked::write;
pub(crate) use object::{FromJson, Object, text};
pub(crate) use scanner::trimmed;
pub(crate) use writer::{ToJson, Writer, nonzero};

/// The error for text that is not JSON, or not a message of this library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseMessageError {
    message: Cow<'static, str>,
    is_unknown_type: bool,
}

impl ParseMessageError {
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), is_unknown_type: false }
    }

    /// Creates the error for a message of an unknown type.
    pub(crate) fn unknown_type(unknown: &str) -> Self {
        Self { message: ["unknown message type ", &quoted(unknown)].concat().into(), is_unknown_type: true }
    }

    /// Returns whether the message has a type that this version does not know, such as one of a later version.
    #[must_use]
    pub fn is_unknown_type(&self) -> bool {
        self.is_unknown_type
    }

    /// Adds the name of the member that cannot be read.
    fn in_member(self, name: &str) -> Self {
        Self::new(["field `", name, "`: ", &self.message].concat())
    }
}

impl fmt::Display for ParseMessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for ParseMessageError {}

/// Returns the first characters of a string from the peer, which may be long, in quotes.
fn quoted(text: &str) -> String {
    const MAX_CHARS: usize = 32;
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(end, _)| end);
    let mut quoted = String::new();
    text.get(..end).unwrap_or_default().write(&mut quoted);
    quoted
}

/// Implements [`FromJson`] and [`ToJson`] for types with a textual form, by `From<&str>` and `as_str`.
macro_rules! json_text {
    ($($name:ty),*) => {
        $(
            impl $crate::json::FromJson<'_> for $name {
                fn from_json(value: &str) -> Result<Self, $crate::json::ParseMessageError> {
                    <std::borrow::Cow<str> as $crate::json::FromJson>::from_json(value).map(|text| Self::from(&*text))
                }
            }

            impl $crate::json::ToJson for $name {
                fn write(&self, json: &mut String) {
                    $crate::json::ToJson::write(self.as_str(), json);
                }
            }
        )*
    };
}

/// Implements [`FromJson`] and [`ToJson`] for types with a textual form, by `TryFrom<String>` and `as_str`.
macro_rules! checked_json_text {
    ($($name:ty),*) => {
        $(
            impl $crate::json::FromJson<'_> for $name {
                fn from_json(value: &str) -> Result<Self, $crate::json::ParseMessageError> {
                    $crate::json::text(value)
                }
            }

            impl $crate::json::ToJson for $name {
                fn write(&self, json: &mut String) {
                    $crate::json::ToJson::write(self.as_str(), json);
                }
            }
        )*
    };
}

pub(crate) use {checked_json_text, json_text};

#[cfg(test)]
mod tests;
