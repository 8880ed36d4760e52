//! Offers, answers and candidates between two peers, whichever of them changes something, and also where both do at
//! once. [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)

mod candidates;
#[cfg(test)]
mod conversation;
mod delivery;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod long_runs;
#[cfg(test)]
mod model;
mod negotiator;
mod operation;
#[cfg(test)]
mod search;
mod signal;
#[cfg(test)]
mod tests;

pub use self::{
    negotiator::Negotiator,
    operation::{Action, Input, Operation, Politeness},
    signal::{Content, SessionId, Signal, Stamp},
};
