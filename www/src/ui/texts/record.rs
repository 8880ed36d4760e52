//! The sentences of snapshots and recordings.

use browser_rtc::{Error, ErrorKind};

use super::{clock, size};

pub const OWN: &str = "You";
pub const PAUSE: &str = "Pause";
pub const RESUME: &str = "Resume";
pub const NO_PICTURE: &str = "There is no picture at the moment.";
pub const NOTHING_TO_RECORD: &str = "There is nothing to record at the moment.";
pub const EMPTY: &str = "The recording was too short, and is empty.";

/// Returns the name of a file with the extension of its type.
pub fn file_name(name: &str, stamp: &str, mime_type: &str) -> String {
    let subtype = mime_type.split(['/', ';']).nth(1).unwrap_or("bin");
    format!("{name} {stamp}.{subtype}")
}

/// Returns the line below a snapshot.
pub fn snapshot_detail(width: u32, height: u32, bytes: f64) -> String {
    format!("{width} × {height} · {}", size(bytes))
}

/// Returns the line below a recording.
pub fn recording_detail(seconds: u32, bytes: f64) -> String {
    format!("{} · {}", clock::length(seconds), size(bytes))
}

/// Returns the sentence about a failed snapshot.
pub fn no_snapshot(error: &Error) -> String {
    match error.kind() {
        ErrorKind::InvalidState => NO_PICTURE.into(),
        _ => format!("The snapshot has failed: {}.", error.message()),
    }
}

/// Returns the sentence about a failed recording.
pub fn not_recorded(error: &Error) -> String {
    match error.kind() {
        ErrorKind::InvalidModification => "The recording has ended, because a track was added or removed.".into(),
        _ => format!("The recording has failed: {}.", error.message()),
    }
}
