//! Calls between two peers in a room: their messages and their state.

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
    message::{CallId, CallMessage, CallSignal, DeclineReason, HangUpReason, MAX_METADATA_BYTES, Ring},
    rings::{RingOutcome, Rings},
    state::{CallState, Phase, Role},
};
