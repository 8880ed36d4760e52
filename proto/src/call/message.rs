//! Messages between the two peers of a call, sent through the signaling server.

use std::borrow::Cow;

use crate::{
    json::{Object, ParseMessageError, Writer, checked_json_text},
    negotiation::Signal,
    signaling::Data,
};

/// The maximum size of the metadata of a call, in bytes of JSON.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;

/// A message of one call: `{"call":"…","kind":"ring"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMessage {
    /// The call.
    pub call: CallId,
    /// The signal.
    pub signal: CallSignal,
}

/// A signal of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallSignal {
    /// Starts the call.
    Ring(Ring),
    /// Accepts the call.
    Accept {
        /// The metadata of the callee, at most [`MAX_METADATA_BYTES`].
        metadata: Option<Data>,
    },
    /// Declines the call.
    Decline {
        /// The reason.
        reason: DeclineReason,
    },
    /// Ends the call, in any phase.
    HangUp {
        /// The reason. Absent if the user ended the call.
        reason: HangUpReason,
    },
    /// A signal of the session that negotiates the call's connection.
    Negotiation(Signal),
}

/// The content of a ring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// The metadata of the caller, at most [`MAX_METADATA_BYTES`].
    pub metadata: Option<Data>,
    /// The time for which the caller waits, in milliseconds. Absent if the caller uses the default of its room.
    pub ring_ms: Option<u32>,
}

impl CallMessage {
    /// Adds the members of the message to an object.
    pub(crate) fn write(&self, json: &mut Writer) {
        json.member("call", &self.call);
        match &self.signal {
            CallSignal::Ring(Ring { metadata, ring_ms }) => {
                json.member("kind", &"ring").member("metadata", metadata).member("ring_ms", ring_ms)
            }
            CallSignal::Accept { metadata } => json.member("kind", &"accept").member("metadata", metadata),
            CallSignal::Decline { reason } => json.member("kind", &"decline").member("reason", &reason.as_str()),
            CallSignal::HangUp { reason } => json.member("kind", &"hang_up").member("reason", &reason.as_str()),
            CallSignal::Negotiation(signal) => {
                signal.write(json);
                json
            }
        };
    }

    /// Reads the message from the members of an object.
    pub(crate) fn read(object: &Object<'_>) -> Result<Self, ParseMessageError> {
        let call = object.required("call")?;
        let signal = match &*object.required::<Cow<str>>("kind")? {
            "ring" => CallSignal::Ring(Ring { metadata: metadata(object)?, ring_ms: object.optional("ring_ms")? }),
            "accept" => CallSignal::Accept { metadata: metadata(object)? },
            "decline" => CallSignal::Decline { reason: DeclineReason::from(&*object.required::<Cow<str>>("reason")?) },
            "hang_up" => {
                let reason: Option<Cow<str>> = object.optional("reason")?;
                CallSignal::HangUp { reason: HangUpReason::from(reason.as_deref().unwrap_or_default()) }
            }
            _ => CallSignal::Negotiation(Signal::read(object)?),
        };
        Ok(Self { call, signal })
    }
}

fn metadata(object: &Object<'_>) -> Result<Option<Data>, ParseMessageError> {
    let metadata: Option<Data> = object.optional("metadata")?;
    match metadata {
        Some(metadata) if metadata.get().len() > MAX_METADATA_BYTES => {
            Err(ParseMessageError::new("field `metadata`: the metadata of a call has too many bytes"))
        }
        metadata => Ok(metadata),
    }
}

/// The reason why a call is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeclineReason {
    /// The callee is in another call.
    Busy,
    /// The callee rejected the call. Unknown reasons are read as this one.
    Declined,
}

impl DeclineReason {
    /// Returns the reason as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Declined => "declined",
        }
    }
}

impl From<&str> for DeclineReason {
    fn from(reason: &str) -> Self {
        if reason == Self::Busy.as_str() { Self::Busy } else { Self::Declined }
    }
}

/// The reason why a call is hung up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HangUpReason {
    /// The call was not answered in time.
    Unanswered,
    /// The connection could not be established, or has failed.
    ConnectionFailed,
    /// The peer's page was reloaded.
    PeerLeft,
    /// The user ended the call. Unknown reasons are read as this one.
    #[default]
    HungUp,
}

impl HangUpReason {
    /// Returns the reason as it is sent. [`HungUp`](Self::HungUp) is sent as no reason.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Unanswered => Some("unanswered"),
            Self::ConnectionFailed => Some("connection_failed"),
            Self::PeerLeft => Some("peer_left"),
            Self::HungUp => None,
        }
    }
}

impl From<&str> for HangUpReason {
    fn from(reason: &str) -> Self {
        match reason {
            "unanswered" => Self::Unanswered,
            "connection_failed" => Self::ConnectionFailed,
            "peer_left" => Self::PeerLeft,
            _ => Self::HungUp,
        }
    }
}

/// The id of a call, 1 to [`MAX_CHARS`](Self::MAX_CHARS) characters, chosen by its caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallId(String);

checked_json_text!(CallId);

impl From<CallId> for String {
    fn from(id: CallId) -> Self {
        id.0
    }
}

impl TryFrom<String> for CallId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let has_length = id.chars().nth(Self::MAX_CHARS).is_none() && !id.is_empty();
        if has_length { Ok(Self(id)) } else { Err("a call id must have 1 to 64 characters") }
    }
}

impl CallId {
    /// Maximum number of characters.
    pub const MAX_CHARS: usize = 64;

    /// Creates an id from 96 random bits.
    #[must_use]
    pub fn from_random([first, second, third]: [u32; 3]) -> Self {
        Self(format!("{first:08x}{second:08x}{third:08x}"))
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{SdpType, SessionDescription};

    fn parse(json: &str) -> Result<CallMessage, ParseMessageError> {
        Object::parse(json).and_then(|object| CallMessage::read(&object))
    }

    fn data(json: &str) -> Option<Data> {
        Some(Data::from_json(json).unwrap())
    }

    #[test]
    fn metadata_is_limited() {
        let ring = |length: usize| {
            let json = format!(r#"{{"call":"c1","kind":"ring","metadata":"{}"}}"#, "x".repeat(length - 2));
            parse(&json)
        };
        assert!(ring(MAX_METADATA_BYTES).is_ok() && ring(MAX_METADATA_BYTES + 1).is_err());
        let null = parse(r#"{"call":"c1","kind":"ring","metadata":null}"#).unwrap();
        assert_eq!(null.signal, CallSignal::Ring(Ring::default()));
    }

    #[test]
    fn call_signals_match_protocol_json() {
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0".into() };
        for (signal, json) in [
            (CallSignal::Ring(Ring::default()), r#"{"call":"c1","kind":"ring"}"#),
            (
                CallSignal::Ring(Ring { metadata: data("[1]"), ring_ms: Some(5) }),
                r#"{"call":"c1","kind":"ring","metadata":[1],"ring_ms":5}"#,
            ),
            (CallSignal::Accept { metadata: None }, r#"{"call":"c1","kind":"accept"}"#),
            (CallSignal::Accept { metadata: data("{}") }, r#"{"call":"c1","kind":"accept","metadata":{}}"#),
            (CallSignal::Decline { reason: DeclineReason::Busy }, r#"{"call":"c1","kind":"decline","reason":"busy"}"#),
            (CallSignal::HangUp { reason: HangUpReason::HungUp }, r#"{"call":"c1","kind":"hang_up"}"#),
            (
                CallSignal::HangUp { reason: HangUpReason::ConnectionFailed },
                r#"{"call":"c1","kind":"hang_up","reason":"connection_failed"}"#,
            ),
            (CallSignal::Negotiation(offer.into()), r#"{"call":"c1","kind":"description","type":"offer","sdp":"v=0"}"#),
        ] {
            let message = CallMessage { call: CallId("c1".into()), signal };
            let mut text = Writer::new();
            message.write(&mut text);
            assert_eq!(text.finish(), json);
            assert_eq!(parse(json).unwrap(), message);
        }
    }

    #[test]
    fn unknown_reasons_are_read_as_default() {
        for (kind, signal) in [
            ("decline", CallSignal::Decline { reason: DeclineReason::Declined }),
            ("hang_up", CallSignal::HangUp { reason: HangUpReason::HungUp }),
        ] {
            let json = format!(r#"{{"call":"c1","kind":"{kind}","reason":"of a later version"}}"#);
            assert_eq!(parse(&json).unwrap().signal, signal);
        }
        assert!(parse(r#"{"call":"c1","kind":"decline"}"#).is_err());
    }

    #[test]
    fn call_id_has_1_to_64_characters() {
        for (length, is_valid) in [(0, false), (1, true), (64, true), (65, false), (60_000, false)] {
            let json = format!(r#"{{"call":"{}","kind":"ring"}}"#, "ü".repeat(length));
            assert_eq!(parse(&json).is_ok(), is_valid, "{length}");
        }
    }

    #[test]
    fn malformed_message_is_error() {
        for json in
            ["null", "[]", "{}", r#"{"call":"c1"}"#, r#"{"call":1,"kind":"ring"}"#, r#"{"call":"c1","kind":"x"}"#]
        {
            assert!(parse(json).is_err(), "{json}");
        }
    }
}
