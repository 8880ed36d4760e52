//! Files that are sent.

pub(super) mod outgoing;
mod pace;
pub(super) mod task;
