//! Calls on networks that break, and with servers and browsers that die.
//!
//! Each prints, on a line that begins with `fault`, for how long it stood still.

#![cfg(target_os = "linux")]

mod deaths;
mod links;
mod losses;
mod server;
mod support;
