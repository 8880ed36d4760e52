//! The host on which a browser runs.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(target_os = "linux")]
use crate::net::{Host, Tunnel};

/// The host of a browser and its driver: this machine, or a host of a virtual network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Site<'a> {
    /// The http origin whose pages the browser treats as secure contexts.
    pub(crate) trusted: Option<&'a str>,
    #[cfg(target_os = "linux")]
    pub(crate) host: Option<&'a Host>,
}

/// The port on which a driver listens, which is reachable from this machine.
#[derive(Debug)]
pub(crate) struct DriverPort {
    pub(crate) port: u16,
    #[cfg(target_os = "linux")]
    _tunnel: Option<Tunnel>,
}

#[cfg(target_os = "linux")]
impl Site<'_> {
    /// Returns whether the site is this machine, without options of its own.
    pub(crate) fn is_this_machine(&self) -> bool {
        self.trusted.is_none() && self.host.is_none()
    }

    /// Returns a command that runs the program at this site.
    pub(crate) fn command(&self, program: &Path) -> Command {
        self.host.map_or_else(|| Command::new(program), |host| host.namespace().command(program))
    }

    /// Returns a port that is free at this site, and to which the same loopback port of this machine is forwarded.
    pub(crate) async fn driver_port(&self) -> DriverPort {
        match self.host {
            Some(host) => {
                let tunnel = Tunnel::open(host.namespace()).await;
                DriverPort { port: tunnel.port(), _tunnel: Some(tunnel) }
            }
            None => DriverPort { port: free_port(), _tunnel: None },
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Site<'_> {
    pub(crate) fn is_this_machine(&self) -> bool {
        self.trusted.is_none()
    }

    pub(crate) fn command(&self, program: &Path) -> Command {
        Command::new(program)
    }

    pub(crate) async fn driver_port(&self) -> DriverPort {
        DriverPort { port: free_port() }
    }
}

/// Returns a port that stays free until it is used. The port is below the range that systems assign, and is returned
/// only once in this process.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Processes with successive ids start with distant ports.
    let first = std::process::id().wrapping_mul(97);
    loop {
        let number = first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let port = u16::try_from(22_000 + number).expect("a port is below 65,536");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
