//! Options of a recording.

use std::time::Duration;

use browser_rtc_proto::spec_enum;
use js_sys::Object;

use super::MediaRecorder;
use crate::{
    members::{Members, member_setter},
    sys::global,
};

spec_enum! {
    /// The variation of the bit rate of audio.
    /// [Specification](https://www.w3.org/TR/mediastream-recording/#enumdef-bitratemode)
    BitrateMode {
        /// A constant bit rate.
        #[doc(alias = "BitrateMode.constant")]
        Constant = "constant",
        /// A bit rate that depends on the audio. This is the default.
        #[doc(alias = "BitrateMode.variable")]
        Variable = "variable",
    }
}

/// The interval of the key frames of a recording, to which players can seek. Firefox ignores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFrames {
    /// A key frame at intervals of this time, in whole milliseconds.
    #[doc(alias = "MediaRecorderOptions.videoKeyFrameIntervalDuration")]
    Every(Duration),
    /// A key frame at intervals of this number of frames.
    #[doc(alias = "MediaRecorderOptions.videoKeyFrameIntervalCount")]
    EveryFrames(u32),
}

/// Options of a recording. The browser chooses the values that are not set.
/// [Specification](https://www.w3.org/TR/mediastream-recording/#mediarecorderoptions-section)
///
/// ```
/// use browser_rtc::media::RecorderOptions;
///
/// let options = RecorderOptions::new()
///     .mime_type("video/mp4")
///     .mime_type("video/webm;codecs=vp9,opus")
///     .mime_type("video/webm")
///     .video_bits_per_second(1_000_000);
/// # let _ = options;
/// ```
#[doc(alias = "MediaRecorderOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecorderOptions {
    mime_types: Vec<String>,
    audio_bits_per_second: Option<u32>,
    video_bits_per_second: Option<u32>,
    bits_per_second: Option<u32>,
    audio_bitrate_mode: Option<BitrateMode>,
    key_frames: Option<KeyFrames>,
    other: Members,
}

impl RecorderOptions {
    /// Creates empty options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file type, such as `audio/webm;codecs=opus`. The recorder uses the first type that the browser supports,
    /// in the order in which they were added. If the browser supports none of them, the recorder cannot be created.
    #[doc(alias = "MediaRecorderOptions.mimeType")]
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.mime_types.push(mime_type.into());
        self
    }

    /// Sets the bit rate of audio, in bits per second.
    #[doc(alias = "MediaRecorderOptions.audioBitsPerSecond")]
    #[must_use]
    pub fn audio_bits_per_second(mut self, bits: u32) -> Self {
        self.audio_bits_per_second = Some(bits);
        self
    }

    /// Sets the bit rate of video, in bits per second.
    #[doc(alias = "MediaRecorderOptions.videoBitsPerSecond")]
    #[must_use]
    pub fn video_bits_per_second(mut self, bits: u32) -> Self {
        self.video_bits_per_second = Some(bits);
        self
    }

    /// Sets the total bit rate, in bits per second, which the browser divides among the tracks. It overrides the other
    /// two.
    #[doc(alias = "MediaRecorderOptions.bitsPerSecond")]
    #[must_use]
    pub fn bits_per_second(mut self, bits: u32) -> Self {
        self.bits_per_second = Some(bits);
        self
    }

    /// Sets whether the bit rate of audio is constant. Firefox ignores it.
    #[doc(alias = "MediaRecorderOptions.audioBitrateMode")]
    #[must_use]
    pub fn audio_bitrate_mode(mut self, mode: BitrateMode) -> Self {
        self.audio_bitrate_mode = Some(mode);
        self
    }

    /// Sets the interval of key frames.
    #[must_use]
    pub fn key_frames(mut self, interval: KeyFrames) -> Self {
        self.key_frames = Some(interval);
        self
    }

    member_setter!();

    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        let supported = self.mime_types.iter().find(|mime_type| MediaRecorder::is_type_supported(mime_type));
        // If none is supported, the error of the browser names the first one.
        if let Some(mime_type) = supported.or_else(|| self.mime_types.first()) {
            global::set(&object, "mimeType", &mime_type.as_str().into());
        }
        if let Some(mode) = &self.audio_bitrate_mode {
            global::set(&object, "audioBitrateMode", &mode.as_str().into());
        }
        let (interval, frames) = match self.key_frames {
            Some(KeyFrames::Every(time)) => (Some(super::milliseconds(time)), None),
            Some(KeyFrames::EveryFrames(count)) => (None, Some(count)),
            None => (None, None),
        };
        for (name, value) in [
            ("audioBitsPerSecond", self.audio_bits_per_second),
            ("videoBitsPerSecond", self.video_bits_per_second),
            ("bitsPerSecond", self.bits_per_second),
            ("videoKeyFrameIntervalDuration", interval),
            ("videoKeyFrameIntervalCount", frames),
        ] {
            if let Some(value) = value {
                global::set(&object, name, &value.into());
            }
        }
        self.other.write(&object);
        object
    }
}
