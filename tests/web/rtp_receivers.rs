//! Capabilities, parameters, statistics and sources of receivers, and their jitter buffer target.

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

/// Calls the browser's own method, and reads its result by JSON.
fn browser_value<T: serde::de::DeserializeOwned>(object: &JsValue, call: &str) -> T {
    let text = js::run("object", &[object], &format!("return JSON.stringify(object.{call})")).as_string().unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{call}: {error} in {text}"))
}

#[wasm_bindgen_test]
fn f23_capabilities_match_browser() {
    for kind in [TrackKind::Audio, TrackKind::Video] {
        let call = format!("getCapabilities('{kind}')");
        let (send, receive) = (RtpSender::capabilities(&kind).unwrap(), RtpReceiver::capabilities(&kind).unwrap());
        // Members without a type are JavaScript values, which serde does not carry.
        let json = |capabilities: &RtpCapabilities| serde_json::to_value(capabilities).unwrap();
        assert_eq!(json(&send), json(&browser_value(&js::eval("RTCRtpSender"), &call)));
        assert_eq!(json(&receive), json(&browser_value(&js::eval("RTCRtpReceiver"), &call)));
        let known = if kind == TrackKind::Audio { "audio/opus" } else { "video/VP8" };
        assert!(send.codecs.iter().any(|codec| codec.is(known)) && receive.codecs.iter().any(|codec| codec.is(known)));
        assert!(send.header_extensions.iter().any(|extension| extension.uri == "urn:ietf:params:rtp-hdrext:sdes:mid"));
    }
}

#[wasm_bindgen_test]
fn missing_capabilities_are_not_supported() {
    let smell = TrackKind::from("smell");
    assert_eq!(RtpSender::capabilities(&smell).unwrap_err().kind(), &ErrorKind::NotSupported);
    assert_eq!(RtpReceiver::capabilities(&smell).unwrap_err().kind(), &ErrorKind::NotSupported);
    let _missing = ["RTCRtpSender", "RTCRtpReceiver"]
        .map(|class| js::Override::new(&js::eval(class), "getCapabilities", &JsValue::UNDEFINED));
    for refused in [RtpSender::capabilities(&TrackKind::Audio), RtpReceiver::capabilities(&TrackKind::Audio)] {
        let error = refused.unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("getCapabilities", &ErrorKind::NotSupported));
    }
}

/// Connects a call with video and audio, and returns the track events of both.
async fn call() -> (Pair, TrackEvent, TrackEvent) {
    let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
    for stream in [&camera, &microphone] {
        pair.a.add_track(&stream.tracks()[0], &[&camera]).unwrap();
    }
    let mut incoming = pair.b.tracks();
    pair.connect().await;
    let video = incoming.next().within("the video track").await.unwrap();
    let audio = incoming.next().within("the audio track").await.unwrap();
    assert_eq!((video.track.kind(), audio.track.kind()), (TrackKind::Video, TrackKind::Audio));
    (pair, video, audio)
}

#[wasm_bindgen_test]
async fn f23_receiver_parameters_are_read() {
    watched(async {
        let pc = connection();
        let before = pc.add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        assert!(before.receiver().parameters().unwrap().codecs.is_empty());
        let (_pair, video, audio) = call().await;
        for (receiver, codec) in [(&video.receiver, "video/VP8"), (&audio.receiver, "audio/opus")] {
            let parameters = receiver.parameters().unwrap();
            let mut specified = parameters.clone();
            specified.other = Members::new();
            assert_eq!(specified, browser_value::<RtpParameters>(receiver.as_raw(), "getParameters()"));
            assert!(parameters.codecs.iter().any(|agreed| agreed.codec.is(codec) && agreed.payload_type > 0));
            // Firefox returns only codecs.
            assert_eq!(parameters.header_extensions.is_empty(), js::is_firefox());
            assert_eq!(parameters.rtcp.is_none(), js::is_firefox());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f25_receiver_stats_cover_one_stream() {
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
            let expected = js::run_async("receiver", &[receiver.as_raw()], ids).await;
            let found: Vec<&str> = report.of_type::<InboundRtp>().map(|stream| stream.id.as_str()).collect();
            assert_eq!(Some(found.join(",")), expected.as_string());
        }
        pair.b.close();
        // In Firefox, the report has entries until the transport is shut down.
        assert!(video.receiver.stats().within("getStats").await.is_ok());
    })
    .await;
}

#[wasm_bindgen_test]
async fn synchronization_sources_are_read() {
    watched(async {
        let (_pair, video, audio) = call().await;
        let element = Element::new("video");
        let _shown = media::show(&element, &video.streams[0]).unwrap();
        element.frames(2).await;
        for receiver in [&video.receiver, &audio.receiver] {
            // Both lists are of one moment, because the browser updates them only between tasks.
            let (found, expected) = loop {
                let found = receiver.synchronization_sources();
                let expected: Vec<RtpSource> = browser_value(receiver.as_raw(), "getSynchronizationSources()");
                if !found.is_empty() {
                    break (found, expected);
                }
                sleep(Duration::from_millis(20)).await;
            };
            assert_eq!((found.len(), expected.len()), (1, 1));
            assert_eq!(found[0].source, expected[0].source);
            let is_audio = receiver == &audio.receiver;
            assert_eq!(found[0].audio_level.is_some(), is_audio);
            assert!(found[0].audio_level.is_none_or(|level| (0.0..=1.0).contains(&level)));
            let age = js_sys::Date::now() - found[0].timestamp;
            assert!((-1_000.0..10_000.0).contains(&age), "played {age} ms ago");
            assert!(expected[0].rtp_timestamp.wrapping_sub(found[0].rtp_timestamp) < 90_000);
            // There is no mixer in this connection.
            assert_eq!(receiver.contributing_sources(), []);
        }
    })
    .await;
}

/// No browser is a mixer, so that the test replaces the result of the browser.
#[wasm_bindgen_test]
fn contributing_sources_are_read() {
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
fn jitter_buffer_target_is_set() {
    let pc = connection();
    let receiver = pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap().receiver().clone();
    let browser_target = || js::get(receiver.as_raw(), "jitterBufferTarget");
    assert_eq!(receiver.jitter_buffer_target(), None);
    for ms in [0, 150, 4_000] {
        receiver.set_jitter_buffer_target(Some(Duration::from_millis(ms))).unwrap();
        assert_eq!(browser_target().as_f64(), Some(ms as f64));
        assert_eq!(receiver.jitter_buffer_target(), Some(Duration::from_millis(ms)));
    }
    let refused = receiver.set_jitter_buffer_target(Some(Duration::from_millis(4_001))).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::Range);
    assert_eq!(browser_target().as_f64(), Some(4_000.0));
    receiver.set_jitter_buffer_target(None).unwrap();
    assert!(browser_target().is_null());

    let missing = js::Override::new(receiver.as_raw(), "jitterBufferTarget", &JsValue::UNDEFINED);
    let refused = receiver.set_jitter_buffer_target(Some(Duration::ZERO)).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::NotSupported);
    assert_eq!(receiver.jitter_buffer_target(), None);
    drop(missing);

    pc.close();
    assert_eq!(receiver.set_jitter_buffer_target(None).unwrap_err().kind(), &ErrorKind::Closed);
}
