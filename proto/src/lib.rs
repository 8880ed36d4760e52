//! The protocols of `browser-rtc`, without I/O, clock or JavaScript.
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod call;
pub mod dedup;
#[cfg(test)]
mod document;
pub mod files;
pub mod framing;
#[doc(hidden)]
pub mod json;
pub mod negotiation;
pub mod recovery;
pub mod sdp;
pub mod signaling;
mod spec_enum;
#[doc(hidden)]
pub mod webidl;

#[doc(hidden)]
pub use serde;
