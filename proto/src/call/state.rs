//! The state machine of a call.

use super::{CallId, CallSignal, DeclineReason, EndReason, Ring};
use crate::{
    negotiation::Signal,
    sdp::ConnectionState,
    signaling::{Data, ErrorCode, LeaveReason, Peer, PeerId},
};

/// Maximum number of session signals that are queued while a call rings. A peer negotiates nothing before the answer.
const RINGING_SIGNALS: usize = 16;

/// Maximum number of session signals that are queued in an active call, whose session handles them as they arrive.
const ACTIVE_SIGNALS: usize = 256;

/// The progress of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The local peer is about to ring. Nothing is sent until its media is available.
    Preparing,
    /// The local peer rings the remote peer.
    Calling,
    /// The remote peer rings, and the ring is unanswered.
    Ringing,
    /// The remote peer rings, and the call will be accepted as soon as the local media is available.
    Accepting,
    /// Both peers have accepted the call.
    Active,
    /// The call has ended, with the first reason that was reported.
    Ended(EndReason),
}

/// The role of the local peer in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The local peer rang. Its session is impolite.
    Caller,
    /// The remote peer rang. The session of the local peer is polite.
    Callee,
}

/// A call: a state machine without I/O. Its methods return the signal to send to the peer, if any.
///
/// ```
/// use browser_rtc_proto::{
///     call::{CallId, CallSignal, CallState, EndReason, Phase},
///     signaling::Peer,
/// };
///
/// let bob = Peer::new("b", "Bob");
/// let mut call = CallState::outgoing(CallId::from_random([1, 2, 3]), bob);
/// assert!(matches!(call.ring(), Some(CallSignal::Ring(_))));
/// call.receive(CallSignal::Accept { metadata: None });
/// assert_eq!(call.phase(), Phase::Active);
/// assert!(matches!(call.hang_up(EndReason::HungUp), Some(CallSignal::HangUp { .. })));
/// assert_eq!(call.end_reason(), Some(EndReason::HungUp));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallState {
    id: CallId,
    peer: Peer,
    role: Role,
    phase: Phase,
    has_connection: bool,
    /// The peer has left the room without ending its calls, and has not announced its new id.
    is_peer_lost: bool,
    metadata: Option<Data>,
    peer_metadata: Option<Data>,
    /// The time for which the caller waits, in milliseconds, unless it uses the default of its room.
    ring_ms: Option<u32>,
}

impl CallState {
    /// Creates a call that the local peer is about to make.
    #[must_use]
    pub const fn outgoing(id: CallId, peer: Peer) -> Self {
        Self::new(id, peer, Role::Caller, Phase::Preparing)
    }

    /// Creates a call that rings at the local peer.
    #[must_use]
    pub fn incoming(id: CallId, peer: Peer, ring: Ring) -> Self {
        let call = Self::new(id, peer, Role::Callee, Phase::Ringing);
        Self { peer_metadata: ring.metadata, ring_ms: ring.ring_ms, ..call }
    }

    const fn new(id: CallId, peer: Peer, role: Role, phase: Phase) -> Self {
        Self {
            id,
            peer,
            role,
            phase,
            has_connection: false,
            is_peer_lost: false,
            metadata: None,
            peer_metadata: None,
            ring_ms: None,
        }
    }

    /// Sets the metadata that the local peer sends with its ring or its answer.
    pub fn set_metadata(&mut self, metadata: Option<Data>) {
        self.metadata = metadata;
    }

    /// Sets the time for which the local peer rings, in milliseconds, for the ring that tells it to the remote peer.
    pub fn set_ring_ms(&mut self, ring_ms: Option<u32>) {
        if self.role == Role::Caller {
            self.ring_ms = ring_ms;
        }
    }

    /// Returns the metadata that the remote peer has sent with its ring or its answer.
    #[must_use]
    pub const fn peer_metadata(&self) -> Option<&Data> {
        self.peer_metadata.as_ref()
    }

    /// Returns the time for which the caller waits, in milliseconds, unless it uses the default of its room.
    #[must_use]
    pub const fn ring_ms(&self) -> Option<u32> {
        self.ring_ms
    }

    /// Returns the id of the call. It changes to the peer's id when two rings become one call.
    #[must_use]
    pub const fn id(&self) -> &CallId {
        &self.id
    }

    /// Returns the remote peer, with its current id.
    #[must_use]
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Returns the role of the local peer.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the progress of the call.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Returns the reason for the end of the call.
    #[must_use]
    pub const fn end_reason(&self) -> Option<EndReason> {
        if let Phase::Ended(reason) = self.phase { Some(reason) } else { None }
    }

    /// Returns whether the call is incoming and not active yet.
    #[must_use]
    pub const fn is_incoming_ring(&self) -> bool {
        matches!(self.phase, Phase::Ringing | Phase::Accepting)
    }

    /// Returns whether the peers are connected. The call then continues without the server.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Active) && self.has_connection
    }

    /// Returns whether the current id of the peer is unknown. Signals must not be sent in that case.
    #[must_use]
    pub const fn is_peer_lost(&self) -> bool {
        self.is_peer_lost
    }

    /// Returns the maximum number of session signals to queue in the current phase. Further signals are dropped:
    /// the peer's session sends them again.
    #[must_use]
    pub const fn signal_limit(&self) -> usize {
        match self.phase {
            Phase::Active => ACTIVE_SIGNALS,
            Phase::Ended(_) => 0,
            _ => RINGING_SIGNALS,
        }
    }

    /// Rings the peer if the call is being prepared.
    pub fn ring(&mut self) -> Option<CallSignal> {
        (self.phase == Phase::Preparing).then(|| {
            self.phase = Phase::Calling;
            CallSignal::Ring(Ring { metadata: self.metadata.clone(), ring_ms: self.ring_ms })
        })
    }

    /// Reserves the answer to the ring, before [`accept`](Self::accept). Returns false if the call is not an incoming
    /// one that is unanswered.
    pub fn reserve(&mut self) -> bool {
        let rings = self.phase == Phase::Ringing;
        if rings {
            self.phase = Phase::Accepting;
        }
        rings
    }

    /// Accepts a ring that was [reserved](Self::reserve).
    pub fn accept(&mut self) -> Option<CallSignal> {
        (self.phase == Phase::Accepting).then(|| {
            self.phase = Phase::Active;
            CallSignal::Accept { metadata: self.metadata.clone() }
        })
    }

    /// Continues as the call that the peer rings with this id. The local peer becomes its callee, and will accept it.
    pub(super) fn join(&mut self, id: CallId, ring: Ring) -> Option<CallId> {
        let former = std::mem::replace(&mut self.id, id);
        let has_rung = self.phase == Phase::Calling;
        (self.role, self.phase) = (Role::Callee, Phase::Accepting);
        (self.peer_metadata, self.ring_ms) = (ring.metadata, ring.ring_ms);
        has_rung.then_some(former)
    }

    /// Declines an unanswered ring.
    pub fn decline(&mut self, reason: DeclineReason) -> Option<CallSignal> {
        (self.phase == Phase::Ringing).then(|| {
            self.end(EndReason::HungUp);
            CallSignal::Decline { reason }
        })
    }

    /// Ends the call. Returns a signal if the peer has received the call.
    pub fn hang_up(&mut self, reason: EndReason) -> Option<CallSignal> {
        let is_known = !matches!(self.phase, Phase::Preparing | Phase::Ended(_));
        self.end(reason);
        is_known.then(|| CallSignal::HangUp { reason: reason.to_hang_up_reason() })
    }

    /// Ends the call without a signal. A call that has ended keeps its reason.
    pub const fn end(&mut self, reason: EndReason) {
        if self.end_reason().is_none() {
            self.phase = Phase::Ended(reason);
        }
    }

    /// Receives a signal of the peer. Returns the signal for the session of the call, if it contains one.
    pub fn receive(&mut self, signal: CallSignal) -> Option<Signal> {
        match signal {
            CallSignal::Accept { metadata } if self.phase == Phase::Calling => {
                self.phase = Phase::Active;
                self.peer_metadata = metadata;
            }
            CallSignal::Decline { reason } => self.end(reason.into()),
            CallSignal::HangUp { reason } => self.end(reason.into()),
            CallSignal::Negotiation(signal) => return Some(signal),
            CallSignal::Ring(_) | CallSignal::Accept { .. } => {}
        }
        None
    }

    /// Ends the call because the server refused a signal that the call needs to start.
    pub fn refused(&mut self, code: Option<&ErrorCode>) {
        let is_gone = code == Some(&ErrorCode::UnknownPeer);
        self.end(if is_gone { EndReason::PeerLeft } else { EndReason::ConnectionFailed });
    }

    /// Reports that the peer has left the room. A peer that the server lost may still be connected.
    pub fn peer_left(&mut self, reason: &LeaveReason) {
        if *reason != LeaveReason::Left && self.is_connected() {
            self.is_peer_lost = true;
        } else {
            self.end(EndReason::PeerLeft);
        }
    }

    /// Reports that a peer is listed by the server. A call to its id may have started earlier, when its name was unknown.
    pub fn peer_listed(&mut self, peer: &Peer) {
        if self.peer.id == peer.id {
            self.peer.name.clone_from(&peer.name);
        }
    }

    /// Reports that the local peer has a new id in the room. Returns whether to announce it to the remote peer over the
    /// connection. Without that, signals to the previous id are lost.
    pub fn own_id_changed(&mut self) -> bool {
        if !self.is_connected() && self.phase != Phase::Preparing {
            self.end(EndReason::PeerLeft);
        }
        self.is_connected()
    }

    /// Reports that the peer has a new id in the room.
    pub fn peer_id_changed(&mut self, id: PeerId) {
        self.peer.id = id;
        self.is_peer_lost = false;
    }

    /// Reports the state of the connection. If the server has lost the peer, the loss of the connection ends the call.
    pub fn connection_changed(&mut self, state: &ConnectionState) {
        self.has_connection = *state == ConnectionState::Connected;
        if matches!(state, ConnectionState::Disconnected | ConnectionState::Failed) && self.is_peer_lost {
            self.end(EndReason::PeerLeft);
        }
    }
}
