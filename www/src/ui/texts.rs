//! The sentences for failures and for the ends of calls.

pub mod call;
pub mod chat;
pub mod clock;
pub mod files;
pub mod inspector;
pub mod keypad;
pub mod record;
pub mod ringing;
pub mod room;

use browser_rtc::{Error, ErrorKind, room::EndReason, signaling::ErrorCode};
pub use demo_shared::texts::failure;

use crate::notices::{Code, Failure, Note};

/// Returns the failure to show for an error of the signaling server.
pub fn server_failure(error: &Error) -> Failure {
    let sentence = match (error.kind(), error.signaling_code()) {
        (_, Some(code)) => refusal(&code, error.message()),
        (ErrorKind::TooLarge { .. }, _) => "The message is too long.".into(),
        (ErrorKind::Network, _) => "The server cannot be reached. Check the network and try again.".into(),
        (ErrorKind::Timeout, _) => "The server does not answer. Try again later.".into(),
        (ErrorKind::Closed, _) => "The server has closed the connection. Try again later.".into(),
        (ErrorKind::Security, _) => "The browser does not allow this page to connect to the server.".into(),
        (ErrorKind::Syntax, _) => "The server sent a message that this page cannot read. Reload the page.".into(),
        _ => format!("The server could not be used: {}.", error.message()),
    };
    Failure::new(error.kind(), sentence)
}

fn refusal(code: &ErrorCode, message: &str) -> String {
    let sentence = match code {
        ErrorCode::NameTaken => "This name is already taken in this room. Choose another name.",
        ErrorCode::RoomFull => "This room is full. Choose another room.",
        ErrorCode::ServerFull => "The server is full. Try again later.",
        ErrorCode::BadName => {
            "A name has 1 to 64 characters, none of them hidden, such as marks that change the direction of text. Choose another name."
        }
        ErrorCode::BadRoom => {
            "A room name has 1 to 64 characters, none of them hidden, such as marks that change the direction of text. Choose another room."
        }
        ErrorCode::Unauthorized => "You are not authorized to join this room.",
        ErrorCode::TooManyClients => "There are too many connections from your network. Try again later.",
        ErrorCode::Draining => "The server is restarting. Try again.",
        ErrorCode::UnsupportedVersion => "The server uses another protocol version than this page. Reload the page.",
        ErrorCode::RateLimited => "You have sent too many messages. Wait a moment and try again.",
        _ => return format!("The server refused the request: {message}."),
    };
    sentence.into()
}

/// Returns the reason for the loss of the room.
pub fn lost(reason: &Error) -> &'static str {
    match reason.signaling_code() {
        Some(ErrorCode::AlreadyJoined) => "You have joined this room in another tab.",
        _ => "The connection to the server is lost. Join again.",
    }
}

/// Returns the notice of a call that was not answered, or `None` for any other failure.
pub fn not_answered(kind: &ErrorKind, name: &str) -> Option<Note> {
    Some(match kind {
        ErrorKind::Declined => Note::new(Code::Declined, format!("{name} declined.")),
        ErrorKind::Busy => Note::new(Code::Busy, format!("{name} is busy.")),
        ErrorKind::Timeout => Note::new(Code::Unanswered, format!("{name} did not answer.")),
        ErrorKind::PeerLeft => Note::new(Code::PeerLeft, format!("{name} has left.")),
        ErrorKind::Closed => Note::new(Code::Ended, "The call has ended."),
        _ => return None,
    })
}

/// Returns the notice of an incoming call that ended before it was answered.
pub fn ring_ended(reason: &EndReason, name: &str) -> Note {
    match reason {
        EndReason::PeerLeft => Note::new(Code::PeerLeft, format!("{name} has left.")),
        EndReason::PeerHungUp | EndReason::Unanswered => {
            Note::new(Code::Cancelled, format!("You missed a call from {name}.")).lasting()
        }
        _ => Note::new(Code::Ended, "The call has ended."),
    }
}

/// Returns the notice of the end of a call.
pub fn ended(reason: &EndReason, name: &str) -> Note {
    match reason {
        EndReason::PeerHungUp => Note::new(Code::Ended, format!("{name} has hung up. The call has ended.")),
        EndReason::PeerLeft => Note::new(Code::PeerLeft, format!("{name} has left.")),
        EndReason::ConnectionFailed => {
            Note::new(Code::Ended, format!("The connection to {name} is lost. The call has ended."))
        }
        _ => Note::new(Code::Ended, "The call has ended."),
    }
}

/// Formats a size in bytes, without the formatting of floating-point numbers, which would make the program larger.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value saturates")]
pub fn size(bytes: f64) -> String {
    let bytes = bytes as u64;
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => {
            let tenths = (bytes + unit / 20) / (unit / 10);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None if bytes == 1 => "1 byte".into(),
        None => format!("{bytes} bytes"),
    }
}
