//! The server in this process on a free port, and real WebSocket clients.

mod absence;
mod access;
mod anew;
mod bounds;
#[cfg(feature = "redis")]
mod cluster;
mod drain;
mod http;
mod lifetime;
mod limits;
mod ports;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod program;
mod refusals;
mod relay;
mod resume;
mod rooms;
mod support;
mod tls;
