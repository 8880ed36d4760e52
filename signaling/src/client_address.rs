//! The address of a client, with or without proxies.
//!
//! A proxy appends the address of its client to a header. Clients can send such a header themselves, so only the
//! entries of trusted proxies, at the right end, are used.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

use axum::http::{
    HeaderMap,
    header::{FORWARDED, HeaderName},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A block of IP addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Returns whether the address is in this block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (own, other, bits) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits().into(), other.to_bits().into(), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let differing: u128 = own ^ other;
        differing.checked_shr(bits - self.prefix).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("expected an IP address or a network such as 10.0.0.0/8, not {text:?}");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().map_err(|_| error())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.trim().parse()).map_err(|_| error())?;
        if prefix > bits {
            return Err(error());
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// Returns the address of the client, given the remote address of the connection.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    if !is_trusted(address) {
        return address;
    }
    // A proxy appends to one of the two headers. The client may have sent the other one.
    let hops = if headers.contains_key(X_FORWARDED_FOR) {
        elements(headers, &X_FORWARDED_FOR)
    } else {
        elements(headers, &FORWARDED).into_iter().filter_map(forwarded_for).collect()
    };
    for hop in hops.into_iter().rev() {
        // If a proxy reports no address, its own address is used.
        let Some(next) = hop_address(hop) else { break };
        address = next;
        if !is_trusted(address) {
            break;
        }
    }
    address
}

/// Returns whether the request has a header of a proxy.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED)
}

/// Returns the elements of all lines of a header, in order. An element that is not text becomes empty: a client may
/// have sent it, and the elements that a proxy appended are still valid.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let elements = headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    elements.map(|element| str::from_utf8(element).unwrap_or_default().trim()).collect()
}

/// Returns the node of an element such as `by=10.0.0.1;for="[2001:db8::1]:4711"`. An element without `for` is not a
/// hop.
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    named.next().map(|(_, node)| node.trim().trim_matches('"'))
}

/// Parses an address with or without a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// Returns the address that limits apply to, which is the /64 network for IPv6, because a single host usually has a
/// whole /64 network. Returns `None` for this machine, which is not limited, because a local proxy has many clients.
pub fn limited_address(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
        address => Some(address),
    }
}

#[cfg(test)]
#[path = "client_address_tests.rs"]
mod tests;
