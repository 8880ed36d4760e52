//! Free ports for programs that need a fixed port.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
};

/// The first port. These ports, and those of the cluster buses above them, are below the range that systems assign
/// automatically, so no other socket of this process takes one, even while its program is stopped.
const FIRST: u32 = 12_000;
const COUNT: u32 = 10_000;

/// The offset of the port of a node's bus in a Redis Cluster.
const BUS: u32 = 10_000;

/// Returns a free port, which is not returned again.
pub fn reserve() -> u16 {
    static RESERVED: AtomicU32 = AtomicU32::new(0);
    // Processes with consecutive ids start at distant ports.
    let first = std::process::id().wrapping_mul(97);
    loop {
        let port = FIRST + first.wrapping_add(RESERVED.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if is_free(port) && is_free(port + BUS) {
            return port.try_into().unwrap();
        }
    }
}

fn is_free(port: u32) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.try_into().unwrap()));
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}
