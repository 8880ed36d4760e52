//! Reception of files.

pub(super) mod incoming;
pub(super) mod offer;
mod task;
