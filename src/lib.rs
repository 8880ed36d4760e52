#![doc = include_str!("../README.md")]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

pub mod channel;
pub mod dtmf;
mod error;
mod event;
pub mod files;
#[doc = include_str!("from_javascript.md")]
pub mod from_javascript {}
mod identity;
pub mod media;
mod members;
pub mod negotiation;
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
mod spec_enum;
pub mod stats;
mod sys;
mod timer;
mod wake;
mod webidl;

pub use self::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Listener},
    members::Members,
    rtc_error::{ErrorDetail, RtcError},
};
