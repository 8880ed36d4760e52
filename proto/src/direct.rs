//! Messages from one peer to another in a room, outside of calls: messages, and requests with replies.

use std::borrow::Cow;

use crate::{
    call::CallMessage,
    json::{Object, ParseMessageError, Writer},
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

impl DirectMessage {
    /// Adds the members of the message to an object.
    fn write(&self, json: &mut Writer) {
        json.member("id", &self.id);
        match &self.content {
            Content::Message(data) => json.member("kind", &"message").member("data", data),
            Content::Request(data) => json.member("kind", &"request").member("data", data),
            Content::Reply(data) => json.member("kind", &"reply").member("data", data),
            Content::Failure { reason, message } => {
                let end = message.char_indices().nth(MAX_FAILURE_CHARS).map_or(message.len(), |(end, _)| end);
                let message = message.get(..end).filter(|message| !message.is_empty());
                json.member("kind", &"failure").member("reason", &reason.as_str()).member("message", &message)
            }
            Content::Cancel => json.member("kind", &"cancel"),
        };
    }

    /// Reads the message from the members of an object.
    fn read(object: &Object<'_>) -> Result<Self, ParseMessageError> {
        // A member that is `null` is read as an absent one.
        let data = || object.optional("data").map(|data| data.unwrap_or_else(Data::null));
        let content = match &*object.required::<Cow<str>>("kind")? {
            "message" => Content::Message(data()?),
            "request" => Content::Request(data()?),
            "reply" => Content::Reply(data()?),
            "failure" => {
                let reason: Option<Cow<str>> = object.optional("reason")?;
                Content::Failure {
                    reason: reason.as_deref().unwrap_or_default().into(),
                    message: object.optional("message")?.unwrap_or_default(),
                }
            }
            "cancel" => Content::Cancel,
            unknown => return Err(ParseMessageError::unknown_type(unknown)),
        };
        Ok(Self { id: object.required("id")?, content })
    }
}

/// The content of a `signal`: a message of a call, or a direct message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerMessage {
    /// A message of a call.
    Call(CallMessage),
    /// A direct message.
    Direct(DirectMessage),
}

impl PeerMessage {
    /// Returns the message as JSON.
    #[must_use]
    pub fn to_data(&self) -> Data {
        let mut json = Writer::new();
        match self {
            Self::Call(message) => message.write(&mut json),
            Self::Direct(message) => message.write(&mut json),
        }
        Data::from_writer(json)
    }

    /// Reads a message. Unknown members are ignored.
    ///
    /// # Errors
    /// Returns an error if the data is not a JSON object, has an unknown kind, or lacks a member.
    pub fn from_data(data: &Data) -> Result<Self, ParseMessageError> {
        let object = Object::parse(data.get())?;
        if object.is_absent("call") && !object.is_absent("id") {
            DirectMessage::read(&object).map(Self::Direct)
        } else {
            CallMessage::read(&object).map(Self::Call)
        }
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

    fn data(json: &str) -> Data {
        Data::from_json(json).unwrap()
    }

    fn parse(json: &str) -> Option<DirectMessage> {
        match PeerMessage::from_data(&data(json)) {
            Ok(PeerMessage::Direct(message)) => Some(message),
            _ => None,
        }
    }

    fn text(message: DirectMessage) -> String {
        PeerMessage::Direct(message).to_data().get().to_owned()
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
            assert!(PeerMessage::from_data(&data(json)).is_err(), "{json}");
        }
    }

    #[test]
    fn call_message_may_have_id() {
        let message = PeerMessage::from_data(&data(r#"{"call":"c1","id":"m1","kind":"ring"}"#)).unwrap();
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
