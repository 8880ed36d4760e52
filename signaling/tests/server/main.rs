//! Tests of the server, in this process on a free port, with real WebSocket clients.

mod kept_seats;
mod access_tokens;
mod resume_failures;
mod limit_metrics;
#[cfg(feature = "redis")]
mod cluster;
mod drain;
mod http;
mod shutdown;
mod limits;
mod ports;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod program;
mod refusals;
mod turn;
mod resume;
mod rooms;
mod support;
mod tls;
