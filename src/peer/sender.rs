//! Senders of tracks.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
};

use js_sys::{Array, Object};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{
    DtlsTransport, PeerConnection, RtpCapabilities, RtpSendParameters, SetParameterOptions, rtp::callable, stats,
};
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

/// A sender of one track to the remote peer.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)
///
/// Clones share one sender. A sender keeps its track alive, but not its connection.
#[doc(alias = "RTCRtpSender")]
#[derive(Clone)]
pub struct RtpSender(Rc<SharedSender>);

struct SharedSender {
    raw: sys::rtp_sender::RtpSender,
    /// The track that is kept alive.
    track: RefCell<Option<MediaStreamTrack>>,
    dtmf: RefCell<Option<DtmfSender>>,
    /// Set while the track is removed and the sender may take another one.
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

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcRtpSender {
        &self.0.raw
    }

    pub(super) fn raw(&self) -> &sys::rtp_sender::RtpSender {
        &self.0.raw
    }

    /// Returns whether the sender has state that later handles must share.
    pub(super) fn is_in_use(&self) -> bool {
        Rc::strong_count(&self.0) > 1
            || self.0.track.borrow().is_some()
            || self.0.dtmf.borrow().is_some()
            || self.0.is_emptied.get()
    }

    /// Releases the removed track, and makes the sender available for another one.
    pub(super) fn empty(&self) {
        self.keep(None);
        self.0.is_emptied.set(true);
    }

    /// Returns whether the track was removed and no other has been set since.
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

    /// Sets the track of the handle immediately, and requests the replacement from the browser.
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

    /// Returns the track that is being sent. For a stopped transceiver or a closed connection, it is the track that was
    /// sent last. In a session, it is the track that was passed to [`add_track`](super::PeerConnection::add_track),
    /// even while the browser has yet to set it.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-track)
    #[doc(alias = "RTCRtpSender.track")]
    #[must_use]
    pub fn track(&self) -> Option<MediaStreamTrack> {
        if self.is_replacing() {
            return self.0.track.borrow().clone();
        }
        self.0.raw.track().map(MediaStreamTrack::from_raw)
    }

    /// Replaces the track with another one of the same kind, or with none, without a negotiation.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-replacetrack)
    ///
    /// # Errors
    /// - `Type` for a track of the other kind.
    /// - `InvalidState` if the transceiver is stopped.
    /// - `InvalidModification` for a track that requires a negotiation.
    /// - `Closed` if the connection is closed.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still replaces the track, but the sender does
    /// not keep the new track alive. The program has to keep a handle of the track.
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

    /// Returns the statistics of the streams of this sender, and the entries that they refer to. The report of a closed
    /// connection may be empty.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getstats)
    ///
    /// # Errors
    /// The same errors as [`PeerConnection::stats`](super::PeerConnection::stats).
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCRtpSender.getStats")]
    pub async fn stats(&self) -> Result<StatsReport> {
        stats::report(&self.0.end, || self.0.raw.stats()).await
    }

    /// Returns the transport; `None` before the first description with this sender is set.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-transport)
    #[doc(alias = "RTCRtpSender.transport")]
    #[must_use]
    pub fn transport(&self) -> Option<DtlsTransport> {
        DtlsTransport::new(global::get(&self.0.raw, "transport"), &self.0.end)
    }

    /// Returns the DTMF sender, which plays touch tones into the audio.
    ///
    /// # Errors
    /// `NotSupported` for a sender of video, and if the browser has no DTMF.
    #[doc(alias = "RTCRtpSender.dtmf")]
    pub fn dtmf(&self) -> Result<DtmfSender> {
        let mut dtmf = self.0.dtmf.borrow_mut();
        if let Some(dtmf) = &*dtmf {
            return Ok(dtmf.clone());
        }
        let raw = self.0.raw.dtmf().ok_or_else(|| {
            Error::new("dtmf", ErrorKind::NotSupported, "the sender has no DTMF: only a sender of audio has it")
        })?;
        Ok(dtmf.insert(DtmfSender::new(raw, &self.0.raw, &self.0.end)).clone())
    }

    /// Returns the capabilities of this browser for sending a kind of media.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getcapabilities)
    ///
    /// # Errors
    /// `NotSupported` if the browser does not report capabilities, or for an unknown kind of media.
    #[doc(alias = "RTCRtpSender.getCapabilities")]
    pub fn capabilities(kind: &TrackKind) -> Result<RtpCapabilities> {
        RtpCapabilities::query("RTCRtpSender", kind, sys::rtp_sender::RtpSender::capabilities)
    }

    /// Returns the current parameters.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-getparameters)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` if the browser does not report parameters.
    #[doc(alias = "RTCRtpSender.getParameters")]
    pub fn parameters(&self) -> Result<RtpSendParameters> {
        const OPERATION: &str = "getParameters";
        let raw = callable(OPERATION, &self.0.raw, &self.0.end)?.parameters().during(OPERATION)?;
        Ok(RtpSendParameters::from_raw(raw))
    }

    /// Sets the parameters, such as the bit rate, without a negotiation.
    ///
    /// The argument is the result of the last call of [`parameters`](Self::parameters), with changed fields, and can be
    /// set once. Read the parameters immediately before, because the specification lets them expire with the next
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
    /// - `InvalidState` for parameters that have been set already or have expired, and if the transceiver is stopped.
    ///   Firefox accepts the same parameters several times, and expired ones.
    /// - `InvalidModification` if the parameters have been read again since; and if the number of encodings, their
    ///   order, a rid or a [negotiated](RtpSendParameters::agreed) parameter differs. Firefox ignores changes of
    ///   negotiated parameters, and accepts another number of encodings.
    /// - `Range` for a scale of video below 1 or a negative frame rate.
    /// - `InvalidModification` for a codec that is not negotiated or, before an answer, is not among the capabilities
    ///   of the sender. Chromium returns `Operation` if the encodings do not all have the same codec.
    /// - `InvalidModification` for layers that the codec does not have. Firefox ignores layers.
    /// - `Type` for an unknown priority or degradation preference. Firefox does not support
    ///   [`MaintainFramerateAndResolution`](super::DegradationPreference::MaintainFramerateAndResolution).
    /// - `Closed` if the connection is closed.
    ///
    /// # Cancel safety
    /// If the future is dropped before it resolves, the browser still sets the parameters.
    #[doc(alias = "RTCRtpSender.setParameters")]
    pub async fn set_parameters(&self, parameters: &RtpSendParameters) -> Result<()> {
        self.set_parameters_with(parameters, &SetParameterOptions::new()).await
    }

    /// Sets the parameters together with a one-time action, such as a key frame.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#rtcrtpsender-extensions)
    ///
    /// # Errors
    /// The same errors as [`set_parameters`](Self::set_parameters), and `InvalidModification` if the number of options
    /// differs from that of the encodings.
    ///
    /// # Cancel safety
    /// The same as [`set_parameters`](Self::set_parameters).
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

    /// Sets the streams in which the remote peer receives the track. A negotiation is needed then.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpsender-setstreams)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` if the browser cannot change the streams.
    #[doc(alias = "RTCRtpSender.setStreams")]
    pub fn set_streams(&self, streams: &[&MediaStream]) -> Result<()> {
        const OPERATION: &str = "setStreams";
        let streams = streams.iter().map(|stream| stream.as_raw()).collect();
        callable(OPERATION, &self.0.raw, &self.0.end)?.set_streams(&streams).during(OPERATION)
    }

    /// Requests a key frame of the video, after the peer has lost packets. Only Chromium supports this. It sets the
    /// present parameters again; in their raw form, which is smaller than a conversion.
    async fn send_key_frame(self) {
        let Ok(parameters) = self.0.raw.parameters() else { return };
        let options = Array::new();
        for _ in global::items(&global::get(&parameters, "encodings")) {
            let option = Object::new();
            global::set(&option, "keyFrame", &true.into());
            options.push(&option);
        }
        let all = Object::new();
        global::set(&all, "encodingOptions", &options);
        // This fails if the page changes the parameters at the same time, which is more important.
        let _ = settled("setParameters", &self.0.end, || self.0.raw.set_parameters(&parameters, &all)).await;
    }

    /// Keeps this track alive instead of the previous one.
    pub(super) fn keep(&self, track: Option<MediaStreamTrack>) {
        // The previous track is dropped after the borrow, because its drop may stop it and so call listeners.
        let _ = self.0.track.replace(track);
    }

    /// Leaves the track running for the raw connection.
    pub(super) fn leave_running(&self) {
        if let Some(track) = self.0.track.take() {
            let _ = track.into_raw();
        }
    }
}

impl PeerConnection {
    /// Requests a key frame from each sender of video.
    pub(crate) fn send_key_frames(&self) {
        let sends_video = |sender: &RtpSender| sender.track().is_some_and(|track| track.kind() == TrackKind::Video);
        self.senders().into_iter().filter(sends_video).for_each(|sender| spawn_local(sender.send_key_frame()));
    }
}

impl fmt::Debug for RtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtpSender").field("track", &self.track()).finish_non_exhaustive()
    }
}

identity!(RtpSender, |this, other| same_object(&this.0.raw, &other.0.raw));
