//! Options, errors and the end of a media recorder.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, Result,
    media::{BitrateMode, KeyFrames, MediaRecorder, MediaStream, RecorderOptions, RecordingState},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, ListenerCount, Override},
    media::{camera, camera_and_microphone, is_live},
    recording::{file, play, recorder},
    rest, sleep, watched,
};

const HALF_A_SECOND: Duration = Duration::from_millis(500);

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("the call succeeded").kind().clone()
}

#[wasm_bindgen_test]
async fn f07_calls_in_wrong_state_are_rejected() {
    watched(async {
        let camera = camera().await;
        let recorder = recorder(&camera);
        let errors = || [recorder.pause(), recorder.resume(), recorder.request_data()].map(kind);
        assert_eq!(errors(), [const { ErrorKind::InvalidState }; 3], "before the start");
        recorder.stop();

        let recording = recorder.start().unwrap();
        assert_eq!(kind(recorder.start()), ErrorKind::InvalidState);
        assert_eq!(kind(recorder.start_in_slices(HALF_A_SECOND)), ErrorKind::InvalidState);
        recorder.resume().unwrap();
        recorder.pause().unwrap();
        recorder.pause().unwrap();
        assert_eq!(kind(recorder.start()), ErrorKind::InvalidState);

        recorder.stop();
        recorder.stop();
        assert_eq!(errors(), [const { ErrorKind::InvalidState }; 3], "after the stop");
        recording.into_blob().within("the recording").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_unsupported_recording_is_rejected() {
    watched(async {
        let both = camera_and_microphone().await;
        let with_type = |mime_type: &str| MediaRecorder::new(&both, &RecorderOptions::new().mime_type(mime_type));
        assert_eq!(kind(with_type("video/nothing")), ErrorKind::NotSupported);
        assert_eq!(kind(with_type("nothing")), ErrorKind::NotSupported);
        assert_eq!(kind(with_type("audio/webm").unwrap().start()), ErrorKind::NotSupported, "the stream has video");

        let empty = MediaStream::new().unwrap();
        assert_eq!(kind(recorder(&empty).start()), ErrorKind::NotSupported);
        let ended = camera().await;
        ended.stop();
        assert_eq!(kind(recorder(&ended).start()), ErrorKind::NotSupported);

        let mode = RecorderOptions::new().audio_bitrate_mode(BitrateMode::from("sometimes"));
        let outcome = MediaRecorder::new(&both, &mode);
        if js::is_firefox() {
            assert!(outcome.is_ok(), "Firefox ignores bitrate modes");
        } else {
            assert_eq!(kind(outcome), ErrorKind::Type);
        }

        let _no_recorder = Override::new(&js::eval("window"), "MediaRecorder", &JsValue::UNDEFINED);
        assert_eq!(kind(MediaRecorder::new(&both, &RecorderOptions::new())), ErrorKind::NotSupported);
        assert!(!MediaRecorder::is_type_supported("video/webm"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_isolated_stream_is_security_error() {
    watched(async {
        let body = "return navigator.mediaDevices.getUserMedia({ video: true, peerIdentity: 'ada@example.org' })";
        let isolated = MediaStream::from_raw(js::run_async("", &[], body).await.unchecked_into());
        let started = recorder(&isolated).start();
        if js::is_firefox() {
            assert_eq!(kind(started), ErrorKind::Security);
        } else {
            assert!(started.is_ok(), "Chromium ignores peerIdentity");
        }
        isolated.stop();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_first_supported_mime_type_is_used() {
    watched(async {
        let camera = camera().await;
        let types = ["video/nothing", "video/webm;codecs=vp8", "video/webm"];
        let options = types.iter().fold(RecorderOptions::new(), |options, mime_type| options.mime_type(*mime_type));
        assert_eq!(types.map(MediaRecorder::is_type_supported), [false, true, true]);
        let recorder = MediaRecorder::new(&camera, &options).unwrap();
        assert_eq!(recorder.mime_type(), "video/webm;codecs=vp8");
        assert_eq!(js::string(recorder.as_raw(), "mimeType"), "video/webm;codecs=vp8");
        assert_eq!(self::recorder(&camera).mime_type(), "", "the browser selects a type at the start");
        assert!(js::same(recorder.stream().as_raw(), &js::get(recorder.as_raw(), "stream")));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_bitrates_are_applied() {
    watched(async {
        let both = camera_and_microphone().await;
        let configured = |options: &RecorderOptions| {
            let recorder = MediaRecorder::new(&both, options).unwrap();
            let rates = (recorder.video_bits_per_second(), recorder.audio_bits_per_second());
            let raw = recorder.as_raw();
            let expected = (js::number(raw, "videoBitsPerSecond"), js::number(raw, "audioBitsPerSecond"));
            assert_eq!((f64::from(rates.0), f64::from(rates.1)), expected);
            (rates, recorder.audio_bitrate_mode())
        };
        let (rates, mode) =
            configured(&RecorderOptions::new().video_bits_per_second(400_000).audio_bits_per_second(32_000));
        assert_eq!(rates, (400_000, 32_000));
        // Firefox has no bitrate modes.
        assert_eq!(mode, (!js::is_firefox()).then_some(BitrateMode::Variable));
        let (rates, mode) =
            configured(&RecorderOptions::new().bits_per_second(500_000).audio_bitrate_mode(BitrateMode::Constant));
        assert!(rates.0 > 0 && rates.1 > 0 && rates.0 + rates.1 <= 500_000, "{rates:?}");
        assert_eq!(mode, (!js::is_firefox()).then_some(BitrateMode::Constant));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_all_options_reach_browser() {
    watched(async {
        let camera = camera().await;
        let body = "return class extends MediaRecorder {
            constructor(stream, options) { super(stream, options); this.options = JSON.stringify(options); }
        }";
        let _spy = Override::new(&js::eval("window"), "MediaRecorder", &js::run("", &[], body));
        let received =
            |options: &RecorderOptions| js::string(MediaRecorder::new(&camera, options).unwrap().as_raw(), "options");
        assert_eq!(received(&RecorderOptions::new()), "{}");
        let all = RecorderOptions::new()
            .mime_type("video/webm")
            .audio_bits_per_second(1)
            .video_bits_per_second(2)
            .bits_per_second(3)
            .audio_bitrate_mode(BitrateMode::Constant)
            .key_frames(KeyFrames::Every(Duration::from_secs(2)));
        let expected = r#"{"mimeType":"video/webm","audioBitrateMode":"constant","audioBitsPerSecond":1,"#.to_owned()
            + r#""videoBitsPerSecond":2,"bitsPerSecond":3,"videoKeyFrameIntervalDuration":2000}"#;
        assert_eq!(received(&all), expected);
        let frames = RecorderOptions::new().key_frames(KeyFrames::EveryFrames(30));
        assert_eq!(received(&frames), r#"{"videoKeyFrameIntervalCount":30}"#);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_dropped_recorder_stops_and_keeps_data() {
    watched(async {
        let listeners = ListenerCount::new();
        let camera = camera().await;
        let track = Clone::clone(camera.tracks()[0].as_raw());
        let recorder = recorder(&camera);
        let (raw, states) = (recorder.as_raw().clone(), recorder.states());
        let recording = recorder.start().unwrap();
        recording.started().within("the start of the recording").await;
        drop(camera);
        sleep(HALF_A_SECOND).await;
        let other_handle = recorder.clone();
        drop(recorder);
        assert!(is_live(&track), "the recorder keeps the track");
        assert_eq!(js::string(&raw, "state"), "recording");
        drop(other_handle);
        assert!(!is_live(&track));
        assert_eq!(js::string(&raw, "state"), "inactive");
        assert!(play(&file(recording).await).await.seconds > 0.1);
        assert_eq!(rest(states, "the end of the states").await.last(), Some(&RecordingState::Inactive));
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_dropped_recording_stops_recorder() {
    watched(async {
        let (camera, listeners) = (camera().await, ListenerCount::new());
        let recorder = recorder(&camera);
        let first = recorder.start().unwrap();
        recorder.stop();
        let second = recorder.start().unwrap();
        drop(first);
        assert_eq!(recorder.state(), RecordingState::Recording, "drop of a recording that has ended");
        let started = second.started();
        drop(second);
        assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
        started.within("the start or the end of the recording").await;
        drop(recorder);
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_recorder_released_by_into_raw_continues() {
    watched(async {
        let camera = camera().await;
        let track = Clone::clone(camera.tracks()[0].as_raw());
        let recorder = recorder(&camera);
        let recording = recorder.start().unwrap();
        drop(camera);
        let raw = recorder.into_raw();
        drop(recording);
        assert_eq!(js::string(&raw, "state"), "recording");
        drop(MediaRecorder::from_raw(raw.clone()));
        assert!(is_live(&track) && js::string(&raw, "state") == "recording", "a raw handle does not stop the recorder");

        let handle = MediaRecorder::from_raw(raw.clone());
        handle.stop();
        assert_eq!(js::string(&raw, "state"), "inactive");
        let recording = handle.start().unwrap();
        recording.started().within("the start of the recording").await;
        sleep(HALF_A_SECOND).await;
        handle.stop();
        assert!(play(&file(recording).await).await.seconds > 0.1);
        track.stop();
    })
    .await;
}
