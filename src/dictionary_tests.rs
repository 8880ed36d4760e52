//! Tests of the conversions of all dictionaries, by the rules of WebIDL.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, from_value, json};

use crate::{
    channel::{ChannelInit, Reliability},
    media::{
        Audio, AudioOutputOptions, Constraints, DeviceInfo, DisplayMediaOptions, EchoCancellationMode, FacingMode,
        SupportedConstraints, TrackCapabilities, TrackSettings, Video, exact, ideal, max, min,
    },
    members::Members,
    negotiation::{Content, Signal},
    peer::{
        Codec, CodecParameters, Configuration, Encoding, Fingerprint, HeaderExtensionParameters, IceCandidate,
        IceParameters, IceServer, IdentityAssertion, IdentityProvider, OfferOptions, RtcpParameters, RtpCapabilities,
        RtpParameters, RtpSource, SdpType, SessionDescription,
    },
};

/// Reads JSON from a value and from text, for which serde_json represents numbers and keys differently.
fn read<T: DeserializeOwned + PartialEq + Debug>(json: &Value) -> Result<T, String> {
    let from_text = serde_json::from_str::<T>(&json.to_string()).map_err(|error| error.to_string());
    let from_value = from_value::<T>(json.clone()).map_err(|error| error.to_string());
    match (from_text, from_value) {
        (Ok(from_text), Ok(from_value)) => {
            assert_eq!(from_text, from_value);
            Ok(from_value)
        }
        // The error from text may end with the position in the text.
        (Err(from_text), Err(from_value)) => {
            assert!(from_text.starts_with(&from_value), "{from_text}");
            Err(from_value)
        }
        (from_text, from_value) => panic!("{json}: {from_text:?} from text, {from_value:?} from value"),
    }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "the calls are shorter")]
fn reads<T: DeserializeOwned + PartialEq + Debug>(json: Value, expected: &T) {
    assert_eq!(read::<T>(&json).as_ref(), Ok(expected), "{json}");
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "the calls are shorter")]
fn refuses<T: DeserializeOwned + PartialEq + Debug>(json: Value, message: &str) {
    assert_eq!(read::<T>(&json), Err(message.to_owned()), "{json}");
}

#[test]
fn urls_are_string_or_list_of_strings() {
    let one = Configuration::new().ice_server(IceServer::stun("stun:s"));
    reads(json!({ "iceServers": [{ "urls": "stun:s" }] }), &one);
    reads(json!({ "iceServers": [{ "urls": ["stun:s"], "username": null, "credential": null }] }), &one);
    assert_eq!(serde_json::to_value(&one).unwrap(), json!({ "iceServers": [{ "urls": ["stun:s"] }] }));
}

#[test]
fn extension_members_are_read() {
    reads(json!({ "alwaysNegotiateDataChannels": true }), &Configuration::new().always_negotiate_data_channels(true));
    let json = json!({ "codecs": [], "headerExtensions": [{ "uri": "urn:x", "direction": "recvonly" }] });
    let capabilities: RtpCapabilities = from_value(json.clone()).unwrap();
    assert_eq!(serde_json::to_value(&capabilities).unwrap(), json);
    let encoding = json!({ "active": true, "adaptivePtime": true, "scaleResolutionDownTo": { "maxWidth": 640, "maxHeight": 480 } });
    assert_eq!(serde_json::to_value(from_value::<Encoding>(encoding.clone()).unwrap()).unwrap(), encoding);
}

#[test]
fn null_member_is_absent() {
    reads(
        json!({
            "iceServers": null, "iceTransportPolicy": null, "bundlePolicy": null, "rtcpMuxPolicy": null,
            "iceCandidatePoolSize": null,
        }),
        &Configuration::new(),
    );
    reads(json!({ "audio": null, "video": null }), &Constraints::new());
    reads(
        json!({ "video": {
            "width": null, "height": { "exact": null, "ideal": 720, "min": null, "max": null }, "advanced": null,
        } }),
        &Constraints::new().video(Video::new().height(ideal(720))),
    );
    reads(json!({ "video": null, "audio": null, "systemAudio": null }), &DisplayMediaOptions::new());
    reads(json!({ "deviceId": null }), &AudioOutputOptions::new());
    reads(json!({ "width": null }), &SupportedConstraints::default());
    reads(json!({ "width": null, "deviceId": null }), &TrackSettings::default());
    reads(json!({ "width": null, "facingMode": null }), &TrackCapabilities::default());
    reads(
        json!({
            "ordered": null, "maxPacketLifeTime": null, "maxRetransmits": 3, "protocol": null, "negotiated": null,
            "id": null, "priority": null,
        }),
        &ChannelInit::new().reliability(Reliability::MaxRetransmits(3)),
    );
    reads(json!({ "rid": null, "active": null, "codec": null, "maxBitrate": null }), &Encoding::new());
    reads(json!({ "iceRestart": null, "offerToReceiveAudio": null }), &OfferOptions::new());
    reads(json!({ "headerExtensions": null, "rtcp": null, "codecs": null }), &RtpParameters::default());
    reads(json!({ "cname": null, "reducedSize": null }), &RtcpParameters::default());
    reads(json!({ "uri": null, "id": null, "encrypted": null }), &HeaderExtensionParameters::default());
    reads(json!({ "protocol": null, "usernameHint": null, "peerIdentity": null }), &IdentityProvider::new(""));
    let rollback = SessionDescription { kind: SdpType::Rollback, sdp: String::new() };
    reads(json!({ "type": "rollback", "sdp": null }), &rollback);
    let opus = Codec { mime_type: "audio/opus".into(), clock_rate: 48_000, ..Codec::default() };
    reads(json!({ "mimeType": "audio/opus", "clockRate": 48_000, "channels": null, "sdpFmtpLine": null }), &opus);
}

#[test]
fn null_candidate_is_end_of_candidates() {
    let end = IceCandidate::end_of_candidates();
    reads(json!({ "candidate": null }), &end);
    reads(json!({ "candidate": null, "sdpMid": null, "sdpMLineIndex": null, "usernameFragment": null }), &end);
    reads(json!({}), &end);
    reads(json!({ "kind": "candidate", "candidate": null }), &Signal::from(end.clone()));
    reads(json!({ "kind": "candidate" }), &Signal::from(end));
    let of_section = IceCandidate { sdp_mid: Some("0".into()), ..IceCandidate::default() };
    reads(json!({ "candidate": null, "sdpMid": "0" }), &of_section);
}

#[test]
fn integers_are_read_from_any_finite_number() {
    let video = |video| Constraints::new().video(video);
    reads(json!({ "video": { "width": { "ideal": 1280.0 } } }), &video(Video::new().width(ideal(1280))));
    reads(json!({ "video": { "width": 1280.0, "frameRate": 30 } }), &video(Video::new().width(1280).frame_rate(30)));
    // [Clamp] rounds, half to even, and clamps.
    let clamped = Video::new().width(min(0).max(u32::MAX).ideal(2));
    reads(json!({ "video": { "width": { "min": -1, "max": 1e10, "ideal": 2.5 } } }), &video(clamped));
    let most = Video::new().width(max(u32::MAX));
    reads(json!({ "video": { "width": { "max": 9_007_199_254_740_991_u64 } } }), &video(most));
    // [EnforceRange] truncates.
    reads(json!({ "maxRetransmits": 3.9 }), &ChannelInit::new().reliability(Reliability::MaxRetransmits(3)));
    reads(json!({ "negotiated": true, "id": 7.0 }), &ChannelInit::new().negotiated(7));
    reads(
        json!({ "maxBitrate": 1.5e6, "maxFramerate": 30 }),
        &Encoding::new().max_bitrate(1_500_000).max_framerate(30.0),
    );
    reads(json!({ "iceCandidatePoolSize": 2.0 }), &Configuration::new().ice_candidate_pool_size(2));
    let section = IceCandidate { sdp_m_line_index: Some(1), ..IceCandidate::default() };
    reads(json!({ "candidate": "", "sdpMLineIndex": 1.0 }), &section);
    reads(json!({ "kind": "candidate", "sdpMLineIndex": 1.0 }), &Signal::from(section));
    reads(json!({ "kind": "refuse", "offer": 1.0 }), &Signal::from(Content::Refuse { offer: 1 }));
    let source = r#"{ "timestamp": 1, "source": 2.0, "rtpTimestamp": 3.0 }"#;
    let source: RtpSource = serde_json::from_str(source).unwrap();
    assert_eq!((source.timestamp, source.source, source.rtp_timestamp), (1.0, 2, 3));
    let codec = CodecParameters {
        payload_type: 111,
        codec: Codec {
            mime_type: "audio/opus".into(),
            clock_rate: 48_000,
            channels: Some(2),
            sdp_fmtp_line: None,
            other: Members::new(),
        },
    };
    reads(json!({ "payloadType": 111.0, "mimeType": "audio/opus", "clockRate": 48_000.0, "channels": 2.0 }), &codec);
    let settings: TrackSettings = from_value(json!({ "width": 640.0, "aspectRatio": 1 })).unwrap();
    assert_eq!((settings.width, settings.aspect_ratio), (Some(640), Some(1.0)));
    let capabilities: TrackCapabilities = from_value(json!({ "width": { "min": 1.0, "max": null } })).unwrap();
    assert_eq!(capabilities.width.unwrap().min, Some(1));
}

#[test]
fn unknown_members_are_ignored() {
    reads(json!({ "iceServers": [{ "urls": "stun:s", "credentialType": "password" }], "sdpSemantics": "x" }), &{
        Configuration::new().ice_server(IceServer::stun("stun:s"))
    });
    reads(json!({ "audio": { "zoom": true, "channelCount": { "weight": {} } } }), &{
        Constraints::new().audio(Audio::new().channel_count(crate::media::Constrain::Bounds(Default::default())))
    });
    reads(json!({ "candidate": "", "foundation": [1] }), &IceCandidate::default());
    reads(json!({ "kind": "bye", "later": null }), &Signal::from(Content::Bye));
}

#[test]
fn unions_are_read_by_value_type() {
    let audio = Audio::new().echo_cancellation(exact(EchoCancellationMode::All)).device_id(["one", "other"]);
    reads(
        json!({ "audio": { "echoCancellation": { "exact": "all" }, "deviceId": ["one", "other"] }, "video": true }),
        &Constraints::new().audio(audio).video(true),
    );
    let video = Video::new().facing_mode(ideal([FacingMode::User, FacingMode::Left])).advanced(Video::new().width(1));
    reads(
        json!({ "video": { "facingMode": { "ideal": ["user", "left"] }, "advanced": [{ "width": 1.0 }] } }),
        &Constraints::new().video(video),
    );
}

#[test]
fn errors_name_member_path() {
    let boolean = "expected a boolean or a dictionary of constraints";
    refuses::<Constraints>(json!({ "video": [] }), &format!("`video`: invalid type: sequence, {boolean}"));
    refuses::<Constraints>(json!({ "video": 1 }), "`video`: invalid type: integer `1`, expected a boolean");
    refuses::<Constraints>(
        json!({ "video": { "width": "wide" } }),
        "`video.width`: invalid type: string \"wide\", expected a number",
    );
    refuses::<Constraints>(
        json!({ "video": { "width": { "ideal": [1280] } } }),
        "`video.width.ideal`: invalid type: sequence, expected a number",
    );
    refuses::<Constraints>(
        json!({ "video": { "advanced": [{}, { "facingMode": 1 }] } }),
        "`video.advanced[1].facingMode`: invalid type: integer `1`, expected a string",
    );
    refuses::<Constraints>(
        json!({ "audio": { "echoCancellation": { "exact": 1 } } }),
        "`audio.echoCancellation.exact`: invalid type: integer `1`, expected a boolean or the name of a mode",
    );
    refuses::<Constraints>(
        json!({ "audio": { "deviceId": ["one", {}] } }),
        "`audio.deviceId[1]`: invalid type: map, expected a string",
    );
    refuses::<Configuration>(
        json!({ "iceServers": "stun:s" }),
        "`iceServers`: invalid type: string \"stun:s\", expected a list",
    );
    refuses::<Configuration>(json!({ "iceServers": [{}] }), "`iceServers[0].urls`: the required member is missing");
    refuses::<Configuration>(
        json!({ "iceServers": [{ "urls": null }] }),
        "`iceServers[0].urls`: the required member is missing",
    );
    refuses::<Configuration>(
        json!({ "iceServers": [{ "urls": ["stun:s", 1] }] }),
        "`iceServers[0].urls[1]`: invalid type: integer `1`, expected a string",
    );
    refuses::<Configuration>(
        json!({ "iceServers": [{ "urls": {} }] }),
        "`iceServers[0].urls`: invalid type: map, expected a URL or a list of URLs",
    );
    refuses::<Configuration>(
        json!({ "iceCandidatePoolSize": 256 }),
        "`iceCandidatePoolSize`: invalid value: floating point `256.0`, expected an integer from 0 to 255",
    );
    refuses::<ChannelInit>(
        json!({ "id": -1 }),
        "`id`: invalid value: floating point `-1.0`, expected an integer from 0 to 65535",
    );
    refuses::<ChannelInit>(json!({ "ordered": 1 }), "`ordered`: invalid type: integer `1`, expected a boolean");
    refuses::<Encoding>(
        json!({ "codec": { "mimeType": "video/VP8" } }),
        "`codec.clockRate`: the required member is missing",
    );
    refuses::<IceCandidate>(json!({ "candidate": 1 }), "`candidate`: invalid type: integer `1`, expected a string");
    refuses::<SessionDescription>(json!({ "sdp": "v=0" }), "`type`: the required member is missing");
    refuses::<SessionDescription>(json!("offer"), "invalid type: string \"offer\", expected a dictionary");
    refuses::<Signal>(
        json!({ "kind": "candidate", "sdpMLineIndex": -1 }),
        "malformed signal: field `sdpMLineIndex`: invalid type, expected a non-negative integer",
    );
    refuses::<Signal>(
        json!({ "kind": "bye", "session": {} }),
        "malformed signal: field `session`: missing field `from`",
    );
    refuses::<Signal>(json!({ "kind": "dance" }), "malformed signal: unknown message type \"dance\"");
    refuses::<Signal>(json!({}), "malformed signal: missing field `kind`");
    refuses::<Signal>(json!({ "kind": "refuse" }), "malformed signal: missing field `offer`");
    refuses::<Signal>(json!({ "kind": "description" }), "malformed signal: missing field `type`");
    refuses::<ChannelInit>(json!({ "negotiated": true }), "`id`: a negotiated channel requires this member");
    refuses::<ChannelInit>(
        json!({ "maxRetransmits": 1, "maxPacketLifeTime": 1 }),
        "`maxPacketLifeTime`: a channel cannot have both this limit and maxRetransmits",
    );
    refuses::<Fingerprint>(json!({ "algorithm": "sha-256" }), "`value`: the required member is missing");
    refuses::<IceParameters>(json!({ "password": "p" }), "`usernameFragment`: the required member is missing");
    refuses::<IdentityAssertion>(json!({ "idp": true }), "`idp`: invalid type: boolean `true`, expected a string");
    refuses::<RtpCapabilities>(json!({ "codecs": [] }), "`headerExtensions`: the required member is missing");
    refuses::<DeviceInfo>(json!({ "deviceId": "" }), "`kind`: the required member is missing");
    refuses::<TrackSettings>(json!({ "width": {} }), "`width`: invalid type: map, expected a number");
}

#[test]
fn every_member_round_trips() {
    #[expect(clippy::needless_pass_by_value, reason = "the calls are shorter")]
    fn round_trips<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: Value) {
        let value = from_value::<T>(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&value).unwrap(), json);
    }
    round_trips::<Configuration>(json!({
        "iceServers": [{ "urls": ["turn:t"], "username": "ada", "credential": "secret" }],
        "iceTransportPolicy": "relay", "bundlePolicy": "max-bundle", "rtcpMuxPolicy": "require",
        "iceCandidatePoolSize": 1,
    }));
    round_trips::<Encoding>(json!({
        "rid": "h", "active": false, "codec": { "mimeType": "video/VP8", "clockRate": 90_000 }, "maxBitrate": 1,
        "maxFramerate": 1.5, "scaleResolutionDownBy": 2.5, "priority": "high", "networkPriority": "low",
        "scalabilityMode": "L1T2",
    }));
    round_trips::<ChannelInit>(json!({
        "ordered": false, "maxPacketLifeTime": 3, "protocol": "p", "negotiated": true, "id": 1, "priority": "low",
    }));
    round_trips::<RtpParameters>(json!({
        "headerExtensions": [{ "uri": "u", "id": 1, "encrypted": true }],
        "rtcp": { "cname": "c", "reducedSize": true },
        "codecs": [{
            "payloadType": 1, "mimeType": "audio/opus", "clockRate": 48_000, "channels": 2, "sdpFmtpLine": "f",
        }],
    }));
    round_trips::<RtpCapabilities>(json!({
        "codecs": [{ "mimeType": "audio/opus", "clockRate": 48_000, "channels": 2, "sdpFmtpLine": "f" }],
        "headerExtensions": [{ "uri": "u" }],
    }));
    round_trips::<OfferOptions>(json!({
        "iceRestart": true, "offerToReceiveAudio": true, "offerToReceiveVideo": false,
    }));
    round_trips::<IdentityProvider>(json!({ "protocol": "p", "usernameHint": "u", "peerIdentity": "i" }));
    round_trips::<IdentityAssertion>(json!({ "idp": "i", "name": "n" }));
    round_trips::<Fingerprint>(json!({ "algorithm": "sha-256", "value": "00" }));
    round_trips::<IceParameters>(json!({ "usernameFragment": "u", "password": "p" }));
    round_trips::<RtpSource>(json!({ "timestamp": 1.5, "source": 1, "audioLevel": 0.5, "rtpTimestamp": 2 }));
    round_trips::<DeviceInfo>(json!({ "deviceId": "d", "kind": "videoinput", "label": "l", "groupId": "g" }));
    round_trips::<AudioOutputOptions>(json!({ "deviceId": "d" }));
    round_trips::<DisplayMediaOptions>(json!({
        "video": true, "audio": { "restrictOwnAudio": true }, "selfBrowserSurface": "include",
        "systemAudio": "exclude", "windowAudio": "system", "surfaceSwitching": "include",
        "monitorTypeSurfaces": "exclude", "audioSelection": "x",
    }));
}
