//! Recovery of a broken path between two peers: decisions when to restart ICE and when to give up.
//!
//! [`Recovery`] is the policy, and [`PathMonitor`] is the state machine that applies it.

mod path;
#[cfg(test)]
mod path_tests;
mod policy;
#[cfg(test)]
mod search;
mod silence;
#[cfg(test)]
mod silence_tests;

pub use self::{
    path::{Actions, Connection, Observation, PathEvent, PathMonitor, Timer, Traffic},
    policy::Recovery,
    silence::Sample,
};
