//! Serialization to JSON that can be read back.

use std::fmt::Display;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Maximum depth of nested arrays and objects that [`serde_json`] reads.
const MAX_LEVELS: u8 = 127;

/// Writes a value as JSON, if it can be read back.
///
/// [`serde_json`] alone writes NaN and infinity as `null`, and more levels of arrays and objects than it reads.
///
/// # Errors
/// Returns an error if the value has no JSON form: a number that is NaN or infinite, a map whose keys are neither
/// strings nor numbers, or more than 127 levels of lists and objects. In that case, the output is unchanged or ends
/// within the value.
pub fn write<T: Serialize + ?Sized>(output: &mut Vec<u8>, value: &T) -> Result<(), serde_json::Error> {
    check(value)?;
    serde_json::to_writer(output, value)
}

/// Fails if [`serde_json`] would write a value that it does not read back.
pub(crate) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), serde_json::Error> {
    value.serialize(Check { levels: MAX_LEVELS })
}

/// A serializer that writes nothing.
#[derive(Clone, Copy)]
struct Check {
    /// Number of further levels that are allowed.
    levels: u8,
}

type Checked = Result<(), serde_json::Error>;

impl Check {
    fn within(self, levels: u8) -> Result<Self, serde_json::Error> {
        match self.levels.checked_sub(levels) {
            Some(levels) => Ok(Self { levels }),
            None => {
                Err(Error::custom("the value has more than 127 levels of lists and objects, which JSON readers refuse"))
            }
        }
    }

    fn element<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }
}

macro_rules! anything {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, _value: $type) -> Checked {
            Ok(())
        })*
    };
}

impl Serializer for Check {
    type Ok = ();
    type Error = serde_json::Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    anything! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_unit_struct: &'static str,
    }

    fn serialize_f32(self, number: f32) -> Checked {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Checked {
        if number.is_finite() {
            return Ok(());
        }
        // The formatting of numbers has 16 kB of code.
        let name = match number {
            f64::INFINITY => "inf",
            f64::NEG_INFINITY => "-inf",
            _ => "NaN",
        };
        Err(Error::custom(format_args!("the number {name} has no JSON form")))
    }

    fn serialize_bytes(self, _bytes: &[u8]) -> Checked {
        self.within(1).map(drop)
    }

    fn serialize_none(self) -> Checked {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        self.element(value)
    }

    fn serialize_unit(self) -> Checked {
        Ok(())
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, _variant: &'static str) -> Checked {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Checked {
        self.element(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Checked {
        self.within(1)?.element(value)
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self, Self::Error> {
        self.within(1)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self, Self::Error> {
        self.within(1)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self, Self::Error> {
        self.within(1)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, Self::Error> {
        self.within(2)
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Self, Self::Error> {
        self.within(1)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, Self::Error> {
        self.within(1)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, Self::Error> {
        self.within(2)
    }

    fn collect_str<T: Display + ?Sized>(self, _value: &T) -> Checked {
        Ok(())
    }
}

macro_rules! lists {
    ($($list:ident :: $method:ident),* $(,)?) => {
        $(impl $list for Check {
            type Ok = ();
            type Error = serde_json::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
                self.element(value)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })*
    };
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! structs {
    ($($fields:ident),*) => {
        $(impl $fields for Check {
            type Ok = ();
            type Error = serde_json::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _name: &'static str, value: &T) -> Checked {
                self.element(value)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        })*
    };
}

structs!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Check {
    type Ok = ();
    type Error = serde_json::Error;

    /// Checks nothing, because serde_json itself checks keys.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _key: &T) -> Checked {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        self.element(value)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Serialize};
    use serde_json::Value;

    use super::*;

    fn written<T: Serialize>(value: &T) -> Result<String, String> {
        let mut output = Vec::new();
        write(&mut output, value).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(output).unwrap())
    }

    #[derive(Debug, Serialize, Deserialize)]
    enum Nested {
        Leaf,
        New(Box<Nested>),
        Tuple((), Box<Nested>),
        Fields { inner: Box<Nested> },
        List(Vec<Nested>),
        Map(BTreeMap<u8, Nested>),
        Optional(Option<Box<Nested>>),
    }

    #[test]
    fn nan_and_infinity_are_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refused = Err(format!("the number {number} has no JSON form"));
            assert_eq!(written(&number), refused);
            assert_eq!(written(&(1, Some(number))), refused);
            assert_eq!(written(&BTreeMap::from([("key", [number])])), refused);
            assert_eq!(written(&(number as f32)), refused);
        }
        assert_eq!(written(&[f64::MAX, -0.0, 1.5]), Ok("[1.7976931348623157e+308,-0.0,1.5]".into()));
        assert_eq!(written(&(u64::MAX, i128::MIN, u128::MAX, 'x')), {
            Ok(format!("[{},{},{},\"x\"]", u64::MAX, i128::MIN, u128::MAX))
        });
    }

    /// A value is written if and only if it can be read, at each depth and with each kind of level.
    #[test]
    fn level_limit_matches_reader() {
        let kinds: [fn(Nested) -> Nested; 6] = [
            |inner| Nested::New(inner.into()),
            |inner| Nested::Tuple((), inner.into()),
            |inner| Nested::Fields { inner: inner.into() },
            |inner| Nested::List(vec![inner]),
            |inner| Nested::Map(BTreeMap::from([(7, inner)])),
            |inner| Nested::Optional(Some(inner.into())),
        ];
        for (number, wrap) in kinds.into_iter().enumerate() {
            let (mut value, mut refused) = (Nested::Leaf, 0);
            for depth in 1..=200 {
                value = wrap(value);
                let text = serde_json::to_string(&value).unwrap();
                let readable = serde_json::from_str::<Nested>(&text);
                assert_eq!(written(&value).is_ok(), readable.is_ok(), "kind {number} at {depth}: {readable:?}");
                refused += usize::from(readable.is_err());
            }
            assert!((1..200).contains(&refused), "kind {number}");
        }
        let mut value = Value::Null;
        for depth in 1..=200 {
            value = Value::Array(vec![value]);
            assert_eq!(written(&value).is_ok(), depth <= usize::from(MAX_LEVELS));
        }
    }

    #[test]
    fn map_with_invalid_key_is_refused() {
        assert_eq!(written(&BTreeMap::from([(1, true)])), Ok(r#"{"1":true}"#.into()));
        assert_eq!(written(&BTreeMap::from([([1], true)])), Err("key must be a string".into()));
    }
}
