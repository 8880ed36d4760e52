//! Calls: the messages of two peers in a room, from the ring to the end, and the state of a call.

mod channel;
mod end_reason;
mod message;
#[cfg(test)]
mod protocol_tests;
mod rings;
mod state;
#[cfg(test)]
mod tests;

pub use self::{
    channel::{CONTROL_CHANNEL_ID, CONTROL_CHANNEL_LABEL, NewId},
    end_reason::EndReason,
    message::{CallId, CallMessage, CallSignal, DeclineReason, HangUpReason},
    rings::{RingOutcome, Rings},
    state::{CallState, Phase, Role},
};
