//! Framing on data channels. `signaling/PROTOCOL.md` in the repository describes the bytes.
//!
//! | Module | Content |
//! |---|---|
//! | [`large`] | messages that are larger than the channel allows, in pieces |
//! | [`packed`] | many small messages in one |
//! | [`byte_stream`] | a stream of bytes in both directions |
//! | [`window`] | flow control by credit, for byte streams |

pub mod byte_stream;
pub mod large;
pub mod packed;
pub mod window;
