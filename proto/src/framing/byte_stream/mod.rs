//! Byte streams over a reliable channel, with credit-based flow control and half-close.
//!
//! Binary messages contain the bytes. Text messages are [`Control`] messages: credit for the opposite direction, and
//! the end of this direction.

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
