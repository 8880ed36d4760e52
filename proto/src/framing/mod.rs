//! Framing on data channels: large messages, packed messages, byte streams.
#![expect(missing_docs)]

pub mod byte_stream;
pub mod large;
pub mod packed;
pub mod window;
