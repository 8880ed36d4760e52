//! The types of members: references to other entries, points in time, and records of numbers.

use std::{fmt, hash, marker::PhantomData, time::Duration};

use browser_rtc_proto::webidl::FromIdl;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

/// The id of an entry of type `T`. [`StatsReport::follow`](super::StatsReport::follow) returns the entry.
pub struct StatsId<T>(Box<str>, PhantomData<fn() -> T>);

impl<T> StatsId<T> {
    /// Returns the id as the browser spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T> From<String> for StatsId<T> {
    fn from(id: String) -> Self {
        Self(id.into(), PhantomData)
    }
}

impl<T> From<&str> for StatsId<T> {
    fn from(id: &str) -> Self {
        Self(id.into(), PhantomData)
    }
}

impl<T> Clone for StatsId<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T> Default for StatsId<T> {
    fn default() -> Self {
        Self(Box::default(), PhantomData)
    }
}

impl<T> PartialEq for StatsId<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for StatsId<T> {}

impl<T> hash::Hash for StatsId<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for StatsId<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<T> fmt::Display for StatsId<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<T> Serialize for StatsId<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, T> FromIdl<'de> for StatsId<T> {
    fn from_idl<D: Deserializer<'de>>(id: D) -> Result<Self, D::Error> {
        String::from_idl(id).map(Self::from)
    }
}

/// A point in time, in milliseconds since the beginning of 1970, with fractions.
/// [Specification](https://www.w3.org/TR/hr-time-3/#dom-domhighrestimestamp)
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Timestamp(f64);

impl Timestamp {
    /// Creates a point in time from milliseconds since the beginning of 1970.
    #[must_use]
    pub fn from_ms(ms: f64) -> Self {
        Self(ms)
    }

    /// Returns the milliseconds since the beginning of 1970.
    #[must_use]
    pub fn as_ms(self) -> f64 {
        self.0
    }

    /// Returns the time since `earlier`; zero if `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from_secs_f64((self.0 - earlier.0) / 1000.0).unwrap_or_default()
    }
}

impl<'de> FromIdl<'de> for Timestamp {
    fn from_idl<D: Deserializer<'de>>(ms: D) -> Result<Self, D::Error> {
        f64::from_idl(ms).map(Self)
    }
}

/// A record of numbers by name, in the browser's order.
// A list, because records are short, and a map would be a significant part of the code of all statistics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NumbersByName(Vec<(String, f64)>);

impl NumbersByName {
    /// Returns the number with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(other, _)| *other == name).map(|(_, number)| number)
    }

    /// Returns all names and their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, number)| (&**name, *number))
    }
}

impl FromIterator<(String, f64)> for NumbersByName {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl Serialize for NumbersByName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> FromIdl<'de> for NumbersByName {
    fn from_idl<D: Deserializer<'de>>(record: D) -> Result<Self, D::Error> {
        record.deserialize_map(Record)
    }
}

struct Record;

impl<'de> Visitor<'de> for Record {
    type Value = NumbersByName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of numbers")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<NumbersByName, M::Error> {
        let mut numbers = Vec::new();
        while let Some(name) = map.next_key()? {
            // Values other than numbers are omitted.
            if let Ok(number) = map.next_value() {
                numbers.push((name, number));
            }
        }
        Ok(NumbersByName(numbers))
    }
}
