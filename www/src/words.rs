//! The sentences for what fails and what ends.

use browser_rtc::{Error, ErrorKind, room::EndReason, signaling::ErrorCode};

use crate::notices::{Code, Failure, Note};

/// Returns what to show when the server refused, or could not be used.
pub fn server_failure(error: &Error) -> Failure {
    let sentence = match (error.kind(), error.signaling_code()) {
        (_, Some(code)) => refusal(&code, error.message()),
        (ErrorKind::TooLarge { .. }, _) => "This is too long to be sent.".into(),
        (ErrorKind::Network, _) => "The server cannot be reached. Check the network and try again.".into(),
        (ErrorKind::Timeout, _) => "The server does not answer. Try again later.".into(),
        (ErrorKind::Closed, _) => "The server has closed the connection. Try again later.".into(),
        (ErrorKind::Security, _) => "The browser does not let this page connect to the server.".into(),
        (ErrorKind::Syntax, _) => {
            "The server said something that this page does not understand. Reload the page.".into()
        }
        _ => format!("The server could not be used: {}.", error.message()),
    };
    Failure::new(error.kind(), sentence)
}

fn refusal(code: &ErrorCode, message: &str) -> String {
    let sentence = match code {
        ErrorCode::NameTaken => "Somebody in this room has this name already. Choose another name.",
        ErrorCode::RoomFull => "This room is full. Choose another room.",
        ErrorCode::ServerFull => "The server is full. Try again later.",
        ErrorCode::BadName => "A name has 1 to 64 characters. Choose another name.",
        ErrorCode::BadRoom => "A room's name has 1 to 64 characters. Choose another room.",
        ErrorCode::Unauthorized => "The server does not let you into this room.",
        ErrorCode::TooManyClients => "There are too many from your network on this server. Try again later.",
        ErrorCode::Draining => "The server is about to be started anew. Try again.",
        ErrorCode::UnsupportedVersion => "The server speaks another version than this page. Reload the page.",
        ErrorCode::RateLimited => "That was too much at once for the server. Wait a moment and try again.",
        _ => return format!("The server refused: {message}."),
    };
    sentence.into()
}

/// Returns why the room is lost.
pub fn lost(reason: &Error) -> &'static str {
    match reason.signaling_code() {
        Some(ErrorCode::AlreadyJoined) => "You have joined this room in another tab.",
        _ => "The connection to the server is lost. Join again.",
    }
}

/// What failed in a call.
pub fn failure(error: &Error) -> Failure {
    let sentence = match error.kind() {
        ErrorKind::NotAllowed => "The browser plays no sound before you have clicked here. Click the picture.".into(),
        ErrorKind::Network => "There is no way to the other browser through this network.".into(),
        ErrorKind::InvalidState => "That cannot be done now. Wait until the call is connected.".into(),
        ErrorKind::Operation => "That was too much at once. Wait a moment and try again.".into(),
        ErrorKind::Syntax => format!("{}.", error.message()),
        ErrorKind::Type => "This is too long to be sent.".into(),
        _ => format!("Something in the call has failed: {}.", error.message()),
    };
    Failure::new(error.kind(), sentence)
}

/// What became of a call that we made and that was not taken; none where it failed otherwise.
pub fn not_taken(kind: &ErrorKind, name: &str) -> Option<Note> {
    Some(match kind {
        ErrorKind::Declined => Note::new(Code::Declined, format!("{name} declined.")),
        ErrorKind::Busy => Note::new(Code::Busy, format!("{name} is busy.")),
        ErrorKind::Timeout => Note::new(Code::Unanswered, format!("{name} did not answer.")),
        ErrorKind::PeerLeft => Note::new(Code::PeerLeft, format!("{name} has left.")),
        ErrorKind::Closed => Note::new(Code::Ended, "The call has ended."),
        _ => return None,
    })
}

/// Why a call rings here no more.
pub fn given_up(reason: &EndReason, name: &str) -> Note {
    match reason {
        EndReason::PeerLeft => Note::new(Code::PeerLeft, format!("{name} has left.")),
        EndReason::PeerHungUp => Note::new(Code::Cancelled, format!("{name} called and gave up.")),
        _ => Note::new(Code::Ended, "The call has ended."),
    }
}

/// How a call has ended.
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

/// A size in bytes, as people read it.
pub fn size(bytes: f64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}
