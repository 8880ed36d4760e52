//! Recovery of a broken path between two peers: decisions when to restart ICE and when to give up.
//!
//! [`Recovery`] is the policy, and [`PathMonitor`] is the state machine that applies it.

mod path;
mod policy;

pub use self::{
    path::{Actions, Connection, Observation, PathEvent, PathMonitor, Timer, Traffic},
    policy::Recovery,
};
