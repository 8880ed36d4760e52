//! Messages of the file protocol, as JSON text.

use std::{error, fmt};

use super::digest::Digest;

/// Version of the protocol that this module implements.
pub const VERSION: u32 = 1;

/// Size of a block in bytes. A block is hashed, acknowledged and stored as a whole; only the last block of a file is
/// shorter.
pub const BLOCK_SIZE: u64 = 256 * 1024;

/// Maximum length of a text message, in UTF-16 code units.
pub const MAX_TEXT_LENGTH: u32 = 8 * 1024;

/// Largest file size that a JavaScript number represents exactly.
pub(super) const MAX_FILE_SIZE: u64 = (1 << 53) - 1;

/// Maximum length of a name and of a MIME type in an offer, in bytes of UTF-8.
pub(super) const MAX_NAME: usize = 1024;

const MAX_FILE_ID: usize = 64;

/// Number of a transfer, unique among the transfers of its sender on one channel.
pub type TransferId = u32;

/// Defines [`Message`] with a struct for each variant.
macro_rules! messages {
    ($( $(#[$meta:meta])* $name:ident = $type:literal, )+) => {
        /// A text message of the file protocol.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Message {
            $( $(#[$meta])* $name($name), )+
        }

        impl Message {
            /// Values of `type` in this version.
            #[cfg(test)]
            pub(super) const TYPES: &[&str] = &[$($type),+];

            /// Returns the value of `type`.
            pub(super) fn type_name(&self) -> &'static str {
                match self {
                    $( Self::$name(_) => $type, )+
                }
            }
        }

        $(
            impl From<$name> for Message {
                fn from(message: $name) -> Self {
                    Self::$name(message)
                }
            }
        )+
    };
}

messages! {
    /// Offers a file. Sent by the sender.
    Offer = "offer",
    /// Announces a block, whose bytes follow. Sent by the sender.
    Block = "block",
    /// Reports that all blocks were sent. Sent by the sender.
    End = "end",
    /// Cancels the transfer. Sent by the sender.
    Cancel = "cancel",
    /// Acknowledges an offer, before it is answered. Sent by the receiver.
    OfferAck = "offer_ack",
    /// Accepts an offer. Sent by the receiver.
    Accept = "accept",
    /// Declines an offer. Sent by the receiver.
    Decline = "decline",
    /// Acknowledges blocks. Sent by the receiver.
    BlockAck = "block_ack",
    /// Reports that the whole file was received. Sent by the receiver.
    Received = "received",
    /// Stops an accepted transfer. Sent by the receiver.
    Stop = "stop",
}

/// An offer of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offer {
    /// Version of the protocol that the sender implements.
    pub version: u32,
    /// Number of the transfer, larger than that of the previous offer.
    pub id: TransferId,
    /// Id of the file, which stays the same when the file is offered again on another channel.
    pub file_id: FileId,
    /// Name of the file, at most 1,024 bytes of UTF-8; may be empty. It must be sanitized with
    /// [`name::sanitize`](super::name::sanitize) before use.
    pub name: String,
    /// Size of the file in bytes, 0 to 2⁵³ − 1.
    pub size: u64,
    /// MIME type of the file, at most 1,024 bytes of UTF-8; may be empty.
    pub mime_type: String,
}

impl Offer {
    /// Creates an offer of this [`VERSION`], without a name and a MIME type.
    #[must_use]
    pub fn new(id: TransferId, file_id: FileId, size: u64) -> Self {
        Self { version: VERSION, id, file_id, name: String::new(), size, mime_type: String::new() }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the MIME type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_type = mime_type.into();
        self
    }
}

/// An announcement of a block. Its bytes follow in binary messages, `length` bytes in total.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// Number of the transfer.
    pub id: TransferId,
    /// Index of the block in the file, from 0.
    pub index: u64,
    /// Length of the block in bytes.
    pub length: u32,
    /// Hash of the block.
    pub sha256: Digest,
}

impl Block {
    /// Creates an announcement of a block.
    #[must_use]
    pub fn new(id: TransferId, index: u64, length: u32, sha256: Digest) -> Self {
        Self { id, index, length, sha256 }
    }
}

/// The end of a file, sent after its last block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct End {
    /// Number of the transfer.
    pub id: TransferId,
    /// Hash of the hashes of all blocks.
    pub sha256: Digest,
}

impl End {
    /// Creates the end of a file.
    #[must_use]
    pub fn new(id: TransferId, sha256: Digest) -> Self {
        Self { id, sha256 }
    }
}

/// The cancellation of a transfer by its sender, possibly within a block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cancel {
    /// Number of the transfer.
    pub id: TransferId,
    /// Reason of the cancellation.
    pub reason: Reason,
}

impl Cancel {
    /// Creates a cancellation.
    #[must_use]
    pub fn new(id: TransferId, reason: Reason) -> Self {
        Self { id, reason }
    }
}

/// The acknowledgement of an offer, sent before the user has answered it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferAck {
    /// Number of the transfer.
    pub id: TransferId,
}

impl OfferAck {
    /// Creates an acknowledgement.
    #[must_use]
    pub fn new(id: TransferId) -> Self {
        Self { id }
    }
}

/// The acceptance of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accept {
    /// Number of the transfer.
    pub id: TransferId,
    /// Maximum number of sent and unacknowledged blocks, at least 1.
    pub window: u32,
    /// Number of blocks that the receiver has stored.
    pub from: u64,
    /// Hash of the hashes of the stored blocks.
    pub sha256: Option<Digest>,
}

impl Accept {
    /// Creates an acceptance of the whole file.
    #[must_use]
    pub fn new(id: TransferId, window: u32) -> Self {
        Self { id, window, from: 0, sha256: None }
    }

    /// Requests the file starting at the block with the index `from`. `sha256` is the hash of the hashes of the blocks
    /// before it.
    #[must_use]
    pub fn resume(mut self, from: u64, sha256: Digest) -> Self {
        self.from = from;
        self.sha256 = Some(sha256);
        self
    }
}

/// The refusal of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decline {
    /// Number of the transfer.
    pub id: TransferId,
    /// Reason of the refusal.
    pub reason: Reason,
}

impl Decline {
    /// Creates a refusal.
    #[must_use]
    pub fn new(id: TransferId, reason: Reason) -> Self {
        Self { id, reason }
    }
}

/// The acknowledgement of blocks, which makes room in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockAck {
    /// Number of the transfer.
    pub id: TransferId,
    /// Number of blocks from the start of the file that are verified and stored.
    pub blocks: u64,
}

impl BlockAck {
    /// Creates an acknowledgement.
    #[must_use]
    pub fn new(id: TransferId, blocks: u64) -> Self {
        Self { id, blocks }
    }
}

/// The receiver's report that the whole file is verified and stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// Number of the transfer.
    pub id: TransferId,
}

impl Received {
    /// Creates a report.
    #[must_use]
    pub fn new(id: TransferId) -> Self {
        Self { id }
    }
}

/// The receiver's request to stop sending a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stop {
    /// Number of the transfer.
    pub id: TransferId,
    /// Reason of the request.
    pub reason: Reason,
}

impl Stop {
    /// Creates a request.
    #[must_use]
    pub fn new(id: TransferId, reason: Reason) -> Self {
        Self { id, reason }
    }
}

/// Reason for the end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The user or the application declined the file.
    Declined,
    /// Too many offers are pending.
    Busy,
    /// The version of the offer is not supported, or the page cannot receive files.
    Unsupported,
    /// The transfer was cancelled.
    Cancelled,
    /// A hash did not match, or the protocol was violated.
    Invalid,
    /// The file could not be read or stored. Unknown reasons are read as this one.
    Failed,
}

impl Reason {
    /// Returns the reason as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::Unsupported => "unsupported",
            Self::Cancelled => "cancelled",
            Self::Invalid => "invalid",
            Self::Failed => "failed",
        }
    }
}

impl From<&str> for Reason {
    fn from(reason: &str) -> Self {
        match reason {
            "declined" => Self::Declined,
            "busy" => Self::Busy,
            "unsupported" => Self::Unsupported,
            "cancelled" => Self::Cancelled,
            "invalid" => Self::Invalid,
            _ => Self::Failed,
        }
    }
}

/// Id of a file across channels: 1 to 64 characters out of `A`–`Z`, `a`–`z`, `0`–`9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId(String);

impl FileId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FileId {
    type Error = InvalidFileId;

    fn try_from(id: String) -> Result<Self, InvalidFileId> {
        let has_length = (1..=MAX_FILE_ID).contains(&id.len());
        let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if has_length && is_plain { Ok(Self(id)) } else { Err(InvalidFileId(())) }
    }
}

/// The error for text that is not a [`FileId`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidFileId(());

impl fmt::Display for InvalidFileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file id must have 1 to 64 ASCII letters, digits, `-` or `_`")
    }
}

impl error::Error for InvalidFileId {}

/// Returns the number of blocks of a file of this size in bytes.
#[must_use]
pub fn block_count(size: u64) -> u64 {
    size.div_ceil(BLOCK_SIZE)
}

/// Returns the length of a block in bytes, for a file of this size in bytes; 0 beyond its end.
#[must_use]
pub fn block_length(size: u64, index: u64) -> u64 {
    size.saturating_sub(index.saturating_mul(BLOCK_SIZE)).min(BLOCK_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_file() {
        for size in [0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 7 * BLOCK_SIZE + 3] {
            let total: u64 = (0..block_count(size)).map(|index| block_length(size, index)).sum();
            assert_eq!(total, size);
            assert_eq!(block_length(size, block_count(size)), 0);
        }
    }
}
