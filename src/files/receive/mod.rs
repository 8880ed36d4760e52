//! Files that are received.

pub(super) mod incoming;
pub(super) mod offer;
mod task;
