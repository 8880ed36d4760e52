//! Messages that the two peers of a call send each other through the signaling server.

use serde::{Deserialize, Serialize};

use crate::negotiation::Signal;

/// A message of one call: `{"call":"…","kind":"ring"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMessage {
    /// The call.
    pub call: CallId,
    /// The signal.
    #[serde(flatten)]
    pub signal: CallSignal,
}

/// A signal of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CallSignal {
    /// Starts the call.
    Ring,
    /// Accepts the call.
    Accept,
    /// Declines the call.
    Decline {
        /// The reason.
        reason: DeclineReason,
    },
    /// Ends the call, also while it rings.
    HangUp {
        /// The reason. Absent if the user ended the call.
        #[serde(default, skip_serializing_if = "HangUpReason::is_hung_up")]
        reason: HangUpReason,
    },
    /// A signal of the session that negotiates the call's connection.
    #[serde(untagged)]
    Negotiation(Signal),
}

/// The reason why a call is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The callee is in another call.
    Busy,
    /// The callee does not want the call. Reasons of later versions are read as this one.
    #[serde(other)]
    Declined,
}

/// The reason why a call is hung up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HangUpReason {
    /// The call was not answered in time.
    Unanswered,
    /// The connection could not be made, or has failed.
    ConnectionFailed,
    /// The peer's page was reloaded.
    PeerLeft,
    /// The user ended the call. Reasons of later versions are read as this one.
    #[default]
    #[serde(other)]
    HungUp,
}

impl HangUpReason {
    fn is_hung_up(&self) -> bool {
        *self == Self::HungUp
    }
}

/// The id of a call, 1 to [`MAX_CHARS`](Self::MAX_CHARS) characters, chosen by its caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CallId(String);

impl From<CallId> for String {
    fn from(id: CallId) -> Self {
        id.0
    }
}

impl TryFrom<String> for CallId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let has_length = id.chars().nth(Self::MAX_CHARS).is_none() && !id.is_empty();
        if has_length { Ok(Self(id)) } else { Err("the id of a call has 1 to 64 characters") }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{SdpType, SessionDescription};

    #[test]
    fn call_signals_have_the_json_of_the_protocol() {
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0".into() };
        for (signal, json) in [
            (CallSignal::Ring, r#"{"call":"c1","kind":"ring"}"#),
            (CallSignal::Accept, r#"{"call":"c1","kind":"accept"}"#),
            (CallSignal::Decline { reason: DeclineReason::Busy }, r#"{"call":"c1","kind":"decline","reason":"busy"}"#),
            (CallSignal::HangUp { reason: HangUpReason::HungUp }, r#"{"call":"c1","kind":"hang_up"}"#),
            (
                CallSignal::HangUp { reason: HangUpReason::ConnectionFailed },
                r#"{"call":"c1","kind":"hang_up","reason":"connection_failed"}"#,
            ),
            (CallSignal::Negotiation(offer.into()), r#"{"call":"c1","kind":"description","type":"offer","sdp":"v=0"}"#),
        ] {
            let message = CallMessage { call: CallId("c1".into()), signal };
            assert_eq!(serde_json::to_string(&message).unwrap(), json);
            assert_eq!(serde_json::from_str::<CallMessage>(json).unwrap(), message);
        }
    }

    #[test]
    fn call_id_has_1_to_64_characters() {
        for (length, is_valid) in [(0, false), (1, true), (64, true), (65, false), (60_000, false)] {
            let json = format!(r#"{{"call":"{}","kind":"ring"}}"#, "ü".repeat(length));
            assert_eq!(serde_json::from_str::<CallMessage>(&json).is_ok(), is_valid, "{length}");
        }
    }

    #[test]
    fn malformed_message_is_an_error() {
        for json in
            ["null", "[]", "{}", r#"{"call":"c1"}"#, r#"{"call":1,"kind":"ring"}"#, r#"{"call":"c1","kind":"x"}"#]
        {
            assert!(serde_json::from_str::<CallMessage>(json).is_err(), "{json}");
        }
    }
}
