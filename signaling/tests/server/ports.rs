//! Ports for programs that have to be told theirs.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

/// These, and those of the buses above them, are below the ports that systems give to whoever asks for any. So nobody
/// else in this process has one of them, also while its program is stopped.
const FIRST: u32 = 12_000;
const COUNT: u32 = 10_000;

/// How far above its own a node of a Redis Cluster has the port of its bus.
const BUS: u32 = 10_000;

/// One that is free, and that this gives nobody else.
pub fn free() -> u16 {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    // Processes whose ids follow each other begin far apart.
    let first = std::process::id().wrapping_mul(97);
    loop {
        let port = FIRST + first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if is_free(port) && is_free(port + BUS) {
            return port.try_into().unwrap();
        }
    }
}

fn is_free(port: u32) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.try_into().unwrap()));
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}
