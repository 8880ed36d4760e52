//! The JSON text of the messages.

use std::borrow::Cow;

use super::digest::Digest;
use super::message::{
    Accept, Block, BlockAck, Cancel, Decline, End, FileId, MAX_FILE_SIZE, MAX_NAME, Message, Offer, OfferAck, Reason,
    Received, Stop,
};
use crate::json::{FromJson, Object, ParseMessageError, ToJson, Writer, checked_json_text, json_text, nonzero, text};

impl Message {
    /// Returns the message as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Writer::new();
        json.member("type", &self.type_name());
        match self {
            Self::Offer(offer) => json
                .member("version", &offer.version)
                .member("id", &offer.id)
                .member("file_id", &offer.file_id)
                .member("name", &offer.name)
                .member("size", &offer.size)
                .member("mime_type", &offer.mime_type),
            Self::Block(block) => json
                .member("id", &block.id)
                .member("index", &block.index)
                .member("length", &block.length)
                .member("sha256", &block.sha256),
            Self::End(end) => json.member("id", &end.id).member("sha256", &end.sha256),
            Self::Cancel(cancel) => json.member("id", &cancel.id).member("reason", &cancel.reason),
            Self::OfferAck(ack) => json.member("id", &ack.id),
            Self::Accept(accept) => json
                .member("id", &accept.id)
                .member("window", &accept.window)
                .member("from", &nonzero(accept.from))
                .member("sha256", &accept.sha256),
            Self::Decline(decline) => json.member("id", &decline.id).member("reason", &decline.reason),
            Self::BlockAck(ack) => json.member("id", &ack.id).member("blocks", &ack.blocks),
            Self::Received(received) => json.member("id", &received.id),
            Self::Stop(stop) => json.member("id", &stop.id).member("reason", &stop.reason),
        };
        json.finish()
    }

    /// Parses a message from JSON text. Returns `None` for an unknown `type`, which must be ignored.
    ///
    /// # Errors
    /// Returns an error if the text is not a message of the protocol.
    pub fn from_json(text: &str) -> Result<Option<Self>, ParseMessageError> {
        let object = Object::parse(text)?;
        let id = || object.required("id");
        let reason = || object.required("reason");
        Ok(Some(match &*object.required::<Cow<str>>("type")? {
            "offer" => Self::Offer(Offer {
                version: object.required("version")?,
                id: id()?,
                file_id: object.required("file_id")?,
                name: object.required::<Name>("name")?.0,
                size: object.required::<FileSize>("size")?.0,
                mime_type: object.required::<Name>("mime_type")?.0,
            }),
            "block" => Self::Block(Block {
                id: id()?,
                index: object.required("index")?,
                length: object.required("length")?,
                sha256: object.required("sha256")?,
            }),
            "end" => Self::End(End { id: id()?, sha256: object.required("sha256")? }),
            "cancel" => Self::Cancel(Cancel { id: id()?, reason: reason()? }),
            "offer_ack" => Self::OfferAck(OfferAck { id: id()? }),
            "accept" => Self::Accept(Accept {
                id: id()?,
                window: object.required("window")?,
                from: object.optional("from")?.unwrap_or_default(),
                sha256: object.optional("sha256")?,
            }),
            "decline" => Self::Decline(Decline { id: id()?, reason: reason()? }),
            "block_ack" => Self::BlockAck(BlockAck { id: id()?, blocks: object.required("blocks")? }),
            "received" => Self::Received(Received { id: id()? }),
            "stop" => Self::Stop(Stop { id: id()?, reason: reason()? }),
            _ => return Ok(None),
        }))
    }
}

json_text!(Reason);
checked_json_text!(FileId);

impl FromJson<'_> for Digest {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        text(value)
    }
}

impl ToJson for Digest {
    fn write(&self, json: &mut String) {
        String::from(*self).write(json);
    }
}

/// A name or a MIME type.
struct Name(String);

impl FromJson<'_> for Name {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        let text = String::from_json(value)?;
        if text.len() <= MAX_NAME { Ok(Self(text)) } else { Err(ParseMessageError::new("the text exceeds 1024 bytes")) }
    }
}

/// The size of a file in bytes.
struct FileSize(u64);

impl FromJson<'_> for FileSize {
    fn from_json(value: &str) -> Result<Self, ParseMessageError> {
        let size = u64::from_json(value)?;
        if size <= MAX_FILE_SIZE {
            Ok(Self(size))
        } else {
            Err(ParseMessageError::new("the size exceeds 2^53 - 1 bytes"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file_id() -> FileId {
        FileId::try_from("a1".to_owned()).unwrap()
    }

    fn parsed(value: &serde_json::Value) -> Option<Message> {
        Message::from_json(&value.to_string()).unwrap()
    }

    #[test]
    fn messages_match_protocol_json() {
        let digest = Digest([0xab; 32]);
        let hex = "ab".repeat(32);
        let messages: [(Message, serde_json::Value); 11] = [
            (
                Offer::new(7, file_id(), 5).name("a.txt").mime_type("text/plain").into(),
                json!({
                    "type": "offer", "version": 1, "id": 7, "file_id": "a1", "name": "a.txt", "size": 5,
                    "mime_type": "text/plain",
                }),
            ),
            (
                Block::new(7, 0, 5, digest).into(),
                json!({ "type": "block", "id": 7, "index": 0, "length": 5, "sha256": hex }),
            ),
            (End::new(7, digest).into(), json!({ "type": "end", "id": 7, "sha256": hex })),
            (Cancel::new(7, Reason::Cancelled).into(), json!({ "type": "cancel", "id": 7, "reason": "cancelled" })),
            (OfferAck::new(7).into(), json!({ "type": "offer_ack", "id": 7 })),
            (Accept::new(7, 8).into(), json!({ "type": "accept", "id": 7, "window": 8 })),
            (
                Accept::new(7, 8).resume(3, digest).into(),
                json!({ "type": "accept", "id": 7, "window": 8, "from": 3, "sha256": hex }),
            ),
            (Decline::new(7, Reason::Declined).into(), json!({ "type": "decline", "id": 7, "reason": "declined" })),
            (BlockAck::new(7, 1).into(), json!({ "type": "block_ack", "id": 7, "blocks": 1 })),
            (Received::new(7).into(), json!({ "type": "received", "id": 7 })),
            (Stop::new(7, Reason::Invalid).into(), json!({ "type": "stop", "id": 7, "reason": "invalid" })),
        ];
        for (message, json) in messages {
            let text = message.to_json();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), json);
            assert_eq!(parsed(&json), Some(message));
        }
        assert_eq!(
            parsed(&json!({ "type": "accept", "id": 7, "window": 8, "from": 0 })),
            Some(Accept::new(7, 8).into())
        );
    }

    #[test]
    fn unknown_types_members_and_reasons_are_accepted() {
        assert_eq!(parsed(&json!({ "type": "wave" })), None);
        assert_eq!(
            parsed(&json!({ "type": "stop", "id": 7, "reason": "tired", "how": "very" })),
            Some(Stop::new(7, Reason::Failed).into())
        );
    }

    #[test]
    fn malformed_messages_are_rejected() {
        let offer = |file_id: &str, name: &str, size: serde_json::Value| {
            json!({
                "type": "offer", "version": 1, "id": 7, "file_id": file_id, "name": name, "size": size,
                "mime_type": "",
            })
            .to_string()
        };
        assert!(Message::from_json(&offer("a", "n", json!(0))).unwrap().is_some());
        for malformed in [
            offer("", "n", json!(0)),
            offer(&"a".repeat(65), "n", json!(0)),
            offer("../etc", "n", json!(0)),
            offer("a", &"n".repeat(1025), json!(0)),
            offer("a", "n", json!(-1)),
            offer("a", "n", json!(1.5)),
            offer("a", "n", json!(1_u64 << 53)),
            json!({ "type": "end", "id": 7, "sha256": "ab" }).to_string(),
            json!({ "type": "end", "id": 7, "sha256": "zz".repeat(32) }).to_string(),
            json!({ "type": "end", "id": 7, "sha256": "é".repeat(32) }).to_string(),
            json!({ "type": "block", "id": 7, "index": 0, "length": 4_294_967_296_u64, "sha256": "ab".repeat(32) })
                .to_string(),
            json!(["offer"]).to_string(),
            json!(["wave"]).to_string(),
            json!({ "id": 7 }).to_string(),
            String::new(),
            "{".to_owned(),
        ] {
            assert!(Message::from_json(&malformed).is_err(), "{malformed}");
        }
    }
}
