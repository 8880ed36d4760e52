//! A load test of the signaling server, and of PeerServer and `matchbox_server` for comparison, each in its own
//! protocol: `cargo xtask load` builds and installs all of them and runs this.
//!
//! Clients in rooms of four send signals of 1 KiB to each other. The results are comparable within one run on one
//! machine, whose processors the generator shares.

#[cfg(target_os = "linux")]
mod linux;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
use linux::main as run;

fn main() -> ExitCode {
    run()
}

#[cfg(not(target_os = "linux"))]
fn run() -> ExitCode {
    eprintln!("error: the load test needs Linux: it reads /proc and uses a timerfd");
    ExitCode::FAILURE
}
