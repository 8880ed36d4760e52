//! Dictionary members beyond the main specifications: those of extensions, and those without a Rust type.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, Members,
    channel::ChannelInit,
    media::{self, Audio, AudioOutputOptions, Constraints, DisplayMediaOptions, TrackStats, Video},
    peer::{
        Configuration, Encoding, EncodingOptions, IceServer, OfferOptions, PeerConnection, ResolutionRestriction,
        RtpReceiver, SetParameterOptions, TransceiverDirection, TransceiverInit,
    },
};
use futures::StreamExt;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    media::{Element, camera, camera_and_microphone, capture, microphone},
    pair::{Pair, connection},
    sleep, watched,
};

/// A replacement for a method of a JavaScript object, which records its arguments and does nothing else.
struct Spy {
    recorded: JsValue,
    _replacement: Override,
}

impl Spy {
    fn replace(object: &JsValue, method: &str, result: &str) -> Self {
        let recorded = js::eval("{ arguments: [] }");
        let body = format!("return function(...list) {{ recorded.arguments = list; return {result}; }}");
        let replacement = js::run("recorded", &[&recorded], &body);
        Self { recorded, _replacement: Override::new(object, method, &replacement) }
    }

    /// Evaluates an expression over the recorded arguments, `a`.
    fn evaluate(&self, expression: &str) -> JsValue {
        js::run("a", &[&js::get(&self.recorded, "arguments")], &format!("return {expression}"))
    }
}

const RESOLVED: &str = "Promise.resolve()";
const REFUSED: &str = "Promise.reject(new DOMException('', 'NotAllowedError'))";

#[wasm_bindgen_test]
async fn dictionaries_carry_untyped_members() {
    watched(async {
        let pc = connection();
        let raw: &JsValue = pc.as_raw();

        let spy = Spy::replace(raw, "setConfiguration", "undefined");
        let server = IceServer::stun("stun:stun.example").member("tag", "server");
        pc.set_configuration(&Configuration::new().ice_server(server).member("tag", 1)).unwrap();
        assert_eq!((spy.evaluate("a[0].tag"), spy.evaluate("a[0].iceServers[0].tag")), (1.into(), "server".into()));

        let spy = Spy::replace(raw, "createOffer", "Promise.resolve({ type: 'offer', sdp: '' })");
        pc.create_offer_with(&OfferOptions::new().member("tag", 2)).within("createOffer").await.unwrap();
        assert_eq!(spy.evaluate("a[0].tag"), 2);

        let transceiver = {
            let spied = js::get(raw, "addTransceiver");
            let seen = js::eval("{}");
            let body = "return function(kind, init) { seen.init = init; return original.call(this, kind, init); }";
            let _replacement = Override::new(raw, "addTransceiver", &js::run("seen, original", &[&seen, &spied], body));
            let encoding = Encoding::new().member("tag", "encoding");
            let init = TransceiverInit::new().encoding(encoding).member("tag", 3);
            let transceiver = pc.add_transceiver(media::TrackKind::Video, &init).unwrap();
            let tags = js::run("seen", &[&seen], "return `${seen.init.tag} ${seen.init.sendEncodings[0].tag}`");
            assert_eq!(tags, "3 encoding");
            transceiver
        };
        let spy = Spy::replace(transceiver.as_raw(), "setCodecPreferences", "undefined");
        let mut codec = RtpReceiver::capabilities(&media::TrackKind::Video).unwrap().codecs.remove(0);
        codec.other.set("tag", 4);
        transceiver.set_codec_preferences(&[codec]).unwrap();
        assert_eq!(spy.evaluate("a[0][0].tag"), 4);

        let microphone = microphone().await;
        let spy = Spy::replace(microphone.tracks()[0].as_raw(), "applyConstraints", RESOLVED);
        let advanced = Audio::new().member("tag", "advanced");
        let constraints = Audio::new().member("tag", 5).advanced(advanced);
        microphone.tracks()[0].apply_constraints(constraints).within("applyConstraints").await.unwrap();
        assert_eq!(spy.evaluate("`${a[0].tag} ${a[0].advanced[0].tag}`"), "5 advanced");

        let devices = js::media_devices();
        let spy = Spy::replace(&devices, "getUserMedia", REFUSED);
        let constraints = Constraints::new().video(Video::new().member("tag", "video")).member("tag", 6);
        assert!(media::get_user_media(&constraints).within("getUserMedia").await.is_err());
        assert_eq!(spy.evaluate("`${a[0].tag} ${a[0].video.tag}`"), "6 video");
        let spy = Spy::replace(&devices, "getDisplayMedia", REFUSED);
        let options = DisplayMediaOptions::new().member("tag", 7);
        assert!(media::get_display_media(&options).within("getDisplayMedia").await.is_err());
        assert_eq!(spy.evaluate("a[0].tag"), 7);
        let spy = Spy::replace(&devices, "selectAudioOutput", REFUSED);
        let options = AudioOutputOptions::new().member("tag", 8);
        assert!(media::select_audio_output(&options).within("selectAudioOutput").await.is_err());
        assert_eq!(spy.evaluate("a[0].tag"), 8);

        let real = js::get(raw, "createDataChannel");
        let seen = js::eval("{}");
        let body = "return function(label, init) { seen.init = init; return original.call(this, label, init); }";
        let _replacement = Override::new(raw, "createDataChannel", &js::run("seen, original", &[&seen, &real], body));
        pc.create_data_channel("", &ChannelInit::new().member("tag", 9)).unwrap();
        assert_eq!(js::get(&js::get(&seen, "init"), "tag"), 9);
    })
    .await;
}

#[wasm_bindgen_test]
async fn untyped_members_survive_parameter_round_trip() {
    watched(async {
        let pc = connection();
        let init = TransceiverInit::new();
        let sender = pc.add_transceiver(media::TrackKind::Video, &init).unwrap().sender().clone();
        let body = "const real = sender.getParameters.bind(sender);
            return () => Object.assign(real(), { novel: 1, encodings: [{ active: true, layers: [1, 2] }] });";
        let newer = js::run("sender", &[sender.as_raw()], body);
        let _newer = Override::new(sender.as_raw(), "getParameters", &newer);
        let spy = Spy::replace(sender.as_raw(), "setParameters", RESOLVED);
        let mut parameters = sender.parameters().unwrap();
        assert!(parameters.encodings[0].other.get("layers").is_some());
        parameters.encodings[0].max_bitrate = Some(1_000);
        parameters.other.set("tag", "added");
        sender.set_parameters(&parameters).within("setParameters").await.unwrap();
        let seen =
            spy.evaluate("`${a[0].novel} ${a[0].tag} ${a[0].encodings[0].layers} ${a[0].encodings[0].maxBitrate}`");
        assert_eq!(seen, "1 added 1,2 1000");
    })
    .await;
}

#[wasm_bindgen_test]
async fn untyped_browser_members_are_kept() {
    watched(async {
        let camera = camera().await;
        let track = &camera.tracks()[0];
        let novel = "return () => ({ width: 640, novel: 'x' })";
        let novel = js::run("", &[], novel);
        let _settings = Override::new(track.as_raw(), "getSettings", &novel);
        let _capabilities = Override::new(track.as_raw(), "getCapabilities", &novel);
        let _constraints = Override::new(track.as_raw(), "getConstraints", &novel);
        let mut expected = Members::new();
        expected.set("novel", "x");
        assert_eq!((track.settings().other, track.capabilities().unwrap().other), (expected.clone(), expected.clone()));
        let browser_rtc::media::TrackConstraints::Video(constraints) = track.constraints() else {
            panic!("not a video track")
        };
        assert_eq!((constraints.width, constraints.other), (Some(640.into()), expected));

        let supported = media::supported_constraints().unwrap();
        let zoom = supported.other.get("zoom").map(JsValue::is_truthy);
        assert_eq!(zoom, (!js::is_firefox()).then_some(true));
        let streams = connection().configuration().other.get("encodedInsertableStreams").map(JsValue::is_truthy);
        assert_eq!(streams, (!js::is_firefox()).then_some(false));
    })
    .await;
}

#[wasm_bindgen_test]
fn members_are_set_and_removed_by_name() {
    let mut members = Members::new();
    members.set("one", 1);
    members.set("two", f64::NAN);
    members.set("one", "again");
    assert_eq!((members.get("one").unwrap().as_string().as_deref(), members.iter().count()), (Some("again"), 2));
    assert_eq!(members, members.clone());
    assert!(members.remove("two").is_some() && members.remove("two").is_none() && !members.is_empty());
}

#[wasm_bindgen_test]
async fn encoding_extensions_reach_browser() {
    watched(async {
        let (pair, camera, microphone) = (Pair::new(), camera().await, microphone().await);
        let small = Encoding::new().scale_resolution_down_to(ResolutionRestriction::new(160, 120));
        let adaptive = Encoding::new().adaptive_ptime(true);
        let video = pair.a.add_transceiver(&camera.tracks()[0], &TransceiverInit::new().encoding(small)).unwrap();
        let audio =
            pair.a.add_transceiver(&microphone.tracks()[0], &TransceiverInit::new().encoding(adaptive)).unwrap();
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let in_chromium = !js::is_firefox();
        let encoding = |sender: &browser_rtc::peer::RtpSender| sender.parameters().unwrap().encodings.remove(0);
        let expected = in_chromium.then(|| ResolutionRestriction::new(160, 120));
        assert_eq!(encoding(video.sender()).scale_resolution_down_to, expected);
        assert_eq!(encoding(audio.sender()).adaptive_ptime, in_chromium.then_some(true));

        let shown = Element::new("video");
        let arrived = incoming.next().within("the track").await.unwrap();
        let stream = media::MediaStream::from_tracks(&[arrived.track]).unwrap();
        let _shown = media::show(&shown, &stream).unwrap();
        shown.frames(1).await;
        if in_chromium {
            let scaled = async {
                while shown.size() != (160.0, 120.0) {
                    sleep(Duration::from_millis(50)).await;
                }
            };
            scaled.within("a picture of 160 by 120").await;
        }

        let spy = {
            let parameters = video.sender().parameters().unwrap();
            let spy = Spy::replace(video.sender().as_raw(), "setParameters", RESOLVED);
            let key_frame = SetParameterOptions::new().encoding(EncodingOptions::new().key_frame(true));
            let set = video.sender().set_parameters_with(&parameters, &key_frame);
            set.within("setParameters").await.unwrap();
            spy.evaluate("JSON.stringify(a[1])")
        };
        assert_eq!(spy, "{\"encodingOptions\":[{\"keyFrame\":true}]}");
        let twice = SetParameterOptions::new().encoding(EncodingOptions::new()).encoding(EncodingOptions::new());
        let parameters = video.sender().parameters().unwrap();
        let refused = video.sender().set_parameters_with(&parameters, &twice).within("setParameters").await.err();
        // Firefox does not support these options.
        let expected = in_chromium.then_some(ErrorKind::InvalidModification);
        assert_eq!(refused.map(|error| error.kind().clone()), expected);
        let key_frame = SetParameterOptions::new().encoding(EncodingOptions::new().key_frame(true));
        let parameters = video.sender().parameters().unwrap();
        video.sender().set_parameters_with(&parameters, &key_frame).within("setParameters").await.unwrap();
    })
    .await;
}

/// Only Chromium lets a page select header extensions.
#[wasm_bindgen_test]
async fn capture_time_is_negotiated_and_received() {
    watched(async {
        let (pair, camera) = (Pair::new(), camera_and_microphone().await);
        for track in camera.tracks() {
            let transceiver = pair.a.add_transceiver(&track, &TransceiverInit::new()).unwrap();
            let mut extensions = match transceiver.header_extensions_to_negotiate() {
                Ok(extensions) => extensions,
                Err(error) => {
                    assert!(js::is_firefox());
                    assert_eq!(error.kind(), &ErrorKind::NotSupported);
                    let refused = transceiver.set_header_extensions_to_negotiate(&[]).unwrap_err();
                    assert_eq!(refused.kind(), &ErrorKind::NotSupported);
                    let refused = transceiver.negotiated_header_extensions().unwrap_err();
                    assert_eq!(refused.kind(), &ErrorKind::NotSupported);
                    return;
                }
            };
            let is_capture_time = |uri: &str| uri.ends_with("/abs-capture-time");
            for extension in extensions.iter_mut().filter(|extension| is_capture_time(&extension.uri)) {
                assert_eq!(extension.direction, Some(TransceiverDirection::Stopped));
                extension.direction = Some(TransceiverDirection::SendRecv);
            }
            transceiver.set_header_extensions_to_negotiate(&extensions).unwrap();
            assert_eq!(transceiver.header_extensions_to_negotiate().unwrap(), extensions);
            let fewer = transceiver.set_header_extensions_to_negotiate(&extensions[1..]).unwrap_err();
            assert_eq!(fewer.kind(), &ErrorKind::InvalidModification);
        }
        let mut incoming = pair.b.tracks();
        pair.connect().await;
        let negotiated = pair.a.transceivers()[0].negotiated_header_extensions().unwrap();
        let used = negotiated.iter().find(|extension| extension.uri.ends_with("/abs-capture-time")).unwrap();
        assert_ne!(used.direction, Some(TransceiverDirection::Stopped));

        let arrived =
            [incoming.next().within("a track").await.unwrap(), incoming.next().within("a track").await.unwrap()];
        let stream = media::MediaStream::from_tracks(&arrived.each_ref().map(|event| event.track.clone())).unwrap();
        let shown = Element::new("video");
        let _shown = media::show(&shown, &stream).unwrap();
        for event in &arrived {
            let source = async {
                loop {
                    let sources = event.receiver.synchronization_sources();
                    match sources.first().filter(|source| source.capture_timestamp.is_some()) {
                        Some(source) => break source.clone(),
                        None => sleep(Duration::from_millis(50)).await,
                    }
                }
            };
            let source = source.within("a capture time").await;
            // Capture times count from 1900 and the clock of the page from 1970. The difference in milliseconds:
            let seventy_years = 2_208_988_800_000.0;
            let age = source.timestamp - (source.capture_timestamp.unwrap() - seventy_years);
            assert!(age.abs() < 60_000.0, "{source:?}");
            assert_eq!(source.sender_capture_time_offset.unwrap_or_default(), 0.0);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn voice_isolation_is_supported_in_chromium() {
    watched(async {
        let constraints = Constraints::new().audio(Audio::new().voice_isolation(false));
        let microphone = capture(&constraints).await;
        let track = &microphone.tracks()[0];
        let known = media::supported_constraints().unwrap().voice_isolation;
        assert_eq!(known, !js::is_firefox());
        assert_eq!(track.settings().voice_isolation, known.then_some(false));
        assert_eq!(track.capabilities().unwrap().voice_isolation.is_some(), known);
        let browser_rtc::media::TrackConstraints::Audio(applied) = track.constraints() else {
            panic!("not an audio track")
        };
        assert_eq!(applied.voice_isolation.is_some(), known);
    })
    .await;
}

/// Only Chromium has track statistics.
#[wasm_bindgen_test]
async fn track_stats_are_read() {
    watched(async {
        let both = camera_and_microphone().await;
        let (video, audio) = (both.video_tracks().remove(0), both.audio_tracks().remove(0));
        if js::is_firefox() {
            assert_eq!(video.stats().unwrap_err().kind(), &ErrorKind::NotSupported);
            assert_eq!(audio.reset_latency().unwrap_err().kind(), &ErrorKind::NotSupported);
            return;
        }
        let shown = Element::new("video");
        let _shown = media::show(&shown, &both).unwrap();
        shown.frames(3).await;
        let Some(TrackStats::Video(stats)) = video.stats().unwrap() else { panic!("not a video track") };
        assert!(stats.delivered_frames > 0 && stats.total_frames >= stats.delivered_frames, "{stats:?}");
        let audio_stats = async {
            loop {
                match audio.stats().unwrap() {
                    Some(TrackStats::Audio(stats)) if stats.maximum_latency > 0.0 => break stats,
                    _ => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        let stats = audio_stats.within("audio statistics").await;
        assert!(stats.minimum_latency <= stats.average_latency && stats.average_latency <= stats.maximum_latency);
        audio.reset_latency().unwrap();
        video.reset_latency().unwrap();
    })
    .await;
}

/// Firefox ignores this option.
#[wasm_bindgen_test]
async fn data_channels_are_negotiated_in_advance() {
    watched(async {
        let configuration = Configuration::new().always_negotiate_data_channels(true);
        let pc = PeerConnection::new(&configuration).unwrap();
        pc.add_transceiver(media::TrackKind::Audio, &TransceiverInit::new()).unwrap();
        let offer = pc.create_offer().within("createOffer").await.unwrap();
        let expected = !js::is_firefox();
        assert_eq!(offer.sdp.contains("m=application"), expected);
        assert_eq!(pc.configuration().always_negotiate_data_channels, expected.then_some(true));
    })
    .await;
}
