//! Serde types that are read from JavaScript values.

use std::fmt::Debug;

use browser_rtc::{
    channel::{ChannelInit, Reliability},
    media::{Audio, Constraints, DeviceInfo, EchoCancellationMode, TrackKind, Video, exact, ideal, max},
    negotiation::Signal,
    peer::{Configuration, Encoding, IceCandidate, IceServer, RtpCapabilities, RtpSender, SdpType, SessionDescription},
};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{js, pair::Pair, watched};

/// Reads the value of an expression.
fn read<T: DeserializeOwned>(expression: &str) -> Result<T, String> {
    serde_wasm_bindgen::from_value(js::eval(&format!("({expression})"))).map_err(|error| error.to_string())
}

#[track_caller]
fn reads<T: DeserializeOwned + PartialEq + Debug>(expression: &str, expected: &T) {
    assert_eq!(read::<T>(expression).as_ref(), Ok(expected), "{expression}");
}

#[track_caller]
fn refuses<T: DeserializeOwned + PartialEq + Debug>(expression: &str, start: &str) {
    let error = read::<T>(expression).unwrap_err();
    assert!(error.contains(start), "{expression}: {error}");
}

#[wasm_bindgen_test]
fn urls_are_string_or_list() {
    let one = Configuration::new().ice_server(IceServer::stun("stun:s"));
    reads("{ iceServers: [{ urls: 'stun:s' }] }", &one);
    reads("{ iceServers: [{ urls: ['stun:s'], username: undefined, credential: null }] }", &one);
    let server: browser_rtc_proto::signaling::IceServer = read("{ urls: 'stun:s', username: undefined }").unwrap();
    assert_eq!(server, browser_rtc_proto::signaling::IceServer::stun("stun:s"));
}

#[wasm_bindgen_test]
fn null_and_undefined_are_absent_members() {
    reads(
        "{ iceServers: undefined, iceTransportPolicy: null, iceCandidatePoolSize: undefined }",
        &Configuration::new(),
    );
    reads("{ audio: undefined, video: null }", &Constraints::new());
    reads(
        "{ video: { width: undefined, height: { exact: null, ideal: 720, max: undefined }, advanced: undefined } }",
        &Constraints::new().video(Video::new().height(ideal(720))),
    );
    reads("{ ordered: undefined, maxRetransmits: 3, id: null }", &{
        ChannelInit::new().reliability(Reliability::MaxRetransmits(3))
    });
    reads("{ candidate: null }", &IceCandidate::end_of_candidates());
    reads("{ candidate: undefined, sdpMid: null, sdpMLineIndex: null }", &IceCandidate::end_of_candidates());
    reads("{ kind: 'candidate', candidate: null }", &Signal::from(IceCandidate::end_of_candidates()));
}

#[wasm_bindgen_test]
fn integers_are_read_from_finite_numbers() {
    reads("{ video: { width: { ideal: 1280.4, max: Number.MAX_SAFE_INTEGER } } }", &{
        Constraints::new().video(Video::new().width(ideal(1280).max(u32::MAX)))
    });
    reads("{ maxBitrate: 1e6, maxFramerate: 29.97 }", &Encoding::new().max_bitrate(1_000_000).max_framerate(29.97));
    reads("{ negotiated: true, id: 7.5 }", &ChannelInit::new().negotiated(7));
    refuses::<Constraints>("{ video: { width: Infinity } }", "`video.width`: invalid value: floating point `inf`");
    refuses::<Constraints>("{ video: { frameRate: { max: NaN } } }", "`video.frameRate.max`: invalid value: floating");
    refuses::<ChannelInit>("{ id: 65536 }", "`id`: invalid value: floating point `65536.0`");
}

#[wasm_bindgen_test]
fn unions_and_unknown_members_are_read() {
    let audio = Audio::new().echo_cancellation(exact(EchoCancellationMode::All)).device_id(["one", "other"]);
    let video = Video::new().frame_rate(max(30)).advanced(Video::new().width(1));
    reads(
        "{ audio: { echoCancellation: { exact: 'all' }, deviceId: ['one', 'other'], zoom: true },
           video: { frameRate: { max: 30 }, advanced: [{ width: 1 }] }, peerIdentity: 'x', preferCurrentTab() {} }",
        &Constraints::new().audio(audio).video(video),
    );
}

#[wasm_bindgen_test]
fn errors_name_member_path() {
    refuses::<Configuration>("{ iceServers: 'stun:s' }", "`iceServers`: ");
    refuses::<Configuration>("{ iceServers: [{ urls: 1 }] }", "`iceServers[0].urls`: ");
    refuses::<Configuration>("{ iceServers: [{}] }", "`iceServers[0].urls`: the required member is missing");
    refuses::<Constraints>("{ video: { width: '1280' } }", "`video.width`: invalid type: string");
    refuses::<Constraints>("{ video: 1 }", "`video`: invalid type: integer `1`, expected a boolean");
    refuses::<Constraints>("{ audio: { deviceId: [1] } }", "`audio.deviceId[0]`: ");
    refuses::<Constraints>("{ audio: { advanced: [{}, { channelCount: [] }] } }", "`audio.advanced[1].channelCount`: ");
    refuses::<SessionDescription>("{ sdp: 'v=0' }", "`type`: the required member is missing");
}

/// Members of browser objects are getters.
#[wasm_bindgen_test]
async fn browser_objects_are_read() {
    watched(async {
        let candidate = "{ candidate: 'candidate:1 1 udp 1 10.0.0.1 1 typ host', sdpMid: '0', sdpMLineIndex: 0 }";
        let read_candidate: IceCandidate = read(&format!("new RTCIceCandidate({candidate})")).unwrap();
        assert_eq!(read_candidate.sdp_m_line_index, Some(0));
        assert_eq!(read_candidate.parse().unwrap().address, "10.0.0.1");
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0\r\n".into() };
        reads(r"new RTCSessionDescription({ type: 'offer', sdp: 'v=0\r\n' })", &offer);
        let capabilities: RtpCapabilities = read("RTCRtpSender.getCapabilities('audio')").unwrap();
        // Members without a type are JavaScript values, which serde does not carry.
        let json = |capabilities: &RtpCapabilities| serde_json::to_value(capabilities).unwrap();
        assert_eq!(json(&capabilities), json(&RtpSender::capabilities(&TrackKind::Audio).unwrap()));
        let pair = Pair::new();
        let raw: JsValue = js::run("pc", &[pair.a.as_raw()], "return pc.getConfiguration()");
        let configuration: Configuration = serde_wasm_bindgen::from_value(raw).unwrap();
        assert_eq!(configuration.ice_transport_policy, pair.a.configuration().ice_transport_policy);
        let listed = js::settled(js::eval("navigator.mediaDevices.enumerateDevices()"), "the devices").await;
        for device in js_sys::Array::from(&listed) {
            serde_wasm_bindgen::from_value::<DeviceInfo>(device).unwrap();
        }
    })
    .await;
}

/// A value that is converted to JavaScript and back is equal to the original.
#[wasm_bindgen_test]
fn values_survive_javascript_round_trip() {
    fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
        let js = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).unwrap();
        assert_eq!(&serde_wasm_bindgen::from_value::<T>(js).unwrap(), value);
    }
    assert_round_trip(&Configuration::new().ice_server(IceServer::turn("turn:t", "ada", "secret")));
    assert_round_trip(&Constraints::new().audio(true).video(Video::new().width(ideal(1280)).frame_rate(29.97)));
    assert_round_trip(&ChannelInit::new().negotiated(7));
    assert_round_trip(&Signal::from(IceCandidate::end_of_candidates()));
}
