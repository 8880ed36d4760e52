//! Calls: what two peers in a room send each other, from the ring to the end.
#![expect(missing_docs)]

mod channel;
mod end_reason;
mod message;
#[cfg(test)]
mod protocol_tests;

pub use self::{
    channel::{CHANNEL_ID, CHANNEL_LABEL, NewId},
    end_reason::EndReason,
    message::{CallId, CallMessage, CallSignal, DeclineReason, HangUpReason},
};
