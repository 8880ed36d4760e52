//! Errors of transfers, and the reasons that a peer is given.

use browser_rtc_proto::files::Reason;

use crate::error::{Error, ErrorKind};

/// Returns the error that the local side reports for a reason of the peer.
pub(super) fn error_of(reason: Reason, operation: &'static str) -> Error {
    let (kind, message) = match reason {
        Reason::Declined => (ErrorKind::Declined, "the peer declined the file"),
        Reason::Busy => (ErrorKind::Busy, "the peer has too many offers already"),
        Reason::Unsupported => (ErrorKind::NotSupported, "the peer cannot receive files like this one"),
        Reason::Cancelled => (ErrorKind::Abort, "the peer cancelled the transfer"),
        Reason::Invalid => (ErrorKind::InvalidData, "the peer received other data than was announced"),
        Reason::Failed => (ErrorKind::Operation, "the peer could not read or keep the file"),
    };
    Error::new(operation, kind, message)
}

/// Returns the reason that the peer is given for an error.
pub(super) fn reason_of(error: &Error) -> Reason {
    match error.kind() {
        _ if is_cancel(error) => Reason::Cancelled,
        ErrorKind::InvalidData => Reason::Invalid,
        ErrorKind::NotSupported => Reason::Unsupported,
        _ => Reason::Failed,
    }
}

/// Returns the error of a transfer that this side cancels.
pub(super) fn cancelled(operation: &'static str) -> Error {
    Error::new(operation, ErrorKind::Abort, "the transfer was cancelled locally")
}

/// Returns whether a side has cancelled. A browser's own `AbortError` is a failure: Firefox rejects with it where a file
/// cannot be read.
pub(super) fn is_cancel(error: &Error) -> bool {
    error.kind() == &ErrorKind::Abort && error.js().is_none()
}
