//! Receivers of tracks.

use std::{fmt, rc::Rc, time::Duration};

use browser_rtc_proto::dictionary;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{
    DtlsTransport, RtpCapabilities, RtpParameters,
    rtp::{callable, open},
    stats,
};
use crate::{
    dictionary::{self, js_members},
    error::{During, Error, ErrorKind, Result},
    identity::{identity, same_object},
    media::{MediaStreamTrack, TrackKind},
    members::Members,
    stats::StatsReport,
    sys::{self, global},
    wake::CloseSignal,
};

/// A receiver of one track from the remote peer.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpreceiver-interface)
///
/// Clones share one receiver. A receiver does not keep its connection alive.
#[doc(alias = "RTCRtpReceiver")]
#[derive(Clone)]
pub struct RtpReceiver(Rc<SharedReceiver>);

struct SharedReceiver {
    raw: sys::rtp_receiver::RtpReceiver,
    track: MediaStreamTrack,
    end: CloseSignal,
}

impl RtpReceiver {
    pub(super) fn new(raw: sys::rtp_receiver::RtpReceiver, end: &CloseSignal) -> Self {
        let track = MediaStreamTrack::from_raw(raw.track());
        Self(Rc::new(SharedReceiver { raw, track, end: end.clone() }))
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcRtpReceiver {
        &self.0.raw
    }

    pub(super) fn raw(&self) -> &sys::rtp_receiver::RtpReceiver {
        &self.0.raw
    }

    /// Returns whether the receiver has state that later handles must share.
    pub(super) fn is_in_use(&self) -> bool {
        Rc::strong_count(&self.0) > 1 || !self.0.track.is_ended()
    }

    /// Returns the remote track. It exists from the start and never changes. The track is muted while the remote peer
    /// sends nothing, and ends when the transceiver is stopped or the connection is closed.
    #[doc(alias = "RTCRtpReceiver.track")]
    #[must_use]
    pub fn track(&self) -> MediaStreamTrack {
        self.0.track.clone()
    }

    /// Returns the capabilities of this browser for receiving a kind of media.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getcapabilities)
    ///
    /// # Errors
    /// `NotSupported` if the browser does not report capabilities, or for an unknown kind of media.
    #[doc(alias = "RTCRtpReceiver.getCapabilities")]
    pub fn capabilities(kind: &TrackKind) -> Result<RtpCapabilities> {
        RtpCapabilities::query("RTCRtpReceiver", kind, sys::rtp_receiver::RtpReceiver::capabilities)
    }

    /// Returns the negotiated parameters. They are mostly empty before a negotiation.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getparameters)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` if the browser does not report parameters.
    #[doc(alias = "RTCRtpReceiver.getParameters")]
    pub fn parameters(&self) -> Result<RtpParameters> {
        const OPERATION: &str = "getParameters";
        let parameters = callable(OPERATION, &self.0.raw, &self.0.end)?.parameters().during(OPERATION)?;
        Ok(RtpParameters::from_js(&parameters))
    }

    /// Returns the sources that contributed to the media of the last ten seconds, the latest first. Only a mixer
    /// between the peers reports such sources.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getcontributingsources)
    #[doc(alias = "RTCRtpReceiver.getContributingSources")]
    #[must_use]
    pub fn contributing_sources(&self) -> Vec<RtpSource> {
        RtpSource::all(self.0.raw.contributing_sources())
    }

    /// Returns the sources whose packets were played out in the last ten seconds, the latest first.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getsynchronizationsources)
    ///
    /// Chromium reports audio sources only while an element or an audio graph plays the track.
    #[doc(alias = "RTCRtpReceiver.getSynchronizationSources")]
    #[must_use]
    pub fn synchronization_sources(&self) -> Vec<RtpSource> {
        RtpSource::all(self.0.raw.synchronization_sources())
    }

    /// Returns the transport; `None` before the first description with this receiver is set.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-transport)
    #[doc(alias = "RTCRtpReceiver.transport")]
    #[must_use]
    pub fn transport(&self) -> Option<DtlsTransport> {
        DtlsTransport::new(global::get(&self.0.raw, "transport"), &self.0.end)
    }

    /// Returns the statistics of the streams of this receiver, and the entries that they refer to. The report of a
    /// closed connection may be empty.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-getstats)
    ///
    /// # Errors
    /// The same errors as [`PeerConnection::stats`](super::PeerConnection::stats).
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCRtpReceiver.getStats")]
    pub async fn stats(&self) -> Result<StatsReport> {
        stats::report(&self.0.end, || self.0.raw.stats()).await
    }

    /// Returns the target delay of the jitter buffer that was set last; `None` if the browser chooses the delay or does
    /// not support a target.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-jitterbuffertarget)
    #[doc(alias = "RTCRtpReceiver.jitterBufferTarget")]
    #[must_use]
    pub fn jitter_buffer_target(&self) -> Option<Duration> {
        let ms = global::get(&self.0.raw, "jitterBufferTarget").as_f64()?;
        Duration::try_from_secs_f64(ms / 1_000.0).ok()
    }

    /// Sets the target delay of the jitter buffer, 0 to 4 s; with `None` the browser chooses the delay. A longer delay
    /// makes playback smoother. The browser approaches the target gradually.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpreceiver-jitterbuffertarget)
    ///
    /// # Errors
    /// - `Range` for more than 4 s.
    /// - `NotSupported` if the browser does not support a target.
    /// - `Closed` if the connection is closed.
    pub fn set_jitter_buffer_target(&self, target: Option<Duration>) -> Result<()> {
        const OPERATION: &str = "jitterBufferTarget";
        let raw = open(OPERATION, &self.0.raw, &self.0.end)?;
        if global::get(raw, OPERATION).is_undefined() {
            let advice = "this browser does not support a target for the jitter buffer: omit the target";
            return Err(Error::new(OPERATION, ErrorKind::NotSupported, advice));
        }
        raw.set_jitter_buffer_target(target.map(|target| target.as_secs_f64() * 1_000.0)).during(OPERATION)
    }
}

impl fmt::Debug for RtpReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtpReceiver").field("track", &self.0.track).finish_non_exhaustive()
    }
}

/// A source of packets that a receiver has played out recently.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpcontributingsource)
#[doc(alias = "RTCRtpContributingSource")]
#[doc(alias = "RTCRtpSynchronizationSource")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RtpSource {
    /// The time at which the last frame was played out, in milliseconds since 1970, by the local clock.
    #[doc(alias = "RTCRtpContributingSource.timestamp")]
    pub timestamp: f64,
    /// The id of the source in packets: the CSRC or SSRC.
    #[doc(alias = "RTCRtpContributingSource.source")]
    pub source: u32,
    /// The audio level of the last packet, from 0 for silence to 1 for the maximum; `None` if the packet does not carry
    /// it, and for video.
    #[doc(alias = "RTCRtpContributingSource.audioLevel")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_level: Option<f64>,
    /// The RTP timestamp of the last frame, in ticks of the codec's clock.
    #[doc(alias = "RTCRtpContributingSource.rtpTimestamp")]
    pub rtp_timestamp: u32,
    /// The time at which the last frame was captured, in milliseconds since 1900 by the sender's clock. `None` in
    /// Firefox, and unless both peers [negotiate](super::RtpTransceiver::set_header_extensions_to_negotiate) the header
    /// extension `abs-capture-time`.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtpcontributingsource-capturetimestamp)
    #[doc(alias = "RTCRtpContributingSource.captureTimestamp")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_timestamp: Option<f64>,
    /// The sender's estimate of the offset of the capturing system's clock from its own, in milliseconds; `None` under
    /// the same conditions as [`capture_timestamp`](Self::capture_timestamp).
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtpcontributingsource-sendercapturetimeoffset)
    #[doc(alias = "RTCRtpContributingSource.senderCaptureTimeOffset")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_capture_time_offset: Option<f64>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    RtpSource = Self {
        timestamp: 0.0,
        source: 0,
        audio_level: None,
        rtp_timestamp: 0,
        capture_timestamp: None,
        sender_capture_time_offset: None,
        other: Members::new(),
    },
    required ["timestamp", "source", "rtpTimestamp"],
    timestamp / "timestamp",
    source / "source",
    audio_level / "audioLevel",
    rtp_timestamp / "rtpTimestamp",
    capture_timestamp / "captureTimestamp",
    sender_capture_time_offset / "senderCaptureTimeOffset",
}

js_members!(RtpSource: ; other);

impl RtpSource {
    fn all(sources: std::result::Result<JsValue, JsValue>) -> Vec<Self> {
        dictionary::list_from_js(&sources.unwrap_or_default())
    }
}

identity!(RtpReceiver, |this, other| same_object(&this.0.raw, &other.0.raw));
