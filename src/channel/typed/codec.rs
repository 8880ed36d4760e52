//! Encoding of values as messages.

use std::{error, str};

use browser_rtc_proto::json;
use serde::{Serialize, de::DeserializeOwned};

/// The error of a value that cannot be encoded or decoded.
pub type CodecError = Box<dyn error::Error + Send + Sync>;

/// A way to write any value of [`serde`] as a message and to read it again. Both ends use the same.
///
/// ```
/// use browser_rtc::channel::{Codec, CodecError};
/// use serde::{Serialize, de::DeserializeOwned};
///
/// /// JSON for people to read, in bytes.
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
    /// True for messages of text, in UTF-8; false for bytes.
    const TEXT: bool;

    /// Adds the value to an empty message, whose memory is used again for the next.
    ///
    /// # Errors
    /// The format cannot hold the value. Nothing is sent then.
    fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Reads a whole message.
    ///
    /// # Errors
    /// The message is not one value of this type.
    fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError>;
}

/// [JSON](https://www.json.org), in text messages.
///
/// What the receiver could not read is refused at the sender: numbers that are NaN or infinite, maps whose keys are
/// neither strings nor numbers, and more than 127 levels of lists and objects. Integers beyond ±2⁵³ are exact between
/// Rust programs, while JavaScript's `JSON.parse` rounds them. JSON has one `null`: `Some(None)` and `Some(())` arrive
/// as `None`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    const TEXT: bool = true;

    fn encode<T: Serialize + ?Sized>(&self, value: &T, message: &mut Vec<u8>) -> Result<(), CodecError> {
        Ok(json::write(message, value)?)
    }

    fn decode<T: DeserializeOwned>(&self, message: &[u8]) -> Result<T, CodecError> {
        // As text it need not be looked through once more for each string in it.
        Ok(serde_json::from_str(str::from_utf8(message)?)?)
    }
}

/// [Postcard](https://postcard.jamesmunns.com), in binary messages: compact, and without the names of fields, so both
/// ends need the same types. Behind the feature `postcard`.
///
/// Some values are written and cannot be read, which fails at the receiver: a type that asks what comes next, such as
/// an untagged or internally tagged enum or `serde_json::Value`; and a struct that skips fields with
/// `skip_serializing_if`, such as the dictionaries of this crate. Those need a codec with names, such as [`Json`].
/// Postcard does not limit how deep a value is nested: a peer that is not trusted can exhaust the stack of a reader of
/// a recursive type.
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
            _ => Err("there is more in the message than the value".into()),
        }
    }
}

/// A borrowed vector, as postcard wants to own what it adds to.
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

    fn there_and_back<C: Codec>(codec: &C) -> Vec<u8> {
        let moves = vec![Move::Step { x: -1, y: 300 }, Move::Say("naïve 🦀".into())];
        let mut message = Vec::new();
        codec.encode(&moves, &mut message).unwrap();
        assert_eq!(codec.decode::<Vec<Move>>(&message).unwrap(), moves);
        for length in 0..message.len() {
            assert!(codec.decode::<Vec<Move>>(&message[..length]).is_err(), "{length} bytes of it");
        }
        message.push(0);
        assert!(codec.decode::<Vec<Move>>(&message).is_err(), "one byte more");
        message.pop();
        message
    }

    #[test]
    fn json() {
        let message = there_and_back(&Json);
        assert_eq!(message, r#"[{"Step":{"x":-1,"y":300}},{"Say":"naïve 🦀"}]"#.as_bytes());
        assert!(Json.decode::<String>(b"\"\xff\"").is_err(), "not UTF-8");
    }

    #[test]
    fn json_refuses_what_cannot_be_read() {
        let refusal = |refused: Result<(), CodecError>| refused.unwrap_err().to_string();
        assert_eq!(refusal(Json.encode(&[f64::NAN], &mut Vec::new())), "the number NaN has no JSON form");
        let mut nested = serde_json::Value::Null;
        for _ in 0..127 {
            nested = [nested].into_iter().collect();
        }
        let mut message = Vec::new();
        Json.encode(&nested, &mut message).unwrap();
        assert_eq!(Json.decode::<serde_json::Value>(&message).unwrap(), nested);
        assert!(refusal(Json.encode(&[nested], &mut Vec::new())).contains("127 levels"));
    }

    #[cfg(feature = "postcard")]
    #[test]
    fn postcard() {
        assert_eq!(there_and_back(&Postcard).len(), 1 + 1 + 1 + 2 + 1 + 1 + 11);
    }
}
