//! What a [`Negotiator`](super::Negotiator) is told, and what it asks for.

use super::signal::Signal;
use crate::sdp::{IceCandidate, SessionDescription, SignalingState};

/// Who gives way when both sides offer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Politeness {
    /// Takes its own offer back and answers the other's. The other side is impolite.
    Polite,
    /// Ignores the other's offer and waits for the answer to its own. The other side is polite.
    Impolite,
    /// The side with the lesser [`SessionId`](super::SessionId) gives way: for two that are alike, such as two tabs of one page. The
    /// other side does the same.
    Auto,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The link is there, for the first time or again.
    LinkOpened,
    /// The connection says that an offer is due.
    NegotiationNeeded,
    /// The connection has found a candidate.
    LocalCandidate(IceCandidate),
    /// The other side has sent this.
    Received(Signal),
    /// The operation that was asked for last is done. With the local description, where that was set, or the offer, where
    /// it was created.
    Done(Option<SessionDescription>),
    /// The operation that was asked for last has failed, and left the connection in this state.
    Failed(SignalingState),
    /// The way to the peer is broken, and has been for long enough.
    PathBroken,
    /// A second has passed, where [`Negotiator::wants_timeout`](super::Negotiator::wants_timeout).
    Timeout,
    /// We close the connection.
    Closing,
}

/// What is to be done, in order. At most one operation is asked for at a time: the next comes after its
/// [`Input::Done`] or [`Input::Failed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this to the other side.
    Send(Signal),
    /// An operation of the connection.
    Perform(Operation),
    /// Restart ICE, where the way to the peer is still broken.
    RestartIce,
    /// Report that the operation has failed. What can be retried is; the same failure of the same offer is reported
    /// once.
    ReportFailure,
    /// Report that the peer could not accept our offer. It is made again after a while.
    ReportRefusal,
    /// Report that a description or a candidate cannot be sent. An offer is not made, or rolled back; it is made when it
    /// fits.
    ReportTooLarge {
        /// Size of the whole signal's JSON text, in bytes.
        size: usize,
        /// The limit of one signal's, in bytes.
        limit: usize,
    },
    /// The other side has closed the connection.
    PeerClosed,
    /// The other side has begun anew, such as a page that was reloaded: only a new connection can reach it.
    PeerRestarted,
}

/// An operation of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `createOffer()`, to look at the offer before it is made. [`Input::Done`] has it.
    CreateOffer,
    /// `setLocalDescription()`, which offers or answers as is due.
    SetLocalDescription,
    /// `setRemoteDescription()`, which rolls our own offer back where need be.
    SetRemoteDescription(SessionDescription),
    /// `addIceCandidate()`.
    AddIceCandidate(IceCandidate),
    /// `setLocalDescription()` of a rollback.
    RollBackLocalOffer,
    /// `setRemoteDescription()` of a rollback.
    RollBackRemoteOffer,
}
