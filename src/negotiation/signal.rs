//! What the two sides of a connection tell each other.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    peer::{IceCandidate, SdpType, SessionDescription},
    webidl::{as_deserialized, dictionary},
};

/// What the two sides of a connection tell each other, over whatever the user has.
///
/// As text, by `to_string` and `parse`, it is JSON: `{"kind":"description","type":"offer","sdp":"…"}` or
/// `{"kind":"candidate","candidate":"…","sdpMid":"0"}`, and its [`Stamp`] as `session`. Fields that this version does
/// not know are ignored; an unknown kind is an error. The module's documentation describes the format.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub struct Signal {
    /// What it says.
    pub content: Content,
    /// Its place among the others. A plain peer sends none: its signals are taken as they arrive, and its link has to
    /// deliver them in order and once.
    pub stamp: Option<Stamp>,
}

/// What a [`Signal`] says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// Here I am; send again what I have not seen. Without an addressee, it is answered by the like.
    Hello,
    /// I have seen what the stamp says, and have nothing else to say.
    Seen,
    /// Are you there? Answered by [`Seen`](Self::Seen).
    Ping,
    /// May I offer?
    Ask,
    /// You may, and I do not meanwhile.
    Grant,
    /// I need not any more.
    Pass,
    /// An offer or an answer.
    Description(SessionDescription),
    /// A candidate.
    Candidate(IceCandidate),
    /// The offer of this number could not be taken, and is to be rolled back.
    Refuse {
        /// Its number.
        offer: u32,
    },
    /// I close the connection.
    Bye,
}

/// The header of a signal: the two sessions that it belongs to, and its place among the signals of its sender.
///
/// With it, the receiver recognizes signals that arrive twice, late, or from a session of before a reload, and asks for
/// those that were lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The sender.
    pub from: SessionId,
    /// The receiver. Absent in greetings, and in signals to a peer that has not answered a greeting yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SessionId>,
    /// Counts from 1 the signals that have to arrive; 0 for [`Hello`](Content::Hello), [`Seen`](Content::Seen),
    /// [`Ping`](Content::Ping) and [`Bye`](Content::Bye).
    #[serde(default, skip_serializing_if = "is_default")]
    pub number: u32,
    /// The highest number up to which the sender has received everything.
    #[serde(default, skip_serializing_if = "is_default")]
    pub seen: u32,
    /// The highest number that the sender has used, where some are not acknowledged; only in a
    /// [`Hello`](Content::Hello) with `to`. The receiver makes no offer until it has received them all.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sent: u32,
    /// The place of this part, from 1, in a description that was split; 0 where the signal is whole.
    #[serde(default, skip_serializing_if = "is_default")]
    pub part: u16,
    /// Number of parts of a description that was split, 2 to 256; 0 where the signal is whole.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parts: u16,
}

impl Stamp {
    /// Creates the header of a greeting.
    #[must_use]
    pub fn new(from: SessionId) -> Self {
        Self { from, to: None, number: 0, seen: 0, sent: 0, part: 0, parts: 0 }
    }
}

/// Tells a session from all others, also from those of the same page before it was reloaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(String);

impl SessionId {
    /// From text of one's own, which nobody else has.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }
}

impl From<Content> for Signal {
    fn from(content: Content) -> Self {
        Self { content, stamp: None }
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
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::new("signal", ErrorKind::Syntax, error.to_string()))
    }
}

/// One flat object, which costs a page less than serde's tagged and flattened enums.
#[derive(Default, Serialize)]
struct Wire {
    kind: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    sdp_type: Option<SdpType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sdp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<String>,
    #[serde(rename = "sdpMid", skip_serializing_if = "Option::is_none")]
    sdp_mid: Option<String>,
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    sdp_m_line_index: Option<u16>,
    #[serde(rename = "usernameFragment", skip_serializing_if = "Option::is_none")]
    username_fragment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Stamp>,
}

dictionary! {
    Wire = Self::default(),
    required [],
    kind / "kind",
    sdp_type / "type",
    sdp / "sdp",
    candidate / "candidate",
    sdp_mid / "sdpMid",
    sdp_m_line_index / "sdpMLineIndex",
    username_fragment / "usernameFragment",
    offer / "offer",
    session / "session",
}

as_deserialized!(Stamp);

impl From<Signal> for Wire {
    fn from(Signal { content, stamp }: Signal) -> Self {
        let kind = |kind: &str| Self { kind: kind.into(), session: stamp, ..Self::default() };
        match content {
            Content::Hello => kind("hello"),
            Content::Seen => kind("seen"),
            Content::Ping => kind("ping"),
            Content::Ask => kind("ask"),
            Content::Grant => kind("grant"),
            Content::Pass => kind("pass"),
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
            "seen" => Content::Seen,
            "ping" => Content::Ping,
            "ask" => Content::Ask,
            "grant" => Content::Grant,
            "pass" => Content::Pass,
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
        Ok(Self { content, stamp: wire.session })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_travel_as_the_protocol_has_them() {
        let stamp = |to: Option<&str>, number, seen| {
            Some(Stamp { to: to.map(SessionId::new), number, seen, ..Stamp::new(SessionId::new("a")) })
        };
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0".into() };
        let candidate = IceCandidate { candidate: "c".into(), sdp_mid: Some("0".into()), ..IceCandidate::default() };
        for (signal, json) in [
            (offer.clone().into(), r#"{"kind":"description","type":"offer","sdp":"v=0"}"#),
            (candidate.into(), r#"{"kind":"candidate","candidate":"c","sdpMid":"0"}"#),
            (
                Signal { content: Content::Description(offer), stamp: stamp(Some("b"), 3, 2) },
                r#"{"kind":"description","type":"offer","sdp":"v=0","session":{"from":"a","to":"b","number":3,"seen":2}}"#,
            ),
            (
                Signal {
                    content: Content::Candidate(IceCandidate::end_of_candidates()),
                    stamp: stamp(Some("b"), 4, 0),
                },
                r#"{"kind":"candidate","candidate":"","session":{"from":"a","to":"b","number":4}}"#,
            ),
            (
                Signal { content: Content::Hello, stamp: stamp(None, 0, 0) },
                r#"{"kind":"hello","session":{"from":"a"}}"#,
            ),
            (Content::Seen.into(), r#"{"kind":"seen"}"#),
            (Content::Ping.into(), r#"{"kind":"ping"}"#),
            (Content::Ask.into(), r#"{"kind":"ask"}"#),
            (Content::Grant.into(), r#"{"kind":"grant"}"#),
            (Content::Pass.into(), r#"{"kind":"pass"}"#),
            (Content::Refuse { offer: 1 }.into(), r#"{"kind":"refuse","offer":1}"#),
            (Content::Bye.into(), r#"{"kind":"bye"}"#),
        ] {
            assert_eq!(signal.to_string(), json);
            assert_eq!(json.parse::<Signal>().unwrap(), signal);
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        for json in [
            "null",
            "{}",
            r#"{"kind":"dance"}"#,
            r#"{"kind":"description","sdp":"v=0"}"#,
            r#"{"kind":"refuse"}"#,
            r#"{"kind":"bye","session":{}}"#,
            r#"{"kind":"candidate","sdpMLineIndex":-1}"#,
        ] {
            assert_eq!(*json.parse::<Signal>().unwrap_err().kind(), ErrorKind::Syntax, "{json}");
        }
    }
}
