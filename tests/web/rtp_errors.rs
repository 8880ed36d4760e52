//! Operations that transceivers, senders and receivers refuse, and the browsers that differ from the specification.

use browser_rtc::{
    Error, ErrorKind,
    media::{MediaStream, TrackKind},
    peer::{
        Codec, Encoding, PeerConnection, PriorityType, RtpReceiver, RtpSendParameters, RtpSender, RtpTransceiver,
        TransceiverDirection, TransceiverInit,
    },
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{camera, microphone},
    pair::{Pair, connection},
    refusals::{in_chromium, in_firefox, kind},
    watched,
};

fn video(pc: &PeerConnection) -> RtpTransceiver {
    pc.add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap()
}

fn codec(mime_type: &str) -> Codec {
    Codec::new(mime_type, 90_000)
}

#[wasm_bindgen_test]
fn unknown_kind_is_refused() {
    let refused = connection().add_transceiver(TrackKind::from("smell"), &TransceiverInit::new());
    assert_eq!(kind(refused), Some(ErrorKind::Type));
}

#[wasm_bindgen_test]
fn unknown_direction_or_priority_is_refused() {
    let pc = connection();
    let add = |init| kind(pc.add_transceiver(TrackKind::Video, &init));
    assert_eq!(add(TransceiverInit::new().direction("sideways".into())), Some(ErrorKind::Type));
    let add_encoding = |encoding| add(TransceiverInit::new().encoding(encoding));
    assert_eq!(add_encoding(Encoding::new().priority("none".into())), Some(ErrorKind::Type));
    // Firefox has no such member.
    let network = add_encoding(Encoding::new().network_priority("none".into()));
    assert_eq!(network, in_firefox(None, ErrorKind::Type));
    assert_eq!(pc.transceivers().len(), if js::is_firefox() { 1 } else { 0 });
}

/// The specification does not define this case. Chromium uses the default direction, and Firefox creates a stopped
/// transceiver.
#[wasm_bindgen_test]
fn transceiver_created_stopped_follows_browser() {
    let init = TransceiverInit::new().direction(TransceiverDirection::Stopped);
    let pc = connection();
    let transceiver = pc.add_transceiver(TrackKind::Video, &init).unwrap();
    let expected = if js::is_firefox() { TransceiverDirection::Stopped } else { TransceiverDirection::SendRecv };
    assert_eq!(transceiver.direction(), expected);
}

#[wasm_bindgen_test]
fn invalid_rids_are_refused() {
    let pc = connection();
    let add = |rids: &[Option<&str>]| {
        let mut init = TransceiverInit::new();
        for rid in rids {
            let mut encoding = Encoding::new();
            encoding.rid = rid.map(Into::into);
            init = init.encoding(encoding);
        }
        kind(pc.add_transceiver(TrackKind::Video, &init))
    };
    let long = "a".repeat(256);
    assert_eq!(add(&[Some("a b"), Some("c")]), Some(ErrorKind::Type));
    assert_eq!(add(&[Some(&long), Some("c")]), Some(ErrorKind::Type));
    let access = Some(ErrorKind::InvalidAccess);
    for malformed in ["a_b", "a-b"] {
        assert_eq!(add(&[Some(malformed), Some("c")]), in_chromium(access.clone(), ErrorKind::Type));
    }
    assert_eq!(add(&[Some(""), Some("c")]), in_chromium(access.clone(), ErrorKind::Type));
    assert_eq!(add(&[Some("a"), None]), in_chromium(access, ErrorKind::Type));
    assert_eq!(add(&[Some("a"), Some("a")]), in_chromium(None, ErrorKind::Type));
    assert_eq!(add(&[None, None]), in_chromium(None, ErrorKind::Type));
    // The specification allows 255 characters, and both browsers allow 16.
    assert_eq!(add(&[Some(&long[..17]), Some("c")]), Some(ErrorKind::Type));
    assert_eq!(add(&[Some(&long[..16]), Some("c")]), None);
}

#[wasm_bindgen_test]
fn sole_rid_is_dropped() {
    let init = TransceiverInit::new().encoding(Encoding::new().rid("a"));
    let pc = connection();
    let transceiver = pc.add_transceiver(TrackKind::Video, &init).unwrap();
    assert_eq!(transceiver.sender().parameters().unwrap().encodings[0].rid, None);
}

#[wasm_bindgen_test]
fn excess_encodings_are_dropped() {
    let pc = connection();
    let init = ["a", "b", "c", "d", "e"]
        .into_iter()
        .fold(TransceiverInit::new(), |init, rid| init.encoding(Encoding::new().rid(rid)));
    let transceiver = pc.add_transceiver(TrackKind::Video, &init).unwrap();
    let encodings = transceiver.sender().parameters().unwrap().encodings;
    let kept: Vec<_> = encodings.iter().map(|one| (one.rid.as_deref(), one.scale_resolution_down_by)).collect();
    assert_eq!(kept, [(Some("a"), Some(4.0)), (Some("b"), Some(2.0)), (Some("c"), Some(1.0))]);
}

#[wasm_bindgen_test]
async fn invalid_encoding_numbers_are_refused() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let range = Some(ErrorKind::Range);
        let add_video =
            |encoding| kind(pc.add_transceiver(TrackKind::Video, &TransceiverInit::new().encoding(encoding)));
        assert_eq!(add_video(Encoding::new().scale_resolution_down_by(0.99)), range);
        assert_eq!(add_video(Encoding::new().scale_resolution_down_by(0.0)), range);
        assert_eq!(add_video(Encoding::new().max_framerate(-1.0)), range);
        assert_eq!(add_video(Encoding::new().max_framerate(f64::NAN)), Some(ErrorKind::Type));
        let scaled = TransceiverInit::new().encoding(Encoding::new().scale_resolution_down_by(0.5));
        assert_eq!(kind(pc.add_transceiver(&camera.tracks()[0], &scaled)), range);
        assert!(pc.transceivers().is_empty());
        // Encodings of audio have neither member.
        let both = Encoding::new().scale_resolution_down_by(0.5).max_framerate(-1.0);
        let sound = pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new().encoding(both)).unwrap();
        let encoding = sound.sender().parameters().unwrap().encodings.remove(0);
        assert_eq!((encoding.scale_resolution_down_by, encoding.max_framerate), (None, None));
    })
    .await;
}

#[wasm_bindgen_test]
fn invalid_encoding_codecs_are_refused() {
    let pc = connection();
    let add = |encoding| kind(pc.add_transceiver(TrackKind::Video, &TransceiverInit::new().encoding(encoding)));
    for foreign in ["video/none", "audio/opus"] {
        assert_eq!(add(Encoding::new().codec(codec(foreign))), Some(ErrorKind::Operation));
    }
    // Firefox does not support scalability modes.
    assert_eq!(add(Encoding::new().scalability_mode("L9T9")), in_firefox(None, ErrorKind::Operation));
}

#[wasm_bindgen_test]
async fn stopped_transceiver_refuses_changes() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let transceiver = video(&pc);
        let parameters = transceiver.sender().parameters().unwrap();
        transceiver.stop().unwrap();
        let sender = transceiver.sender();
        let state = Some(ErrorKind::InvalidState);
        assert_eq!(kind(sender.set_parameters(&parameters).within("setParameters").await), state);
        assert_eq!(kind(sender.replace_track(None).within("replaceTrack").await), state);
        let track = &camera.tracks()[0];
        assert_eq!(kind(sender.replace_track(Some(track)).within("replaceTrack").await), state);
        assert!(sender.track().is_none());
        assert_eq!(kind(transceiver.set_direction(&TransceiverDirection::SendOnly)), state);
        let stopped_again = kind(transceiver.set_direction(&TransceiverDirection::Stopped));
        assert_eq!(stopped_again, in_firefox(state, ErrorKind::Type));

        // These operations succeed.
        assert_eq!(kind(transceiver.stop()), None);
        assert_eq!(kind(sender.set_streams(&[&camera])), None);
        assert_eq!(kind(transceiver.set_codec_preferences(&[])), None);
        assert_eq!(kind(pc.remove_track(sender)), None);
    })
    .await;
}

#[wasm_bindgen_test]
fn invalid_directions_are_refused() {
    let pc = connection();
    let transceiver = video(&pc);
    for direction in [TransceiverDirection::Stopped, TransceiverDirection::from("sideways")] {
        assert_eq!(kind(transceiver.set_direction(&direction)), Some(ErrorKind::Type));
        assert_eq!(js::string(transceiver.as_raw(), "direction"), "sendrecv");
    }
}

#[wasm_bindgen_test]
fn invalid_codec_preferences_are_refused() {
    let pc = connection();
    let transceiver = video(&pc);
    let known = RtpReceiver::capabilities(&TrackKind::Video).unwrap().codecs;
    let first = known[0].clone();
    let retransmission: Vec<Codec> = known.into_iter().filter(|codec| codec.is("video/rtx")).collect();
    assert!(!retransmission.is_empty());
    let modified = Some(ErrorKind::InvalidModification);
    let prefer = |codecs: &[Codec]| kind(transceiver.set_codec_preferences(codecs));
    assert_eq!(prefer(&[codec("video/none")]), modified);
    assert_eq!(prefer(&RtpReceiver::capabilities(&TrackKind::Audio).unwrap().codecs), modified);
    assert_eq!(
        prefer(&[{
            let mut codec = first.clone();
            codec.clock_rate = 1;
            codec
        }]),
        modified
    );
    assert_eq!(prefer(&[first.clone().channels(7)]), modified);
    assert_eq!(prefer(&[first.clone().sdp_fmtp_line("none=1")]), modified);
    assert_eq!(prefer(&retransmission), modified);
    let mut lower = first.clone();
    lower.mime_type = first.mime_type.to_lowercase();
    assert_eq!(prefer(&[lower, first]), None, "the case of the name and duplicates do not matter");
}

#[wasm_bindgen_test]
async fn mismatched_tracks_and_senders_are_refused() {
    watched(async {
        let (pair, microphone) = (Pair::new(), microphone().await);
        let transceiver = video(&pair.a);
        let track = &microphone.tracks()[0];
        let other_kind = transceiver.sender().replace_track(Some(track)).within("replaceTrack").await;
        assert_eq!(kind(other_kind), Some(ErrorKind::Type));
        assert!(transceiver.sender().track().is_none());
        assert_eq!(kind(pair.b.remove_track(transceiver.sender())), Some(ErrorKind::InvalidAccess));
        // A track may be sent by two transceivers, but not by two senders of `add_track`.
        assert_eq!(kind(pair.a.add_transceiver(track, &TransceiverInit::new())), None);
        assert_eq!(kind(pair.a.add_transceiver(track, &TransceiverInit::new())), None);
        assert_eq!(kind(pair.a.add_track(track, &[])), Some(ErrorKind::InvalidAccess));
    })
    .await;
}

/// Asserts that a closed connection and its senders, receivers and transceivers refuse all operations.
async fn assert_all_closed(
    pc: &PeerConnection,
    transceiver: &RtpTransceiver,
    parameters: &RtpSendParameters,
    stream: &MediaStream,
) {
    let (sender, receiver) = (transceiver.sender(), transceiver.receiver());
    let track = &stream.tracks()[0];
    let simulcast = TransceiverInit::new().encoding(Encoding::new().rid("h")).encoding(Encoding::new().rid("l"));
    let refused = [
        ("addTransceiver", pc.add_transceiver(TrackKind::Video, &simulcast).err()),
        ("addTransceiver", pc.add_transceiver(TrackKind::from("smell"), &TransceiverInit::new()).err()),
        ("addTransceiver", pc.add_transceiver(track, &simulcast).err()),
        ("addTrack", pc.add_track(track, &[stream]).err()),
        ("removeTrack", pc.remove_track(sender).err()),
        ("getParameters", sender.parameters().err()),
        ("setParameters", sender.set_parameters(parameters).within("setParameters").await.err()),
        ("replaceTrack", sender.replace_track(Some(track)).within("replaceTrack").await.err()),
        ("setStreams", sender.set_streams(&[stream]).err()),
        ("getParameters", receiver.parameters().err()),
        ("jitterBufferTarget", receiver.set_jitter_buffer_target(None).err()),
        ("direction", transceiver.set_direction(&TransceiverDirection::SendOnly).err()),
        ("stop", transceiver.stop().err()),
        ("setCodecPreferences", transceiver.set_codec_preferences(&[]).err()),
    ];
    for (operation, error) in refused {
        let error = error.unwrap_or_else(|| panic!("{operation} succeeded"));
        assert_eq!((error.operation(), error.kind()), (operation, &ErrorKind::Closed));
    }
    assert!(pc.transceivers().is_empty() && pc.receivers().is_empty() && pc.senders().is_empty());
    assert_eq!(receiver.synchronization_sources(), []);
    assert_eq!(receiver.contributing_sources(), []);
    assert_eq!(transceiver.direction(), TransceiverDirection::Stopped);
}

#[wasm_bindgen_test]
async fn closed_connection_refuses_rtp_operations() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let transceiver = pc.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let parameters = transceiver.sender().parameters().unwrap();
        pc.close();
        assert_all_closed(&pc, &transceiver, &parameters, &camera).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn pending_rtp_operations_fail_on_close() {
    watched(async {
        let (pc, camera) = (connection(), camera().await);
        let transceiver = pc.add_transceiver(&camera.tracks()[0], &TransceiverInit::new()).unwrap();
        let (sender, receiver): (&RtpSender, &RtpReceiver) = (transceiver.sender(), transceiver.receiver());
        let mut parameters = sender.parameters().unwrap();
        parameters.encodings[0].priority = Some(PriorityType::High);
        let closing = async { pc.close() };
        let (set, replaced, stats, ()) =
            futures::join!(sender.set_parameters(&parameters), sender.replace_track(None), receiver.stats(), closing);
        assert_eq!(kind(set), Some(ErrorKind::Closed));
        assert_eq!(kind(replaced), Some(ErrorKind::Closed));
        // Statistics can be read from a closed connection.
        assert_eq!(kind(stats), None);
    })
    .await;
}

/// A browser may support WebRTC and lack single calls.
#[wasm_bindgen_test]
fn missing_rtp_call_is_not_supported() {
    let pc = connection();
    let transceiver = video(&pc);
    let assert_missing = |class: &str, call: &str, refused: &dyn Fn() -> Option<Error>| {
        let _missing = js::Override::new(&js::eval(&format!("{class}.prototype")), call, &JsValue::UNDEFINED);
        let error = refused().unwrap_or_else(|| panic!("{call} succeeded"));
        assert_eq!((error.operation(), error.kind()), (call, &ErrorKind::NotSupported));
    };
    let add = || pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new()).err();
    assert_missing("RTCPeerConnection", "addTransceiver", &add);
    assert_missing("RTCRtpTransceiver", "stop", &|| transceiver.stop().err());
    assert_missing("RTCRtpTransceiver", "setCodecPreferences", &|| transceiver.set_codec_preferences(&[]).err());
    assert_missing("RTCRtpSender", "getParameters", &|| transceiver.sender().parameters().err());
    assert_missing("RTCRtpSender", "setStreams", &|| transceiver.sender().set_streams(&[]).err());
    assert_missing("RTCRtpReceiver", "getParameters", &|| transceiver.receiver().parameters().err());
}
