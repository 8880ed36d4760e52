//! Recordings of streams, which are played or decoded.
//!
//! The expected lengths have wide bounds: a busy machine starts and pauses late, and records less than the time that
//! has passed.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    media::{Chunk, MediaRecorder, MediaStream, RecorderOptions, RecordingState},
};
use futures::StreamExt;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    generated::red_and_blue,
    js,
    media::{camera, camera_and_microphone, microphone},
    now,
    recording::{decode_audio, file, play, recorder},
    rest, sleep, watched,
};

const HALF_A_SECOND: Duration = Duration::from_millis(500);

#[wasm_bindgen_test]
async fn f07_audio_recording_plays() {
    watched(async {
        let microphone = microphone().await;
        let options = RecorderOptions::new().mime_type("audio/webm;codecs=opus").mime_type("audio/ogg");
        let recorder = MediaRecorder::new(&microphone, &options).unwrap();
        let started = now();
        let recording = recorder.start().unwrap();
        recording.started().within("the start of the recording").await;
        sleep(Duration::from_millis(1500)).await;
        recorder.stop();
        let max = (now() - started) / 1000.0 + 1.0;
        let file = file(recording).await;
        assert!(file.type_().starts_with("audio/webm"), "{}", file.type_());
        let (seconds, peak) = decode_audio(&file).await;
        assert!((0.5..max).contains(&seconds) && peak > 0.01, "{seconds} s, {max} s at most, peak {peak}");
        let playback = play(&file).await;
        assert!((0.5..max).contains(&playback.seconds) && playback.width == 0.0, "{} s", playback.seconds);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_paused_and_resumed_video_recording_plays() {
    watched(async {
        let both = camera_and_microphone().await;
        let recorder = recorder(&both);
        let mut states = recorder.states();
        let started = now();
        let recording = recorder.start().unwrap();
        recording.started().within("the start of the recording").await;
        sleep(Duration::from_millis(800)).await;
        recorder.pause().unwrap();
        assert_eq!(js::string(recorder.as_raw(), "state"), "paused");
        let paused = now();
        sleep(Duration::from_secs(3)).await;
        let pause = (now() - paused) / 1000.0;
        recorder.resume().unwrap();
        assert_eq!(js::string(recorder.as_raw(), "state"), "recording");
        sleep(Duration::from_millis(800)).await;
        recorder.stop();
        // A recording that includes the pause is longer than this.
        let max = (now() - started) / 1000.0 - pause / 2.0;
        let file = file(recording).await;
        assert!(file.type_().starts_with("video/"), "{}", file.type_());

        let playback = play(&file).await;
        assert!((0.5..max).contains(&playback.seconds), "{} s, {max} s at most", playback.seconds);
        assert!(playback.frames >= 5.0 && playback.width == 640.0, "{} frames", playback.frames);
        let (seconds, peak) = decode_audio(&file).await;
        assert!((0.5..max).contains(&seconds) && peak > 0.01, "{seconds} s, {max} s at most, peak {peak}");

        use RecordingState::{Inactive, Paused, Recording};
        for state in [Inactive, Recording, Paused, Recording, Inactive] {
            assert_eq!(states.next().within("a recording state").await, Some(state));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_mp4_recording_plays_where_supported() {
    watched(async {
        let both = camera_and_microphone().await;
        let options = RecorderOptions::new().mime_type("video/mp4").mime_type("video/webm");
        let recorder = MediaRecorder::new(&both, &options).unwrap();
        let recording = recorder.start_in_slices(Duration::from_millis(200)).unwrap();
        recording.started().within("the start of the recording").await;
        sleep(HALF_A_SECOND * 2).await;
        recorder.stop();
        let file = file(recording).await;
        // Firefox does not write MP4.
        let expected = if js::is_firefox() { "video/webm" } else { "video/mp4" };
        assert!(file.type_().starts_with(expected), "{}", file.type_());
        let playback = play(&file).await;
        assert!(playback.seconds > 0.3 && playback.frames >= 3.0 && playback.width == 640.0, "{} s", playback.seconds);
        assert!(decode_audio(&file).await.1 > 0.01);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_slices_are_received_while_recording() {
    watched(async {
        let both = camera_and_microphone().await;
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
            assert_eq!(timecodes, [None; 5], "Firefox has no timecodes");
        } else {
            assert!(timecodes.windows(2).all(|pair| pair[0].is_some() && pair[0] < pair[1]), "{timecodes:?}");
        }

        recorder.stop();
        for chunk in rest(recording, "the end of the recording").await {
            chunks.push(chunk.unwrap());
        }
        let parts: js_sys::Array = chunks.iter().map(|chunk| &chunk.data).collect();
        let file = js::run("parts", &[&parts], "return new Blob(parts, { type: parts[0].type })");
        let playback = play(file.unchecked_ref()).await;
        assert!(playback.seconds > 0.3 && playback.frames >= 3.0, "{} s", playback.seconds);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_requested_data_is_received() {
    watched(async {
        let both = camera_and_microphone().await;
        let recorder = recorder(&both);
        let mut recording = recorder.start().unwrap();
        recording.started().within("the start of the recording").await;
        sleep(HALF_A_SECOND).await;
        recorder.request_data().unwrap();
        let chunk = recording.next().within("the requested chunk").await.unwrap().unwrap();
        assert!(chunk.data.size() > 0.0);
        recorder.pause().unwrap();
        recorder.request_data().unwrap();
        recording.next().within("the requested chunk of a paused recording").await.unwrap().unwrap();
        assert_eq!(recorder.state(), RecordingState::Paused);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_end_of_all_tracks_ends_recording() {
    watched(async {
        let both = camera_and_microphone().await;
        let recorder = recorder(&both);
        let recording = recorder.start().unwrap();
        recording.started().within("the start of the recording").await;
        both.video_tracks()[0].stop();
        sleep(HALF_A_SECOND).await;
        assert_eq!(recorder.state(), RecordingState::Recording, "the audio track is still live");
        both.stop();
        let file = file(recording).await;
        assert!(decode_audio(&file).await.0 > 0.1);
        assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
        let error = recorder.start().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NotSupported, "all tracks are ended");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_change_of_tracks_fails_recording() {
    watched(async {
        let (microphone, camera) = (microphone().await, camera().await);
        for change in ["stream.addTrack(track)", "stream.removeTrack(stream.getTracks()[0])"] {
            for whole in [false, true] {
                let stream = copy_of(&camera);
                let recorder = recorder(&stream);
                let recording = recorder.start().unwrap();
                recording.started().within("the start of the recording").await;
                sleep(HALF_A_SECOND).await;
                js::run("stream, track", &[stream.as_raw(), microphone.tracks()[0].as_raw()], change);
                let error = if whole {
                    recording.into_blob().within("the error").await.unwrap_err()
                } else {
                    let mut chunks = rest(recording, "the end of the recording").await.into_iter();
                    let error = chunks.next().expect("no error").unwrap_err();
                    let recorded = chunks.next().expect("no data after the error").unwrap();
                    assert!(recorded.data.size() > 0.0 && chunks.next().is_none());
                    error
                };
                assert_eq!(error.kind(), &ErrorKind::InvalidModification, "{change}");
                assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
            }
        }
    })
    .await;
}

/// Returns another stream with the same tracks.
fn copy_of(stream: &MediaStream) -> MediaStream {
    MediaStream::from_tracks(&stream.tracks()).unwrap()
}

#[wasm_bindgen_test]
async fn f07_recorder_can_be_restarted() {
    watched(async {
        let source = red_and_blue(160, 120);
        let recorder = recorder(&source.stream);
        let first = recorder.start().unwrap();
        first.started().within("the first start").await;
        sleep(HALF_A_SECOND).await;
        recorder.stop();
        // The browser has not delivered the last chunk of the first recording yet.
        let second = recorder.start().unwrap();
        second.started().within("the second start").await;
        let first = file(first).await;
        sleep(HALF_A_SECOND * 2).await;
        recorder.stop();
        let second = file(second).await;
        for (file, min) in [(first, 0.1), (second, 0.3)] {
            let playback = play(&file).await;
            assert!(playback.seconds > min && playback.width == 160.0, "{} s", playback.seconds);
        }
    })
    .await;
}
