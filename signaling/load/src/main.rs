//! Load on the signaling server, and the same load on PeerServer and `matchbox_server` beside it, each in its own
//! protocol: `cargo xtask load` builds and fetches all of them and runs this.
//!
//! Clients in rooms of four send signals of 1 KiB to one another. The figures compare within one run on one machine,
//! whose processors the generator shares.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
use linux::main as run;

use std::process::ExitCode;

fn main() -> ExitCode {
    run()
}

#[cfg(not(target_os = "linux"))]
fn run() -> ExitCode {
    eprintln!("error: this reads /proc, and waits by a timerfd: it runs on Linux");
    ExitCode::FAILURE
}
