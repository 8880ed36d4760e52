//! What sends a track to the peer.

use std::{cell::RefCell, fmt, rc::Rc};

use wasm_bindgen::JsCast;

use super::DtlsTransport;
use crate::{
    dtmf::DtmfSender,
    error::{Error, ErrorKind, Result},
    media::MediaStreamTrack,
    promise::settled,
    stats::StatsReport,
    sys::{self, global},
    wake::End,
};

/// Sends one track to the peer, and keeps it alive.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)
///
/// Clones share one sender. It does not keep its connection alive.
#[doc(alias = "RTCRtpSender")]
#[derive(Clone)]
pub struct RtpSender(Rc<Inner>);

struct Inner {
    raw: sys::rtp_sender::RtpSender,
    track: RefCell<Option<MediaStreamTrack>>,
    dtmf: RefCell<Option<DtmfSender>>,
    end: End,
}

impl RtpSender {
    pub(super) fn new(raw: sys::rtp_sender::RtpSender, end: &End) -> Self {
        let track = raw.track().map(MediaStreamTrack::from_raw);
        Self(Rc::new(Inner { raw, track: RefCell::new(track), dtmf: RefCell::default(), end: end.clone() }))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcRtpSender {
        &self.0.raw
    }

    pub(super) fn raw(&self) -> &sys::rtp_sender::RtpSender {
        &self.0.raw
    }

    /// The track that is being sent.
    #[doc(alias = "RTCRtpSender.track")]
    #[must_use]
    pub fn track(&self) -> Option<MediaStreamTrack> {
        self.0.track.borrow().clone()
    }

    /// Sends another track of the same kind from now on, or none, without a new offer.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-replacetrack)
    ///
    /// Dropped early, the browser replaces the track all the same, and this sender lets the new one go unless another
    /// handle holds it: keep yours until the future is done.
    ///
    /// # Errors
    /// `Type` for a track of the other kind, `InvalidState` for a stopped sender, `InvalidModification` for a track
    /// that would need a new offer, `Closed` once the connection is.
    #[doc(alias = "RTCRtpSender.replaceTrack")]
    pub async fn replace_track(&self, track: Option<&MediaStreamTrack>) -> Result<()> {
        let raw = track.map(MediaStreamTrack::as_raw);
        settled("replaceTrack", &self.0.end, || self.0.raw.replace_track(raw)).await?;
        self.keep(track.cloned());
        Ok(())
    }

    /// What is known of this sender's streams, and of what they refer to.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getstats)
    ///
    /// # Errors
    /// `Closed` once the connection is.
    #[doc(alias = "RTCRtpSender.getStats")]
    pub async fn stats(&self) -> Result<StatsReport> {
        const OPERATION: &str = "getStats";
        let report = settled(OPERATION, &self.0.end, || self.0.raw.stats()).await?;
        StatsReport::from_raw(report.unchecked_into())
    }

    /// What it sends on; none before the first offer or answer with it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-transport)
    #[doc(alias = "RTCRtpSender.transport")]
    #[must_use]
    pub fn transport(&self) -> Option<DtlsTransport> {
        DtlsTransport::new(global::get(&self.0.raw, "transport"), &self.0.end)
    }

    /// The keypad of this sender.
    ///
    /// # Errors
    /// `NotSupported` for a sender of video, which has no tones, and where the browser has no DTMF.
    #[doc(alias = "RTCRtpSender.dtmf")]
    pub fn dtmf(&self) -> Result<DtmfSender> {
        let mut dtmf = self.0.dtmf.borrow_mut();
        if let Some(dtmf) = &*dtmf {
            return Ok(dtmf.clone());
        }
        let raw = self.0.raw.dtmf().ok_or_else(|| {
            Error::new("dtmf", ErrorKind::NotSupported, "tones can be sent by a sender of audio only")
        })?;
        Ok(dtmf.insert(DtmfSender::new(raw, &self.0.end)).clone())
    }

    /// Keeps this track alive instead of the last one.
    pub(super) fn keep(&self, track: Option<MediaStreamTrack>) {
        // The old one goes after the borrow has: its drop may stop it, and the browser may then call.
        let _former = self.0.track.replace(track);
    }

    /// Leaves the track to the raw connection.
    pub(super) fn leave_running(&self) {
        if let Some(track) = self.0.track.take() {
            let _running = track.into_raw();
        }
    }
}

impl fmt::Debug for RtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtpSender").field("track", &self.0.track).finish_non_exhaustive()
    }
}
