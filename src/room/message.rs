//! What the two sides of a call tell each other through the signaling server.

use serde::{Deserialize, Serialize};

use super::EndReason;
use crate::{negotiation::Signal, random, spec_enum::spec_enum};

/// One word of one call: `{"call":"…","kind":"ring"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CallMessage {
    pub(super) call: CallId,
    #[serde(flatten)]
    pub(super) word: Word,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Word {
    Ring,
    Accept,
    Decline {
        reason: DeclineReason,
    },
    HangUp {
        /// Where it is another than that somebody wanted it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<EndReason>,
    },
    #[serde(untagged)]
    Negotiation(Signal),
}

spec_enum! {
    /// Why somebody does not take a call.
    DeclineReason {
        /// They would rather not.
        Declined = "declined",
        /// They are in another call.
        Busy = "busy",
    }
}

/// The id of a call, 1 to [`MAX_CHARS`](Self::MAX_CHARS) characters, chosen by its caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct CallId(String);

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
    const MAX_CHARS: usize = 64;

    pub(super) fn random() -> Self {
        Self(random::id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::{SdpType, SessionDescription};

    #[test]
    fn words_travel_as_the_protocol_has_them() {
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0".into() };
        for (word, json) in [
            (Word::Ring, r#"{"call":"c1","kind":"ring"}"#),
            (Word::Accept, r#"{"call":"c1","kind":"accept"}"#),
            (Word::Decline { reason: DeclineReason::Busy }, r#"{"call":"c1","kind":"decline","reason":"busy"}"#),
            (Word::HangUp { reason: None }, r#"{"call":"c1","kind":"hang_up"}"#),
            (
                Word::HangUp { reason: Some(EndReason::ConnectionFailed) },
                r#"{"call":"c1","kind":"hang_up","reason":"connection-failed"}"#,
            ),
            (Word::Negotiation(offer.into()), r#"{"call":"c1","kind":"description","type":"offer","sdp":"v=0"}"#),
        ] {
            let message = CallMessage { call: CallId("c1".into()), word };
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
    fn nonsense_from_a_peer_is_an_error() {
        for json in
            ["null", "[]", "{}", r#"{"call":"c1"}"#, r#"{"call":1,"kind":"ring"}"#, r#"{"call":"c1","kind":"x"}"#]
        {
            assert!(serde_json::from_str::<CallMessage>(json).is_err(), "{json}");
        }
    }
}
