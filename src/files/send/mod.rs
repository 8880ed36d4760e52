//! Sending of files.

pub(super) mod outgoing;
mod pace;
pub(super) mod task;
