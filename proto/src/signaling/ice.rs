use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::json::{FromJson, Object, ParseMessageError, ToJson, Writer};

/// A STUN or TURN server, in the JSON of
/// [`RTCIceServer`](https://www.w3.org/TR/webrtc/#rtciceserver-dictionary).
///
/// `Debug` hides the credential.
///
/// ```
/// use browser_rtc_proto::signaling::IceServer;
///
/// let server: IceServer = serde_json::from_str(r#"{"urls":"stun:stun.example.org"}"#)?;
/// assert_eq!(server, IceServer::stun("stun:stun.example.org"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IceServer {
    /// The `stun:`, `turn:` and `turns:` URLs of one server. Written as a list; read as a list or as a single string.
    #[serde(deserialize_with = "one_or_many")]
    pub urls: Vec<String>,
    /// The user name, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password, for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl IceServer {
    /// Creates a server with several URLs and without credentials.
    #[must_use]
    pub fn new(urls: Vec<String>) -> Self {
        Self { urls, ..Self::default() }
    }

    /// Creates a STUN server.
    #[must_use]
    pub fn stun(url: impl Into<String>) -> Self {
        Self::new(vec![url.into()])
    }

    /// Creates a TURN server with its credentials.
    #[must_use]
    pub fn turn(url: impl Into<String>, username: impl Into<String>, credential: impl Into<String>) -> Self {
        Self::stun(url).username(username).credential(credential)
    }

    /// Sets the user name, for TURN.
    #[must_use]
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// Sets the password, for TURN.
    #[must_use]
    pub fn credential(mut self, credential: impl Into<String>) -> Self {
        self.credential = Some(credential.into());
        self
    }
}

impl FromJson<'_> for IceServer {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        let object = Object::parse(value)?;
        Ok(Self {
            urls: object.required::<Urls>("urls")?.0,
            username: object.optional("username")?,
            credential: object.optional("credential")?,
        })
    }
}

impl ToJson for IceServer {
    fn write(&self, json: &mut String) {
        Writer::object(json, |object| {
            object.member("urls", &self.urls).member("username", &self.username).member("credential", &self.credential);
        });
    }
}

/// A list of URLs, or a single URL.
struct Urls(Vec<String>);

impl FromJson<'_> for Urls {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        let is_single = value.starts_with('"');
        if is_single { String::from_json(value).map(|url| Self(vec![url])) } else { Vec::from_json(value).map(Self) }
    }
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .field("credential", &self.credential.as_ref().map(|_| "…"))
            .finish()
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Urls;

    impl<'de> Visitor<'de> for Urls {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a URL or a list of URLs")
        }

        fn visit_str<E>(self, url: &str) -> Result<Self::Value, E> {
            Ok(vec![url.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut urls = Vec::new();
            while let Some(url) = list.next_element()? {
                urls.push(url);
            }
            Ok(urls)
        }
    }

    deserializer.deserialize_any(Urls).map_err(|error| D::Error::custom(format!("`urls`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_may_be_string_or_list() {
        let stun = IceServer::stun("stun:s");
        for json in [
            r#"{"urls":"stun:s"}"#,
            r#"{"urls":["stun:s"],"username":null,"credential":null,"credentialType":"password"}"#,
        ] {
            assert_eq!(serde_json::from_str::<IceServer>(json).unwrap(), stun, "{json}");
        }
        for json in [r#"{"urls":null}"#, r#"{"urls":1}"#, r#"{"urls":[1]}"#, r#"{"urls":{}}"#, "{}"] {
            let error = serde_json::from_str::<IceServer>(json).unwrap_err().to_string();
            assert!(error.contains("`urls`"), "{json}: {error}");
        }
    }
}
