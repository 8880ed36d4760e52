//! Byte streams over messages: credit, buffered input, and the end of each direction.

mod control;
mod inbox;
#[cfg(test)]
mod protocol_tests;
mod state;

pub use self::{
    control::Control,
    inbox::Inbox,
    state::{Breach, DEFAULT_WINDOW, INITIAL_CREDIT, State},
};
