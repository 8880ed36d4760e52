//! Tests with several servers and a real Redis. Without `redis-server` on the machine, they are skipped.

mod cost;
mod data_loss;
mod deferred;
mod disconnected;
mod killed_process;
mod model;
mod redis_cluster;
mod redis_outage;
mod resume;
mod rooms;
mod support;

pub use support::Redis;
