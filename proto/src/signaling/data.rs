use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

use crate::json::{self, FromJson, ParseMessageError, ToJson, Writer};

/// A JSON value that one peer sends to another, kept as its text.
///
/// The server and this crate relay it byte for byte. Two values are equal if their JSON text is equal.
///
/// ```
/// use browser_rtc_proto::signaling::Data;
///
/// let data = Data::from_serialize(&(1, "two"))?;
/// assert_eq!(data.get(), r#"[1,"two"]"#);
/// assert_eq!(data.parse::<(u8, String)>()?, (1, "two".to_owned()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Data(Box<str>);

impl Data {
    /// Writes a value as JSON.
    ///
    /// Integers beyond ±2⁵³ are exact for a reader in Rust; JavaScript's `JSON.parse` rounds them.
    ///
    /// # Errors
    /// Returns an error if the value has no JSON form, such as a map with keys that are neither strings nor numbers, or
    /// a number that is NaN or infinite; or if it has more than 127 levels of lists and objects, which
    /// [`parse`](Self::parse) refuses.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        json::check(value)?;
        serde_json::to_string(value).map(|text| Self(text.into()))
    }

    /// Returns the value `null`.
    #[must_use]
    pub fn null() -> Self {
        Self("null".into())
    }

    /// Creates the value from JSON text. Its depth is not limited, although that of [`parse`](Self::parse) is.
    ///
    /// # Errors
    /// Returns an error if the text is not exactly one JSON value.
    pub fn from_json(text: impl Into<String>) -> Result<Self, ParseMessageError> {
        let text = text.into();
        let value = json::trimmed(&text)?;
        Ok(Self(if value.len() == text.len() { text.into() } else { value.into() }))
    }

    pub(crate) fn from_writer(json: Writer) -> Self {
        Self(json.finish().into())
    }

    /// Reads the value.
    ///
    /// # Errors
    /// Returns an error if the value does not have the shape of a `T`, or has more than 127 levels of lists and
    /// objects.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.get())
    }

    /// Returns the JSON text.
    #[must_use]
    pub fn get(&self) -> &str {
        &self.0
    }
}

impl FromJson<'_> for Data {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        Ok(Self(value.into()))
    }
}

impl ToJson for Data {
    fn write(&self, json: &mut String) {
        json.push_str(&self.0);
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: &RawValue = serde_json::from_str(&self.0).map_err(S::Error::custom)?;
        value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|value| Self(value.into()))
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({})", self.get())
    }
}
