//! The addresses by which this machine can be reached.

use std::net::{IpAddr, SocketAddr};

/// Loopback first. Those that hold only on one link are left out: no browser takes them.
pub fn of_this_machine() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<_> =
        interfaces.iter().map(if_addrs::Interface::ip).filter(|ip| !is_link_local(*ip)).collect();
    addresses.sort_by_key(|address| (!address.is_loopback(), address.is_ipv6(), *address));
    addresses.dedup();
    addresses
}

/// What to open to get to a socket that listens there.
pub fn of_listener(listening: SocketAddr) -> Vec<SocketAddr> {
    let ip = listening.ip();
    if !ip.is_unspecified() {
        return vec![listening];
    }
    // A socket for all of IPv6 takes IPv4 too, on nearly every system.
    let reached = of_this_machine().into_iter().filter(|address| address.is_ipv4() || ip.is_ipv6());
    reached.map(|address| SocketAddr::new(address, listening.port())).collect()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
