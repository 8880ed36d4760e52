//! Byte streams over the messages of a reliable channel, with flow control by credit and an end of each direction.
//!
//! Binary messages carry the bytes. Text messages are [`Control`] messages: credit for the other direction, and the end.

mod control;
mod inbox;
#[cfg(test)]
mod protocol_tests;
mod state;

pub use self::{
    control::Control,
    inbox::Inbox,
    state::{DEFAULT_WINDOW, INITIAL_CREDIT, State, StreamError},
};
