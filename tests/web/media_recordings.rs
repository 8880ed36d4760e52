//! Streams recorded to files that play. A busy machine records less than the time that has passed, and begins and
//! pauses late: the lengths leave room for that.

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
        let wishes = RecorderOptions::new().mime_type("audio/webm;codecs=opus").mime_type("audio/ogg");
        let recorder = MediaRecorder::new(&microphone, &wishes).unwrap();
        let begun = now();
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        sleep(Duration::from_millis(1500)).await;
        recorder.stop();
        let most = (now() - begun) / 1000.0 + 1.0;
        let file = file(recording).await;
        assert!(file.type_().starts_with("audio/webm"), "{}", file.type_());
        let (seconds, peak) = decode_audio(&file).await;
        assert!((0.5..most).contains(&seconds) && peak > 0.01, "{seconds} s, {most} s at most, {peak}");
        let played = play(&file).await;
        assert!((0.5..most).contains(&played.seconds) && played.width == 0.0, "{} s", played.seconds);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_paused_and_resumed_video_recording_plays() {
    watched(async {
        let both = camera_and_microphone().await;
        let recorder = recorder(&both);
        let mut states = recorder.states();
        let begun = now();
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
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
        // As long as all of it less half of the pause.
        let most = (now() - begun) / 1000.0 - pause / 2.0;
        let file = file(recording).await;
        assert!(file.type_().starts_with("video/"), "{}", file.type_());

        let played = play(&file).await;
        assert!((0.5..most).contains(&played.seconds), "{} s, {most} s at most", played.seconds);
        assert!(played.frames >= 5.0 && played.width == 640.0, "{} frames", played.frames);
        let (seconds, peak) = decode_audio(&file).await;
        assert!((0.5..most).contains(&seconds) && peak > 0.01, "{seconds} s, {most} s at most, {peak}");

        use RecordingState::{Inactive, Paused, Recording};
        for state in [Inactive, Recording, Paused, Recording, Inactive] {
            assert_eq!(states.next().within("a state").await, Some(state));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_mp4_recording_plays_where_supported() {
    watched(async {
        let both = camera_and_microphone().await;
        let wishes = RecorderOptions::new().mime_type("video/mp4").mime_type("video/webm");
        let recorder = MediaRecorder::new(&both, &wishes).unwrap();
        let recording = recorder.start_in_slices(Duration::from_millis(200)).unwrap();
        recording.started().within("the start").await;
        sleep(HALF_A_SECOND * 2).await;
        recorder.stop();
        let file = file(recording).await;
        // Firefox writes none.
        let wanted = if js::is_firefox() { "video/webm" } else { "video/mp4" };
        assert!(file.type_().starts_with(wanted), "{}", file.type_());
        let played = play(&file).await;
        assert!(played.seconds > 0.3 && played.frames >= 3.0 && played.width == 640.0, "{} s", played.seconds);
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
        let played = play(file.unchecked_ref()).await;
        assert!(played.seconds > 0.3 && played.frames >= 3.0, "{} s", played.seconds);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_requested_data_is_received() {
    watched(async {
        let both = camera_and_microphone().await;
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
async fn f07_end_of_all_tracks_ends_recording() {
    watched(async {
        let both = camera_and_microphone().await;
        let recorder = recorder(&both);
        let recording = recorder.start().unwrap();
        recording.started().within("the start").await;
        both.video_tracks()[0].stop();
        sleep(HALF_A_SECOND).await;
        assert_eq!(recorder.state(), RecordingState::Recording, "the sound goes on");
        both.stop();
        let file = file(recording).await;
        assert!(decode_audio(&file).await.0 > 0.1);
        assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
        let error = recorder.start().unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::NotSupported, "nothing is left of the stream");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f07_change_of_tracks_fails_recording() {
    watched(async {
        let (microphone, camera) = (microphone().await, camera().await);
        for change in ["stream.addTrack(track)", "stream.removeTrack(stream.getTracks()[0])"] {
            // Once read part by part, and once whole.
            for whole in [false, true] {
                let stream = stream_of(&camera);
                let recorder = recorder(&stream);
                let recording = recorder.start().unwrap();
                recording.started().within("the start").await;
                sleep(HALF_A_SECOND).await;
                js::run("stream, track", &[stream.as_raw(), microphone.tracks()[0].as_raw()], change);
                let error = if whole {
                    recording.into_blob().within("the failure").await.unwrap_err()
                } else {
                    let mut parts = rest(recording, "the end of the recording").await.into_iter();
                    let error = parts.next().expect("the failure").unwrap_err();
                    let before = parts.next().expect("what was recorded").unwrap();
                    assert!(before.data.size() > 0.0 && parts.next().is_none());
                    error
                };
                assert_eq!(error.kind(), &ErrorKind::InvalidModification, "{change}");
                assert_eq!(js::string(recorder.as_raw(), "state"), "inactive");
            }
        }
    })
    .await;
}

/// Another stream of the same tracks.
fn stream_of(stream: &MediaStream) -> MediaStream {
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
        // The browser still has the last part of the first.
        let second = recorder.start().unwrap();
        second.started().within("the second start").await;
        let first = file(first).await;
        sleep(HALF_A_SECOND * 2).await;
        recorder.stop();
        let second = file(second).await;
        for (file, least) in [(first, 0.1), (second, 0.3)] {
            let played = play(&file).await;
            assert!(played.seconds > least && played.width == 160.0, "{} s", played.seconds);
        }
    })
    .await;
}
