//! The sentences of the chats.

use browser_rtc::{Error, ErrorKind};

use super::size;

pub const YOU: &str = "You";
/// Marks of messages, each as a code and a word.
pub const PENDING: (&str, &str) = ("pending", "Sending…");
pub const SENT: (&str, &str) = ("sent", "Sent");
pub const RECEIVED: (&str, &str) = ("received", "Received");
pub const NOT_SENT: (&str, &str) = ("failed", "Not sent");
pub const ENDED: &str = "The message was not sent, because the chat has ended.";

/// Returns the sentence about a message that is too large. Sizes are in bytes.
#[expect(clippy::cast_precision_loss, reason = "sizes are only shown")]
pub fn too_large(bytes: usize, limit: u64) -> String {
    format!(
        "This message is too long: it has {}, and a message has at most {}. Shorten it, or send it as a file.",
        size(bytes as f64),
        size(limit as f64)
    )
}

/// Returns the sentence about a message that could not be sent.
pub fn not_sent(error: &Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::Operation => {
            "Too many messages are waiting to be sent. Wait a moment and try again.".into()
        }
        _ => format!("The message was not sent: {}.", error.message()),
    }
}
