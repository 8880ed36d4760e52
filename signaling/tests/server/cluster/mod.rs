//! Many servers and one Redis, all of them real. Without a `redis-server` on the machine, nothing of this is tested.

mod alone;
mod away;
mod cost;
mod held;
mod killed;
mod lost;
mod model;
mod nodes;
mod resume;
mod rooms;
mod support;

pub use support::Redis;
