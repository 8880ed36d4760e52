//! The addresses of this machine.

use std::net::{IpAddr, SocketAddr};

/// Returns the addresses of this machine, loopback first. Link-local addresses are omitted, because browsers do not
/// open them.
pub fn local_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<_> =
        interfaces.iter().map(if_addrs::Interface::ip).filter(|ip| !is_link_local(*ip)).collect();
    addresses.sort_by_key(|address| (!address.is_loopback(), address.is_ipv6(), *address));
    addresses.dedup();
    addresses
}

/// Returns the addresses at which a listening socket can be reached.
pub fn reachable_addresses(listener: SocketAddr) -> Vec<SocketAddr> {
    let ip = listener.ip();
    if !ip.is_unspecified() {
        return vec![listener];
    }
    // On almost all systems, a socket on the unspecified IPv6 address accepts IPv4 as well.
    let reachable = local_addresses().into_iter().filter(|address| address.is_ipv4() || ip.is_ipv6());
    reachable.map(|address| SocketAddr::new(address, listener.port())).collect()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}
