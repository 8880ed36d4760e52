//! Byte streams over messages: credit, buffered input, and the end of each direction.

mod control;
mod inbox;
mod state;

pub use self::{
    control::Control,
    inbox::Inbox,
    state::{Breach, INITIAL_CREDIT, State},
};
