//! Settings, capabilities, constraints and content hints of live tracks.

use browser_rtc::{
    ErrorKind,
    media::{self, Audio, Constraints, ContentHint, EchoCancellation, TrackConstraints, TrackState, Video, exact},
};
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, Override},
    media::{Element, camera, capture, is_live, json, json_of, microphone, settings},
    watched,
};

/// Converts a dictionary of the browser to JSON, without members that no specification defines.
fn specified(value: &JsValue) -> Value {
    const MEMBERS: &str = "width height aspectRatio frameRate facingMode resizeMode sampleRate sampleSize \
        echoCancellation autoGainControl noiseSuppression latency channelCount deviceId groupId backgroundBlur voiceIsolation \
        displaySurface logicalSurface cursor restrictOwnAudio suppressLocalAudioPlayback screenPixelRatio";
    let mut value = json(value);
    value.as_object_mut().unwrap().retain(|name, _| MEMBERS.split_whitespace().any(|member| member == name));
    value
}

#[wasm_bindgen_test]
async fn f09_settings_match_browser() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        for track in both.tracks() {
            assert_eq!(json_of(&track.settings()), specified(&settings(track.as_raw())));
            assert!(track.settings().device_id.is_some());
        }
        let (video, audio) = (both.video_tracks()[0].settings(), both.audio_tracks()[0].settings());
        assert!(video.width > Some(0) && video.frame_rate > Some(0.0), "{video:?}");
        assert_eq!(audio.echo_cancellation, Some(EchoCancellation::Switch(!js::is_firefox())));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_capabilities_match_browser() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        for track in both.tracks() {
            let expected = js::run("track", &[track.as_raw()], "return track.getCapabilities()");
            assert_eq!(json_of(&track.capabilities().unwrap()), specified(&expected));
        }
        let capabilities = both.video_tracks()[0].capabilities().unwrap();
        let settings = both.video_tracks()[0].settings();
        assert!(capabilities.width.unwrap().max >= settings.width, "{capabilities:?}");

        let track = &both.tracks()[0];
        let _no_method = Override::new(track.as_raw(), "getCapabilities", &JsValue::UNDEFINED);
        assert_eq!(track.capabilities().unwrap_err().kind(), &ErrorKind::NotSupported);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_supported_constraints_match_browser() {
    watched(async {
        let expected = js::run("devices", &[&js::media_devices()], "return devices.getSupportedConstraints()");
        let supported = media::supported_constraints().unwrap();
        assert_eq!(json_of(&supported), specified(&expected));
        assert!(supported.width && supported.echo_cancellation && !supported.logical_surface);
        assert_eq!((supported.latency, supported.aspect_ratio), (!js::is_firefox(), !js::is_firefox()));

        let _mock = Override::new(&js::eval("navigator"), "mediaDevices", &JsValue::UNDEFINED);
        assert_eq!(media::supported_constraints().unwrap_err().kind(), &ErrorKind::NotSupported);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_constraints_change_on_live_track() {
    watched(async {
        let (video, camera) = (Element::new("video"), camera().await);
        let track = &camera.tracks()[0];
        let mut before = Video::new().width(exact(320)).height(exact(240));
        if js::is_firefox() {
            // Firefox adds the source.
            before = before.member("mediaSource", "camera");
        }
        assert_eq!(track.constraints(), TrackConstraints::from(before));

        let larger = Video::new().width(exact(640)).height(exact(480)).frame_rate(exact(10));
        track.apply_constraints(larger.clone()).within("applyConstraints").await.unwrap();
        assert_eq!(track.constraints(), TrackConstraints::from(larger));
        let raw_constraints = js::run("track", &[track.as_raw()], "return track.getConstraints()");
        assert_eq!(json(&raw_constraints), json_of(&track.constraints()));

        let attachment = media::show(&video, &camera).unwrap();
        attachment.play().within("play").await.unwrap();
        video.frames(2).await;
        let settings = settings(track.as_raw());
        let actual = (js::number(&settings, "width"), js::number(&settings, "frameRate"), video.size());
        // Firefox's fake camera keeps its initial settings.
        let expected = if js::is_firefox() { (320.0, 30.0, (320.0, 240.0)) } else { (640.0, 10.0, (640.0, 480.0)) };
        assert_eq!(actual, expected);

        track.apply_constraints(Video::new()).within("applyConstraints").await.unwrap();
        assert_eq!(track.constraints(), TrackConstraints::from(Video::new()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_applied_constraints_are_read_back() {
    watched(async {
        let microphone = microphone().await;
        let track = &microphone.tracks()[0];
        let captured = if js::is_firefox() { Audio::new().member("mediaSource", "microphone") } else { Audio::new() };
        assert_eq!(track.constraints(), TrackConstraints::from(captured));
        let audio = Audio::new()
            .echo_cancellation(true)
            .device_id(["one", "other"])
            .channel_count(media::min(1).ideal(2))
            .advanced(Audio::new().noise_suppression(true));
        track.apply_constraints(audio.clone()).within("applyConstraints").await.unwrap();
        assert_eq!(track.constraints(), TrackConstraints::from(audio));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_ended_track_rejects_constraints() {
    watched(async {
        let camera = camera().await;
        let track = &camera.tracks()[0];
        assert_eq!(track.state(), TrackState::Live);
        track.as_raw().stop();
        assert_eq!((track.state(), js::string(track.as_raw(), "readyState").as_str()), (TrackState::Ended, "ended"));
        let error = track.apply_constraints(Video::new()).within("applyConstraints").await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("applyConstraints", &ErrorKind::Closed));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_stop_cancels_pending_constraints() {
    watched(async {
        let camera = camera().await;
        let track = &camera.tracks()[0];
        let never = js::eval("() => new Promise(() => {})");
        let _mock = Override::new(track.as_raw(), "applyConstraints", &never);
        let pending = track.apply_constraints(Video::new());
        let stopping = async { track.stop() };
        let (outcome, ()) = futures::future::join(pending, stopping).within("applyConstraints").await;
        assert_eq!(outcome.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn content_hint_reaches_browser() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        let (audio, video) = (&both.audio_tracks()[0], &both.video_tracks()[0]);
        if js::is_firefox() {
            // Firefox has no content hints.
            for error in [audio.content_hint().unwrap_err(), video.set_content_hint(&ContentHint::Motion).unwrap_err()]
            {
                assert_eq!((error.operation(), error.kind()), ("contentHint", &ErrorKind::NotSupported));
            }
            assert!(js::get(video.as_raw(), "contentHint").is_undefined());
            return;
        }
        assert_eq!(audio.content_hint().unwrap(), ContentHint::Unset);
        for (track, hints) in [
            (audio, &[ContentHint::Speech, ContentHint::Music, ContentHint::Unset][..]),
            (video, &[ContentHint::Motion, ContentHint::Detail, ContentHint::Text, ContentHint::Unset]),
        ] {
            for hint in hints {
                track.set_content_hint(hint).unwrap();
                assert_eq!(js::string(track.as_raw(), "contentHint"), hint.as_str());
                assert_eq!(track.content_hint().unwrap(), *hint);
            }
        }
        // The first is a hint for video, and Chromium does not implement the second.
        for ignored in [ContentHint::Text, ContentHint::SpeechRecognition] {
            audio.set_content_hint(&ignored).unwrap();
            assert_eq!(audio.content_hint().unwrap(), ContentHint::Unset, "{ignored}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f06_cloned_track_ends_independently() {
    watched(async {
        let camera = camera().await;
        let track = camera.tracks().remove(0);
        let clone = track.clone_track();
        assert!(clone != track && clone.id() != track.id());
        assert_eq!((clone.constraints(), clone.settings().width), (track.constraints(), track.settings().width));
        clone.set_enabled(false);
        assert!(track.as_raw().enabled());
        track.stop();
        let raw = Clone::clone(clone.as_raw());
        assert!(is_live(&raw));
        drop(clone);
        assert!(!is_live(&raw), "the last handle is dropped");
    })
    .await;
}
