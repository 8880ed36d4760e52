//! Operations that a connection refuses, and the kinds of their errors.

use browser_rtc::{
    ErrorDetail, ErrorKind, Result,
    channel::ChannelInit,
    peer::{Configuration, IceCandidate, IceServer, IceTransportPolicy, PeerConnection, SdpType, SessionDescription},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    pair::{Pair, connection},
    watched,
};

fn assert_kind<T>(result: Result<T>, kinds: &[ErrorKind]) {
    let error = result.err().expect("the operation succeeded");
    assert!(kinds.contains(error.kind()), "{error}");
}

fn description(kind: SdpType, sdp: &str) -> SessionDescription {
    SessionDescription { kind, sdp: sdp.into() }
}

#[wasm_bindgen_test]
async fn malformed_description_is_refused() {
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
async fn f22_sdp_syntax_error_has_line_number() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        let section = offer.sdp.lines().find(|line| line.starts_with("m=")).unwrap();
        let line = offer.sdp.lines().position(|line| line == section).unwrap() as u32 + 1;
        let malformed = description(SdpType::Offer, &offer.sdp.replace(section, "m=application nonsense"));
        for set in [
            pair.b.set_remote_description(&malformed).within("setRemoteDescription").await,
            connection()
                .set_remote_description(&description(SdpType::Offer, "v=0\r\nnonsense\r\n"))
                .within("setRemoteDescription")
                .await,
        ]
        .into_iter()
        .zip([line, 2])
        {
            let (error, line) = (set.0.unwrap_err(), set.1);
            assert_eq!(error.kind(), &ErrorKind::Operation);
            let rtc = error.rtc().unwrap_or_else(|| panic!("{error} has no details"));
            assert_eq!((rtc.detail, rtc.sdp_line_number), (ErrorDetail::SdpSyntaxError, Some(line)), "{error}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f22_malformed_local_description_is_refused() {
    watched(async {
        let pc = connection();
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let malformed = description(SdpType::Offer, "v=0\r\nnonsense\r\n");
        let without_offer = pc.set_local_description_to(&malformed).within("setLocalDescription").await;
        // Firefox requires that an offer has been created first.
        assert_kind(
            without_offer,
            &[if js::is_firefox() { ErrorKind::InvalidModification } else { ErrorKind::Operation }],
        );
        pc.create_offer().within("createOffer").await.unwrap();
        let error = pc.set_local_description_to(&malformed).within("setLocalDescription").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Operation);
        assert_eq!(error.rtc().unwrap().sdp_line_number, Some(2));
        let without_details = pc.create_answer().within("createAnswer").await.unwrap_err();
        assert_eq!(without_details.rtc(), None);
    })
    .await;
}

#[wasm_bindgen_test]
async fn modified_local_description_is_refused() {
    watched(async {
        let pc = connection();
        let _channel = pc.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pc.create_offer().within("createOffer").await.unwrap();
        let start = offer.sdp.find("a=fingerprint:sha-256 ").unwrap() + "a=fingerprint:sha-256 ".len();
        let other_byte = if offer.sdp[start..].starts_with("00") { "01" } else { "00" };
        let mut changed = description(SdpType::Offer, &offer.sdp);
        changed.sdp.replace_range(start..start + 2, other_byte);
        let set = pc.set_local_description_to(&changed).within("setLocalDescription").await;
        if js::is_firefox() {
            // Firefox does not check the description, and Chromium does not check most other lines.
            set.unwrap();
        } else {
            assert_kind(set, &[ErrorKind::InvalidModification]);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn description_in_wrong_state_is_refused() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        let as_answer = description(SdpType::Answer, &offer.sdp);
        let invalid_state = [ErrorKind::InvalidState];
        assert_kind(
            pair.a.set_remote_description(&as_answer).within("an answer without an offer").await,
            &invalid_state,
        );
        assert_kind(pair.b.create_answer().within("an answer without an offer").await, &invalid_state);
        assert_kind(
            pair.a.set_local_description_to(&as_answer).within("an answer without an offer").await,
            // The specification checks the text first, which createAnswer did not create.
            &[ErrorKind::InvalidState, ErrorKind::InvalidModification],
        );
        let unknown = description(SdpType::Unknown("haiku".into()), &offer.sdp);
        assert_kind(
            pair.b.set_remote_description(&unknown).within("a description of type haiku").await,
            &[ErrorKind::Type],
        );
    })
    .await;
}

#[wasm_bindgen_test]
async fn mismatched_candidate_is_refused() {
    watched(async {
        let pair = Pair::new();
        let _channel = pair.a.create_data_channel("", &ChannelInit::new()).unwrap();
        let offer = pair.a.create_offer().within("createOffer").await.unwrap();
        let add_candidate = async |candidate| pair.b.add_ice_candidate(&candidate).within("addIceCandidate").await;
        let add = async |candidate: &str, mid: Option<&str>| {
            add_candidate(IceCandidate {
                candidate: candidate.into(),
                sdp_mid: mid.map(Into::into),
                ..Default::default()
            })
            .await
        };
        const VALID: &str = "candidate:1 1 udp 2130706431 192.0.2.1 9 typ host";
        assert_kind(add(VALID, Some("0")).await, &[ErrorKind::InvalidState]);
        pair.b.set_remote_description(&offer).within("setRemoteDescription").await.unwrap();
        assert_kind(add("rubbish", Some("0")).await, &[ErrorKind::Operation]);
        assert_kind(add(VALID, None).await, &[ErrorKind::Type]);
        assert_kind(add(VALID, Some("no such section")).await, &[ErrorKind::Operation]);
        let by_index =
            |index| IceCandidate { candidate: VALID.into(), sdp_m_line_index: Some(index), ..IceCandidate::default() };
        assert_kind(add_candidate(by_index(9)).await, &[ErrorKind::Operation]);
        add_candidate(by_index(0)).await.unwrap();
        let of_other_generation = IceCandidate { username_fragment: Some("other".into()), ..by_index(0) };
        let added = add_candidate(of_other_generation).await;
        if js::is_firefox() {
            assert_kind(added, &[ErrorKind::Operation]);
        } else {
            added.expect("Chromium accepts the candidate and never uses it");
        }
        add(VALID, Some("0")).await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
fn invalid_ice_server_is_refused() {
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
fn unknown_policy_is_refused() {
    let policy = IceTransportPolicy::Unknown("nonsense".into());
    assert_kind(PeerConnection::new(&Configuration::new().ice_transport_policy(policy)), &[ErrorKind::Type]);
    PeerConnection::new(&Configuration::new().ice_transport_policy(IceTransportPolicy::Relay)).unwrap();
}
