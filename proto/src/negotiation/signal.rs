//! The signals that two sessions exchange.

use std::{borrow::Cow, error, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::{
    json::{FromJson, Object, ParseMessageError, ToJson, Writer, json_text, nonzero},
    sdp::{IceCandidate, SessionDescription},
};

/// A message between the two sessions of a connection, over any link.
///
/// `to_string` and `parse` use JSON: `{"kind":"description","type":"offer","sdp":"…"}` or
/// `{"kind":"candidate","candidate":"…","sdpMid":"0"}`, and its [`Header`] as `session`. Fields that this version does
/// not know are ignored; an unknown kind is an error. The module's documentation describes the format.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signal {
    /// The content.
    pub content: Content,
    /// The header. A plain peer sends none, so that its link has to deliver signals exactly once and in order.
    pub header: Option<Header>,
}

/// The content of a [`Signal`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// A greeting if [`Header::to`] is absent, or else a request for all signals after [`Header::received`].
    Hello,
    /// An acknowledgement, which the header contains.
    Ack,
    /// A request for an [`Ack`](Self::Ack).
    Ping,
    /// A request of the polite side for the turn to offer.
    Request,
    /// A grant of the turn to the polite side. Until the turn ends, the impolite side makes no offer.
    Grant,
    /// The return of the turn by the polite side without an offer.
    Release,
    /// An offer or an answer.
    Description(SessionDescription),
    /// A candidate.
    Candidate(IceCandidate),
    /// The refusal of an offer that the sender could not apply or answer. The receiver must roll it back.
    Refuse {
        /// The number of the offer's signal.
        offer: u32,
    },
    /// The report that the sender has closed the connection.
    Bye,
}

/// The header of a signal: its sender and receiver, and its position among the signals of its sender.
///
/// The receiver uses it to detect signals that are duplicated, late, or from a page that was reloaded since, and to
/// request lost signals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Header {
    /// The sender's id.
    pub from: SessionId,
    /// The receiver's id. Absent in greetings, and in signals to a peer that has not answered a greeting yet.
    pub to: Option<SessionId>,
    /// The number of the signal, from 1; 0 for [`Hello`](Content::Hello), [`Ack`](Content::Ack),
    /// [`Ping`](Content::Ping) and [`Bye`](Content::Bye).
    pub number: u32,
    /// The highest number up to which the sender has received all signals.
    pub received: u32,
    /// The highest number that the sender has used, if some signals are not acknowledged; only in a
    /// [`Hello`](Content::Hello) with `to`. The receiver makes no offer until it has received them all.
    pub sent: u32,
    /// The number of this part of a split description, from 1; 0 if the signal is whole.
    pub part: u16,
    /// The number of parts of a split description, 2 to 256; 0 if the signal is whole.
    pub parts: u16,
}

impl Header {
    /// Creates the header of a greeting.
    #[must_use]
    pub fn new(from: SessionId) -> Self {
        Self { from, to: None, number: 0, received: 0, sent: 0, part: 0, parts: 0 }
    }
}

/// The unique id of a session. A reloaded page has a new session and a new id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// Creates an id from a unique text, such as 96 random bits in hexadecimal digits.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SessionId {
    fn from(id: &str) -> Self {
        Self::new(id)
    }
}

json_text!(SessionId);

impl From<Content> for Signal {
    fn from(content: Content) -> Self {
        Self { content, header: None }
    }
}

impl From<SessionDescription> for Signal {
    fn from(description: SessionDescription) -> Self {
        Content::Description(description).into()
    }
}

impl From<IceCandidate> for Signal {
    fn from(candidate: IceCandidate) -> Self {
        Content::Candidate(candidate).into()
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut json = Writer::new();
        self.write(&mut json);
        f.write_str(&json.finish())
    }
}

impl FromStr for Signal {
    type Err = ParseSignalError;

    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        Object::parse(text).and_then(|object| Self::read(&object)).map_err(ParseSignalError)
    }
}

/// The error for text that is not a [`Signal`].
#[derive(Debug)]
pub struct ParseSignalError(ParseMessageError);

impl fmt::Display for ParseSignalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed signal: {}", self.0)
    }
}

impl error::Error for ParseSignalError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Signal {
    /// Adds the members of the signal to an object.
    pub(crate) fn write(&self, json: &mut Writer) {
        match &self.content {
            Content::Hello => json.member("kind", &"hello"),
            Content::Ack => json.member("kind", &"ack"),
            Content::Ping => json.member("kind", &"ping"),
            Content::Request => json.member("kind", &"request"),
            Content::Grant => json.member("kind", &"grant"),
            Content::Release => json.member("kind", &"release"),
            Content::Description(SessionDescription { kind, sdp }) => {
                json.member("kind", &"description").member("type", kind).member("sdp", sdp)
            }
            Content::Candidate(candidate) => json
                .member("kind", &"candidate")
                .member("candidate", &candidate.candidate)
                .member("sdpMid", &candidate.sdp_mid)
                .member("sdpMLineIndex", &candidate.sdp_m_line_index)
                .member("usernameFragment", &candidate.username_fragment),
            Content::Refuse { offer } => json.member("kind", &"refuse").member("offer", offer),
            Content::Bye => json.member("kind", &"bye"),
        };
        json.member("session", &self.header);
    }

    /// Reads the signal from the members of an object.
    pub(crate) fn read(object: &Object<'_>) -> Result<Self, ParseMessageError> {
        let content = match &*object.required::<Cow<str>>("kind")? {
            "hello" => Content::Hello,
            "ack" => Content::Ack,
            "ping" => Content::Ping,
            "request" => Content::Request,
            "grant" => Content::Grant,
            "release" => Content::Release,
            "description" => Content::Description(SessionDescription {
                kind: object.required("type")?,
                sdp: object.optional("sdp")?.unwrap_or_default(),
            }),
            "candidate" => Content::Candidate(IceCandidate {
                candidate: object.optional("candidate")?.unwrap_or_default(),
                sdp_mid: object.optional("sdpMid")?,
                sdp_m_line_index: object.optional("sdpMLineIndex")?,
                username_fragment: object.optional("usernameFragment")?,
                ..IceCandidate::default()
            }),
            "refuse" => Content::Refuse { offer: object.required("offer")? },
            "bye" => Content::Bye,
            unknown => return Err(ParseMessageError::unknown_type(unknown)),
        };
        Ok(Self { content, header: object.optional("session")? })
    }
}

impl ToJson for Header {
    fn write(&self, json: &mut String) {
        Writer::object(json, |object| {
            object
                .member("from", &self.from)
                .member("to", &self.to)
                .member("number", &nonzero(self.number))
                .member("received", &nonzero(self.received))
                .member("sent", &nonzero(self.sent))
                .member("part", &nonzero(self.part))
                .member("parts", &nonzero(self.parts));
        });
    }
}

impl FromJson<'_> for Header {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        let object = Object::parse(value)?;
        Ok(Self {
            from: object.required("from")?,
            to: object.optional("to")?,
            number: object.optional("number")?.unwrap_or_default(),
            received: object.optional("received")?.unwrap_or_default(),
            sent: object.optional("sent")?.unwrap_or_default(),
            part: object.optional("part")?.unwrap_or_default(),
            parts: object.optional("parts")?.unwrap_or_default(),
        })
    }
}

/// Serializes the signal as a map, for links whose messages contain signals.
impl Serialize for Signal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: serde_json::Value = serde_json::from_str(&self.to_string()).map_err(ser::Error::custom)?;
        value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        value.to_string().parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::SdpType;

    #[test]
    fn signals_match_protocol_json() {
        let header = |to: Option<&str>, number, received| {
            Some(Header { to: to.map(SessionId::new), number, received, ..Header::new(SessionId::new("a")) })
        };
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0".into() };
        let candidate = IceCandidate { candidate: "c".into(), sdp_mid: Some("0".into()), ..IceCandidate::default() };
        for (signal, json) in [
            (offer.clone().into(), r#"{"kind":"description","type":"offer","sdp":"v=0"}"#),
            (candidate.into(), r#"{"kind":"candidate","candidate":"c","sdpMid":"0"}"#),
            (
                Signal { content: Content::Description(offer), header: header(Some("b"), 3, 2) },
                r#"{"kind":"description","type":"offer","sdp":"v=0","session":{"from":"a","to":"b","number":3,"received":2}}"#,
            ),
            (
                Signal {
                    content: Content::Candidate(IceCandidate::end_of_candidates()),
                    header: header(Some("b"), 4, 0),
                },
                r#"{"kind":"candidate","candidate":"","session":{"from":"a","to":"b","number":4}}"#,
            ),
            (
                Signal { content: Content::Hello, header: header(None, 0, 0) },
                r#"{"kind":"hello","session":{"from":"a"}}"#,
            ),
            (Content::Ack.into(), r#"{"kind":"ack"}"#),
            (Content::Ping.into(), r#"{"kind":"ping"}"#),
            (Content::Request.into(), r#"{"kind":"request"}"#),
            (Content::Grant.into(), r#"{"kind":"grant"}"#),
            (Content::Release.into(), r#"{"kind":"release"}"#),
            (Content::Refuse { offer: 1 }.into(), r#"{"kind":"refuse","offer":1}"#),
            (Content::Bye.into(), r#"{"kind":"bye"}"#),
        ] {
            assert_eq!(signal.to_string(), json);
            assert_eq!(json.parse::<Signal>().unwrap(), signal);
        }
    }

    #[test]
    fn malformed_signal_is_error() {
        for json in [
            "null",
            "{}",
            r#"{"kind":"dance"}"#,
            r#"{"kind":"description","sdp":"v=0"}"#,
            r#"{"kind":"refuse"}"#,
            r#"{"kind":"bye","session":{}}"#,
            r#"{"kind":"candidate","sdpMLineIndex":-1}"#,
        ] {
            assert!(json.parse::<Signal>().is_err(), "{json}");
        }
    }
}
