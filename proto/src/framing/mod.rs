//! Framing of messages on data channels. `signaling/PROTOCOL.md` in the repository describes the bytes.
//!
//! | Module | Content |
//! |---|---|
//! | [`large`] | messages above the size limit of the channel, split into pieces |
//! | [`packed`] | many small messages in one message |
//! | [`byte_stream`] | a stream of bytes in both directions |
//! | [`window`] | credit-based flow control for byte streams |

pub mod byte_stream;
pub mod large;
pub mod packed;
pub mod window;
