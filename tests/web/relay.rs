//! Connections over a real TURN server. `cargo xtask test` starts one, with a NAT in front of it.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, DataChannel},
    media,
    peer::{
        Configuration, ConnectionState, IceCandidate, IceCandidateType, IceServer, IceServerTransportProtocol,
        IceTransportPolicy, PeerConnection,
    },
    stats,
};
use futures::{
    StreamExt,
    future::{Either, join, select},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera},
    pair::{Pair, reached},
    watched,
};

/// Addresses from the environment of the compiler, because a page has no environment.
const SERVER: Option<&str> = option_env!("BROWSER_RTC_TEST_TURN");
const NAT: Option<&str> = option_env!("BROWSER_RTC_TEST_NAT");

fn server() -> &'static str {
    SERVER.expect("a TURN server, which `cargo xtask test` starts")
}

fn turn(password: &str) -> IceServer {
    IceServer::turn(format!("turn:{}?transport=udp", server()), "ada", password)
}

fn relayed(server: IceServer) -> PeerConnection {
    let configuration = Configuration::new().ice_server(server).ice_transport_policy(IceTransportPolicy::Relay);
    PeerConnection::new(&configuration).unwrap()
}

fn create_channel(pc: &PeerConnection) -> DataChannel {
    pc.create_data_channel("", &ChannelInit::new()).unwrap()
}

/// Gathers candidates, and returns the first of this kind.
async fn first_candidate(pc: &PeerConnection, kind: IceCandidateType) -> IceCandidate {
    let mut candidates = pc.ice_candidates();
    let _channel = create_channel(pc);
    pc.set_local_description().within("setLocalDescription").await.unwrap();
    loop {
        let candidate = candidates.next().within("a candidate").await.unwrap();
        assert!(!candidate.is_end_of_candidates(), "no candidate of kind {kind}");
        if candidate.parse().unwrap().kind == kind {
            return candidate;
        }
    }
}

/// Negotiates, with each candidate sent to the remote peer when it is found, until both sides are connected.
async fn connect_trickling(pair: &Pair) {
    let trickle = async |from: &PeerConnection, to: &PeerConnection| {
        let mut candidates = from.ice_candidates();
        while let Some(candidate) = candidates.next().await {
            to.add_ice_candidate(&candidate).within("addIceCandidate").await.unwrap();
        }
    };
    let (a, b) = (&pair.a, &pair.b);
    let connected = async {
        a.set_local_description().within("the offer").await.unwrap();
        b.set_remote_description(&a.local_description().unwrap()).within("the offer").await.unwrap();
        b.set_local_description().within("the answer").await.unwrap();
        a.set_remote_description(&b.local_description().unwrap()).within("the answer").await.unwrap();
        join(
            reached(a.connection_states(), ConnectionState::Connected),
            reached(b.connection_states(), ConnectionState::Connected),
        )
        .await;
    };
    // Candidates are found only after `setLocalDescription`, so that none is added before the remote description.
    let (a_source, b_source) = (a.clone(), b.clone());
    let trickling = join(trickle(&a_source, b), trickle(&b_source, a));
    match select(Box::pin(connected), Box::pin(trickling)).within_minutes("a relayed connection").await {
        Either::Left(_) => {}
        Either::Right(_) => panic!("the candidates ended before the connection was established"),
    }
}

#[wasm_bindgen_test]
#[ignore = "requires the TURN server of `cargo xtask test`"]
async fn f16_relay_only_call_uses_turn_server() {
    watched(async {
        let (camera, video) = (camera().await, Element::new("video"));
        let pair = Pair { a: relayed(turn("secret")), b: relayed(turn("secret")) };
        let mut tracks = pair.b.tracks();
        let mut channels = pair.b.data_channels();
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let chat = create_channel(&pair.a);
        connect_trickling(&pair).await;

        let arrived = tracks.next().within("the track").await.unwrap();
        let _shown = media::show(&video, &arrived.streams[0]).unwrap();
        video.frames(5).await;
        chat.send("by relay").within("send").await.unwrap();
        let mut other_end = channels.next().within("the channel").await.unwrap();
        assert_eq!(other_end.next().within("a message").await.unwrap().unwrap().as_text(), Some("by relay"));

        for pc in [&pair.a, &pair.b] {
            let report = pc.stats().within("stats").await.unwrap();
            let used = report
                .of_type::<stats::CandidatePair>()
                .find(|pair| {
                    pair.state.as_ref().is_some_and(|state| state.as_str() == "succeeded") && pair.bytes_sent > Some(0)
                })
                .expect("a candidate pair that carries data");
            let local = report.follow(used.local_candidate_id.as_ref().unwrap()).unwrap();
            let remote = report.follow(used.remote_candidate_id.as_ref().unwrap()).unwrap();
            assert_eq!(local.candidate_type, Some(IceCandidateType::Relay));
            assert_eq!(remote.candidate_type, Some(IceCandidateType::Relay));
        }
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "requires the TURN server of `cargo xtask test`"]
async fn f13_relay_candidate_is_parsed() {
    watched(async {
        for transport in ["udp", "tcp"] {
            let mut server = turn("secret");
            server.urls = vec![server.urls[0].replace("udp", transport)];
            let url = server.urls[0].clone();
            let candidate = first_candidate(&relayed(server), IceCandidateType::Relay).await;
            let parsed = candidate.parse().unwrap();
            assert!(url.contains(&parsed.address), "the relay address is not that of the server: {parsed:?}");
            assert!(parsed.port > 0 && parsed.related_address.is_some() && parsed.related_port.is_some());
            if js::is_firefox() {
                // Firefox reports neither.
                assert_eq!((candidate.url, candidate.relay_protocol), (None, None));
            } else {
                assert_eq!(candidate.url, Some(url));
                // Chromium does not report the protocol if it is UDP.
                let tcp = (transport == "tcp").then_some(IceServerTransportProtocol::Tcp);
                assert_eq!(candidate.relay_protocol, tcp);
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "requires the TURN server of `cargo xtask test`"]
async fn f13_server_reflexive_candidate_is_parsed() {
    watched(async {
        let server = IceServer::stun(format!("stun:{}", NAT.expect("a NAT, which `cargo xtask test` starts")));
        let pc = PeerConnection::new(&Configuration::new().ice_server(server)).unwrap();
        let candidate = first_candidate(&pc, IceCandidateType::ServerReflexive).await;
        let parsed = candidate.parse().unwrap();
        let local_port = parsed.related_port.expect("the port behind the NAT");
        assert_ne!(parsed.port, local_port);
        let local = pc.local_description().unwrap().sdp;
        assert!(local.contains(&format!(" {local_port} typ host")), "{local}");
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "requires the TURN server of `cargo xtask test`"]
async fn f14_wrong_credentials_are_error_401() {
    watched(async {
        let pc = relayed(turn("wrong"));
        let mut errors = pc.ice_candidate_errors();
        let _channel = create_channel(&pc);
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let error = errors.next().within("the error").await.unwrap();
        assert_eq!(error.code, 401);
        assert!(error.url.starts_with(&format!("turn:{}", server())), "{}", error.url);
        // Firefox has no text for this error.
        assert_eq!(error.text.is_empty(), js::is_firefox());
        assert!(error.port.is_some_and(|port| port > 0));
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "requires the TURN server of `cargo xtask test`"]
async fn f14_unreachable_server_is_error_701() {
    watched(async {
        // Nothing listens on this port, which no system assigns by itself. Over TCP, the failure is immediate.
        let closed = IceServer::turn("turn:127.0.0.1:11779?transport=tcp", "ada", "secret");
        let pc = relayed(closed);
        let mut errors = pc.ice_candidate_errors();
        let _channel = create_channel(&pc);
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let error = errors.next().within("the error").await.unwrap();
        assert_eq!(error.code, 701);
        assert!(error.url.starts_with("turn:127.0.0.1:11779"), "{}", error.url);
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "requires the TURN server of `cargo xtask test`"]
async fn f20_servers_set_on_live_connection_are_used() {
    watched(async {
        let pc = relayed(turn("wrong"));
        let right = Configuration::new().ice_server(turn("secret")).ice_transport_policy(IceTransportPolicy::Relay);
        pc.set_configuration(&right).unwrap();
        first_candidate(&pc, IceCandidateType::Relay).await;
        let without = Configuration::new().ice_server(IceServer::stun("nonsense"));
        assert_eq!(pc.set_configuration(&without).unwrap_err().kind(), &ErrorKind::Syntax);
    })
    .await;
}
