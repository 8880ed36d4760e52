//! Each constraint by itself: the settings that it leads to, and the error if it cannot be satisfied.

use browser_rtc::{
    ErrorKind,
    media::{
        self, Audio, Constraints, CursorCapture, DisplaySurface, EchoCancellationMode, FacingMode, ResizeMode,
        TrackConstraints, Video, exact, max, min,
    },
};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    media::{capture, json, settings},
    watched,
};

fn constraints(track: &TrackConstraints) -> Constraints {
    match track.clone() {
        TrackConstraints::Audio(audio) => Constraints::new().audio(*audio),
        TrackConstraints::Video(video) => Constraints::new().video(*video),
    }
}

/// Captures a track with these constraints, and returns the settings that the browser reports.
async fn captured_settings(track: &TrackConstraints) -> Value {
    let stream = capture(&constraints(track)).await;
    assert_eq!(stream.tracks().len(), 1);
    json(&settings(stream.tracks()[0].as_raw()))
}

/// A constraint, its name, and the setting that each browser reports. Null is a setting that is not reported.
struct Case {
    track: TrackConstraints,
    member: &'static str,
    chromium: Value,
    firefox: Value,
}

fn case(track: impl Into<TrackConstraints>, member: &'static str, chromium: Value, firefox: Value) -> Case {
    Case { track: track.into(), member, chromium, firefox }
}

#[wasm_bindgen_test]
async fn f01_each_constraint_is_satisfied() {
    watched(async {
        let (audio, video, on, off) = (Audio::new, Video::new, exact(true), exact(false));
        // Firefox's fake microphone is mono, has no audio processing, and reports no sample rate, sample size or
        // latency.
        for Case { track, member, chromium, firefox } in [
            case(video().width(exact(320)), "width", json!(320.0), json!(320.0)),
            case(video().height(exact(240)), "height", json!(240.0), json!(240.0)),
            case(video().frame_rate(exact(10)), "frameRate", json!(10.0), json!(10.0)),
            case(video().aspect_ratio(exact(1.5)).width(exact(300)), "aspectRatio", json!(1.5), json!(null)),
            case(video().facing_mode(FacingMode::User), "facingMode", json!(null), json!("environment")),
            case(video().resize_mode(exact(ResizeMode::None)), "resizeMode", json!("none"), json!("none")),
            case(
                video().resize_mode(exact([ResizeMode::CropAndScale])).width(exact(123)),
                "resizeMode",
                json!("crop-and-scale"),
                json!("crop-and-scale"),
            ),
            case(video().background_blur(true), "backgroundBlur", json!(null), json!(null)),
            case(audio().echo_cancellation(on.clone()), "echoCancellation", json!(true), json!(false)),
            case(audio().echo_cancellation(off.clone()), "echoCancellation", json!(false), json!(false)),
            case(
                audio().echo_cancellation(exact(EchoCancellationMode::RemoteOnly)),
                "echoCancellation",
                json!("remote-only"),
                json!(false),
            ),
            case(audio().noise_suppression(on.clone()), "noiseSuppression", json!(true), json!(false)),
            case(audio().noise_suppression(off.clone()), "noiseSuppression", json!(false), json!(false)),
            case(audio().auto_gain_control(on), "autoGainControl", json!(true), json!(false)),
            case(audio().auto_gain_control(off), "autoGainControl", json!(false), json!(false)),
            case(audio().sample_rate(exact(44_100)), "sampleRate", json!(44_100.0), json!(null)),
            case(audio().sample_size(exact(16)), "sampleSize", json!(16.0), json!(null)),
            case(audio().latency(exact(0.01)), "latency", json!(0.01), json!(null)),
            case(audio().channel_count(exact(2)), "channelCount", json!(2.0), json!(1.0)),
        ] {
            let expected = if js::is_firefox() { firefox } else { chromium };
            assert_eq!(captured_settings(&track).await[member], expected, "{member}: {track:?}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f01_list_of_ids_selects_existing_device() {
    watched(async {
        let _allowed = capture(&Constraints::new().audio(true).video(true)).await;
        for kind in [media::DeviceKind::AudioInput, media::DeviceKind::VideoInput] {
            let devices = media::devices().within("enumerateDevices").await.unwrap();
            let device = devices.into_iter().rfind(|device| device.kind == kind).unwrap();
            let (ids, group) = (["no such device", device.device_id.as_str()], device.group_id.as_str());
            let track: TrackConstraints = match kind {
                media::DeviceKind::AudioInput => Audio::new().device_id(exact(ids)).group_id(exact(group)).into(),
                _ => Video::new().device_id(exact(ids)).group_id(exact(vec![group.to_owned()])).into(),
            };
            let settings = captured_settings(&track).await;
            assert_eq!((&settings["deviceId"], &settings["groupId"]), (&json!(device.device_id), &json!(group)));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f01_advanced_sets_are_satisfied_or_ignored() {
    watched(async {
        let small = || Video::new().width(exact(320)).height(exact(240));
        let (other, impossible) = (Video::new().width(exact(640)), Video::new().width(exact(99_999)));
        let size = async |video: Video| {
            let settings = captured_settings(&video.into()).await;
            (settings["width"].as_f64().unwrap(), settings["height"].as_f64().unwrap())
        };
        assert_eq!(size(Video::new().advanced(small()).advanced(other)).await, (320.0, 240.0));
        // Firefox uses the nearest possible width, which is its largest, for an impossible one.
        let expected = if js::is_firefox() { (4096.0, 480.0) } else { (320.0, 240.0) };
        assert_eq!(size(Video::new().advanced(impossible).advanced(small())).await, expected);
    })
    .await;
}

/// Returns constraints that no device can satisfy, with their names.
fn impossible() -> Vec<(&'static str, TrackConstraints)> {
    let (audio, video) = (Audio::new, Video::new);
    vec![
        ("width", video().width(exact(99_999)).into()),
        ("width", video().width(min(99_999)).into()),
        ("height", video().height(exact(99_999)).into()),
        ("aspectRatio", video().aspect_ratio(exact(9_999)).into()),
        ("frameRate", video().frame_rate(exact(9_999)).into()),
        ("facingMode", video().facing_mode(exact(FacingMode::Left)).into()),
        ("resizeMode", video().resize_mode(exact(ResizeMode::from("bend"))).into()),
        ("deviceId", video().device_id(exact("no such camera")).into()),
        ("groupId", video().group_id(exact("no such device")).into()),
        ("backgroundBlur", video().background_blur(exact(true)).into()),
        ("displaySurface", video().display_surface(exact(DisplaySurface::Window)).into()),
        ("logicalSurface", video().logical_surface(exact(true)).into()),
        ("cursor", video().cursor(exact(CursorCapture::Never)).into()),
        ("sampleRate", audio().sample_rate(exact(5)).into()),
        ("sampleRate", audio().sample_rate(max(5)).into()),
        ("sampleSize", audio().sample_size(exact(99)).into()),
        ("latency", audio().latency(exact(77)).into()),
        ("channelCount", audio().channel_count(exact(99)).into()),
        ("echoCancellation", audio().echo_cancellation(exact(EchoCancellationMode::All)).into()),
        ("deviceId", audio().device_id(exact("no such microphone")).into()),
        ("groupId", audio().group_id(exact("no such device")).into()),
        ("restrictOwnAudio", audio().restrict_own_audio(exact(true)).into()),
        ("suppressLocalAudioPlayback", audio().suppress_local_audio_playback(exact(true)).into()),
    ]
}

/// Chromium ignores screen constraints on a camera, and the background blur, which the fake camera does not have.
const CHROMIUM_IGNORES: [&str; 6] =
    ["backgroundBlur", "displaySurface", "logicalSurface", "cursor", "restrictOwnAudio", "suppressLocalAudioPlayback"];

/// Firefox rejects these constraints in a capture, and ignores the others: some are unknown to it, and its fake
/// microphone accepts any channel count and any echo cancellation.
const FIREFOX_REJECTS: [&str; 7] = ["width", "height", "frameRate", "facingMode", "resizeMode", "deviceId", "groupId"];

/// Firefox rejects only these constraints on a live track. For others it uses the nearest possible value.
const FIREFOX_REJECTS_LIVE: [&str; 3] = ["resizeMode", "deviceId", "groupId"];

/// Returns the expected error of an impossible constraint, or `None` if this browser ignores it.
fn expected(name: &str, firefox_rejects: &[&str]) -> Option<ErrorKind> {
    let is_rejected =
        if js::is_firefox() { firefox_rejects.contains(&name) } else { !CHROMIUM_IGNORES.contains(&name) };
    is_rejected.then(|| ErrorKind::Overconstrained { constraint: Some(name.into()) })
}

#[wasm_bindgen_test]
async fn f02_capture_names_each_impossible_constraint() {
    watched(async {
        for (name, track) in impossible() {
            let outcome = media::get_user_media(&constraints(&track)).within("getUserMedia").await;
            assert_eq!(outcome.err().map(|error| error.kind().clone()), expected(name, &FIREFOX_REJECTS), "{track:?}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_live_track_names_each_impossible_constraint() {
    watched(async {
        let both = capture(&Constraints::new().audio(true).video(true)).await;
        for (name, constraints) in impossible() {
            let track = match constraints {
                TrackConstraints::Audio(_) => &both.audio_tracks()[0],
                TrackConstraints::Video(_) => &both.video_tracks()[0],
            };
            let before = json(&settings(track.as_raw()));
            let outcome = track.apply_constraints(constraints.clone()).within("applyConstraints").await;
            let error = outcome.err().map(|error| error.kind().clone());
            assert_eq!(error, expected(name, &FIREFOX_REJECTS_LIVE), "{constraints:?}");
            if error.is_some() {
                assert_eq!(json(&settings(track.as_raw())), before, "rejected constraints: {constraints:?}");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f09_audio_processing_of_live_track_is_fixed() {
    watched(async {
        let microphone = capture(&Constraints::new().audio(true)).await;
        let track = &microphone.tracks()[0];
        for (name, constraints) in [
            ("echoCancellation", Audio::new().echo_cancellation(exact(false))),
            ("noiseSuppression", Audio::new().noise_suppression(exact(false))),
            ("autoGainControl", Audio::new().auto_gain_control(exact(false))),
        ] {
            let outcome = track.apply_constraints(constraints).within("applyConstraints").await;
            // Chromium cannot change the audio processing of a live track. In Firefox's fake microphone it is already off.
            let expected = (!js::is_firefox()).then(|| ErrorKind::Overconstrained { constraint: Some(name.into()) });
            assert_eq!(outcome.err().map(|error| error.kind().clone()), expected, "{name}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f02_non_finite_number_is_type_error() {
    watched(async {
        let camera = capture(&Constraints::new().video(true)).await;
        for video in [Video::new().frame_rate(f64::NAN), Video::new().frame_rate(max(f64::INFINITY))] {
            let error = media::get_user_media(&Constraints::new().video(video.clone())).within("getUserMedia").await;
            assert_eq!(error.unwrap_err().kind(), &ErrorKind::Type);
            let error = camera.tracks()[0].apply_constraints(video).within("applyConstraints").await.unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("applyConstraints", &ErrorKind::Type));
        }
    })
    .await;
}
