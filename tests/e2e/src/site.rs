//! The place where a browser runs.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(target_os = "linux")]
use crate::net::{Host, Tunnel};

/// A place for a browser and its driver: this machine, or a host of a network of its own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Site<'a> {
    /// The pages that the browser is to take for secure ones, although they come over http: an origin.
    pub(crate) trusted: Option<&'a str>,
    #[cfg(target_os = "linux")]
    pub(crate) host: Option<&'a Host>,
}

/// A way to the port at which a driver listens.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) port: u16,
    #[cfg(target_os = "linux")]
    _tunnel: Option<Tunnel>,
}

#[cfg(target_os = "linux")]
impl Site<'_> {
    /// The program, to be run there.
    pub(crate) fn command(&self, program: &Path) -> Command {
        self.host.map_or_else(|| Command::new(program), |host| host.namespace().command(program))
    }

    /// A port that is free there, and the same port of this machine's loopback leads to it.
    pub(crate) async fn way(&self) -> Way {
        match self.host {
            Some(host) => {
                let tunnel = Tunnel::open(host.namespace()).await;
                Way { port: tunnel.port(), _tunnel: Some(tunnel) }
            }
            None => Way { port: free_port(), _tunnel: None },
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Site<'_> {
    pub(crate) fn command(&self, program: &Path) -> Command {
        Command::new(program)
    }

    pub(crate) async fn way(&self) -> Way {
        Way { port: free_port() }
    }
}

/// Returns a port that stays free until it is used: it is below the ports that systems assign, and is returned only
/// once in this process.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Processes whose ids follow each other begin far apart.
    let first = std::process::id().wrapping_mul(97);
    loop {
        let number = first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let port = u16::try_from(22_000 + number).expect("a port is below 65,536");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
