use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn networks(list: &[&str]) -> Vec<Network> {
    list.iter().map(|network| network.parse().unwrap()).collect()
}

/// Returns the client address for a connection, with 10.0.0.0/8 and one more address trusted.
fn resolved(peer: &str, headers: &[(&'static str, &str)]) -> String {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    client_address(ip(peer), &map, &networks(&["10.0.0.0/8", "2001:db8::1"])).to_string()
}

#[test]
fn network_contains_matching_addresses() {
    for (network, inside, outside) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
        ("192.0.2.128/25", "192.0.2.129", "192.0.2.127"),
        ("0.0.0.0/0", "255.255.255.255", "::1"),
        ("::/0", "ffff::", "1.2.3.4"),
        ("2001:db8::/32", "2001:db8:1::7", "2001:db9::"),
        ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
    ] {
        let network: Network = network.parse().unwrap();
        assert!(network.contains(ip(inside)), "{network} {inside}");
        assert!(!network.contains(ip(outside)), "{network} {outside}");
    }
    for bad in ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "example.org", "1.2.3.4/-1"] {
        assert!(bad.parse::<Network>().is_err(), "{bad}");
    }
}

#[test]
fn header_of_untrusted_proxy_is_ignored() {
    let claim = ("x-forwarded-for", "203.0.113.9");
    assert_eq!(resolved("198.51.100.1", &[claim]), "198.51.100.1");
    assert_eq!(resolved("10.0.0.1", &[claim]), "203.0.113.9");
    assert_eq!(resolved("::ffff:10.0.0.1", &[claim]), "203.0.113.9");
    assert_eq!(resolved("10.0.0.1", &[]), "10.0.0.1");
}

#[test]
fn header_is_read_from_right_while_trusted() {
    // The client sent 1.1.1.1, the first proxy appended the client, and the second one appended the first proxy.
    let lines = [("x-forwarded-for", "1.1.1.1, 203.0.113.9"), ("x-forwarded-for", "10.0.0.2")];
    assert_eq!(resolved("10.0.0.1", &lines), "203.0.113.9");
    assert_eq!(resolved("10.0.0.1", &[("x-forwarded-for", "10.0.0.3,10.0.0.2")]), "10.0.0.3");
    // The elements left of an invalid one are not trusted.
    assert_eq!(resolved("10.0.0.1", &[("x-forwarded-for", "203.0.113.9, unknown, 10.0.0.2")]), "10.0.0.2");
    assert_eq!(resolved("10.0.0.1", &[("x-forwarded-for", "203.0.113.9,")]), "10.0.0.1");
}

#[test]
fn both_headers_are_parsed_with_and_without_ports() {
    for (value, expected) in [
        ("for=203.0.113.9", "203.0.113.9"),
        ("For=\"203.0.113.9:4711\";proto=https", "203.0.113.9"),
        ("by=10.0.0.1; for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
        ("for=\"[2001:db8::7]\", for=\"[2001:db8::1]\"", "2001:db8::7"),
        ("for=1.1.1.1, for=203.0.113.9;proto=http, for=10.9.9.9", "203.0.113.9"),
        ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
    ] {
        assert_eq!(resolved("10.0.0.1", &[("forwarded", value)]), expected, "{value}");
    }
    assert_eq!(resolved("10.0.0.1", &[("x-forwarded-for", "203.0.113.9:80")]), "203.0.113.9");
    assert_eq!(resolved("10.0.0.1", &[("x-forwarded-for", "[2001:db8::7]:80")]), "2001:db8::7");
    // The client may have sent the header that the proxy does not use.
    let both = [("forwarded", "for=1.1.1.1"), ("x-forwarded-for", "203.0.113.9")];
    assert_eq!(resolved("10.0.0.1", &both), "203.0.113.9");
}

#[test]
fn ipv6_network_counts_once_and_loopback_never() {
    assert_eq!(limited_address(ip("2001:db8:1:2:3::4")), limited_address(ip("2001:db8:1:2::")));
    assert_ne!(limited_address(ip("2001:db8:1:2::")), limited_address(ip("2001:db8:1:3::")));
    assert_eq!(limited_address(ip("::ffff:192.0.2.1")), Some(ip("192.0.2.1")));
    assert_eq!(limited_address(ip("127.0.0.9")), None);
    assert_eq!(limited_address(ip("::1")), None);
}

/// Returns a strategy for addresses, of which `resolved` trusts some.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0_u8..4).prop_map(|last| IpAddr::from([10, 0, 0, last])),
        (0_u8..4).prop_map(|last| IpAddr::from([203, 0, 113, last])),
        (0_u16..4).prop_map(|last| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last])),
    ]
}

proptest! {
    /// The proxy appends to an arbitrary header of the client.
    #[test]
    fn client_header_does_not_change_address(written in ".{0,40}", real in address(), separate in any::<bool>()) {
        let trusted = networks(&["10.0.0.0/8", "2001:db8::1"]);
        prop_assume!(!trusted.iter().any(|network| network.contains(real)));
        let mut headers = HeaderMap::new();
        let line = if separate { real.to_string() } else { format!("{written}, {real}") };
        if separate && let Ok(written) = written.parse() {
            headers.append("x-forwarded-for", written);
        }
        let Ok(line) = line.parse() else { return Ok(()) };
        headers.append("x-forwarded-for", line);
        prop_assert_eq!(client_address(ip("10.0.0.1"), &headers, &trusted), real);
    }

    #[test]
    fn chain_is_followed_to_first_untrusted(chain in prop::collection::vec(address(), 0..6), peer in address()) {
        let trusted = networks(&["10.0.0.0/8", "2001:db8::1"]);
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
        let mut hops = std::iter::once(peer).chain(chain.iter().rev().copied());
        let expected = hops.find(|address| !is_trusted(address)).unwrap_or(*chain.first().unwrap_or(&peer));
        let header = chain.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(",");
        let mut headers = HeaderMap::new();
        if !chain.is_empty() {
            headers.insert("x-forwarded-for", header.parse().unwrap());
        }
        prop_assert_eq!(client_address(peer, &headers, &trusted), expected);
    }
}
