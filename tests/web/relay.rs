//! Through a real TURN server: `cargo xtask test` starts one, and a NAT before it.

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

/// A page has no environment: these are of when the tests were compiled.
const SERVER: Option<&str> = option_env!("BROWSER_RTC_TEST_TURN");
const NAT: Option<&str> = option_env!("BROWSER_RTC_TEST_NAT");

fn server() -> &'static str {
    SERVER.expect("`cargo xtask test` names a server")
}

fn turn(password: &str) -> IceServer {
    IceServer::turn(format!("turn:{}?transport=udp", server()), "ada", password)
}

fn relayed(server: IceServer) -> PeerConnection {
    let configuration = Configuration::new().ice_server(server).ice_transport_policy(IceTransportPolicy::Relay);
    PeerConnection::new(&configuration).unwrap()
}

fn with_channel(pc: &PeerConnection) -> DataChannel {
    pc.create_data_channel("", &ChannelInit::new()).unwrap()
}

/// The first candidate of this kind.
async fn found(pc: &PeerConnection, kind: IceCandidateType) -> IceCandidate {
    let mut candidates = pc.ice_candidates();
    let _channel = with_channel(pc);
    pc.set_local_description().within("setLocalDescription").await.unwrap();
    loop {
        let candidate = candidates.next().within("a candidate").await.unwrap();
        assert!(!candidate.is_end_of_candidates(), "none of kind {kind}");
        if candidate.parse().unwrap().kind == kind {
            return candidate;
        }
    }
}

/// Negotiates, with the candidates of each side sent as they are found, until both are connected.
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
    // A candidate comes only after its own side has been described, and so after the other side knows of it.
    let (a_first, b_first) = (a.clone(), b.clone());
    let both_ways = join(trickle(&a_first, b), trickle(&b_first, a));
    match select(Box::pin(connected), Box::pin(both_ways)).within_minutes("a connection by the relay").await {
        Either::Left(_) => {}
        Either::Right(_) => panic!("the candidates ended with their connection"),
    }
}

#[wasm_bindgen_test]
#[ignore = "wants the TURN server of `cargo xtask test`"]
async fn f16_relay_only_through_a_turn_server() {
    watched(async {
        let (camera, video) = (camera().await, Element::new("video"));
        let pair = Pair { a: relayed(turn("secret")), b: relayed(turn("secret")) };
        let mut tracks = pair.b.tracks();
        let mut channels = pair.b.data_channels();
        pair.a.add_track(&camera.tracks()[0], &[&camera]).unwrap();
        let chat = with_channel(&pair.a);
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
                .expect("a pair that carries");
            let local = report.follow(used.local_candidate_id.as_ref().unwrap()).unwrap();
            let remote = report.follow(used.remote_candidate_id.as_ref().unwrap()).unwrap();
            assert_eq!(local.candidate_type, Some(IceCandidateType::Relay));
            assert_eq!(remote.candidate_type, Some(IceCandidateType::Relay));
        }
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "wants the TURN server of `cargo xtask test`"]
async fn f13_a_relay_candidate() {
    watched(async {
        for transport in ["udp", "tcp"] {
            let mut server = turn("secret");
            server.urls = vec![server.urls[0].replace("udp", transport)];
            let url = server.urls[0].clone();
            let candidate = found(&relayed(server), IceCandidateType::Relay).await;
            let parsed = candidate.parse().unwrap();
            assert!(url.contains(&parsed.address), "the server relays: {parsed:?}");
            assert!(parsed.port > 0 && parsed.related_address.is_some() && parsed.related_port.is_some());
            if js::is_firefox() {
                // Firefox tells neither.
                assert_eq!((candidate.url, candidate.relay_protocol), (None, None));
            } else {
                assert_eq!(candidate.url, Some(url));
                // Chromium does not tell of UDP.
                let tcp = (transport == "tcp").then_some(IceServerTransportProtocol::Tcp);
                assert_eq!(candidate.relay_protocol, tcp);
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "wants the TURN server of `cargo xtask test`"]
async fn f13_a_server_reflexive_candidate() {
    watched(async {
        let server = IceServer::stun(format!("stun:{}", NAT.expect("`cargo xtask test` names a NAT")));
        let pc = PeerConnection::new(&Configuration::new().ice_server(server)).unwrap();
        let candidate = found(&pc, IceCandidateType::ServerReflexive).await;
        let parsed = candidate.parse().unwrap();
        let behind = parsed.related_port.expect("the port behind the NAT");
        assert_ne!(parsed.port, behind);
        let local = pc.local_description().unwrap().sdp;
        assert!(local.contains(&format!(" {behind} typ host")), "{local}");
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "wants the TURN server of `cargo xtask test`"]
async fn f14_wrong_credentials_are_a_typed_error() {
    watched(async {
        let pc = relayed(turn("wrong"));
        let mut errors = pc.ice_candidate_errors();
        let _channel = with_channel(&pc);
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let error = errors.next().within("the error").await.unwrap();
        assert_eq!(error.code, 401);
        assert!(error.url.starts_with(&format!("turn:{}", server())), "{}", error.url);
        // Firefox has no text for it.
        assert_eq!(error.text.is_empty(), js::is_firefox());
        assert!(error.port.is_some_and(|port| port > 0));
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "wants the TURN server of `cargo xtask test`"]
async fn f14_a_server_that_does_not_answer_is_701() {
    watched(async {
        // Nobody listens on this port, which no system gives to anybody by itself; by TCP that is known at once.
        let closed = IceServer::turn("turn:127.0.0.1:11779?transport=tcp", "ada", "secret");
        let pc = relayed(closed);
        let mut errors = pc.ice_candidate_errors();
        let _channel = with_channel(&pc);
        pc.set_local_description().within("setLocalDescription").await.unwrap();
        let error = errors.next().within("the error").await.unwrap();
        assert_eq!(error.code, 701);
        assert!(error.url.starts_with("turn:127.0.0.1:11779"), "{}", error.url);
    })
    .await;
}

#[wasm_bindgen_test]
#[ignore = "wants the TURN server of `cargo xtask test`"]
async fn f20_servers_set_on_a_live_connection_are_used() {
    watched(async {
        let pc = relayed(turn("wrong"));
        let right = Configuration::new().ice_server(turn("secret")).ice_transport_policy(IceTransportPolicy::Relay);
        pc.set_configuration(&right).unwrap();
        found(&pc, IceCandidateType::Relay).await;
        let without = Configuration::new().ice_server(IceServer::stun("nonsense"));
        assert_eq!(pc.set_configuration(&without).unwrap_err().kind(), &ErrorKind::Syntax);
    })
    .await;
}
