//! Recordings, and the playback and decoding of recorded files.

use browser_rtc::media::{MediaRecorder, MediaStream, RecorderOptions, Recording};
use web_sys::Blob;

use super::{Within, js};

pub fn recorder(stream: &MediaStream) -> MediaRecorder {
    MediaRecorder::new(stream, &RecorderOptions::new()).unwrap()
}

pub async fn file(recording: Recording) -> Blob {
    recording.into_blob().within("the recording").await.unwrap()
}

/// The length, the number of presented frames and the width of a file that was played to its end.
pub struct Playback {
    pub seconds: f64,
    pub frames: f64,
    pub width: f64,
}

pub async fn play(file: &Blob) -> Playback {
    let body = "return new Promise((done, failed) => {
        const video = document.createElement('video');
        const playback = { frames: 0 };
        const count = () => { playback.frames++; video.requestVideoFrameCallback(count); };
        video.requestVideoFrameCallback(count);
        video.onerror = () => failed(video.error);
        video.onended = () => {
            URL.revokeObjectURL(video.src);
            done(Object.assign(playback, { seconds: video.currentTime, width: video.videoWidth }));
        };
        video.muted = true;
        video.src = URL.createObjectURL(file);
        video.play();
    })";
    let playback = js::run_async("file", &[file], body).await;
    let number = |member| js::number(&playback, member);
    Playback { seconds: number("seconds"), frames: number("frames"), width: number("width") }
}

/// Returns the length of a file's audio in seconds, and its highest absolute sample.
pub async fn decode_audio(file: &Blob) -> (f64, f64) {
    let body = "return file.arrayBuffer()
        .then(bytes => new OfflineAudioContext(1, 1, 44100).decodeAudioData(bytes))
        .then(sound => ({
            seconds: sound.duration,
            peak: sound.getChannelData(0).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
        }))";
    let sound = js::run_async("file", &[file], body).await;
    (js::number(&sound, "seconds"), js::number(&sound, "peak"))
}
