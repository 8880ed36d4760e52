//! Calls during failures of the network, of the server and of browsers.
//!
//! Each test prints, on a line that begins with `fault`, for how long the call was interrupted.

#![cfg(target_os = "linux")]

mod deaths;
mod links;
mod losses;
mod server;
mod support;
