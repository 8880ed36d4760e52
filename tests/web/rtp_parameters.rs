//! Parameters of a sender, which are read, and changed without an offer.

use std::time::Duration;

use browser_rtc::{
    media::{self, TrackKind},
    peer::{
        Codec, DegradationPreference, Encoding, PriorityType, RtpParameters, RtpSender, RtpTransceiver, TransceiverInit,
    },
    stats::OutboundRtp,
};
use futures::StreamExt;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{Element, camera},
    pair::{Pair, connection},
    sleep, watched,
};

/// Returns the first encoding in the browser's own parameters.
fn encoding(sender: &RtpSender) -> JsValue {
    js::run("sender", &[sender.as_raw()], "return sender.getParameters().encodings[0]")
}

fn codec(mime_type: &str) -> Codec {
    let codecs = RtpSender::capabilities(&TrackKind::Video).unwrap().codecs;
    codecs.into_iter().find(|codec| codec.is(mime_type)).unwrap()
}

#[wasm_bindgen_test]
fn f23_encoding_members_reach_browser() {
    let requested = Encoding::new()
        .active(false)
        .codec(codec("video/VP9"))
        .max_bitrate(300_000)
        .max_framerate(12.5)
        .scale_resolution_down_by(1.5)
        .priority(PriorityType::High)
        .network_priority(PriorityType::Medium)
        .scalability_mode("L1T2");
    let pc = connection();
    let transceiver =
        pc.add_transceiver(TrackKind::Video, &TransceiverInit::new().encoding(requested.clone())).unwrap();
    let raw = encoding(transceiver.sender());
    assert_eq!(js::get(&raw, "active"), false);
    assert_eq!(js::string(&js::get(&raw, "codec"), "mimeType"), "video/VP9");
    assert_eq!(js::number(&raw, "maxBitrate"), 300_000.0);
    assert_eq!(js::number(&raw, "maxFramerate"), 12.5);
    assert_eq!(js::number(&raw, "scaleResolutionDownBy"), 1.5);
    assert_eq!(js::string(&raw, "priority"), "high");

    // Firefox supports neither of these, and omits them.
    let in_chromium = |value: &str| (!js::is_firefox()).then(|| value.to_owned());
    assert_eq!(js::get(&raw, "networkPriority").as_string(), in_chromium("medium"));
    assert_eq!(js::get(&raw, "scalabilityMode").as_string(), in_chromium("L1T2"));
    let mut expected = requested;
    if js::is_firefox() {
        (expected.network_priority, expected.scalability_mode) = (None, None);
    } else {
        // Chromium adds its default.
        expected.adaptive_ptime = Some(false);
    }
    assert_eq!(transceiver.sender().parameters().unwrap().encodings, [expected]);
}

#[wasm_bindgen_test]
async fn f23_parameters_are_read_and_set() {
    watched(async {
        let pc = connection();
        let transceiver = pc.add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        let sender = transceiver.sender();
        let mut parameters = sender.parameters().unwrap();
        assert!(!parameters.transaction_id().is_empty());
        assert_eq!(js::string(parameters.as_raw(), "transactionId"), parameters.transaction_id());
        assert_eq!(parameters.degradation_preference, None);
        assert_eq!(parameters.encodings[0].scale_resolution_down_by, Some(1.0));

        parameters.encodings[0].max_bitrate = Some(250_000);
        parameters.encodings[0].max_framerate = Some(0.0);
        parameters.encodings[0].scale_resolution_down_by = Some(2.0);
        parameters.encodings[0].priority = Some(PriorityType::VeryLow);
        sender.set_parameters(&parameters).within("setParameters").await.unwrap();
        let raw = encoding(sender);
        assert_eq!(js::number(&raw, "maxBitrate"), 250_000.0);
        assert_eq!(js::number(&raw, "maxFramerate"), 0.0);
        assert_eq!(js::number(&raw, "scaleResolutionDownBy"), 2.0);
        assert_eq!(js::string(&raw, "priority"), "very-low");

        let mut parameters = sender.parameters().unwrap();
        (parameters.encodings[0].max_bitrate, parameters.encodings[0].max_framerate) = (None, None);
        sender.set_parameters(&parameters).within("setParameters").await.unwrap();
        let raw = encoding(sender);
        assert!(js::get(&raw, "maxBitrate").is_undefined() && js::get(&raw, "maxFramerate").is_undefined());
        assert_eq!(js::number(&raw, "scaleResolutionDownBy"), 2.0, "other members keep their values");
    })
    .await;
}

/// Chromium supports `adaptivePtime`.
#[wasm_bindgen_test]
async fn f23_unknown_parameters_are_preserved() {
    watched(async {
        let pc = connection();
        let transceiver = pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new()).unwrap();
        let sender = transceiver.sender();
        let adapt = "return (async () => {
            const parameters = sender.getParameters();
            parameters.encodings[0].adaptivePtime = true;
            await sender.setParameters(parameters);
        })()";
        js::run_async("sender", &[sender.as_raw()], adapt).await;
        let mut parameters = sender.parameters().unwrap();
        parameters.encodings[0].max_bitrate = Some(20_000);
        sender.set_parameters(&parameters).within("setParameters").await.unwrap();
        let adaptive = js::get(&encoding(sender), "adaptivePtime").as_bool();
        assert_eq!(adaptive, (!js::is_firefox()).then_some(true));
        assert_eq!(js::number(&encoding(sender), "maxBitrate"), 20_000.0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_degradation_preference_is_set() {
    watched(async {
        let pc = connection();
        let transceiver = pc.add_transceiver(TrackKind::Video, &TransceiverInit::new()).unwrap();
        let sender = transceiver.sender();
        let current = || {
            let body = "return sender.getParameters().degradationPreference";
            js::run("sender", &[sender.as_raw()], body).as_string()
        };
        let all = [
            DegradationPreference::MaintainFramerate,
            DegradationPreference::MaintainResolution,
            DegradationPreference::MaintainFramerateAndResolution,
            DegradationPreference::Balanced,
        ];
        for preference in all {
            let mut parameters = sender.parameters().unwrap();
            parameters.degradation_preference = Some(preference.clone());
            let set = sender.set_parameters(&parameters).within("setParameters").await;
            if js::is_firefox() && preference == DegradationPreference::MaintainFramerateAndResolution {
                assert_eq!(set.unwrap_err().kind(), &browser_rtc::ErrorKind::Type, "Firefox has no such preference");
                continue;
            }
            set.unwrap();
            assert_eq!(current().as_deref(), Some(preference.as_str()));
            assert_eq!(sender.parameters().unwrap().degradation_preference, Some(preference));
        }
        let mut parameters = sender.parameters().unwrap();
        parameters.degradation_preference = None;
        sender.set_parameters(&parameters).within("setParameters").await.unwrap();
        assert_eq!(current(), None);
    })
    .await;
}

/// Sends a picture, and returns the sender's transceiver and the element that shows the picture.
async fn shown_picture() -> (Pair, RtpTransceiver, Element, media::Attachment) {
    let (pair, camera, video) = (Pair::new(), camera().await, Element::new("video"));
    let init = TransceiverInit::new().stream(&camera);
    let transceiver = pair.a.add_transceiver(&camera.tracks()[0], &init).unwrap();
    let mut incoming = pair.b.tracks();
    pair.connect().await;
    let arrived = incoming.next().within("the picture").await.unwrap();
    let shown = media::show(&video, &arrived.streams[0]).unwrap();
    video.frames(2).await;
    (pair, transceiver, video, shown)
}

#[wasm_bindgen_test]
async fn f23_negotiated_parameters_are_read() {
    watched(async {
        let (_pair, transceiver, _video, _shown) = shown_picture().await;
        let negotiated = transceiver.sender().parameters().unwrap().agreed();
        let body = "return JSON.stringify(sender.getParameters())";
        let expected = js::run("sender", &[transceiver.sender().as_raw()], body).as_string().unwrap();
        let mut expected: RtpParameters = serde_json::from_str(&expected).unwrap();
        if js::is_firefox() {
            // Firefox returns an empty name.
            let rtcp = expected.rtcp.as_mut().unwrap();
            assert_eq!(rtcp.cname.take().as_deref(), Some(""));
        }
        assert_eq!(negotiated, expected);
        assert!(negotiated.codecs[0].codec.is("video/VP8"));
        assert_eq!(negotiated.codecs[0].codec.clock_rate, 90_000);
        assert!(negotiated.codecs.iter().any(|codec| codec.codec.is("video/rtx")));
        let rtcp = negotiated.rtcp.unwrap();
        assert_eq!(rtcp.cname.is_none(), js::is_firefox(), "Firefox does not return the name");
        assert_eq!(rtcp.reduced_size, !js::is_firefox());
        assert_eq!(negotiated.header_extensions.is_empty(), js::is_firefox(), "Firefox does not return the extensions");
    })
    .await;
}

async fn frames_sent(sender: &RtpSender) -> u32 {
    let report = sender.stats().within("getStats").await.unwrap();
    report.of_type::<OutboundRtp>().next().and_then(|stream| stream.frames_sent).unwrap_or_default()
}

#[wasm_bindgen_test]
async fn f23_encoding_is_paused_and_resumed() {
    watched(async {
        let (pair, transceiver, video, _shown) = shown_picture().await;
        let mut negotiation_needed = pair.a.negotiation_needed();
        let set_active = async |active| {
            let mut parameters = transceiver.sender().parameters().unwrap();
            parameters.encodings[0].active = active;
            transceiver.sender().set_parameters(&parameters).within("setParameters").await.unwrap();
            assert_eq!(js::get(&encoding(transceiver.sender()), "active"), active);
        };
        set_active(false).await;
        // Frames in flight are still sent. While the picture is sent, half a second has ten frames.
        let paused = async {
            let mut sent = frames_sent(transceiver.sender()).await;
            loop {
                sleep(Duration::from_millis(500)).await;
                if std::mem::replace(&mut sent, frames_sent(transceiver.sender()).await) == sent {
                    break sent;
                }
            }
        };
        let sent = paused.within("half a second without a frame").await;
        set_active(true).await;
        video.frames(3).await;
        assert!(frames_sent(transceiver.sender()).await > sent);
        assert!(futures::FutureExt::now_or_never(negotiation_needed.next()).is_none(), "no negotiation is needed");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f23_scale_and_codec_change_during_call() {
    watched(async {
        let (_pair, transceiver, video, _shown) = shown_picture().await;
        assert_eq!(video.size(), (320.0, 240.0));
        let sender = transceiver.sender();
        let mut parameters = sender.parameters().unwrap();
        let vp9 = parameters.agreed().codecs.into_iter().find(|agreed| agreed.codec.is("video/VP9")).unwrap();
        parameters.encodings[0].scale_resolution_down_by = Some(2.0);
        parameters.encodings[0].codec = Some(vp9.codec);
        sender.set_parameters(&parameters).within("setParameters").await.unwrap();
        let changed = async {
            while video.size() != (160.0, 120.0) {
                video.frames(1).await;
            }
            loop {
                let report = sender.stats().await.unwrap();
                let stream = report.of_type::<OutboundRtp>().next().unwrap();
                let codec = stream.codec_id.as_ref().and_then(|id| report.follow(id));
                if codec.is_some_and(|codec| codec.mime_type.as_deref() == Some("video/VP9")) {
                    break;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        changed.within("a quarter of the picture, in VP9").await;
    })
    .await;
}

/// Returns the brightness of the picture that the element shows, 0 to 255.
fn brightness(video: &Element) -> f64 {
    let body = "
        const canvas = new OffscreenCanvas(32, 24), context = canvas.getContext('2d');
        context.drawImage(video, 0, 0, 32, 24);
        const pixels = context.getImageData(0, 0, 32, 24).data;
        let sum = 0;
        for (let at = 0; at < pixels.length; at += 4) sum += Math.max(pixels[at], pixels[at + 1], pixels[at + 2]);
        return sum / (32 * 24);
    ";
    js::run("video", &[video], body).as_f64().unwrap()
}

#[wasm_bindgen_test]
async fn f23_track_is_muted_through_sender() {
    watched(async {
        let (_pair, transceiver, video, _shown) = shown_picture().await;
        let brightness_is_high = async |wanted: bool| {
            while (brightness(&video) > 40.0) != wanted {
                video.frames(1).await;
            }
        };
        brightness_is_high(true).within("a picture").await;
        let track = transceiver.sender().track().unwrap();
        track.set_enabled(false);
        brightness_is_high(false).within("black").await;
        track.set_enabled(true);
        brightness_is_high(true).within("the picture after unmuting").await;
    })
    .await;
}
