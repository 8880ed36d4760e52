//! Virtual networks whose links can be cut, made of network namespaces. They require root.
//!
//! Only the names of the namespaces are visible outside of the networks.

mod namespace;
mod network;
mod server;
mod stage;
mod tunnel;

pub(crate) use namespace::remove_all;
pub(crate) use network::Host;
pub use stage::{NetworkStage, play_on_network, report};
pub(crate) use tunnel::Tunnel;
