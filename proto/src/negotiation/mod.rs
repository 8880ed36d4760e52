#![doc = include_str!("signals.md")]

mod candidates;
mod delivery;
#[cfg(test)]
mod failure_tests;
mod failures;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod long_runs;
#[cfg(test)]
mod model;
mod negotiator;
mod operation;
mod parts;
#[cfg(test)]
mod protocol_tests;
mod repetition;
#[cfg(test)]
mod search;
pub(crate) mod signal;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use self::{
    negotiator::Negotiator,
    operation::{Action, Input, Operation, Politeness},
    signal::{Content, Header, ParseSignalError, SessionId, Signal},
};
