//! Tests with several servers and a real Redis. Without `redis-server` on the machine, they are skipped.

mod disconnected;
mod redis_outage;
mod cost;
mod deferred;
mod killed_process;
mod data_loss;
mod model;
mod redis_cluster;
mod resume;
mod rooms;
mod support;

pub use support::Redis;
