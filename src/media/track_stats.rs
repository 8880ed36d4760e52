//! Statistics of a track.

use browser_rtc_proto::dictionary;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{MediaStreamTrack, TrackKind};
use crate::{
    dictionary::{self, js_members},
    error::{During, Error, ErrorKind, Result},
    members::Members,
    sys::global,
};

/// Statistics of a track, from [`MediaStreamTrack::stats`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum TrackStats {
    /// Statistics of an audio track.
    Audio(AudioTrackStats),
    /// Statistics of a video track.
    Video(VideoTrackStats),
}

/// Statistics of an audio track: the latency from the microphone to the page.
/// [Specification](https://w3c.github.io/mediacapture-extensions/#the-mediastreamtrackaudiostats-interface)
#[doc(alias = "MediaStreamTrackAudioStats")]
#[doc(alias = "MediaStreamTrackAudioStats.toJSON")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AudioTrackStats {
    /// The latency of the last samples, in milliseconds.
    #[doc(alias = "MediaStreamTrackAudioStats.latency")]
    pub latency: f64,
    /// The average latency since the last [reset](MediaStreamTrack::reset_latency), in milliseconds.
    #[doc(alias = "MediaStreamTrackAudioStats.averageLatency")]
    pub average_latency: f64,
    /// The minimum latency since the last reset, in milliseconds.
    #[doc(alias = "MediaStreamTrackAudioStats.minimumLatency")]
    pub minimum_latency: f64,
    /// The maximum latency since the last reset, in milliseconds.
    #[doc(alias = "MediaStreamTrackAudioStats.maximumLatency")]
    pub maximum_latency: f64,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    AudioTrackStats = Self::default(),
    required [],
    latency / "latency",
    average_latency / "averageLatency",
    minimum_latency / "minimumLatency",
    maximum_latency / "maximumLatency",
}

js_members!(AudioTrackStats: ; other);

/// Statistics of a video track: the frames of a camera or a screen.
/// [Specification](https://w3c.github.io/mediacapture-extensions/#the-mediastreamtrackvideostats-interface)
#[doc(alias = "MediaStreamTrackVideoStats")]
#[doc(alias = "MediaStreamTrackVideoStats.toJSON")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VideoTrackStats {
    /// The number of frames that were delivered to the consumers of the track, such as elements and senders.
    #[doc(alias = "MediaStreamTrackVideoStats.deliveredFrames")]
    pub delivered_frames: u64,
    /// The number of frames that were discarded because the frame rate of the track is lower than that of the source.
    #[doc(alias = "MediaStreamTrackVideoStats.discardedFrames")]
    pub discarded_frames: u64,
    /// The number of all frames of the source, including those that were dropped because of a high load.
    #[doc(alias = "MediaStreamTrackVideoStats.totalFrames")]
    pub total_frames: u64,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    VideoTrackStats = Self::default(),
    required [],
    delivered_frames / "deliveredFrames",
    discarded_frames / "discardedFrames",
    total_frames / "totalFrames",
}

js_members!(VideoTrackStats: ; other);

const OPERATION: &str = "stats";

impl MediaStreamTrack {
    /// Returns the statistics of the track; `None` if its source has no statistics.
    /// [Specification](https://w3c.github.io/mediacapture-extensions/#dom-mediastreamtrack-stats)
    ///
    /// # Errors
    /// `NotSupported` in Firefox, which has no statistics of tracks.
    #[doc(alias = "MediaStreamTrack.stats")]
    pub fn stats(&self) -> Result<Option<TrackStats>> {
        let Some(stats) = self.raw_stats()? else { return Ok(None) };
        let json = global::call(&stats, "toJSON").unwrap_or(Ok(stats)).during(OPERATION)?;
        Ok(Some(match self.kind() {
            TrackKind::Audio => TrackStats::Audio(dictionary::from_js(&json).unwrap_or_default()),
            _ => TrackStats::Video(dictionary::from_js(&json).unwrap_or_default()),
        }))
    }

    /// Resets the average, minimum and maximum latency of an audio track. It does nothing for a video track, and if the
    /// source has no statistics.
    /// [Specification](https://w3c.github.io/mediacapture-extensions/#dom-mediastreamtrackaudiostats-resetlatency)
    ///
    /// # Errors
    /// `NotSupported` in Firefox, which has no statistics of tracks.
    #[doc(alias = "MediaStreamTrackAudioStats.resetLatency")]
    pub fn reset_latency(&self) -> Result<()> {
        let reset = self.raw_stats()?.and_then(|stats| global::call(&stats, "resetLatency"));
        reset.map_or(Ok(()), |done| done.map(drop).during("resetLatency"))
    }

    fn raw_stats(&self) -> Result<Option<JsValue>> {
        let stats = global::get(self.as_raw(), OPERATION);
        if stats.is_undefined() {
            let advice = "this browser has no statistics of tracks: use those of the connection that sends the track";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        Ok(stats.is_object().then_some(stats))
    }
}
