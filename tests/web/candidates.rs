//! The parsed fields of ICE candidates, and ICE candidate errors.

use browser_rtc::{
    channel::ChannelInit,
    peer::{IceCandidate, IceCandidateError, IceCandidateType, IceProtocol},
};
use futures::StreamExt;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, pair::connection, watched};

fn parsed_by_browser(line: &str) -> JsValue {
    js::run("candidate", &[&line.into()], "return new RTCIceCandidate({ candidate, sdpMid: '0' })")
}

/// Asserts that the library and the browser parse a candidate to the same fields.
fn assert_parsed_alike(candidate: &IceCandidate) {
    let line = &candidate.candidate;
    let parsed = candidate.parse().unwrap();
    let expected = parsed_by_browser(line);
    let text = |member| js::get(&expected, member).as_string();
    let number = |member| js::get(&expected, member).as_f64();
    assert_eq!(Some(parsed.foundation), text("foundation"), "{line}");
    assert_eq!(Some(parsed.component.to_string()), text("component"), "{line}");
    assert_eq!(Some(f64::from(parsed.priority)), number("priority"), "{line}");
    // Chromium adds brackets to an IPv6 address.
    let address = text("address").map(|address| address.trim_matches(['[', ']']).to_owned());
    assert_eq!(Some(parsed.address), address, "{line}");
    assert_eq!(Some(parsed.protocol.to_string()), text("protocol"), "{line}");
    assert_eq!(Some(f64::from(parsed.port)), number("port"), "{line}");
    assert_eq!(Some(parsed.kind.to_string()), text("type"), "{line}");
    assert_eq!(parsed.related_address, text("relatedAddress"), "{line}");
    assert_eq!(parsed.related_port.map(f64::from), number("relatedPort"), "{line}");
    assert_eq!(parsed.tcp_type.map(|tcp_type| tcp_type.to_string()), text("tcpType"), "{line}");
}

#[wasm_bindgen_test]
async fn f13_gathered_candidates_match_browser_parser() {
    watched(async {
        let pc = connection();
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let mut candidates = pc.ice_candidates();
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let mut found = 0;
        loop {
            let candidate = candidates.next().within("a candidate").await.unwrap();
            if candidate.is_end_of_candidates() {
                break;
            }
            let parsed = candidate.parse().unwrap();
            assert_eq!(parsed.kind, IceCandidateType::Host, "the connection has no ICE servers");
            assert!(matches!(parsed.protocol, IceProtocol::Udp | IceProtocol::Tcp));
            assert_parsed_alike(&candidate);
            found += 1;
        }
        assert!(found > 0);
    })
    .await;
}

#[wasm_bindgen_test]
fn f13_each_candidate_type_matches_browser_parser() {
    for line in [
        "candidate:1 1 udp 2122260223 192.0.2.1 56032 typ host generation 0 ufrag eU7z network-id 1",
        "candidate:2 1 udp 1686052607 203.0.113.7 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0",
        "candidate:3 1 udp 1853824767 203.0.113.9 40000 typ prflx raddr 10.0.0.17 rport 46154",
        "candidate:4 1 udp 41885439 198.51.100.2 50000 typ relay raddr 203.0.113.7 rport 46154",
        "candidate:5 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
    ] {
        assert_parsed_alike(&IceCandidate { candidate: line.into(), ..IceCandidate::default() });
    }
}

#[wasm_bindgen_test]
async fn f14_ice_candidate_errors_are_reported() {
    watched(async {
        let pc = connection();
        let mut errors = pc.ice_candidate_errors();
        let unauthorized = js::eval(
            "{ address: '10.0.0.17', port: 50000, url: 'turn:t.example', errorCode: 401, errorText: 'Unauthorized' }",
        );
        js::dispatch(pc.as_raw(), "icecandidateerror", &unauthorized);
        js::dispatch(pc.as_raw(), "icecandidateerror", &js::eval("{ address: null, port: null, errorCode: 701 }"));
        let IceCandidateError { address, port, url, code, text, .. } = errors.next().within("an error").await.unwrap();
        assert_eq!((address.as_deref(), port, &*url), (Some("10.0.0.17"), Some(50_000), "turn:t.example"));
        assert_eq!((code, &*text), (401, "Unauthorized"));
        let unreachable = errors.next().within("a second error").await.unwrap();
        assert_eq!((unreachable.address, unreachable.port, unreachable.code), (None, None, 701));
        pc.close();
        assert_eq!(errors.next().within("the end of the errors").await, None);
    })
    .await;
}
