//! Conversion of WebIDL dictionaries between Rust and JavaScript with serde.
//!
//! Each dictionary is a serde type, for which `browser_rtc_proto::dictionary!` implements the conversions of WebIDL.
//! Members that are JavaScript values are not serialized by serde, and are converted by [`JsMembers`].
//!
//! The dictionaries that every program needs are converted without serde, next to their types: descriptions and candidates
//! in `peer::convert`, the configuration in `peer::configuration`, the options of a data channel in `channel::init`, and
//! constraints to JavaScript in `media::constraints::js`. According to `cargo xtask size`, converting the first three with
//! serde adds 69 % to the compressed size of `minimal_channel`, 6 % to `minimal_call` and 3 % to the npm package.
//! Converting constraints with serde adds 8 % to `minimal_call`.

use browser_rtc_proto::webidl::{Dictionary, FromIdl, Required};
use js_sys::{Array, Object};
use serde::{
    Serialize,
    de::{DeserializeSeed, MapAccess},
};
use serde_wasm_bindgen::{Deserializer, Error, Serializer};
use wasm_bindgen::{JsCast, JsValue};

use crate::{members::Members, sys::global};

/// Converts a dictionary to a JavaScript object.
pub(crate) fn to_js(value: &(impl Serialize + JsMembers)) -> Object {
    // The serializer only fails for integers beyond the range of JavaScript numbers, which no dictionary has.
    let js = value.serialize(&Serializer::new().serialize_maps_as_objects(true)).unwrap_or_default();
    value.write_members(&js);
    js.unchecked_into()
}

/// Converts dictionaries to an array.
pub(crate) fn list_to_js<T: Serialize + JsMembers>(dictionaries: &[T]) -> Array {
    dictionaries.iter().map(to_js).collect()
}

/// Reads a dictionary that a browser has returned. A member of the wrong type counts as absent. Returns `None` if the value
/// is not an object or a required member is absent.
pub(crate) fn from_js<T: Dictionary<'static> + JsMembers>(value: &JsValue) -> Option<T> {
    if !value.is_object() {
        return None;
    }
    let mut dictionary = T::empty();
    let mut required = Required::new(T::REQUIRED);
    for name in T::MEMBERS {
        let member = global::get(value, name);
        if !member.is_undefined() {
            let is_present = dictionary.read_member(name, &mut MemberValue(member)).unwrap_or_default();
            required.read(name, is_present);
        }
    }
    required.check::<Error>().ok()?;
    dictionary.read_members(value);
    Some(dictionary)
}

/// Reads the dictionaries of an array, and skips those that [`from_js`] cannot read.
pub(crate) fn list_from_js<T: Dictionary<'static> + JsMembers>(array: &JsValue) -> Vec<T> {
    global::items(array).iter().filter_map(from_js).collect()
}

/// Reads a single value. Returns `None` for `undefined`, `null` and values of another type.
pub(crate) fn value_from_js<T: FromIdl<'static>>(value: JsValue) -> Option<T> {
    if value.is_null_or_undefined() { None } else { T::from_idl(Deserializer::from(value)).ok() }
}

/// The value of one member, as the map access from which serde reads it.
struct MemberValue(JsValue);

impl<'de> MapAccess<'de> for MemberValue {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _seed: K) -> Result<Option<K::Value>, Error> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Deserializer::from(std::mem::take(&mut self.0)))
    }
}

/// Conversion of the [`Members`] of a dictionary and of its nested dictionaries.
pub(crate) trait JsMembers {
    /// Sets the members on the object to which serde has converted the dictionary.
    fn write_members(&self, object: &JsValue);

    /// Reads the members from the object from which serde has read the dictionary.
    fn read_members(&mut self, object: &JsValue);
}

impl<T: JsMembers> JsMembers for Option<T> {
    fn write_members(&self, object: &JsValue) {
        if let Some(dictionary) = self {
            dictionary.write_members(object);
        }
    }

    fn read_members(&mut self, object: &JsValue) {
        if let Some(dictionary) = self {
            dictionary.read_members(object);
        }
    }
}

impl<T: JsMembers> JsMembers for Vec<T> {
    fn write_members(&self, array: &JsValue) {
        for (dictionary, object) in self.iter().zip(global::items(array)) {
            dictionary.write_members(&object);
        }
    }

    fn read_members(&mut self, array: &JsValue) {
        for (dictionary, object) in self.iter_mut().zip(global::items(array)) {
            dictionary.read_members(&object);
        }
    }
}

impl<T: JsMembers> JsMembers for Box<T> {
    fn write_members(&self, object: &JsValue) {
        (**self).write_members(object);
    }

    fn read_members(&mut self, object: &JsValue) {
        (**self).read_members(object);
    }
}

/// Implements [`JsMembers`] for a dictionary. The arguments are the type, the fields with nested dictionaries, each with
/// its name in JavaScript, and after a semicolon the field with the [`Members`].
macro_rules! js_members {
    ($name:ty: $($field:ident / $member:literal),* $(; $other:ident)?) => {
        impl $crate::dictionary::JsMembers for $name {
            fn write_members(&self, _object: &wasm_bindgen::JsValue) {
                $(self.$field.write_members(&$crate::sys::global::get(_object, $member));)*
                $(self.$other.write(wasm_bindgen::JsCast::unchecked_ref(_object));)?
            }

            fn read_members(&mut self, _object: &wasm_bindgen::JsValue) {
                $(self.$field.read_members(&$crate::sys::global::get(_object, $member));)*
                $(self.$other = $crate::dictionary::members_beside::<Self>(_object);)?
            }
        }
    };
}

pub(crate) use js_members;

/// Returns the members of an object for which the dictionary has no field.
pub(crate) fn members_beside<T: Dictionary<'static>>(object: &JsValue) -> Members {
    Members::except(T::MEMBERS, object)
}
