//! What a receiver tells, and how long it holds media back.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, Members,
    media::{self, TrackKind},
    peer::{RtpCapabilities, RtpParameters, RtpReceiver, RtpSender, RtpSource, TrackEvent, TransceiverInit},
    stats::{InboundRtp, OutboundRtp},
};
use futures::StreamExt;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera, microphone},
    pair::{Pair, connection},
    sleep, watched,
};

/// What the browser tells, as JSON, without the members that we leave out.
fn told<T: serde::de::DeserializeOwned>(object: &JsValue, call: &str) -> T {
    let text = js::run("object", &[object], &format!("return JSON.stringify(object.{call})")).as_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{call}: {error} in {text}"))
}

#[wasm_bindgen_test]
fn f23_capabilities_are_those_of_the_browser() {
    for kind in [TrackKind::Audio, TrackKind::Video] {
        let call = format!("getCapabilities('{kind}')");
        let (send, receive) = (RtpSender::capabilities(&kind).unwrap(), RtpReceiver::capabilities(&kind).unwrap());
        // Members without a type are JavaScript values, which serde does not carry.
        let json = |capabilities: &RtpCapabilities| serde_json::to_value(capabilities).unwrap();
        assert_eq!(json(&send), json(&told(&js::eval("RTCRtpSender"), &call)));
        assert_eq!(json(&receive), json(&told(&js::eval("RTCRtpReceiver"), &call)));
        let known = if kind == TrackKind::Audio { "audio/opus" } else { "video/VP8" };
        assert!(send.codecs.iter().any(|codec| codec.is(known)) && receive.codecs.iter().any(|codec| codec.is(known)));
        assert!(send.header_extensions.iter().any(|extension| extension.uri == "urn:ietf:params:rtp-hdrext:sdes:mid"));
    }
}

#[wasm_bindgen_test]
fn capabilities_that_the_browser_does_not_tell() {
    let smell = TrackKind::from("smell");
    assert_eq!(RtpSender::capabilities(&smell).unwrap_err().kind(), &ErrorKind::NotSupported);
    assert_eq!(RtpReceiver::capabilities(&smell).unwrap_err().kind(), &ErrorKind::NotSupported);
    let _older = ["RTCRtpSender", "RTCRtpReceiver"]
        .map(|class| js::Override::new(&js::eval(class), "getCapabilities", &JsValue::UNDEFINED));
    for refused in [RtpSender::capabilities(&TrackKind::Audio), RtpReceiver::capabilities(&TrackKind::Audio)] {
        let error = refused.unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("getCapabilities", &ErrorKind::NotSupported));
    }
}

/// A call with picture and sound, and what arrives of either.
async fn call() -> (Pair, TrackEvent, TrackEvent) {
    let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
    for stream in [&camera, &microphone] {
        pair.a.add_track(&stream.tracks()[0], &[&camera]).unwrap();
    }
    let mut arriving = pair.b.tracks();
    pair.connect().await;
    let video = arriving.next().within("the picture").await.unwrap();
    let audio = arriving.next().within("the sound").await.unwrap();
    assert_eq!((video.track.kind(), audio.track.kind()), (TrackKind::Video, TrackKind::Audio));
    (pair, video, audio)
}

#[wasm_bindgen_test]
async fn f23_parameters_of_a_receiver() {
    watched(async {
        let pc = connection();
        let before = pc.add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        assert!(before.receiver().parameters().unwrap().codecs.is_empty());
        let (_pair, video, audio) = call().await;
        for (receiver, codec) in [(&video.receiver, "video/VP8"), (&audio.receiver, "audio/opus")] {
            let parameters = receiver.parameters().unwrap();
            let mut specified = parameters.clone();
            specified.other = Members::new();
            assert_eq!(specified, told::<RtpParameters>(receiver.as_raw(), "getParameters()"));
            assert!(parameters.codecs.iter().any(|agreed| agreed.codec.is(codec) && agreed.payload_type > 0));
            // Firefox tells of codecs only.
            assert_eq!(parameters.header_extensions.is_empty(), js::is_firefox());
            assert_eq!(parameters.rtcp.is_none(), js::is_firefox());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_one_receiver() {
    watched(async {
        let (pair, video, audio) = call().await;
        for receiver in [&video.receiver, &audio.receiver] {
            let report = loop {
                let report = receiver.stats().within("getStats").await.unwrap();
                if report.of_type::<InboundRtp>().any(|stream| stream.packets_received > Some(0)) {
                    break report;
                }
                sleep(Duration::from_millis(20)).await;
            };
            let kind = receiver.track().kind();
            assert!(report.of_type::<InboundRtp>().all(|stream| stream.kind.as_ref() == Some(&kind)));
            assert_eq!(report.of_type::<OutboundRtp>().count(), 0);
            let ids = "return receiver.getStats().then(report => [...report.values()]
                .filter(entry => entry.type == 'inbound-rtp').map(entry => entry.id).join())";
            let theirs = js::run_async("receiver", &[receiver.as_raw()], ids).await;
            let ours: Vec<&str> = report.of_type::<InboundRtp>().map(|stream| stream.id.as_str()).collect();
            assert_eq!(Some(ours.join(",")), theirs.as_string());
        }
        pair.b.close();
        // Firefox has entries for as long as it takes to shut the transport down.
        assert!(video.receiver.stats().within("getStats").await.is_ok());
    })
    .await;
}

#[wasm_bindgen_test]
async fn sources_of_what_is_played() {
    watched(async {
        let (_pair, video, audio) = call().await;
        let element = Element::new("video");
        let _shown = media::show(&element, &video.streams[0]).unwrap();
        element.frames(2).await;
        for receiver in [&video.receiver, &audio.receiver] {
            // Both lists are of one moment: the browser lets time pass between tasks only.
            let (ours, theirs) = loop {
                let ours = receiver.synchronization_sources();
                let theirs: Vec<RtpSource> = told(receiver.as_raw(), "getSynchronizationSources()");
                if !ours.is_empty() {
                    break (ours, theirs);
                }
                sleep(Duration::from_millis(20)).await;
            };
            assert_eq!((ours.len(), theirs.len()), (1, 1));
            assert_eq!(ours[0].source, theirs[0].source);
            let is_sound = receiver == &audio.receiver;
            assert_eq!(ours[0].audio_level.is_some(), is_sound);
            assert!(ours[0].audio_level.is_none_or(|level| (0.0..=1.0).contains(&level)));
            let age = js_sys::Date::now() - ours[0].timestamp;
            assert!((-1_000.0..10_000.0).contains(&age), "played {age} ms ago");
            assert!(theirs[0].rtp_timestamp.wrapping_sub(ours[0].rtp_timestamp) < 90_000);
            // Nobody mixes here.
            assert_eq!(receiver.contributing_sources(), []);
        }
    })
    .await;
}

/// No browser mixes, so one is told to say what it would say behind a mixer.
#[wasm_bindgen_test]
fn sources_behind_a_mixer() {
    let pc = connection();
    let transceiver = pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
    let mixed = js::eval(
        "() => [{ timestamp: 5.5, source: 4294967295, audioLevel: 0.25, rtpTimestamp: 7 }, 'nonsense', { source: 1 }]",
    );
    let _mixer = js::Override::new(transceiver.receiver().as_raw(), "getContributingSources", &mixed);
    let sources = transceiver.receiver().contributing_sources();
    let expected = r#"[{"timestamp":5.5,"source":4294967295,"audioLevel":0.25,"rtpTimestamp":7}]"#;
    assert_eq!(serde_json::to_string(&sources).unwrap(), expected);
}

#[wasm_bindgen_test]
fn media_is_held_back() {
    let pc = connection();
    let receiver = pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap().receiver().clone();
    let of_the_browser = || js::get(receiver.as_raw(), "jitterBufferTarget");
    assert_eq!(receiver.jitter_buffer_target(), None);
    for ms in [0, 150, 4_000] {
        receiver.set_jitter_buffer_target(Some(Duration::from_millis(ms))).unwrap();
        assert_eq!(of_the_browser().as_f64(), Some(ms as f64));
        assert_eq!(receiver.jitter_buffer_target(), Some(Duration::from_millis(ms)));
    }
    let refused = receiver.set_jitter_buffer_target(Some(Duration::from_millis(4_001))).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::Range);
    assert_eq!(of_the_browser().as_f64(), Some(4_000.0));
    receiver.set_jitter_buffer_target(None).unwrap();
    assert!(of_the_browser().is_null());

    let older = js::Override::new(receiver.as_raw(), "jitterBufferTarget", &JsValue::UNDEFINED);
    let refused = receiver.set_jitter_buffer_target(Some(Duration::ZERO)).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::NotSupported);
    assert_eq!(receiver.jitter_buffer_target(), None);
    drop(older);

    pc.close();
    assert_eq!(receiver.set_jitter_buffer_target(None).unwrap_err().kind(), &ErrorKind::Closed);
}
