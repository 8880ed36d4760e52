//! Recovery of a broken path: when to restart ICE, and when to give up.
#![expect(missing_docs)]

mod path;
mod policy;

pub use self::{
    path::{Actions, Clock, Connection, Observation, PathEvent, PathMonitor, Traffic},
    policy::Recovery,
};
