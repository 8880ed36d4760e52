//! Calls during failures of the network, of the server and of browsers.
//!
//! Each test prints how long the call was interrupted, on a line that starts with `fault`.

#![cfg(target_os = "linux")]

mod deaths;
mod links;
mod losses;
mod server;
mod support;
