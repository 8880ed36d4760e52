use std::borrow::Borrow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::json::{FromJson, Object, ParseMessageError, ToJson, Writer, json_text};

/// A client in a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Peer {
    /// The id that the server assigned.
    pub id: PeerId,
    /// The name that the peer chose, unique in its room.
    pub name: String,
}

impl Peer {
    /// Creates a peer.
    #[must_use]
    pub fn new(id: impl Into<PeerId>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into() }
    }
}

impl FromJson<'_> for Peer {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        let object = Object::parse(value)?;
        Ok(Self { id: object.required("id")?, name: object.required("name")? })
    }
}

impl ToJson for Peer {
    fn write(&self, json: &mut String) {
        Writer::object(json, |object| {
            object.member("id", &self.id).member("name", &self.name);
        });
    }
}

/// The id of a peer in a room, assigned by the server and compared as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeerId(String);

impl PeerId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for PeerId {
    fn from(id: String) -> Self {
        Self(id)
    }
}

impl From<&str> for PeerId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl From<PeerId> for String {
    fn from(id: PeerId) -> Self {
        id.0
    }
}

impl FromStr for PeerId {
    type Err = Infallible;

    fn from_str(id: &str) -> Result<Self, Infallible> {
        Ok(Self::from(id))
    }
}

impl AsRef<str> for PeerId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for PeerId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A token that resumes a seat after the socket was lost. It is a secret, because any client with the token can take
/// over the seat. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResumeToken(String);

impl ResumeToken {
    /// Returns the token as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ResumeToken {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl From<&str> for ResumeToken {
    fn from(token: &str) -> Self {
        Self(token.to_owned())
    }
}

impl fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeToken(…)")
    }
}

json_text!(PeerId, ResumeToken);
