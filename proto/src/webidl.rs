//! Deserialization of WebIDL dictionaries by the conversions of WebIDL.
//!
//! This module and its macros are for `browser-rtc`, and not part of the public API.
//!
//! Derived implementations are stricter than the web: they refuse `null` for an absent member and `1280.0` for an
//! integer, and their messages do not name the member. The rules for every dictionary:
//!
//! - `null` and `undefined` stand for an absent member. A required member must be present.
//! - Unknown members are ignored.
//! - Integers are read from any finite number. A `u32` is rounded and clamped to its range (`[Clamp]`); a `u8` or a
//!   `u16` is truncated and must be in its range (`[EnforceRange]`). A `u64` or an `i64` is truncated and clamped.
//! - An `f64` must be finite.
//! - Strings, numbers and booleans are not converted to one another.
//! - An error names the path of the member, such as `video.width` or `iceServers[0].urls`.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

/// A type that a member of a dictionary can have.
pub trait FromIdl<'de>: Sized {
    /// Reads a value that is not null.
    fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Implements [`FromIdl`] for types whose own implementation of `Deserialize` follows WebIDL.
#[doc(hidden)]
#[macro_export]
macro_rules! as_deserialized {
    ($($name:ty),* $(,)?) => {
        $(impl<'de> $crate::webidl::FromIdl<'de> for $name {
            fn from_idl<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                <Self as $crate::serde::Deserialize>::deserialize(deserializer)
            }
        })*
    };
}

crate::as_deserialized!(bool, String);

impl<'de, T: FromIdl<'de>> FromIdl<'de> for Option<T> {
    fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::from_idl(deserializer).map(Some)
    }
}

impl<'de> FromIdl<'de> for f64 {
    fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_f64(Number)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates, as [Clamp] does")]
impl<'de> FromIdl<'de> for u32 {
    fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::from_idl(deserializer).map(|number| number.round_ties_even() as Self)
    }
}

/// Implements [`FromIdl`] for 64-bit integers, which browsers return and do not accept.
macro_rules! long_longs {
    ($($integer:ty),*) => {
        $(
            impl<'de> FromIdl<'de> for $integer {
                fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    // The cast saturates.
                    f64::from_idl(deserializer).map(|number| number as Self)
                }
            }
        )*
    };
}

long_longs!(u64, i64);

macro_rules! enforced_ranges {
    ($($integer:ty: $expected:literal),*) => {
        $(
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is in the range")]
            impl<'de> FromIdl<'de> for $integer {
                fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let number = f64::from_idl(deserializer)?;
                    let whole = number.trunc();
                    if (0.0..=f64::from(Self::MAX)).contains(&whole) {
                        return Ok(whole as Self);
                    }
                    Err(Error::invalid_value(Unexpected::Float(number), &$expected))
                }
            }
        )*
    };
}

enforced_ranges!(u8: "an integer from 0 to 255", u16: "an integer from 0 to 65535");

/// A finite number.
struct Number;

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
        if number.is_finite() {
            return Ok(number);
        }
        Err(E::invalid_value(Unexpected::Float(number), &"a finite number"))
    }
}

impl<'de, T: FromIdl<'de>> FromIdl<'de> for Vec<T> {
    fn from_idl<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(List(PhantomData))
    }
}

struct List<T>(PhantomData<T>);

impl<'de, T: FromIdl<'de>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Vec<T>, S::Error> {
        let mut list = Vec::new();
        loop {
            match sequence.next_element_seed(Item(PhantomData)) {
                Ok(Some(item)) => list.push(item),
                Ok(None) => return Ok(list),
                Err(error) => return Err(at(&format!("[{}]", list.len()), &error)),
            }
        }
    }
}

struct Item<T>(PhantomData<T>);

impl<'de, T: FromIdl<'de>> DeserializeSeed<'de> for Item<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::from_idl(deserializer)
    }
}

/// A union of a dictionary, a list and primitive values, of which a type allows at least one.
pub trait Union<'de>: Sized {
    /// The expected value, for error messages.
    const EXPECTED: &'static str;

    /// Reads a boolean, a number or a string.
    fn from_primitive<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads a list.
    ///
    /// # Errors
    /// Returns an error if the type has none, which is the default.
    fn from_list<D: Deserializer<'de>>(_list: D) -> Result<Self, D::Error> {
        Err(D::Error::invalid_type(Unexpected::Seq, &Self::EXPECTED))
    }

    /// Reads a dictionary.
    ///
    /// # Errors
    /// Returns an error if the type has none, which is the default.
    fn from_dictionary<D: Deserializer<'de>>(_dictionary: D) -> Result<Self, D::Error> {
        Err(D::Error::invalid_type(Unexpected::Map, &Self::EXPECTED))
    }
}

/// Reads a union by the type of the value.
pub fn union<'de, T: Union<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ByType(PhantomData))
}

struct ByType<T>(PhantomData<T>);

impl<'de, T: Union<'de>> Visitor<'de> for ByType<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        T::from_primitive(value.into_deserializer())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        T::from_primitive(value.into_deserializer())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::from_primitive(value.into_deserializer())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        T::from_primitive(value.into_deserializer())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        T::from_primitive(value.into_deserializer())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, sequence: S) -> Result<T, S::Error> {
        T::from_list(SeqAccessDeserializer::new(sequence))
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        T::from_dictionary(MapAccessDeserializer::new(map))
    }
}

/// A dictionary, implemented by [`dictionary!`](crate::dictionary).
pub trait Dictionary<'de>: Sized {
    /// The names of all members.
    const MEMBERS: &'static [&'static str];
    /// The names of the required members.
    const REQUIRED: &'static [&'static str];

    /// Returns the dictionary before any member is read.
    fn empty() -> Self;

    /// Reads the value of a member. Returns whether it was present.
    fn read_member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<bool, M::Error>;

    /// Reads all members in their order, for formats without names.
    fn read_sequence<S: SeqAccess<'de>>(sequence: S) -> Result<Self, S::Error>;
}

/// Reads a dictionary.
pub fn read<'de, T: Dictionary<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_struct("Dictionary", T::MEMBERS, Members(PhantomData))
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Dictionary<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a dictionary")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<T, M::Error> {
        let mut dictionary = T::empty();
        let mut required = Required::new(T::REQUIRED);
        while let Some(name) = map.next_key_seed(Name(T::MEMBERS))? {
            match name {
                Some(name) => match dictionary.read_member(name, &mut map) {
                    Ok(is_present) => required.read(name, is_present),
                    Err(error) => return Err(at(name, &error)),
                },
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        required.check()?;
        Ok(dictionary)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, sequence: S) -> Result<T, S::Error> {
        T::read_sequence(sequence)
    }
}

/// The required members that were not read yet.
#[derive(Debug)]
pub struct Required(Vec<&'static str>);

impl Required {
    /// Creates the list of required members.
    #[must_use]
    pub fn new(names: &[&'static str]) -> Self {
        Self(names.to_vec())
    }

    /// Records a member that was read, and whether it was present.
    pub fn read(&mut self, name: &str, is_present: bool) {
        self.0.retain(|missing| *missing != name || !is_present);
    }

    /// Checks that all required members were read.
    ///
    /// # Errors
    /// Returns an error if one is missing.
    pub fn check<E: Error>(&self) -> Result<(), E> {
        match self.0.first() {
            Some(missing) => Err(E::custom(within(missing, "the required member is missing"))),
            None => Ok(()),
        }
    }
}

/// A deserializer of one of the given names, or of `None` for any other name.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|member| **member == name).copied())
    }
}

/// Reads a member into `place`, which stays unchanged if the value is null. Returns whether there was a value.
pub fn member<'de, M: MapAccess<'de>, T: FromIdl<'de>>(map: &mut M, place: &mut T) -> Result<bool, M::Error> {
    let value = map.next_value_seed(Nullable(PhantomData))?;
    Ok(value.map(|value| *place = value).is_some())
}

/// Reads an element of a format without names into `place`. Returns whether there was one.
pub fn element<'de, S: SeqAccess<'de>, T: Deserialize<'de>>(sequence: &mut S, place: &mut T) -> Result<bool, S::Error> {
    let value = sequence.next_element()?;
    Ok(value.map(|value| *place = value).is_some())
}

struct Nullable<T>(PhantomData<T>);

impl<'de, T: FromIdl<'de>> DeserializeSeed<'de> for Nullable<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, T: FromIdl<'de>> Visitor<'de> for Nullable<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::from_idl(deserializer).map(Some)
    }
}

/// Prepends the name of a member to an error, or to the path at its start.
fn at<E: Error>(member: &str, error: &E) -> E {
    E::custom(within(member, &error.to_string()))
}

fn within(member: &str, message: &str) -> String {
    // serde-wasm-bindgen formats errors like JavaScript.
    let message = message.strip_prefix("Error: ").unwrap_or(message);
    match message.strip_prefix('`') {
        Some(path) => {
            let dot = if path.starts_with('[') { "" } else { "." };
            format!("`{member}{dot}{path}")
        }
        None => format!("`{member}`: {message}"),
    }
}

/// Implements `Deserialize` and [`FromIdl`] for a dictionary: its value before any member is read, the names of the
/// required members, and the field that each member is read into, in the order of the fields.
#[doc(hidden)]
#[macro_export]
macro_rules! dictionary {
    (
        $name:ident $(<$type:ident>)? = $empty:expr,
        required [$($required:literal),*],
        $( $($field:ident).+ / $member:literal, )*
    ) => {
        impl<'de $(, $type: $crate::webidl::FromIdl<'de> + $crate::serde::Deserialize<'de>)?> $crate::webidl::Dictionary<'de>
            for $name $(<$type>)?
        {
            const MEMBERS: &'static [&'static str] = &[$($member),*];
            const REQUIRED: &'static [&'static str] = &[$($required),*];

            fn empty() -> Self {
                $empty
            }

            fn read_member<M: $crate::serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                map: &mut M,
            ) -> ::std::result::Result<bool, M::Error> {
                match name {
                    $( $member => $crate::webidl::member(map, &mut self.$($field).+), )*
                    _ => map.next_value::<$crate::serde::de::IgnoredAny>().map(|_| false),
                }
            }

            fn read_sequence<S: $crate::serde::de::SeqAccess<'de>>(
                mut sequence: S,
            ) -> ::std::result::Result<Self, S::Error> {
                let mut required = $crate::webidl::Required::new(Self::REQUIRED);
                let mut dictionary = Self::empty();
                $(
                    let is_present = $crate::webidl::element(&mut sequence, &mut dictionary.$($field).+)?;
                    required.read($member, is_present);
                )*
                required.check()?;
                Ok(dictionary)
            }
        }

        $crate::as_dictionary!($name $(<$type>)?);
    };
}

/// Implements `Deserialize` and [`FromIdl`] by an implementation of [`Dictionary`].
#[doc(hidden)]
#[macro_export]
macro_rules! as_dictionary {
    ($name:ident $(<$type:ident>)?) => {
        impl<'de $(, $type: $crate::webidl::FromIdl<'de> + $crate::serde::Deserialize<'de>)?> $crate::serde::Deserialize<'de>
            for $name $(<$type>)?
        {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::webidl::read(deserializer)
            }
        }

        impl<'de $(, $type: $crate::webidl::FromIdl<'de> + $crate::serde::Deserialize<'de>)?> $crate::webidl::FromIdl<'de>
            for $name $(<$type>)?
        {
            fn from_idl<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::webidl::read(deserializer)
            }
        }
    };
}

/// Implements `Deserialize` and [`FromIdl`] by an implementation of [`Union`].
#[doc(hidden)]
#[macro_export]
macro_rules! as_union {
    ($name:ident $(<$type:ident>)?) => {
        impl<'de $(, $type: $crate::webidl::FromIdl<'de> + $crate::serde::Deserialize<'de>)?> $crate::serde::Deserialize<'de>
            for $name $(<$type>)?
        {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::webidl::union(deserializer)
            }
        }

        impl<'de $(, $type: $crate::webidl::FromIdl<'de> + $crate::serde::Deserialize<'de>)?> $crate::webidl::FromIdl<'de>
            for $name $(<$type>)?
        {
            fn from_idl<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                $crate::webidl::union(deserializer)
            }
        }
    };
}
