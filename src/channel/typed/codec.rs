//! Encoding of values as messages.

use std::{error, str};

use browser_rtc_proto::json;
use serde::{Serialize, de::DeserializeOwned};

/// The error of a [`Codec`] for a value that cannot be encoded or a message that cannot be decoded.
pub type CodecError = Box<dyn error::Error + Send + Sync>;

/// A format that encodes [`serde`] values as messages. Both peers use the same codec.
///
/// ```
/// use browser_rtc::channel::{Codec, CodecError};
/// use serde::{Serialize, de::DeserializeOwned};
///
/// /// Indented JSON, in binary messages.
/// #[derive(Clone, Copy, Default)]
/// struct Pretty;
///
/// impl Codec for Pretty {
///     const TEXT: bool = false;
///
///     fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError> {
///         Ok(serde_json::to_writer_pretty(message, value)?)
///     }
///
///     fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError> {
///         Ok(serde_json::from_slice(message)?)
///     }
/// }
/// ```
pub trait Codec {
    /// Whether messages are text in UTF-8, rather than binary.
    const TEXT: bool;

    /// Encodes a value into `message`, which is empty and whose memory is reused for later messages.
    ///
    /// # Errors
    /// The format cannot represent the value. The value is not sent then.
    fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Decodes a message.
    ///
    /// # Errors
    /// The message is not exactly one value of the type.
    fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError>;
}

/// A codec of [JSON](https://www.json.org) in text messages.
///
/// Sending fails for values that the receiver could not decode: numbers that are NaN or infinite, maps whose keys are
/// neither strings nor numbers, and more than 127 levels of lists and objects. Integers beyond ±2⁵³ are exact between
/// Rust programs; JavaScript's `JSON.parse` rounds them. As JSON has a single `null`, `Some(None)` and `Some(())`
/// arrive as `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    const TEXT: bool = true;

    fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(json::write(message, value)?)
    }

    fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError> {
        // For text, serde_json does not validate each string again.
        Ok(serde_json::from_str(str::from_utf8(message)?)?)
    }
}

/// A codec of [Postcard](https://postcard.jamesmunns.com), a compact format, in binary messages. It is behind the
/// feature `postcard`.
///
/// Messages do not contain the names of fields, so both peers need the same types. Some types can be encoded but not
/// decoded, which fails at the receiver: types that are not self-describing, such as an untagged or internally tagged
/// enum or `serde_json::Value`, and structs that omit fields with `skip_serializing_if`, such as the dictionaries of
/// this crate. Use [`Json`] for those.
///
/// Postcard does not limit the depth of nested values: an untrusted peer can exhaust the stack of a receiver of a
/// recursive type.
#[cfg(feature = "postcard")]
#[derive(Clone, Copy, Debug, Default)]
pub struct Postcard;

#[cfg(feature = "postcard")]
impl Codec for Postcard {
    const TEXT: bool = false;

    fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(postcard::to_extend(value, Extend(message)).map(drop)?)
    }

    fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError> {
        match postcard::take_from_bytes(message)? {
            (value, []) => Ok(value),
            _ => Err("the message has trailing bytes".into()),
        }
    }
}

/// A borrowed vector. Postcard requires ownership of the collection that it extends.
#[cfg(feature = "postcard")]
struct Extend<'a>(&'a mut Vec<u8>);

#[cfg(feature = "postcard")]
impl std::iter::Extend<u8> for Extend<'_> {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        self.0.extend(bytes);
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Move {
        Step { x: i32, y: i32 },
        Say(String),
    }

    fn assert_round_trip<C: Codec>(codec: &C) -> Vec<u8> {
        let moves = vec![Move::Step { x: -1, y: 300 }, Move::Say("naïve 🦀".into())];
        let mut message = Vec::new();
        codec.encode(&moves, &mut message).unwrap();
        assert_eq!(codec.decode::<Vec<Move>>(&message).unwrap(), moves);
        for length in 0..message.len() {
            assert!(codec.decode::<Vec<Move>>(&message[..length]).is_err(), "truncated to {length} bytes");
        }
        message.push(0);
        assert!(codec.decode::<Vec<Move>>(&message).is_err(), "a trailing byte");
        message.pop();
        message
    }

    #[test]
    fn json_round_trips() {
        let message = assert_round_trip(&Json);
        assert_eq!(message, r#"[{"Step":{"x":-1,"y":300}},{"Say":"naïve 🦀"}]"#.as_bytes());
        assert!(Json.decode::<String>(b"\"\xff\"").is_err(), "not UTF-8");
    }

    #[test]
    fn json_rejects_undecodable_values() {
        let error = |result: Result<(), CodecError>| result.unwrap_err().to_string();
        assert_eq!(error(Json.encode(&[f64::NAN], &mut Vec::new())), "the number NaN has no JSON form");
        let mut nested = serde_json::Value::Null;
        for _ in 0..127 {
            nested = [nested].into_iter().collect();
        }
        let mut message = Vec::new();
        Json.encode(&nested, &mut message).unwrap();
        assert_eq!(Json.decode::<serde_json::Value>(&message).unwrap(), nested);
        assert!(error(Json.encode(&[nested], &mut Vec::new())).contains("127 levels"));
    }

    #[cfg(feature = "postcard")]
    #[test]
    fn postcard_round_trips() {
        assert_eq!(assert_round_trip(&Postcard).len(), 1 + 1 + 1 + 2 + 1 + 1 + 11);
    }
}
