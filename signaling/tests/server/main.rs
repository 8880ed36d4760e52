//! The server in this process on a free port, and real WebSocket clients.

mod http;
mod lifetime;
mod limits;
mod rooms;
mod support;
