//! Parsing of frames.
//!
//! serde's tagged enums are not used, because they buffer the whole frame, which a
//! [`RawValue`](serde_json::value::RawValue) does not support. The type is read first, and then the struct of that type
//! from the same text.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::Error;

use super::DEFAULT_MAX_FRAME_BYTES;

/// Returns the type of a frame.
pub(super) fn message_type(frame: &str) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Head {
        r#type: String,
    }
    read::<Head>(frame).map(|head| head.r#type)
}

/// Reads a struct from a frame. An error names the field.
pub(super) fn read<'a, T: Deserialize<'a>>(frame: &'a str) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_str(frame);
    let message = T::deserialize(Fields(&mut json))?;
    json.end()?;
    Ok(message)
}

/// Returns the error for a message of an unknown type.
pub(super) fn unknown_type(message_type: &str) -> Error {
    Error::custom(format_args!("unknown message type {:?}", first_chars(message_type, 32)))
}

/// Returns the first characters of a string from the peer, which may be long.
fn first_chars(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

/// Reads `null` as the default.
pub(super) fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(json: D) -> Result<T, D::Error> {
    Option::deserialize(json).map(Option::unwrap_or_default)
}

/// Reads `null` as [`DEFAULT_MAX_FRAME_BYTES`].
pub(super) fn max_frame_bytes<'de, D: Deserializer<'de>>(json: D) -> Result<u32, D::Error> {
    Option::deserialize(json).map(|limit| limit.unwrap_or(DEFAULT_MAX_FRAME_BYTES))
}

/// Returns the limit for a server that sends none.
pub(super) fn default_max_frame_bytes() -> u32 {
    DEFAULT_MAX_FRAME_BYTES
}

/// Returns whether a field is omitted.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A deserializer that accepts only JSON objects, and whose errors name the field.
struct Fields<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Fields<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Object(visitor))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Object<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<V::Value, M::Error> {
        self.0.visit_map(Named { map, name: Cow::Borrowed("") })
    }
}

/// The fields of an object, with the name of the current field.
struct Named<'de, M> {
    map: M,
    name: Cow<'de, str>,
}

impl<'de, M: MapAccess<'de>> MapAccess<'de> for Named<'de, M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, M::Error> {
        let Some(name) = self.map.next_key_seed(Name(PhantomData))? else { return Ok(None) };
        self.name = name;
        seed.deserialize((&*self.name).into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        self.map.next_value_seed(seed).map_err(|error| {
            // The error may quote a long name of an unknown field, or a long value of the wrong type.
            let (name, error) = (first_chars(&self.name, 32), error.to_string());
            M::Error::custom(format_args!("field `{name}`: {}", first_chars(&error, 128)))
        })
    }
}

/// The name of a field, borrowed if it has no escapes.
struct Name<'de>(PhantomData<&'de str>);

impl<'de> DeserializeSeed<'de> for Name<'de> {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'de> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}
