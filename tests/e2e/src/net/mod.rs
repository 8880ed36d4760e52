//! Networks of this machine's own making, in which links can be cut, for tests that are root.
//!
//! Nothing of them is to be seen from outside but the names of their namespaces.

mod field;
mod namespace;
mod network;
mod server;
mod tunnel;

pub use field::{Field, play_on_network, report};
pub(crate) use namespace::remove_all;
pub(crate) use network::Host;
pub(crate) use tunnel::Tunnel;
