//! Recordings, and what the browser makes of the files.

use browser_rtc::media::{Constraints, MediaRecorder, MediaStream, RecorderOptions, Recording};
use web_sys::Blob;

use super::{Within, js, media::capture};

pub async fn both() -> MediaStream {
    capture(&Constraints::new().audio(true).video(true)).await
}

pub fn recorder(stream: &MediaStream) -> MediaRecorder {
    MediaRecorder::new(stream, &RecorderOptions::new()).unwrap()
}

pub async fn file(recording: Recording) -> Blob {
    recording.into_blob().within("the recording").await.unwrap()
}

/// What is seen of a file that has been played to its end.
pub struct Played {
    pub seconds: f64,
    pub frames: f64,
    pub width: f64,
}

pub async fn played(file: &Blob) -> Played {
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
pub async fn heard(file: &Blob) -> (f64, f64) {
    let body = "return file.arrayBuffer()
        .then(bytes => new OfflineAudioContext(1, 1, 44100).decodeAudioData(bytes))
        .then(sound => ({
            seconds: sound.duration,
            peak: sound.getChannelData(0).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
        }))";
    let sound = js::run_to_end("file", &[file], body).await;
    (js::number(&sound, "seconds"), js::number(&sound, "peak"))
}
