//! The signals that two sessions exchange.

use std::{borrow::Cow, error, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    as_deserialized, dictionary,
    sdp::{IceCandidate, SdpType, SessionDescription},
    signaling::Data,
};

/// A message between the two sessions of a connection, over any link.
///
/// `to_string` and `parse` use JSON: `{"kind":"description","type":"offer","sdp":"…"}` or
/// `{"kind":"candidate","candidate":"…","sdpMid":"0"}`, and its [`Header`] as `session`. Fields that this version does
/// not know are ignored; an unknown kind is an error. The module's documentation describes the format.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Header {
    /// The sender's id.
    pub from: SessionId,
    /// The receiver's id. Absent in greetings, and in signals to a peer that has not answered a greeting yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SessionId>,
    /// The number of the signal, from 1; 0 for [`Hello`](Content::Hello), [`Ack`](Content::Ack),
    /// [`Ping`](Content::Ping) and [`Bye`](Content::Bye).
    #[serde(default, skip_serializing_if = "is_default")]
    pub number: u32,
    /// The highest number up to which the sender has received all signals.
    #[serde(default, skip_serializing_if = "is_default")]
    pub received: u32,
    /// The highest number that the sender has used, if some signals are not acknowledged; only in a
    /// [`Hello`](Content::Hello) with `to`. The receiver makes no offer until it has received them all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sent: u32,
    /// The number of this part of a split description, from 1; 0 if the signal is whole.
    #[serde(default, skip_serializing_if = "is_default")]
    pub part: u16,
    /// The number of parts of a split description, 2 to 256; 0 if the signal is whole.
    #[serde(default, skip_serializing_if = "is_default")]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// Creates an id from a unique text, such as 96 random bits in hexadecimal digits.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

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
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Signal {
    type Err = ParseSignalError;

    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        serde_json::from_str(text).map_err(ParseSignalError)
    }
}

/// The error for text that is not a [`Signal`].
#[derive(Debug)]
pub struct ParseSignalError(serde_json::Error);

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

/// A signal, a message of a call, or a direct message, as one flat object. In WebAssembly, this takes less code than
/// serde's tagged and flattened enums.
#[derive(Default, Serialize)]
pub(crate) struct Wire {
    /// The call id, in a call message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<String>,
    /// The message id, in a direct message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    pub(crate) kind: String,
    /// The reason for the end of a call, or for the failure of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The text of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ring_ms: Option<u32>,
    /// The content of a direct message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Data>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) sdp_type: Option<SdpType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sdp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) candidate: Option<String>,
    #[serde(rename = "sdpMid", skip_serializing_if = "Option::is_none")]
    pub(crate) sdp_mid: Option<String>,
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub(crate) sdp_m_line_index: Option<u16>,
    #[serde(rename = "usernameFragment", skip_serializing_if = "Option::is_none")]
    pub(crate) username_fragment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) offer: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<Header>,
}

dictionary! {
    Wire = Self::default(),
    required [],
    call / "call",
    id / "id",
    kind / "kind",
    reason / "reason",
    message / "message",
    metadata / "metadata",
    ring_ms / "ring_ms",
    data / "data",
    sdp_type / "type",
    sdp / "sdp",
    candidate / "candidate",
    sdp_mid / "sdpMid",
    sdp_m_line_index / "sdpMLineIndex",
    username_fragment / "usernameFragment",
    offer / "offer",
    session / "session",
}

as_deserialized!(Header);

impl From<Signal> for Wire {
    fn from(Signal { content, header }: Signal) -> Self {
        let kind = |kind: &str| Self { kind: kind.into(), session: header, ..Self::default() };
        match content {
            Content::Hello => kind("hello"),
            Content::Ack => kind("ack"),
            Content::Ping => kind("ping"),
            Content::Request => kind("request"),
            Content::Grant => kind("grant"),
            Content::Release => kind("release"),
            Content::Description(description) => {
                Self { sdp_type: Some(description.kind), sdp: Some(description.sdp), ..kind("description") }
            }
            Content::Candidate(candidate) => Self {
                candidate: Some(candidate.candidate),
                sdp_mid: candidate.sdp_mid,
                sdp_m_line_index: candidate.sdp_m_line_index,
                username_fragment: candidate.username_fragment,
                ..kind("candidate")
            },
            Content::Refuse { offer } => Self { offer: Some(offer), ..kind("refuse") },
            Content::Bye => kind("bye"),
        }
    }
}

impl TryFrom<Wire> for Signal {
    type Error = Cow<'static, str>;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let content = match &*wire.kind {
            "hello" => Content::Hello,
            "ack" => Content::Ack,
            "ping" => Content::Ping,
            "request" => Content::Request,
            "grant" => Content::Grant,
            "release" => Content::Release,
            "description" => Content::Description(SessionDescription {
                kind: wire.sdp_type.ok_or("`type`: the required member of a description is missing")?,
                sdp: wire.sdp.unwrap_or_default(),
            }),
            "candidate" => Content::Candidate(IceCandidate {
                candidate: wire.candidate.unwrap_or_default(),
                sdp_mid: wire.sdp_mid,
                sdp_m_line_index: wire.sdp_m_line_index,
                username_fragment: wire.username_fragment,
                ..IceCandidate::default()
            }),
            "refuse" => {
                Content::Refuse { offer: wire.offer.ok_or("`offer`: the required member of a refusal is missing")? }
            }
            "bye" => Content::Bye,
            "" => return Err("`kind`: the required member is missing".into()),
            kind => return Err(format!("`kind`: unknown kind {kind:?}").into()),
        };
        Ok(Self { content, header: wire.session })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
