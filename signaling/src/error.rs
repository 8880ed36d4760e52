//! Errors of the configuration.

use std::io;

/// Returns an error of the kind [`InvalidInput`](io::ErrorKind::InvalidInput).
pub fn invalid_input(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message.into())
}
