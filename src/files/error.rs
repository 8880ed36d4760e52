//! Errors of transfers, and the reasons that are sent to the remote peer.

use browser_rtc_proto::files::Reason;

use crate::error::{Error, ErrorKind};

/// The operation of the errors of this module.
pub(super) const OPERATION: &str = "file";

/// Returns the local error for a reason that the remote peer has sent.
pub(super) fn error_from(reason: Reason) -> Error {
    let (kind, message) = match reason {
        Reason::Declined => (ErrorKind::Declined, "the peer declined the file"),
        Reason::Busy => (ErrorKind::Busy, "the peer has too many pending offers"),
        Reason::Unsupported => (ErrorKind::NotSupported, "the peer cannot receive the file"),
        Reason::Cancelled => (ErrorKind::Abort, "the peer cancelled the transfer"),
        Reason::Invalid => (ErrorKind::InvalidData, "the peer received other data than was announced"),
        _ => (ErrorKind::Operation, "the peer could not read or store the file"),
    };
    Error::new(OPERATION, kind, message)
}

/// Returns the reason that is sent to the remote peer for a local error.
pub(super) fn reason_from(error: &Error) -> Reason {
    match error.kind() {
        _ if is_cancel(error) => Reason::Cancelled,
        ErrorKind::InvalidData => Reason::Invalid,
        ErrorKind::NotSupported => Reason::Unsupported,
        _ => Reason::Failed,
    }
}

/// Returns the error of a transfer that was cancelled locally.
pub(super) fn cancelled() -> Error {
    Error::new(OPERATION, ErrorKind::Abort, "the transfer was cancelled locally")
}

/// Returns whether a peer has cancelled the transfer. An `AbortError` of the browser is a failure: Firefox rejects with
/// it if a file cannot be read.
pub(super) fn is_cancel(error: &Error) -> bool {
    error.kind() == &ErrorKind::Abort && error.js().is_none()
}
