use std::{
    fmt,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{as_deserialized, json};

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
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Data(Box<RawValue>);

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
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// Returns the value `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// Creates the value from JSON text. Its depth is not limited, although that of [`parse`](Self::parse) is.
    ///
    /// # Errors
    /// Returns an error if the text is not exactly one JSON value.
    pub fn from_json(text: impl Into<String>) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text.into()).map(Self)
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
        self.0.get()
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Data {}

impl Hash for Data {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.get().hash(state);
    }
}

as_deserialized!(Data);

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({})", self.get())
    }
}
