//! Conversion of errors to those of `std::io`.

use std::{error, io};

use crate::error::{Error, ErrorKind};

pub(super) fn io_error(error: Error) -> io::Error {
    let kind = match error.kind() {
        ErrorKind::Closed => io::ErrorKind::BrokenPipe,
        ErrorKind::InvalidData => io::ErrorKind::InvalidData,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, inside(error))
}

/// An `io::Error` can be sent to another thread. In a program with threads a JavaScript value cannot: there, the error's
/// text is sent.
#[cfg(not(all(target_arch = "wasm32", target_feature = "atomics")))]
pub(super) fn inside(error: Error) -> Box<dyn error::Error + Send + Sync> {
    Box::new(error)
}

#[cfg(all(target_arch = "wasm32", target_feature = "atomics"))]
pub(super) fn inside(error: Error) -> Box<dyn error::Error + Send + Sync> {
    error.to_string().into()
}
