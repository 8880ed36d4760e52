//! The texts of the room: people, messages and invitations.

use browser_rtc::{Error, ErrorKind};

use super::server_failure;

pub const LEFT: &str = "You have left the room.";
pub const RECONNECTING: &str = "The connection to the server is lost. Reconnecting…";
pub const RECOVERED: &str = "The connection to the server is restored.";
pub const ONLY_CALL: &str = "The connection to the server is lost. This call continues without it.";
pub const COPIED: &str = "The link is copied.";
pub const NOT_COPIED: &str =
    "The browser did not allow copying. The link is selected: copy it with the keyboard or the menu.";

pub fn joined(room: &str) -> String {
    format!("You have joined the room “{room}”.")
}

/// Returns the heading of the list of people, which includes the user.
pub fn people(count: usize) -> String {
    format!("People here ({count})")
}

/// Returns the label of the button that calls a person.
pub fn call(name: &str) -> String {
    format!("Call {name}")
}

/// Returns the title of the page in a room.
pub fn title(room: &str) -> String {
    format!("{room} – browser-rtc")
}

pub fn share_title(room: &str) -> String {
    format!("Call me in the room “{room}”")
}

/// Describes why a message to the room was not sent.
pub fn not_said(error: &Error) -> String {
    match error.kind() {
        ErrorKind::TooLarge { limit } => format!(
            "This message is too long: a message to the room has at most about {} kB. In a call, you can send a file.",
            limit.div_ceil(1024)
        ),
        ErrorKind::Operation => "Too many messages are waiting to be sent. Wait a moment and try again.".into(),
        ErrorKind::Closed => "You are not in the room any more. Join again to send messages.".into(),
        _ => server_failure(error).sentence().to_owned(),
    }
}
