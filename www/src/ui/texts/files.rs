//! The sentences of file transfers.

use browser_rtc::{Error, ErrorKind, files::Progress};

use super::{clock, size};

pub const ACCEPT: &str = "Accept";
pub const ACCEPT_ALL: &str = "Accept all";
pub const DECLINED: &str = "Declined";
pub const RECEIVED: &str = "Received";
pub const RECEIVING: &str = "Receiving";
pub const SENDING: &str = "Sending";
pub const NO_CALL: &str = "Files can be sent in a call. Call someone first.";

/// Returns the text over the page while the user drags files.
pub fn drop_to_send(peer: &str) -> String {
    format!("Drop to send to {peer}")
}

/// Returns the state of an offered file.
pub fn from(peer: &str) -> String {
    format!("From {peer}")
}

/// Returns the state of a file that is not accepted yet.
pub fn waiting_for(peer: &str) -> String {
    format!("Waiting for {peer}")
}

/// Returns the state of a file that has arrived.
pub fn delivered_to(peer: &str) -> String {
    format!("{peer} has received the file")
}

/// Returns the announcement of offers.
pub fn announcement(names: &[String]) -> String {
    match names {
        [name] => format!("You are offered the file {name}."),
        names => format!("You are offered {} files.", names.len()),
    }
}

/// Returns the state of a transfer whose connection was lost.
pub fn interrupted(peer: &str) -> String {
    format!("Interrupted. The transfer continues in the next call with {peer}.")
}

/// Returns the note about files that were being sent to a peer when the page was closed.
pub fn unfinished(names: &[&str], peer: &str) -> String {
    match names {
        [name] => {
            format!("“{name}” was being sent to {peer} when this page was closed. Choose it again to send the rest.")
        }
        names => format!(
            "{} files were being sent to {peer} when this page was closed: {}. Choose them again to send the rest.",
            names.len(),
            names.join(", ")
        ),
    }
}

/// Returns the figures of a transfer: bytes, and the rate in bytes per second if it is known.
#[expect(clippy::cast_precision_loss, reason = "sizes are only shown")]
pub fn figures(progress: Progress, rate: Option<u64>) -> String {
    let done = format!("{} of {}", size(progress.bytes as f64), size(progress.total as f64));
    match rate {
        Some(rate @ 1..) => {
            let left = (progress.total - progress.bytes.min(progress.total)).div_ceil(rate);
            format!("{done} · {}/s · {} left", size(rate as f64), clock::duration(left))
        }
        Some(0) => format!("{done} · stalled"),
        None => done,
    }
}

/// Returns the state of a transfer that has failed, as a code and a sentence.
pub fn failure(error: &Error, peer: &str) -> (&'static str, String) {
    match error.kind() {
        ErrorKind::Declined => ("refused", format!("{peer} declined the file")),
        ErrorKind::Abort => ("cancelled", "Cancelled".into()),
        ErrorKind::Closed => ("failed", "The call ended before the file was accepted".into()),
        ErrorKind::Timeout => ("failed", format!("The page of {peer} cannot receive files")),
        ErrorKind::NotReadable => ("failed", "The file was changed or removed, or is a folder".into()),
        ErrorKind::QuotaExceeded => ("failed", "There is not enough space to store the file".into()),
        ErrorKind::Busy => ("failed", format!("{peer} has too many offers to answer")),
        _ => ("failed", format!("The transfer failed: {}", error.message())),
    }
}
