//! Tests with several servers and Redis. They are skipped if `redis-server` is not installed.

mod cost;
mod data_loss;
mod killed_process;
mod lost_publication;
mod model;
mod redis_cluster;
mod redis_outage;
mod resume;
mod rooms;
mod support;

pub use support::Redis;
