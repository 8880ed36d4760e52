//! State of a transfer, shared by the channel, the transfer's task and its handle.

pub(super) mod incoming;
pub(super) mod outgoing;
