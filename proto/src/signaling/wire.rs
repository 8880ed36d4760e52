//! Shared by the two directions: why a frame is not a message.
//!
//! The messages are not read by serde's own tagged enums: those buffer the whole frame, in which
//! a [`RawValue`](serde_json::value::RawValue) cannot survive. A flat struct of optional fields is
//! read instead, and turned into the message of its type.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::Data;

/// A frame that is JSON, but no message.
#[derive(Debug)]
pub enum Malformed {
    UnknownType(String),
    Missing(&'static str),
    Invalid(&'static str, serde_json::Error),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownType(kind) => {
                // The other side chose this text: quote no more of it than helps.
                let short: String = kind.chars().take(32).collect();
                write!(f, "unknown message type {short:?}")
            }
            Self::Missing(field) => write!(f, "missing field `{field}`"),
            Self::Invalid(field, error) => write!(f, "field `{field}`: {error}"),
        }
    }
}

/// Reads a frame. serde would take an array in place of an object; the protocol does not.
pub fn read<T: for<'de> Deserialize<'de>>(frame: &str) -> Result<T, serde_json::Error> {
    if frame.trim_ascii_start().starts_with('[') {
        return Err(serde::de::Error::custom("a message is a JSON object"));
    }
    serde_json::from_str(frame)
}

/// The field, which the message needs.
pub fn need<T>(name: &'static str, field: Option<T>) -> Result<T, Malformed> {
    field.ok_or(Malformed::Missing(name))
}

/// A field whose shape depends on the message's type.
pub fn need_parsed<T>(name: &'static str, field: Option<Data>) -> Result<T, Malformed>
where
    T: for<'de> Deserialize<'de>,
{
    need(name, field)?.parse().map_err(|error| Malformed::Invalid(name, error))
}

/// The field, which the message may lack, or have as `null`.
pub fn parsed<T>(name: &'static str, field: Option<Data>) -> Result<Option<T>, Malformed>
where
    T: for<'de> Deserialize<'de>,
{
    field.map_or(Ok(None), |data| data.parse()).map_err(|error| Malformed::Invalid(name, error))
}

/// Keeps `null` apart from a field that is missing: `null` is data like any other.
pub fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Data>, D::Error> {
    Data::deserialize(deserializer).map(Some)
}

/// Counts and switches at rest do not travel.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub fn is_false(switch: &bool) -> bool {
    !switch
}
