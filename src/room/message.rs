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

/// Tells one call from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct CallId(String);

impl CallId {
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
    fn nonsense_from_a_peer_is_an_error() {
        for json in
            ["null", "[]", "{}", r#"{"call":"c1"}"#, r#"{"call":1,"kind":"ring"}"#, r#"{"call":"c1","kind":"x"}"#]
        {
            assert!(serde_json::from_str::<CallMessage>(json).is_err(), "{json}");
        }
    }
}
