//! What the two sides say to each other, as JSON text. `protocol.md` is the description for other implementations.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of the protocol that this is.
pub const VERSION: u32 = 1;

/// A block, in bytes: what one hash stands for. Only the last of a file is shorter.
pub const BLOCK: u64 = 256 * 1024;

/// No message of the protocol is longer, in UTF-16 code units.
pub const LONGEST_TEXT: u32 = 8 * 1024;

/// The largest size that a number in JavaScript can tell exactly.
const LARGEST_FILE: u64 = (1 << 53) - 1;

const LONGEST_NAME: usize = 1024;
const LONGEST_ID: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// By the one who has the file.
    Offer {
        version: u32,
        id: Id,
        file: FileId,
        name: String,
        size: u64,
        mime: String,
    },
    Block {
        id: Id,
        index: u64,
        length: u32,
        sha256: Digest,
    },
    End {
        id: Id,
        sha256: Digest,
    },
    Cancel {
        id: Id,
        reason: Reason,
    },
    /// By the one who is offered it.
    Ack {
        id: Id,
    },
    Accept {
        id: Id,
        window: u32,
        #[serde(default)]
        from: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<Digest>,
    },
    Refuse {
        id: Id,
        reason: Reason,
    },
    Got {
        id: Id,
        blocks: u64,
    },
    Received {
        id: Id,
    },
    Stop {
        id: Id,
        reason: Reason,
    },
    /// Of a later version: passed over.
    #[serde(other)]
    Unknown,
}

impl Message {
    /// None where it is not of this protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let message = serde_json::from_str(text).ok()?;
        match &message {
            Self::Offer { name, size, mime, .. } => {
                (name.len() <= LONGEST_NAME && mime.len() <= LONGEST_NAME && *size <= LARGEST_FILE).then_some(message)
            }
            _ => Some(message),
        }
    }

    pub fn text(&self) -> String {
        // Strings and numbers always are JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The number of a transfer: counted up by the one who offers.
pub type Id = u32;

/// By what a file is known again on another channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct FileId(String);

impl FileId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let fits = (1..=LONGEST_ID).contains(&id.len());
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if fits && plain { Ok(Self(id)) } else { Err("an id is 1 to 64 letters, digits, - and _") }
    }
}

/// SHA-256, in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(pub [u8; 32]);

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        digest.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "a digest is 64 hexadecimal digits";
        let mut digest = [0; 32];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return Err(WRONG);
        }
        for (byte, pair) in digest.iter_mut().zip(pairs) {
            let [high, low] =
                pair.map(|digit| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
            *byte = high.ok_or(WRONG)? << 4 | low.ok_or(WRONG)?;
        }
        Ok(Self(digest))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// Why a transfer goes no further, as the other side tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Somebody does not want the file.
    Declined,
    /// There are too many offers already.
    Busy,
    /// Of another version, or the page has not what it takes.
    Unsupported,
    /// Somebody has cancelled.
    Cancelled,
    /// What came is not what was agreed on.
    Invalid,
    /// It could not be read, or not be kept; also what later versions may say.
    #[serde(other)]
    Failed,
}

/// How many blocks a file has.
pub fn blocks_of(size: u64) -> u64 {
    size.div_ceil(BLOCK)
}

/// How long the block of this index is.
pub fn length_of(size: u64, index: u64) -> u64 {
    size.saturating_sub(index.saturating_mul(BLOCK)).min(BLOCK)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file() -> FileId {
        FileId::try_from("a1".to_owned()).unwrap()
    }

    fn parsed(value: &serde_json::Value) -> Option<Message> {
        Message::parse(&value.to_string())
    }

    #[test]
    fn f44_the_messages_are_as_the_protocol_says() {
        let digest = Digest([0xab; 32]);
        let hex = "ab".repeat(32);
        for (message, json) in [
            (
                Message::Offer {
                    version: 1,
                    id: 7,
                    file: file(),
                    name: "a.txt".into(),
                    size: 5,
                    mime: "text/plain".into(),
                },
                json!({ "type": "offer", "version": 1, "id": 7, "file": "a1", "name": "a.txt", "size": 5, "mime": "text/plain" }),
            ),
            (
                Message::Block { id: 7, index: 0, length: 5, sha256: digest },
                json!({ "type": "block", "id": 7, "index": 0, "length": 5, "sha256": hex }),
            ),
            (Message::End { id: 7, sha256: digest }, json!({ "type": "end", "id": 7, "sha256": hex })),
            (
                Message::Cancel { id: 7, reason: Reason::Cancelled },
                json!({ "type": "cancel", "id": 7, "reason": "cancelled" }),
            ),
            (Message::Ack { id: 7 }, json!({ "type": "ack", "id": 7 })),
            (
                Message::Accept { id: 7, window: 8, from: 3, sha256: Some(digest) },
                json!({ "type": "accept", "id": 7, "window": 8, "from": 3, "sha256": hex }),
            ),
            (
                Message::Refuse { id: 7, reason: Reason::Declined },
                json!({ "type": "refuse", "id": 7, "reason": "declined" }),
            ),
            (Message::Got { id: 7, blocks: 1 }, json!({ "type": "got", "id": 7, "blocks": 1 })),
            (Message::Received { id: 7 }, json!({ "type": "received", "id": 7 })),
            (Message::Stop { id: 7, reason: Reason::Invalid }, json!({ "type": "stop", "id": 7, "reason": "invalid" })),
        ] {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&message.text()).unwrap(), json);
            assert_eq!(parsed(&json), Some(message));
        }
        assert_eq!(
            parsed(&json!({ "type": "accept", "id": 7, "window": 8 })),
            Some(Message::Accept { id: 7, window: 8, from: 0, sha256: None })
        );
    }

    #[test]
    fn f44_later_versions_may_say_more() {
        assert_eq!(parsed(&json!({ "type": "wave" })), Some(Message::Unknown));
        assert_eq!(
            parsed(&json!({ "type": "stop", "id": 7, "reason": "tired", "how": "very" })),
            Some(Message::Stop { id: 7, reason: Reason::Failed })
        );
    }

    #[test]
    fn f44_what_is_malformed_is_nothing() {
        let offer = |file: &str, name: &str, size: serde_json::Value| {
            parsed(
                &json!({ "type": "offer", "version": 1, "id": 7, "file": file, "name": name, "size": size, "mime": "" }),
            )
        };
        assert!(offer("a", "n", json!(0)).is_some());
        for wrong in [
            offer("", "n", json!(0)),
            offer(&"a".repeat(65), "n", json!(0)),
            offer("../etc", "n", json!(0)),
            offer("a", &"n".repeat(1025), json!(0)),
            offer("a", "n", json!(-1)),
            offer("a", "n", json!(1.5)),
            offer("a", "n", json!(1_u64 << 53)),
            parsed(&json!({ "type": "end", "id": 7, "sha256": "ab" })),
            parsed(&json!({ "type": "end", "id": 7, "sha256": "zz".repeat(32) })),
            parsed(&json!({ "type": "end", "id": 7, "sha256": "é".repeat(32) })),
            parsed(
                &json!({ "type": "block", "id": 7, "index": 0, "length": 4_294_967_296_u64, "sha256": "ab".repeat(32) }),
            ),
            parsed(&json!(["offer"])),
            parsed(&json!({ "id": 7 })),
            Message::parse(""),
            Message::parse("{"),
        ] {
            assert_eq!(wrong, None);
        }
    }

    #[test]
    fn blocks_cover_the_file() {
        for size in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 7 * BLOCK + 3] {
            let total: u64 = (0..blocks_of(size)).map(|index| length_of(size, index)).sum();
            assert_eq!(total, size);
            assert_eq!(length_of(size, blocks_of(size)), 0);
        }
    }
}
