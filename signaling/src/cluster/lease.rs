//! The lease that shows that a process is alive.

use std::time::Duration;

use redis::Cmd;

/// The duration of a lease. A process that has not renewed it is considered dead. Its seats are kept for the grace
/// time.
pub const LEASE: Duration = Duration::from_secs(3);

/// Returns the command that takes or renews the lease of a process.
pub fn renew(process: &str) -> Cmd {
    let mut cmd = redis::cmd("SET");
    cmd.arg(key(process)).arg(1).arg("PX").arg(LEASE.as_millis() as u64);
    cmd
}

/// Returns the command that checks whether a process has a lease.
pub fn exists(process: &str) -> Cmd {
    let mut cmd = redis::cmd("EXISTS");
    cmd.arg(key(process));
    cmd
}

/// Returns the command that ends the lease of a process.
pub fn release(process: &str) -> Cmd {
    let mut cmd = redis::cmd("DEL");
    cmd.arg(key(process));
    cmd
}

fn key(process: &str) -> String {
    format!("browser-rtc:process:{process}")
}
