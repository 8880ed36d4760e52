//! The inputs and actions of a [`Negotiator`](super::Negotiator).

use super::signal::Signal;
use crate::sdp::{IceCandidate, SessionDescription, SignalingState};

/// The side that yields when both sides offer at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Politeness {
    /// This side rolls back its own offer and answers the peer's. The peer is impolite.
    Polite,
    /// This side ignores the peer's offer and waits for the answer to its own. The peer is polite.
    Impolite,
    /// The side with the lesser [`SessionId`](super::SessionId) yields. Both sides use it if nothing distinguishes
    /// them, such as two tabs of one page.
    Auto,
}

/// An input of a [`Negotiator`](super::Negotiator). The enum is exhaustive, because a driver must pass every input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The link has opened, for the first time or again.
    LinkOpened,
    /// The connection needs negotiation.
    NegotiationNeeded,
    /// The connection has gathered a candidate.
    LocalCandidate(IceCandidate),
    /// A signal was received.
    Received(Signal),
    /// The last operation has succeeded. Contains the local description that was set, or the offer that was created.
    Done(Option<SessionDescription>),
    /// The last operation has failed, and the connection is in this state.
    Failed(SignalingState),
    /// The path to the peer is broken, and ICE should be restarted.
    PathBroken,
    /// A second has passed since [`Negotiator::wants_timeout`](super::Negotiator::wants_timeout) became true, or since
    /// the last timeout.
    Timeout,
    /// The local side closes the connection.
    Closing,
}

/// An action that a [`Negotiator`](super::Negotiator) requests. At most one operation runs at a time: the next one is
/// requested after [`Input::Done`] or [`Input::Failed`]. The enum is exhaustive, because a driver must handle every
/// action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send a signal to the peer.
    Send(Signal),
    /// Perform an operation of the connection.
    Perform(Operation),
    /// Restart ICE, if the path to the peer is still broken.
    RestartIce,
    /// Report that the operation has failed. It is retried if possible. Each failure of an offer is reported once.
    ReportFailure,
    /// Report that the peer could not apply or answer the local offer, which will be repeated.
    ReportRefusal,
    /// Report that a description or a candidate exceeds the limit. An offer is not made, or rolled back, until it fits.
    ReportTooLarge {
        /// Size of the whole signal's JSON text, in bytes.
        size: usize,
        /// Limit of one signal's JSON text, in bytes.
        limit: usize,
    },
    /// The peer has closed the connection.
    PeerClosed,
    /// The peer has restarted, such as a page that was reloaded: only a new connection can reach it.
    PeerRestarted,
}

/// An operation of the connection. The enum is exhaustive, because a driver must perform every operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `createOffer()`, to check the offer before it is set. [`Input::Done`] contains it.
    CreateOffer,
    /// `setLocalDescription()` without a description, which creates an offer or an answer. [`Input::Done`] contains it.
    SetLocalDescription,
    /// `setRemoteDescription()`, which rolls back a pending local offer for a remote one.
    SetRemoteDescription(SessionDescription),
    /// `addIceCandidate()`.
    AddIceCandidate(IceCandidate),
    /// `setLocalDescription()` with a rollback.
    RollBackLocalOffer,
    /// `setRemoteDescription()` with a rollback.
    RollBackRemoteOffer,
}
