use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::json::checked_json_text;

/// The id of a [`Say`](super::Say), chosen by its sender: 1 to [`MAX_LEN`](Self::MAX_LEN) characters out
/// of `A`–`Z`, `a`–`z`, `0`–`9`, `-` and `_`.
///
/// A sender that resends a message, also from another seat, uses the same id and the same name. Receivers ignore a
/// message if a message with this id from a sender with this name has arrived before.
///
/// ```
/// use browser_rtc_proto::signaling::MessageId;
///
/// let id: MessageId = "6b86b273-1".parse()?;
/// assert_eq!(id.as_str(), "6b86b273-1");
/// assert!("not an id".parse::<MessageId>().is_err());
/// # Ok::<(), browser_rtc_proto::signaling::InvalidMessageId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageId(String);

/// The error for text that is not a [`MessageId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidMessageId(());

impl MessageId {
    /// The maximum number of characters.
    pub const MAX_LEN: usize = 64;

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MessageId {
    type Error = InvalidMessageId;

    fn try_from(id: String) -> Result<Self, InvalidMessageId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=Self::MAX_LEN).contains(&id.len()) && id.bytes().all(allowed) {
            Ok(Self(id))
        } else {
            Err(InvalidMessageId(()))
        }
    }
}

impl FromStr for MessageId {
    type Err = InvalidMessageId;

    fn from_str(id: &str) -> Result<Self, InvalidMessageId> {
        id.to_owned().try_into()
    }
}

impl From<MessageId> for String {
    fn from(id: MessageId) -> Self {
        id.0
    }
}

impl AsRef<str> for MessageId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message id has 1 to {} ASCII letters, digits, `-` or `_`", MessageId::MAX_LEN)
    }
}

impl std::error::Error for InvalidMessageId {}

checked_json_text!(MessageId);
