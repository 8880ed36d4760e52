//! Messages from one peer to another in a room, outside of calls: messages, and requests with replies.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    call::CallMessage,
    negotiation::signal::Wire,
    signaling::{Data, MessageId},
};

/// The maximum length of [`Content::Failure`]'s message, in characters. Longer messages are truncated.
pub const MAX_FAILURE_CHARS: usize = 1_000;

/// A direct message: `{"id":"…","kind":"message","data":…}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectMessage {
    /// The unique id of the message. A reply, a failure and a cancellation have the id of the request.
    pub id: MessageId,
    /// The content.
    pub content: Content,
}

/// The content of a [`DirectMessage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A message that is not answered.
    Message(Data),
    /// A request, which is answered by a reply or a failure.
    Request(Data),
    /// The reply to a request.
    Reply(Data),
    /// The failure of a request.
    Failure {
        /// The reason.
        reason: FailureReason,
        /// The message of the program that has failed, at most [`MAX_FAILURE_CHARS`]. Otherwise empty.
        message: String,
    },
    /// The report that the sender of a request no longer waits for the reply.
    Cancel,
}

/// The reason for which a request has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureReason {
    /// The receiver handles no requests.
    NoHandler,
    /// The receiver has too many unanswered requests.
    Busy,
    /// The program of the receiver has failed. Unknown reasons are read as this one.
    Failed,
}

impl FailureReason {
    /// Returns the reason as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoHandler => "no_handler",
            Self::Busy => "busy",
            Self::Failed => "failed",
        }
    }
}

impl From<&str> for FailureReason {
    fn from(reason: &str) -> Self {
        match reason {
            "no_handler" => Self::NoHandler,
            "busy" => Self::Busy,
            _ => Self::Failed,
        }
    }
}

impl From<DirectMessage> for Wire {
    fn from(DirectMessage { id, content }: DirectMessage) -> Self {
        let kind = |kind: &str, data| Self { id: Some(id.into()), kind: kind.into(), data, ..Self::default() };
        match content {
            Content::Message(data) => kind("message", Some(data)),
            Content::Request(data) => kind("request", Some(data)),
            Content::Reply(data) => kind("reply", Some(data)),
            Content::Failure { reason, mut message } => {
                if let Some((end, _)) = message.char_indices().nth(MAX_FAILURE_CHARS) {
                    message.truncate(end);
                }
                let message = Some(message).filter(|message| !message.is_empty());
                Self { reason: Some(reason.as_str().into()), message, ..kind("failure", None) }
            }
            Content::Cancel => kind("cancel", None),
        }
    }
}

/// The content of a `signal`: a message of a call, or a direct message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub enum PeerMessage {
    /// A message of a call.
    Call(CallMessage),
    /// A direct message.
    Direct(DirectMessage),
}

impl From<PeerMessage> for Wire {
    fn from(message: PeerMessage) -> Self {
        match message {
            PeerMessage::Call(message) => message.into(),
            PeerMessage::Direct(message) => message.into(),
        }
    }
}

impl TryFrom<Wire> for PeerMessage {
    type Error = Cow<'static, str>;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let (None, Some(id)) = (&wire.call, wire.id.clone()) else { return wire.try_into().map(Self::Call) };
        let id = MessageId::try_from(id).map_err(|_| "`id`: not a message id")?;
        // A member that is `null` is read as an absent one.
        let data = wire.data.unwrap_or_else(Data::null);
        let content = match &*wire.kind {
            "message" => Content::Message(data),
            "request" => Content::Request(data),
            "reply" => Content::Reply(data),
            "failure" => Content::Failure {
                reason: wire.reason.as_deref().unwrap_or_default().into(),
                message: wire.message.unwrap_or_default(),
            },
            "cancel" => Content::Cancel,
            kind => return Err(format!("`kind`: unknown kind {kind:?}").into()),
        };
        Ok(Self::Direct(DirectMessage { id, content }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        call::{CallSignal, Ring},
        document::{DOCUMENT, examples, one_line},
    };

    fn parse(json: &str) -> Option<DirectMessage> {
        match serde_json::from_str(json) {
            Ok(PeerMessage::Direct(message)) => Some(message),
            _ => None,
        }
    }

    fn text(message: DirectMessage) -> String {
        serde_json::to_string(&PeerMessage::Direct(message)).unwrap()
    }

    #[test]
    fn protocol_direct_examples_round_trip() {
        let mut shown = BTreeSet::new();
        for json in examples("json direct") {
            let message = parse(json).unwrap();
            assert_eq!(text(message.clone()), json);
            shown.insert(match message.content {
                Content::Message(_) => "message",
                Content::Request(_) => "request",
                Content::Reply(_) => "reply",
                Content::Failure { reason, .. } => {
                    assert!(DOCUMENT.contains(&format!("\n| `{}` | ", reason.as_str())), "{json}");
                    reason.as_str()
                }
                Content::Cancel => "cancel",
            });
        }
        let expected = ["message", "request", "reply", "no_handler", "busy", "failed", "cancel"];
        assert_eq!(shown, BTreeSet::from(expected));
        assert!(one_line().contains("at most 1,000 characters"));
    }

    #[test]
    fn absent_data_is_null() {
        for json in [r#"{"id":"m1","kind":"reply"}"#, r#"{"id":"m1","kind":"reply","data":null}"#] {
            assert_eq!(parse(json).unwrap().content, Content::Reply(Data::null()));
        }
    }

    #[test]
    fn malformed_message_is_error() {
        for json in [
            r#"{"id":"not an id","kind":"message","data":1}"#,
            r#"{"id":"m1","kind":"dance"}"#,
            r#"{"id":"m1"}"#,
            r#"{"id":1,"kind":"message","data":1}"#,
            r#"{"kind":"message","data":1}"#,
        ] {
            assert!(serde_json::from_str::<PeerMessage>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn call_message_may_have_id() {
        let message = serde_json::from_str(r#"{"call":"c1","id":"m1","kind":"ring"}"#).unwrap();
        let PeerMessage::Call(CallMessage { signal, .. }) = message else { panic!("{message:?}") };
        assert_eq!(signal, CallSignal::Ring(Ring::default()));
    }

    #[test]
    fn failure_message_is_truncated() {
        let reason = FailureReason::Failed;
        let content = Content::Failure { reason, message: "ü".repeat(MAX_FAILURE_CHARS + 1) };
        let json = text(DirectMessage { id: "m1".parse().unwrap(), content });
        let expected = Content::Failure { reason, message: "ü".repeat(MAX_FAILURE_CHARS) };
        assert_eq!(parse(&json).unwrap().content, expected);
        let unknown = parse(r#"{"id":"m1","kind":"failure","reason":"of a later version"}"#).unwrap();
        assert_eq!(unknown.content, Content::Failure { reason, message: String::new() });
    }
}
