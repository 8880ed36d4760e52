//! The state of a transfer, which the channel, the task and the handle of the transfer share.

pub(super) mod incoming;
pub(super) mod outgoing;
