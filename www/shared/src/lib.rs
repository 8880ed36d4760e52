//! What the programs of the demo share: the elements of the page, and the form and the settings before a call.
//!
//! The lobby is a small program, and the room is loaded behind it. Both show the form and the settings: the lobby until the
//! user joins a room, and the program of the room from then on.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)]
#![allow(
    missing_docs,
    missing_debug_implementations,
    clippy::must_use_candidate,
    clippy::missing_errors_doc,
    reason = "only the programs of the demo use this crate"
)]

pub mod capture;
pub mod dom;
pub mod features;
pub mod join;
pub mod notices;
pub mod settings;
pub mod sound;
pub mod storage;
pub mod texts;
pub mod views;
