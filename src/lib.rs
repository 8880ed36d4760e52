#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod channel;
mod dictionary;
#[cfg(test)]
mod dictionary_tests;
pub mod dtmf;
mod error;
mod event;
pub mod files;
#[doc = include_str!("from_javascript.md")]
pub mod from_javascript {}
// A program's build does not read the pages.
#[cfg(any(doc, doctest))]
pub mod guide;
mod identity;
pub mod media;
mod members;
#[cfg(feature = "npm")]
mod npm;
pub mod peer;
mod promise;
mod random;
mod registry;
pub mod room;
mod rtc_error;
pub mod session;
pub mod signaling;
pub mod stats;
mod sys;
mod timer;
mod wake;

#[doc(inline)]
pub use browser_rtc_proto::negotiation;

pub use self::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Listener},
    members::Members,
    rtc_error::{ErrorDetail, RtcError},
};
