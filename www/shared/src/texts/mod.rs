//! The sentences before a call, and those for failures in general.

pub mod capture;
pub mod devices;
pub mod permission;

use browser_rtc::{Error, ErrorKind};

use crate::notices::Failure;

pub const JOIN: &str = "Join";
pub const JOINING: &str = "Joining…";

/// Returns the failure to show for an error in a call.
pub fn failure(error: &Error) -> Failure {
    let sentence = match error.kind() {
        ErrorKind::NotAllowed => "The browser blocks sound until you click. Click the video.".into(),
        ErrorKind::Network => "The other browser cannot be reached through this network.".into(),
        ErrorKind::InvalidState => "The call is not connected yet. Wait a moment and try again.".into(),
        ErrorKind::Operation => "Too many messages are waiting to be sent. Wait a moment and try again.".into(),
        ErrorKind::Syntax => format!("{}.", error.message()),
        ErrorKind::Type => "The message is too long.".into(),
        _ => format!("A part of the call has failed: {}.", error.message()),
    };
    Failure::new(error.kind(), sentence)
}
