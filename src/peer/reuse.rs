//! Reuse of senders whose track was removed.
//!
//! Browsers do not reuse a sender that has sent media, so that each removal and addition of a track adds a media
//! section to all later descriptions. In a session, this module assigns the next track to the emptied sender.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::{PeerConnection, RtpSender, RtpTransceiver, TransceiverDirection};
use crate::{
    error::{Error, ErrorKind, Result},
    media::{MediaStream, MediaStreamTrack},
};

/// The callback for a track that the browser rejects after [`add_track`](PeerConnection::add_track) has returned.
pub(super) type Failed = Rc<dyn Fn(Error)>;

impl PeerConnection {
    /// Makes [`add_track`](Self::add_track) reuse senders that [`remove_track`](Self::remove_track) has emptied.
    pub(crate) fn reuse_senders(&self, failed: impl Fn(Error) + 'static) {
        self.0.reuse.replace(Some(Rc::new(failed)));
    }

    pub(super) fn reuses_senders(&self) -> bool {
        self.0.reuse.borrow().is_some()
    }

    /// Sends the track with an emptied sender, if there is one.
    pub(super) fn add_track_to_emptied(
        &self,
        track: &MediaStreamTrack,
        streams: &[&MediaStream],
    ) -> Result<Option<RtpSender>> {
        let Some(failed) = self.0.reuse.borrow().clone() else { return Ok(None) };
        let transceivers = self.transceivers();
        self.rtp().forget_emptied(&transceivers);
        let sends_track = |transceiver: &&RtpTransceiver| {
            transceiver.sender().track().is_some_and(|sent| sent.as_raw() == track.as_raw())
        };
        if let Some(sending) = transceivers.iter().find(sends_track) {
            if sending.sender().is_replacing() {
                let message = "the connection sends the track already";
                return Err(Error::new("addTrack", ErrorKind::InvalidAccess, message));
            }
            // The browser returns the error itself.
            return Ok(None);
        }
        let Some(transceiver) = transceivers.into_iter().find(|transceiver| is_free_for(transceiver, track)) else {
            return Ok(None);
        };
        let sender = transceiver.sender().clone();
        let direction = match transceiver.direction() {
            TransceiverDirection::RecvOnly => TransceiverDirection::SendRecv,
            _ => TransceiverDirection::SendOnly,
        };
        if let Err(error) = sender.set_streams(streams)
            && *error.kind() != ErrorKind::NotSupported
        {
            return Err(error);
        }
        transceiver.set_direction(&direction)?;
        replace_later(&transceiver, Some(track), failed);
        Ok(Some(sender))
    }

    /// Removes a track that the browser has not set yet, which `removeTrack` would ignore. Returns whether it was
    /// removed.
    pub(super) fn remove_pending_track(&self, sender: &RtpSender) -> Result<bool> {
        let Some(failed) = self.0.reuse.borrow().clone().filter(|_| sender.is_replacing()) else { return Ok(false) };
        let mut transceivers = self.transceivers().into_iter();
        let Some(transceiver) = transceivers.find(|transceiver| transceiver.sender() == sender) else {
            return Ok(false);
        };
        if sender.track().is_some() {
            stop_sending(&transceiver)?;
            replace_later(&transceiver, None, failed);
        }
        Ok(true)
    }
}

fn is_free_for(transceiver: &RtpTransceiver, track: &MediaStreamTrack) -> bool {
    transceiver.sender().is_emptied()
        && transceiver.receiver().track().kind() == track.kind()
        && matches!(transceiver.direction(), TransceiverDirection::RecvOnly | TransceiverDirection::Inactive)
        && transceiver.sender().has_only_active_encodings()
}

fn stop_sending(transceiver: &RtpTransceiver) -> Result<()> {
    match transceiver.direction() {
        TransceiverDirection::SendRecv => transceiver.set_direction(&TransceiverDirection::RecvOnly),
        TransceiverDirection::SendOnly => transceiver.set_direction(&TransceiverDirection::Inactive),
        _ => Ok(()),
    }
}

/// Requests the replacement of the track from the browser. The handle has the new track immediately; if the browser
/// rejects the track, the sender is emptied again.
fn replace_later(transceiver: &RtpTransceiver, track: Option<&MediaStreamTrack>, failed: Failed) {
    let (transceiver, track) = (transceiver.clone(), track.cloned());
    let replaced = transceiver.sender().begin_replacing(track.as_ref());
    spawn_local(async move {
        let outcome = replaced.await;
        let sender = transceiver.sender();
        // Read before the replacement ends, after which the sender has the browser's track.
        let is_latest = track.is_some() && sender.track() == track;
        sender.end_replacing();
        match outcome {
            Ok(_replaced) => {}
            Err(error) if *error.kind() == ErrorKind::Closed => {}
            Err(error) => {
                if is_latest {
                    sender.empty();
                    // The direction of a stopped transceiver cannot be set.
                    let _ = stop_sending(&transceiver);
                }
                failed(error);
            }
        }
    });
}
