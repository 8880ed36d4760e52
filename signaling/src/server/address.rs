//! Where a client really is.
//!
//! Behind a proxy, every connection comes from the proxy, which says in a header for whom. Anybody can write such a
//! header: only what trusted proxies have added to it is believed, and that is at its right end.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether the address is of this block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (mine, theirs, bits) = match (self.address, address.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(theirs)) => (mine.to_bits().into(), theirs.to_bits().into(), 32),
            (IpAddr::V6(mine), IpAddr::V6(theirs)) => (mine.to_bits(), theirs.to_bits(), 128),
            _ => return false,
        };
        let differing: u128 = mine ^ theirs;
        differing.checked_shr(bits - self.prefix).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let complaint = || format!("expected an address or a block of addresses such as 10.0.0.0/8, not {text:?}");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.trim().parse().map_err(|_| complaint())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.trim().parse()).map_err(|_| complaint())?;
        if prefix > bits {
            return Err(complaint());
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The address of the client at the other end of the connection, or of the proxies.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut address = peer.to_canonical();
    if !is_trusted(address) {
        return address;
    }
    // A proxy writes one of the two; the other could have come from the client.
    let hops = if headers.contains_key(X_FORWARDED_FOR) {
        list(headers, &X_FORWARDED_FOR)
    } else {
        list(headers, &FORWARDED).into_iter().filter_map(forwarded_for).collect()
    };
    for hop in hops.into_iter().rev() {
        // Who is behind a proxy that does not say is not to be told from it.
        let Some(next) = hop_address(hop) else { break };
        address = next;
        if !is_trusted(address) {
            break;
        }
    }
    address
}

/// Whether a proxy speaks of a client that is not believed.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED)
}

/// Of all lines of the header, in their order. What is unreadable is so alone: a client may have written it, and what a
/// proxy has added to its right counts all the same.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let elements = headers.get_all(name).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    elements.map(|element| str::from_utf8(element).unwrap_or_default().trim()).collect()
}

/// Of an element such as `by=10.0.0.1;for="[2001:db8::1]:4711"`. An element without it is no hop.
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    named.next().map(|(_, node)| node.trim().trim_matches('"'))
}

/// With a port or without.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// What counts as one address. Who has an IPv6 address has 2^64 of them. None for this very machine, which is not
/// bounded: whoever is there can do worse, and a proxy there that nobody trusts is not one client.
pub fn counted(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
        address => Some(address),
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
