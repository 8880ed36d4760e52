//! Streams recorded to files that play.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, Result,
    media::{
        BitrateMode, Chunk, Constraints, KeyFrames, MediaRecorder, MediaStream, RecorderOptions, Recording,
        RecordingState,
    },
};
use futures::StreamExt;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::support::{
    Within,
    generated::red_and_blue,
    js::{self, ListenerCount, Override},
    media::{camera, capture, is_live, microphone},
    now, rest, sleep, watched,
};

const HALF_A_SECOND: Duration = Duration::from_millis(500);

async fn both() -> MediaStream {
    capture(&Constraints::new().audio(true).video(true)).await
}

fn recorder(stream: &MediaStream) -> MediaRecorder {
    MediaRecorder::new(stream, &RecorderOptions::new()).unwrap()
}

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("a failure").kind().clone()
}

async fn file(recording: Recording) -> Blob {
    recording.into_blob().within("the recording").await.unwrap()
}

/// What is seen of a file that has been played to its end.
struct Played {
    seconds: f64,
    frames: f64,
    width: f64,
}

async fn played(file: &Blob) -> Played {
    let body = "return new Promise((done, failed) => {
        const video = document.createElement('video');
        const shown = { frames: 0 };
        const count = () => { shown.frames++; video.requestVideoFrameCallback(count); };
        video.requestVideoFrameCallback(count);
        video.onerror = () => failed(video.error);
        video.onended = () => {
            URL.revokeObjectURL(video.src);
            done(Object.assign(shown, { seconds: video.currentTime, width: video.videoWidth }));
        };
        video.muted = true;
        video.src = URL.createObjectURL(file);
        video.play();
    })";
    let shown = js::run_to_end("file", &[file], body).await;
    let number = |member| js::number(&shown, member);
    Played { seconds: number("seconds"), frames: number("frames"), width: number("width") }
}

/// The length in seconds and the loudest sample of a file's sound.
async fn heard(file: &Blob) -> (f64, f64) {
    let body = "return file.arrayBuffer()
        .then(bytes => new OfflineAudioContext(1, 1, 44100).decodeAudioData(bytes))
        .then(sound => ({
            seconds: sound.duration,
            peak: sound.getChannelData(0).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
        }))";
    let sound = js::run_to_end("file", &[file], body).await;
    (js::number(&sound, "seconds"), js::number(&sound, "peak"))
}

#[wasm_bindgen_test]
async fn f07_sound_alone() {
    watched(async {
        let microphone = microphone().await;
        let wishes = RecorderOptions::new().mime_type("audio/webm;codecs=opus").mime_type("audio/ogg");
        let recorder = MediaRecorder::new(&microphone, &wishes).unwrap();
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        sleep(Duration::from_millis(1500)).await;
        recorder.stop();
        let file = file(recording).await;
        assert!(file.type_().starts_with("audio/webm"), "{}", file.type_());
        let (seconds, peak) = heard(&file).await;
        assert!((1.0..2.5).contains(&seconds) && peak > 0.01, "{seconds} s, {peak}");
        let played = played(&file).await;
        assert!((1.0..2.5).contains(&played.seconds) && played.width == 0.0, "{} s", played.seconds);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_sound_with_picture_paused_and_resumed() {
    watched(async {
        let both = both().await;
        let recorder = recorder(&both);
        let mut states = recorder.states();
        let begun = now();
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        sleep(Duration::from_millis(800)).await;
        recorder.pause().unwrap();
        assert_eq!(js::string(recorder.as_raw(), "state"), "paused");
        let paused = now();
        sleep(Duration::from_millis(1200)).await;
        let pause = now() - paused;
        recorder.resume().unwrap();
        assert_eq!(js::string(recorder.as_raw(), "state"), "recording");
        sleep(Duration::from_millis(800)).await;
        recorder.stop();
        let recorded = (now() - begun - pause) / 1000.0;
        let file = file(recording).await;
        assert!(file.type_().starts_with("video/"), "{}", file.type_());

        let played = played(&file).await;
        assert!(played.seconds > 1.0 && played.seconds < recorded + 0.5, "{} s of {recorded} s", played.seconds);
        assert!(played.frames >= 10.0 && played.width == 640.0, "{} frames", played.frames);
        let (seconds, peak) = heard(&file).await;
        assert!(seconds > 1.0 && seconds < recorded + 0.5 && peak > 0.01, "{seconds} s of {recorded} s, {peak}");

        use RecordingState::{Inactive, Paused, Recording};
        for state in [Inactive, Recording, Paused, Recording, Inactive] {
            assert_eq!(states.next().within("a state").await, Some(state));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_data_as_it_comes() {
    watched(async {
        let both = both().await;
        let recorder = recorder(&both);
        let mut recording = recorder.start_in_slices(Duration::from_millis(200)).unwrap();
        let mut chunks = Vec::new();
        while chunks.len() < 5 {
            chunks.push(recording.next().within("a chunk").await.unwrap().unwrap());
            assert_eq!(js::string(recorder.as_raw(), "state"), "recording");
        }
        assert!(recorder.mime_type().starts_with("video/"));
        let mime_types: Vec<_> = chunks.iter().map(|chunk: &Chunk| chunk.data.type_()).collect();
        assert!(mime_types.iter().all(|mime_type| *mime_type == recorder.mime_type()), "{mime_types:?}");
        assert!(chunks.iter().filter(|chunk| chunk.data.size() > 0.0).count() > 2);
        let timecodes: Vec<_> = chunks.iter().map(|chunk| chunk.timecode).collect();
        if js::is_firefox() {
            assert_eq!(timecodes, [None; 5], "Firefox tells no times");
        } else {
            assert!(timecodes.windows(2).all(|pair| pair[0].is_some() && pair[0] < pair[1]), "{timecodes:?}");
        }

        recorder.stop();
        for chunk in rest(recording, "the end of the recording").await {
            chunks.push(chunk.unwrap());
        }
        let parts: js_sys::Array = chunks.iter().map(|chunk| &chunk.data).collect();
        let file = js::run("parts", &[&parts], "return new Blob(parts, { type: parts[0].type })");
        let played = played(file.unchecked_ref()).await;
        assert!(played.seconds > 0.8 && played.frames >= 5.0, "{} s", played.seconds);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_data_that_is_asked_for() {
    watched(async {
        let both = both().await;
        let recorder = recorder(&both);
        let mut recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        sleep(HALF_A_SECOND).await;
        recorder.request_data().unwrap();
        let chunk = recording.next().within("what was asked for").await.unwrap().unwrap();
        assert!(chunk.data.size() > 0.0);
        recorder.pause().unwrap();
        recorder.request_data().unwrap();
        recording.next().within("what was left at the pause").await.unwrap().unwrap();
        assert_eq!(recorder.state(), RecordingState::Paused);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_the_end_of_the_tracks_ends_the_recording() {
    watched(async {
        let both = both().await;
        let recorder = recorder(&both);
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        both.video_tracks()[0].stop();
        sleep(HALF_A_SECOND).await;
        assert_eq!(recorder.state(), RecordingState::Recording, "the sound goes on");
        both.stop();
        let file = file(recording).await;
        assert!(heard(&file).await.0 > 0.3);
        assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
        assert_eq!(kind(recorder.start()), ErrorKind::NotSupported, "nothing is left of the stream");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_a_stream_whose_tracks_change() {
    watched(async {
        let (microphone, camera) = (microphone().await, camera().await);
        for change in ["stream.addTrack(track)", "stream.removeTrack(stream.getTracks()[0])"] {
            let stream = js::run("tracks", &[&camera.as_raw().get_tracks()], "return new MediaStream(tracks)");
            let stream = MediaStream::from_raw(stream.unchecked_into());
            let recorder = recorder(&stream);
            let recording = recorder.start().unwrap();
            recording.started().within("the start").await;
            sleep(HALF_A_SECOND).await;
            js::run("stream, track", &[stream.as_raw(), microphone.tracks()[0].as_raw()], change);
            let mut parts = rest(recording, "the end of the recording").await.into_iter();
            assert_eq!(kind(parts.next().expect("the failure")), ErrorKind::InvalidModification);
            let before = parts.next().expect("what was recorded").unwrap();
            assert!(before.data.size() > 0.0 && parts.next().is_none());
            assert_eq!(recorder.state(), RecordingState::Inactive);

            let recorder = MediaRecorder::new(&stream_of(&camera), &RecorderOptions::new()).unwrap();
            let recording = recorder.start().unwrap();
            recording.started().within("the start").await;
            let stream = recorder.stream().as_raw();
            js::run("stream, track", &[stream, microphone.tracks()[0].as_raw()], change);
            let error = recording.into_blob().within("the failure").await.unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::InvalidModification);
        }
    })
    .await;
}

/// Another stream of the same tracks.
fn stream_of(stream: &MediaStream) -> MediaStream {
    let other = js::run("tracks", &[&stream.as_raw().get_tracks()], "return new MediaStream(tracks)");
    MediaStream::from_raw(other.unchecked_into())
}

#[wasm_bindgen_test]
async fn f07_what_is_asked_in_the_wrong_state() {
    watched(async {
        let camera = camera().await;
        let recorder = recorder(&camera);
        let only_when_recording = || [recorder.pause(), recorder.resume(), recorder.request_data()].map(kind);
        assert_eq!(only_when_recording(), [const { ErrorKind::InvalidState }; 3], "not started");
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
        assert_eq!(only_when_recording(), [const { ErrorKind::InvalidState }; 3], "stopped");
        recording.into_blob().within("the end").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_what_cannot_be_recorded() {
    watched(async {
        let both = both().await;
        let wish = |mime_type: &str| MediaRecorder::new(&both, &RecorderOptions::new().mime_type(mime_type));
        assert_eq!(kind(wish("video/nothing")), ErrorKind::NotSupported);
        assert_eq!(kind(wish("nothing")), ErrorKind::NotSupported);
        assert_eq!(kind(wish("audio/webm").unwrap().start()), ErrorKind::NotSupported, "it cannot hold the picture");

        let empty = MediaStream::from_raw(js::eval("new MediaStream()").unchecked_into());
        assert_eq!(kind(recorder(&empty).start()), ErrorKind::NotSupported);
        let ended = camera().await;
        ended.stop();
        assert_eq!(kind(recorder(&ended).start()), ErrorKind::NotSupported);

        let mode = RecorderOptions::new().audio_bitrate_mode(BitrateMode::from("sometimes"));
        let made = MediaRecorder::new(&both, &mode);
        if js::is_firefox() {
            assert!(made.is_ok(), "Firefox knows of no modes");
        } else {
            assert_eq!(kind(made), ErrorKind::Type);
        }

        let _none = Override::new(&js::eval("window"), "MediaRecorder", &JsValue::UNDEFINED);
        assert_eq!(kind(MediaRecorder::new(&both, &RecorderOptions::new())), ErrorKind::NotSupported);
        assert!(!MediaRecorder::is_type_supported("video/webm"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_what_the_page_may_not_read() {
    watched(async {
        let body = "return navigator.mediaDevices.getUserMedia({ video: true, peerIdentity: 'ada@example.org' })";
        let isolated = MediaStream::from_raw(js::run_to_end("", &[], body).await.unchecked_into());
        let started = recorder(&isolated).start();
        if js::is_firefox() {
            assert_eq!(kind(started), ErrorKind::Security);
        } else {
            assert!(started.is_ok(), "Chromium keeps no stream for one peer");
        }
        isolated.stop();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_the_first_wish_that_can_be_met() {
    watched(async {
        let camera = camera().await;
        let wishes = ["video/nothing", "video/webm;codecs=vp8", "video/webm"];
        let options = wishes.iter().fold(RecorderOptions::new(), |options, wish| options.mime_type(*wish));
        assert_eq!(wishes.map(MediaRecorder::is_type_supported), [false, true, true]);
        let recorder = MediaRecorder::new(&camera, &options).unwrap();
        assert_eq!(recorder.mime_type(), "video/webm;codecs=vp8");
        assert_eq!(js::string(recorder.as_raw(), "mimeType"), "video/webm;codecs=vp8");
        assert_eq!(self::recorder(&camera).mime_type(), "", "the browser chooses when it starts");
        assert!(js::same(recorder.stream().as_raw(), &js::get(recorder.as_raw(), "stream")));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_bit_rates() {
    watched(async {
        let both = both().await;
        let of = |options: &RecorderOptions| {
            let recorder = MediaRecorder::new(&both, options).unwrap();
            let rates = (recorder.video_bits_per_second(), recorder.audio_bits_per_second());
            let raw = recorder.as_raw();
            let told = (js::number(raw, "videoBitsPerSecond"), js::number(raw, "audioBitsPerSecond"));
            assert_eq!((f64::from(rates.0), f64::from(rates.1)), told);
            (rates, recorder.audio_bitrate_mode())
        };
        let (rates, mode) = of(&RecorderOptions::new().video_bits_per_second(400_000).audio_bits_per_second(32_000));
        assert_eq!(rates, (400_000, 32_000));
        // Firefox has no modes.
        assert_eq!(mode, (!js::is_firefox()).then_some(BitrateMode::Variable));
        let (rates, mode) =
            of(&RecorderOptions::new().bits_per_second(500_000).audio_bitrate_mode(BitrateMode::Constant));
        assert!(rates.0 > 0 && rates.1 > 0 && rates.0 + rates.1 <= 500_000, "{rates:?}");
        assert_eq!(mode, (!js::is_firefox()).then_some(BitrateMode::Constant));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_the_browser_gets_all_options() {
    watched(async {
        let camera = camera().await;
        let body = "return class extends MediaRecorder {
            constructor(stream, options) { super(stream, options); this.given = JSON.stringify(options); }
        }";
        let _spy = Override::new(&js::eval("window"), "MediaRecorder", &js::run("", &[], body));
        let given =
            |options: &RecorderOptions| js::string(MediaRecorder::new(&camera, options).unwrap().as_raw(), "given");
        assert_eq!(given(&RecorderOptions::new()), "{}");
        let all = RecorderOptions::new()
            .mime_type("video/webm")
            .audio_bits_per_second(1)
            .video_bits_per_second(2)
            .bits_per_second(3)
            .audio_bitrate_mode(BitrateMode::Constant)
            .key_frames(KeyFrames::Every(Duration::from_secs(2)));
        let wanted = r#"{"mimeType":"video/webm","audioBitrateMode":"constant","audioBitsPerSecond":1,"#.to_owned()
            + r#""videoBitsPerSecond":2,"bitsPerSecond":3,"videoKeyFrameIntervalDuration":2000}"#;
        assert_eq!(given(&all), wanted);
        let frames = RecorderOptions::new().key_frames(KeyFrames::EveryFrames(30));
        assert_eq!(given(&frames), r#"{"videoKeyFrameIntervalCount":30}"#);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_started_anew() {
    watched(async {
        let source = red_and_blue(160, 120);
        let recorder = recorder(&source.stream);
        let first = recorder.start().unwrap();
        first.started().within("the first start").await;
        sleep(HALF_A_SECOND).await;
        recorder.stop();
        // The browser still has the last part of the first.
        let second = recorder.start().unwrap();
        second.started().within("the second start").await;
        let first = file(first).await;
        sleep(HALF_A_SECOND * 2).await;
        recorder.stop();
        let second = file(second).await;
        for (file, least) in [(first, 0.3), (second, 0.7)] {
            let played = played(&file).await;
            assert!(played.seconds > least && played.width == 160.0, "{} s", played.seconds);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_a_dropped_recorder_stops_and_gives_what_it_has() {
    watched(async {
        let listeners = ListenerCount::new();
        let camera = camera().await;
        let track = Clone::clone(camera.tracks()[0].as_raw());
        let recorder = recorder(&camera);
        let (raw, states) = (recorder.as_raw().clone(), recorder.states());
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        drop(camera);
        sleep(HALF_A_SECOND).await;
        let other_handle = recorder.clone();
        drop(recorder);
        assert!(is_live(&track), "the recorder has it");
        assert_eq!(js::string(&raw, "state"), "recording");
        drop(other_handle);
        assert!(!is_live(&track));
        assert_eq!(js::string(&raw, "state"), "inactive");
        assert!(played(&file(recording).await).await.seconds > 0.3);
        assert_eq!(rest(states, "the end of the states").await.last(), Some(&RecordingState::Inactive));
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_a_dropped_recording_stops_its_recorder() {
    watched(async {
        let (camera, listeners) = (camera().await, ListenerCount::new());
        let recorder = recorder(&camera);
        let first = recorder.start().unwrap();
        recorder.stop();
        let second = recorder.start().unwrap();
        drop(first);
        assert_eq!(recorder.state(), RecordingState::Recording, "the first is over");
        let until = second.started();
        drop(second);
        assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
        until.within("a start or an end").await;
        drop(recorder);
        assert_eq!(listeners.live(), 0);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_a_recorder_left_to_others() {
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
        assert!(is_live(&track) && js::string(&raw, "state") == "recording", "another looks after it");

        let handle = MediaRecorder::from_raw(raw.clone());
        handle.stop();
        assert_eq!(js::string(&raw, "state"), "inactive");
        let recording = handle.start().unwrap();
        recording.started().within("the start").await;
        sleep(HALF_A_SECOND).await;
        handle.stop();
        assert!(played(&file(recording).await).await.seconds > 0.3);
        track.stop();
    })
    .await;
}
