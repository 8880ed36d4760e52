//! Tests of the server, in this process on a free port, with real WebSocket clients.

mod access_tokens;
#[cfg(feature = "redis")]
mod cluster;
mod drain;
mod files;
mod http;
mod kept_seats;
mod limit_metrics;
mod limits;
mod ports;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod program;
mod refusals;
mod resume;
mod resume_failures;
mod rooms;
mod shutdown;
mod support;
mod tls;
mod turn;
