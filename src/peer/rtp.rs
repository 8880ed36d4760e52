//! The senders, receivers and transceivers of a connection.

use std::{cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue};

use super::{PeerConnection, RtpReceiver, RtpSender, RtpTransceiver, TrackOrKind, TransceiverInit};
use crate::{
    error::{During, Error, ErrorKind, Result},
    sys::{self, global},
    wake::CloseSignal,
};

/// Transceivers.
impl PeerConnection {
    /// Adds a transceiver for a track, or for a kind of media, [`TrackKind::Audio`](crate::media::TrackKind::Audio) or
    /// [`TrackKind::Video`](crate::media::TrackKind::Video). A negotiation is needed then. The connection keeps the
    /// track alive. Several transceivers can send the same track.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-addtransceiver)
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{MediaStreamTrack, TrackKind}, Result};
    /// # use browser_rtc::peer::{PeerConnection, TransceiverDirection, TransceiverInit};
    /// # fn example(pc: &PeerConnection, camera: &MediaStreamTrack) -> Result<()> {
    /// let send = TransceiverInit::new().direction(TransceiverDirection::SendOnly);
    /// let video = pc.add_transceiver(camera, &send)?;
    /// let audio = pc.add_transceiver(TrackKind::Audio, &TransceiverInit::new())?; // its track can be set later
    /// # let _ = (video, audio); Ok(()) }
    /// ```
    ///
    /// Browsers ignore encodings beyond their maximum number, without an error.
    ///
    /// # Errors
    /// - `Type` for an unknown kind, direction or priority; for a scale or frame rate that is not finite; for a rid
    ///   that is malformed or occurs twice; and if only some of several encodings have a rid. Chromium instead returns
    ///   `InvalidAccess` if only some have a rid and for a rid with `_` or `-`, generates rids if none has one, and
    ///   accepts a rid that occurs twice.
    /// - `Range` for a scale of video below 1 or a negative frame rate.
    /// - `Operation` for a codec that is not among the capabilities of the sender, and for layers that the codec does
    ///   not have. Firefox ignores layers.
    /// - `NotSupported` if the browser has no transceivers.
    /// - `Closed` if the connection is closed.
    #[doc(alias = "RTCPeerConnection.addTransceiver")]
    pub fn add_transceiver<'a>(
        &self,
        track_or_kind: impl Into<TrackOrKind<'a>>,
        init: &TransceiverInit,
    ) -> Result<RtpTransceiver> {
        const OPERATION: &str = "addTransceiver";
        let track_or_kind = track_or_kind.into();
        let raw = callable(OPERATION, &self.0.raw, &self.0.end)?
            .add_transceiver(&track_or_kind.to_js(), &init.to_js())
            .during(OPERATION)?;
        let transceiver = self.rtp().transceiver(raw);
        if let TrackOrKind::Track(track) = track_or_kind {
            transceiver.sender().keep(Some(track.clone()));
        }
        Ok(transceiver)
    }

    /// Returns all transceivers that have not been stopped, in the order of their creation; none once the connection is
    /// closed.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-gettransceivers)
    #[doc(alias = "RTCPeerConnection.getTransceivers")]
    #[must_use]
    pub fn transceivers(&self) -> Vec<RtpTransceiver> {
        if self.0.end.is_set() {
            return Vec::new();
        }
        let transceivers = self.0.raw.transceivers().unwrap_or_default();
        let rtp = self.rtp();
        transceivers.iter().map(|raw| rtp.transceiver(raw.unchecked_into())).collect()
    }

    /// Returns all receivers; none once the connection is closed. Their tracks can be shown before the remote peer has
    /// answered, so that early media is not lost.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-getreceivers)
    ///
    /// ```no_run
    /// # use browser_rtc::{media::{self, MediaStream}, peer::PeerConnection, Result};
    /// # async fn example(pc: &PeerConnection, video: &web_sys::HtmlMediaElement) -> Result<()> {
    /// pc.set_local_description().await?; // an offer; the tracks can be shown before the answer
    /// let tracks: Vec<_> = pc.receivers().iter().map(|receiver| receiver.track()).collect();
    /// let attachment = media::show(video, &MediaStream::from_tracks(&tracks)?)?;
    /// # drop(attachment); Ok(()) }
    /// ```
    #[doc(alias = "RTCPeerConnection.getReceivers")]
    #[must_use]
    pub fn receivers(&self) -> Vec<RtpReceiver> {
        if self.0.end.is_set() {
            return Vec::new();
        }
        self.rtp().receivers(&self.0.raw)
    }
}

/// The effect of a connection's end on its tracks. It is a trait object so that a program without tracks does not
/// contain their code.
pub(super) trait Rtp {
    fn handles(self: Rc<Self>) -> Rc<RtpHandles>;

    /// Releases the tracks that were sent, and ends those that were received, for which the browser fires no event.
    fn close(&self);

    /// Leaves the tracks running for the raw connection.
    fn leave_running(&self);
}

impl PeerConnection {
    pub(super) fn rtp(&self) -> Rc<RtpHandles> {
        self.0.rtp.get_or_init(|| Rc::new(RtpHandles::new(&self.0.end))).clone().handles()
    }
}

/// The handles of senders and receivers. There is one for each object, so that all its clones share one track.
#[derive(Default)]
pub(super) struct RtpHandles {
    senders: RefCell<Vec<RtpSender>>,
    receivers: RefCell<Vec<RtpReceiver>>,
    end: CloseSignal,
}

impl RtpHandles {
    fn new(end: &CloseSignal) -> Self {
        Self { end: end.clone(), ..Self::default() }
    }

    pub(super) fn sender(&self, raw: sys::rtp_sender::RtpSender) -> RtpSender {
        let mut senders = self.senders.borrow_mut();
        if let Some(known) = senders.iter().find(|known| *known.raw() == raw) {
            return known.clone();
        }
        // Otherwise the senders of stopped transceivers would accumulate.
        senders.retain(RtpSender::is_in_use);
        let sender = RtpSender::new(raw, &self.end);
        senders.push(sender.clone());
        sender
    }

    /// Excludes emptied senders without a live transceiver from reuse. They would accumulate otherwise.
    pub(super) fn forget_emptied(&self, live: &[RtpTransceiver]) {
        for sender in self.senders.borrow().iter() {
            if !live.iter().any(|transceiver| transceiver.sender() == sender) {
                sender.forget_emptied();
            }
        }
    }

    pub(super) fn receiver(&self, raw: sys::rtp_receiver::RtpReceiver) -> RtpReceiver {
        let mut receivers = self.receivers.borrow_mut();
        if let Some(known) = receivers.iter().find(|known| *known.raw() == raw) {
            return known.clone();
        }
        receivers.retain(RtpReceiver::is_in_use);
        let receiver = RtpReceiver::new(raw, &self.end);
        receivers.push(receiver.clone());
        receiver
    }

    pub(super) fn receivers(&self, connection: &sys::peer_connection::PeerConnection) -> Vec<RtpReceiver> {
        let receivers = connection.receivers().unwrap_or_default();
        receivers.iter().map(|raw| self.receiver(raw.unchecked_into())).collect()
    }

    pub(super) fn transceiver(&self, raw: sys::rtp_transceiver::RtpTransceiver) -> RtpTransceiver {
        let (sender, receiver) = (self.sender(raw.sender()), self.receiver(raw.receiver()));
        RtpTransceiver::new(raw, sender, receiver, &self.end)
    }
}

impl Rtp for RtpHandles {
    fn handles(self: Rc<Self>) -> Rc<RtpHandles> {
        self
    }

    fn close(&self) {
        for sender in self.senders.take() {
            sender.keep(None);
        }
        for receiver in self.receivers.take() {
            receiver.track().stop();
        }
    }

    fn leave_running(&self) {
        for sender in self.senders.take() {
            sender.leave_running();
        }
    }
}

/// Returns the browser's object, unless its connection has been closed.
pub(super) fn open<'a, T>(operation: &'static str, raw: &'a T, end: &CloseSignal) -> Result<&'a T> {
    if end.is_set() { Err(Error::closed(operation)) } else { Ok(raw) }
}

/// Returns the browser's object, unless its connection has been closed or it lacks the method, which is the case in
/// older browsers.
pub(super) fn callable<'a, T: AsRef<JsValue>>(operation: &'static str, raw: &'a T, end: &CloseSignal) -> Result<&'a T> {
    let raw = open(operation, raw, end)?;
    if global::has_member(raw.as_ref(), operation) {
        return Ok(raw);
    }
    let advice = "this browser does not have the method: use a current Chrome, Edge, Firefox or Safari";
    Err(Error::new(operation, ErrorKind::NotSupported, advice))
}
