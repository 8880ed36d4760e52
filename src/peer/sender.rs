//! Senders of tracks.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
};

use wasm_bindgen::JsValue;

use super::{DtlsTransport, RtpCapabilities, RtpSendParameters, SetParameterOptions, rtp::callable, stats};
use crate::{
    dictionary,
    dtmf::DtmfSender,
    error::{During, Error, ErrorKind, Result},
    identity::{identity, same_object},
    media::{MediaStream, MediaStreamTrack, TrackKind},
    promise::{Settled, settled},
    stats::StatsReport,
    sys::{self, global},
    wake::CloseSignal,
};

/// A sender of one track to the remote peer. It keeps the track alive.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)
///
/// Clones share one sender. It does not keep its connection alive.
#[doc(alias = "RTCRtpSender")]
#[derive(Clone)]
pub struct RtpSender(Rc<SharedSender>);

struct SharedSender {
    raw: sys::rtp_sender::RtpSender,
    /// The track that it keeps alive.
    track: RefCell<Option<MediaStreamTrack>>,
    dtmf: RefCell<Option<DtmfSender>>,
    /// Set while its track is removed and it may take another.
    is_emptied: Cell<bool>,
    /// The number of pending replacements of the track.
    replacing: Cell<u32>,
    end: CloseSignal,
}

impl RtpSender {
    pub(super) fn new(raw: sys::rtp_sender::RtpSender, end: &CloseSignal) -> Self {
        Self(Rc::new(SharedSender {
            raw,
            track: RefCell::default(),
            dtmf: RefCell::default(),
            is_emptied: Cell::new(false),
            replacing: Cell::new(0),
            end: end.clone(),
        }))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcRtpSender {
        &self.0.raw
    }

    pub(super) fn raw(&self) -> &sys::rtp_sender::RtpSender {
        &self.0.raw
    }

    /// Returns whether it has state that its next handle must share.
    pub(super) fn is_in_use(&self) -> bool {
        Rc::strong_count(&self.0) > 1
            || self.0.track.borrow().is_some()
            || self.0.dtmf.borrow().is_some()
            || self.0.is_emptied.get()
    }

    /// Releases the removed track; the sender may take another.
    pub(super) fn empty(&self) {
        self.keep(None);
        self.0.is_emptied.set(true);
    }

    /// Returns whether the track was removed, and no other has been set since.
    pub(super) fn is_emptied(&self) -> bool {
        self.0.is_emptied.get() && self.track().is_none()
    }

    /// Excludes the sender from reuse.
    pub(super) fn forget_emptied(&self) {
        self.0.is_emptied.set(false);
    }

    /// Returns whether each encoding is active, without reading all of the parameters.
    pub(super) fn has_only_active_encodings(&self) -> bool {
        let is_active = |encoding: &JsValue| global::get(encoding, "active").as_bool() != Some(false);
        let raw = callable("getParameters", &self.0.raw, &self.0.end).ok().and_then(|raw| raw.parameters().ok());
        raw.is_some_and(|raw| global::items(&global::get(&raw, "encodings")).iter().all(is_active))
    }

    pub(super) fn is_replacing(&self) -> bool {
        self.0.replacing.get() > 0
    }

    /// Sets this track at once, and requests the replacement from the browser.
    pub(super) fn begin_replacing(&self, track: Option<&MediaStreamTrack>) -> Settled {
        self.keep(track.cloned());
        self.0.is_emptied.set(track.is_none());
        self.0.replacing.set(self.0.replacing.get() + 1);
        let raw = track.map(MediaStreamTrack::as_raw);
        settled("replaceTrack", &self.0.end, || self.0.raw.replace_track(raw))
    }

    pub(super) fn end_replacing(&self) {
        self.0.replacing.set(self.0.replacing.get().saturating_sub(1));
    }

    /// Returns the track that the browser names: the one that is being sent, and, of a stopped transceiver or a closed
    /// connection, the one that was sent last. In a session, it is the track that
    /// [`add_track`](super::PeerConnection::add_track) was given, also while the browser has yet to take it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-track)
    #[doc(alias = "RTCRtpSender.track")]
    #[must_use]
    pub fn track(&self) -> Option<MediaStreamTrack> {
        if self.is_replacing() {
            return self.0.track.borrow().clone();
        }
        self.0.raw.track().map(MediaStreamTrack::from_raw)
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
        // Another track may have replaced it in the meantime.
        if self.track().as_ref() == track {
            self.keep(track.cloned());
        }
        Ok(())
    }

    /// Returns the statistics of this sender's streams, and of the entries that they refer to.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getstats)
    ///
    /// A closed connection still has a report, which may be empty.
    ///
    /// # Errors
    /// The browser's, as for [`PeerConnection::stats`](super::PeerConnection::stats).
    #[doc(alias = "RTCRtpSender.getStats")]
    pub async fn stats(&self) -> Result<StatsReport> {
        stats::report(&self.0.end, || self.0.raw.stats()).await
    }

    /// Returns the transport; `None` before the first offer or answer with this sender.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-transport)
    #[doc(alias = "RTCRtpSender.transport")]
    #[must_use]
    pub fn transport(&self) -> Option<DtlsTransport> {
        DtlsTransport::new(global::get(&self.0.raw, "transport"), &self.0.end)
    }

    /// Returns the DTMF sender.
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
        Ok(dtmf.insert(DtmfSender::new(raw, &self.0.raw, &self.0.end)).clone())
    }

    /// Returns the capabilities of this browser for sending a kind of media.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getcapabilities)
    ///
    /// # Errors
    /// `NotSupported` where the browser does not tell, or knows no such kind.
    #[doc(alias = "RTCRtpSender.getCapabilities")]
    pub fn capabilities(kind: &TrackKind) -> Result<RtpCapabilities> {
        RtpCapabilities::query("RTCRtpSender", kind, sys::rtp_sender::RtpSender::capabilities)
    }

    /// Returns the current parameters.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getparameters)
    ///
    /// # Errors
    /// `Closed` once the connection is, `NotSupported` where the browser does not tell.
    #[doc(alias = "RTCRtpSender.getParameters")]
    pub fn parameters(&self) -> Result<RtpSendParameters> {
        const OPERATION: &str = "getParameters";
        let raw = callable(OPERATION, &self.0.raw, &self.0.end)?.parameters().during(OPERATION)?;
        Ok(RtpSendParameters::from_raw(raw))
    }

    /// Sends otherwise from now on, without a new offer. The parameters are to be those read last, with their fields
    /// changed, and can be set once; read them right before, as the specification lets them grow stale with the next
    /// `await`.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-setparameters)
    ///
    /// ```no_run
    /// # use browser_rtc::{peer::RtpSender, Result};
    /// # async fn example(sender: &RtpSender) -> Result<()> {
    /// let mut parameters = sender.parameters()?;
    /// for encoding in &mut parameters.encodings {
    ///     encoding.max_bitrate = Some(250_000);
    /// }
    /// sender.set_parameters(&parameters).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// - `InvalidState` for parameters that were set before, where none have been read, and for a stopped transceiver.
    ///   Firefox takes the same parameters again, and asks for no reading.
    /// - `InvalidModification` where others have been read since; where the number of encodings, their order, a rid
    ///   or what was agreed on has changed. Firefox ignores changes of the latter, and takes another number.
    /// - `Range` for a scale below 1 or a negative frame rate, of video.
    /// - `InvalidModification` for a codec that was not agreed on or, before an answer, is not one of the sender's
    ///   capabilities. Where the encodings have not all the same, Chromium says `Operation`.
    /// - `InvalidModification` for layers that the codec does not have. Firefox takes no notice of layers.
    /// - `Type` for an unknown priority or preference, of which Firefox does not know
    ///   [`MaintainFramerateAndResolution`](super::DegradationPreference::MaintainFramerateAndResolution).
    /// - `Closed` once the connection is.
    #[doc(alias = "RTCRtpSender.setParameters")]
    pub async fn set_parameters(&self, parameters: &RtpSendParameters) -> Result<()> {
        self.set_parameters_with(parameters, &SetParameterOptions::new()).await
    }

    /// Sets the parameters together with a one-time action, such as a key frame.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#rtcrtpsender-extensions)
    ///
    /// # Errors
    /// As [`set_parameters`](Self::set_parameters), and `InvalidModification` where there are options for another
    /// number of encodings.
    #[doc(alias = "RTCRtpSender.setParameters")]
    pub async fn set_parameters_with(
        &self,
        parameters: &RtpSendParameters,
        options: &SetParameterOptions,
    ) -> Result<()> {
        let set = || self.0.raw.set_parameters(&parameters.to_js(), &dictionary::to_js(options));
        settled("setParameters", &self.0.end, set).await?;
        Ok(())
    }

    /// Sets the streams in which the remote peer receives the track; a negotiation is needed then.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-setstreams)
    ///
    /// # Errors
    /// `Closed` once the connection is, `NotSupported` where the browser cannot change them.
    #[doc(alias = "RTCRtpSender.setStreams")]
    pub fn set_streams(&self, streams: &[&MediaStream]) -> Result<()> {
        const OPERATION: &str = "setStreams";
        let streams = streams.iter().map(|stream| stream.as_raw()).collect();
        callable(OPERATION, &self.0.raw, &self.0.end)?.set_streams(&streams).during(OPERATION)
    }

    /// Keeps this track alive instead of the former one.
    pub(super) fn keep(&self, track: Option<MediaStreamTrack>) {
        // The former track is dropped after the borrow: its drop may stop it, and the browser may then call.
        let _ = self.0.track.replace(track);
    }

    /// Leaves the track running for the raw connection.
    pub(super) fn leave_running(&self) {
        if let Some(track) = self.0.track.take() {
            let _ = track.into_raw();
        }
    }
}

impl fmt::Debug for RtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtpSender").field("track", &self.track()).finish_non_exhaustive()
    }
}

identity!(RtpSender, |this, other| same_object(&this.0.raw, &other.0.raw));
