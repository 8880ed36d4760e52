//! What a connection refuses, and as which kind.

use browser_rtc::{
    ErrorKind, Result,
    channel::ChannelInit,
    peer::{Configuration, IceCandidate, IceServer, IceTransportPolicy, PeerConnection, SdpType, SessionDescription},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    pair::{Pair, connection},
    watched,
};

fn assert_kind<T>(result: Result<T>, kinds: &[ErrorKind]) {
    let error = result.err().expect("it was to be refused");
    assert!(kinds.contains(error.kind()), "{error}");
}

fn description(kind: SdpType, sdp: &str) -> SessionDescription {
    SessionDescription { kind, sdp: sdp.into() }
}

#[wasm_bindgen_test]
async fn a_description_that_does_not_parse() {
    watched(async {
        for sdp in ["rubbish", "", "v=0\r\n"] {
            let (pc, offer) = (connection(), description(SdpType::Offer, sdp));
            let set = pc.set_remote_description(&offer).within("setRemoteDescription").await;
            assert_kind(set, &[ErrorKind::Operation]);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_description_that_is_not_due() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        let as_answer = description(SdpType::Answer, &offer.sdp);
        let invalid_state = [ErrorKind::InvalidState];
        assert_kind(pair.a.set_remote_description(&as_answer).within("an answer to nothing").await, &invalid_state);
        assert_kind(pair.b.create_answer().within("an answer to nothing").await, &invalid_state);
        assert_kind(
            pair.a.set_local_description_to(&as_answer).within("an answer to nothing").await,
            // The specification looks at the text first: it is not what createAnswer made.
            &[ErrorKind::InvalidState, ErrorKind::InvalidModification],
        );
        let haiku = description(SdpType::Unknown("haiku".into()), &offer.sdp);
        assert_kind(pair.b.set_remote_description(&haiku).within("a haiku").await, &[ErrorKind::Type]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_candidate_that_does_not_fit() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        pair.b.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        let add = async |candidate: &str, mid: Option<&str>| {
            let candidate =
                IceCandidate { candidate: candidate.into(), sdp_mid: mid.map(Into::into), ..Default::default() };
            pair.b.add_ice_candidate(&candidate).within("addIceCandidate").await
        };
        const GOOD: &str = "candidate:1 1 udp 2130706431 192.0.2.1 9 typ host";
        assert_kind(add("rubbish", Some("0")).await, &[ErrorKind::Operation]);
        assert_kind(add(GOOD, None).await, &[ErrorKind::Type]);
        assert_kind(add(GOOD, Some("no such section")).await, &[ErrorKind::Operation]);
        add(GOOD, Some("0")).await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
fn a_server_that_is_not_one() {
    let new = |server| PeerConnection::new(&Configuration::new().ice_server(server));
    for url in ["", "rubbish", "http://example.org", "stun:"] {
        assert_kind(new(IceServer::stun(url)), &[ErrorKind::Syntax]);
    }
    let mut without_credentials = IceServer::turn("turn:turn.example.org", "ada", "secret");
    without_credentials.credential = None;
    assert_kind(new(without_credentials.clone()), &[ErrorKind::InvalidAccess]);
    without_credentials.username = None;
    assert_kind(new(without_credentials), &[ErrorKind::InvalidAccess]);
    new(IceServer::turn("turn:turn.example.org?transport=tcp", "ada", "secret")).unwrap();
}

#[wasm_bindgen_test]
fn an_unknown_policy() {
    let policy = IceTransportPolicy::Unknown("nonsense".into());
    assert_kind(PeerConnection::new(&Configuration::new().ice_transport_policy(policy)), &[ErrorKind::Type]);
    PeerConnection::new(&Configuration::new().ice_transport_policy(IceTransportPolicy::Relay)).unwrap();
}
