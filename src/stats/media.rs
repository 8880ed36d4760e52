//! The sources and the playout of media.

use serde::Serialize;

use super::{
    Stats, StatsEntry,
    decode::{Head, dictionary},
};
use crate::media::TrackKind;

/// A track that is sent, before it is encoded.
/// [Specification](https://www.w3.org/TR/webrtc-stats/#mediasourcestats-dict*)
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[doc(alias = "RTCMediaSourceStats")]
pub enum MediaSource {
    /// An audio source.
    Audio(AudioSource),
    /// A video source.
    Video(VideoSource),
}

impl MediaSource {
    /// Decodes an entry. Returns the head for an unknown kind.
    pub(super) fn decode(head: Head) -> Result<Self, Head> {
        match head.raw.read("kind") {
            Some(TrackKind::Audio) => Ok(Self::Audio(AudioSource::decode(head))),
            Some(TrackKind::Video) => Ok(Self::Video(VideoSource::decode(head))),
            _ => Err(head),
        }
    }

    /// Returns the id of the track.
    #[must_use]
    pub fn track_identifier(&self) -> Option<&str> {
        match self {
            Self::Audio(source) => source.track_identifier.as_deref(),
            Self::Video(source) => source.track_identifier.as_deref(),
        }
    }
}

impl StatsEntry for AudioSource {
    fn from_stats(stats: &Stats) -> Option<&Self> {
        match stats {
            Stats::MediaSource(MediaSource::Audio(source)) => Some(source),
            _ => None,
        }
    }
}

impl StatsEntry for VideoSource {
    fn from_stats(stats: &Stats) -> Option<&Self> {
        match stats {
            Stats::MediaSource(MediaSource::Video(source)) => Some(source),
            _ => None,
        }
    }
}

/// Defines the dictionary of a source.
macro_rules! source {
    ({ $($head:tt)* } $($members:tt)*) => {
        dictionary! { $($head)* {
            /// The id of the track.
            #[doc(alias = "RTCMediaSourceStats.trackIdentifier")]
            track_identifier: String = "trackIdentifier",
            /// The kind of media.
            #[doc(alias = "RTCMediaSourceStats.kind")]
            kind: TrackKind = "kind",
            $($members)*
        }}
    };
}

source! {
    {
        /// An audio track that is sent, before it is encoded.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#audiosourcestats-dict*)
        #[doc(alias = "RTCAudioSourceStats")]
        AudioSource = "media-source"
    }
    /// The audio level, from 0 to 1, linear.
    #[doc(alias = "RTCAudioSourceStats.audioLevel")]
    audio_level: f64 = "audioLevel",
    /// The sum over all samples of level squared times duration, in seconds.
    #[doc(alias = "RTCAudioSourceStats.totalAudioEnergy")]
    total_audio_energy: f64 = "totalAudioEnergy",
    /// The total duration of the source's audio, in seconds.
    #[doc(alias = "RTCAudioSourceStats.totalSamplesDuration")]
    total_samples_duration: f64 = "totalSamplesDuration",
    /// The echo return loss, in decibels.
    #[doc(alias = "RTCAudioSourceStats.echoReturnLoss")]
    echo_return_loss: f64 = "echoReturnLoss",
    /// The echo return loss enhancement of echo cancellation, in decibels.
    #[doc(alias = "RTCAudioSourceStats.echoReturnLossEnhancement")]
    echo_return_loss_enhancement: f64 = "echoReturnLossEnhancement",
}

source! {
    {
        /// A video track that is sent, before it is encoded.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#videosourcestats-dict*)
        #[doc(alias = "RTCVideoSourceStats")]
        VideoSource = "media-source"
    }
    /// The width of the last frame, in pixels.
    #[doc(alias = "RTCVideoSourceStats.width")]
    width: u32 = "width",
    /// The height of the last frame, in pixels.
    #[doc(alias = "RTCVideoSourceStats.height")]
    height: u32 = "height",
    /// Frames of the source.
    #[doc(alias = "RTCVideoSourceStats.frames")]
    frames: u32 = "frames",
    /// Frames of the source in the last second.
    #[doc(alias = "RTCVideoSourceStats.framesPerSecond")]
    frames_per_second: f64 = "framesPerSecond",
}

dictionary! {
    /// The playout of audio. Only Chromium reports it.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#playoutstats-dict*)
    #[doc(alias = "RTCAudioPlayoutStats")]
    AudioPlayout = "media-playout" {
        /// The kind of media, which is always audio.
        #[doc(alias = "RTCAudioPlayoutStats.kind")]
        kind: TrackKind = "kind",
        /// The total duration of synthesized audio, which replaces missing audio, in seconds.
        #[doc(alias = "RTCAudioPlayoutStats.synthesizedSamplesDuration")]
        synthesized_samples_duration: f64 = "synthesizedSamplesDuration",
        /// The number of synthesis events.
        #[doc(alias = "RTCAudioPlayoutStats.synthesizedSamplesEvents")]
        synthesized_samples_events: u32 = "synthesizedSamplesEvents",
        /// The total duration of the playout, in seconds.
        #[doc(alias = "RTCAudioPlayoutStats.totalSamplesDuration")]
        total_samples_duration: f64 = "totalSamplesDuration",
        /// The sum over all samples of the estimated delay up to the speaker, in seconds.
        #[doc(alias = "RTCAudioPlayoutStats.totalPlayoutDelay")]
        total_playout_delay: f64 = "totalPlayoutDelay",
        /// Samples played out.
        #[doc(alias = "RTCAudioPlayoutStats.totalSamplesCount")]
        total_samples_count: u64 = "totalSamplesCount",
    }
}
