//! Conversion of errors to `std::io::Error`.

use std::{error, io};

use crate::error::{Error, ErrorKind};

pub(super) fn io_error(error: Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::Closed => io::ErrorKind::BrokenPipe,
        ErrorKind::InvalidData => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, into_source(error))
}

/// Converts an error to the source of an `io::Error`, which is `Send`. A JavaScript value is not `Send` in a program
/// with threads, so that only the text of the error is kept there.
#[cfg(not(all(target_arch = "wasm32", target_feature = "atomics")))]
pub(super) fn into_source(error: Error) -> Box<dyn error::Error + Send + Sync> {
    Box::new(error)
}

#[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
pub(super) fn into_source(error: Error) -> Box<dyn error::Error + Send + Sync> {
    error.to_string().into()
}
