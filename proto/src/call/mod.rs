//! Calls: what two peers in a room send each other, from the ring to the end.
#![expect(missing_docs)]

mod end_reason;
mod message;
#[cfg(test)]
mod protocol_tests;

pub use self::{
    end_reason::EndReason,
    message::{CallId, CallMessage, CallSignal, DeclineReason, HangUpReason},
};
