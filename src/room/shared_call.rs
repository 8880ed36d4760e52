//! The state of one call, shared by its handles and tasks.

use std::{
    cell::{RefCell, RefMut},
    future,
    rc::Rc,
    task::Poll,
};

use browser_rtc_proto::call::{CallId, CallSignal, CallState, DeclineReason, EndReason, Phase, Role};
use futures::{FutureExt, select_biased};
use wasm_bindgen_futures::spawn_local;

use super::{
    outgoing::{CallOwner, Outgoing, Owner},
    presence::Presence,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Queue},
    log::log,
    negotiation::Signal,
    peer::ConnectionState,
    signaling::{Data, LeaveReason, Peer, PeerId},
    timer::{self, Sleep},
    wake::{CloseSignal, CloseWait, WakerSet},
};

/// Time that an incoming call rings longer than the caller waits, in case the caller's `hang_up` is lost.
const RING_GRACE_MS: u32 = 15_000;

/// Maximum time that an incoming call rings because its caller waits for that long.
const MAX_RING_MS: u32 = 10 * 60 * 1_000;

/// A [`CallState`] with the queues and wakers of the tasks that wait for it. Dropping it hangs up.
pub(super) struct SharedCall {
    state: Rc<RefCell<CallState>>,
    changed: WakerSet,
    end: CloseSignal,
    presence: Rc<Presence>,
    outgoing: RefCell<Outgoing>,
    signals: Queue<Signal>,
    own_id: Rc<OwnId>,
    /// The server's refusal that has ended the call.
    refusal: RefCell<Option<Error>>,
}

/// The latest id of the local peer, until it has been sent to the remote peer.
#[derive(Default)]
pub(super) struct OwnId {
    unsent: RefCell<Option<PeerId>>,
    changed: WakerSet,
}

impl OwnId {
    fn set(&self, id: PeerId) {
        self.unsent.replace(Some(id));
        self.changed.wake_all();
    }

    /// Resolves to the next id to send. Cancel safe.
    pub(super) async fn next(&self) -> PeerId {
        let mut changed = self.changed.waiter();
        future::poll_fn(|cx| {
            changed.register(cx);
            self.unsent.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

impl SharedCall {
    pub(super) fn new(state: CallState, presence: Rc<Presence>, outgoing: Outgoing) -> Rc<Self> {
        Rc::new(Self {
            state: Rc::new(RefCell::new(state)),
            changed: WakerSet::default(),
            end: CloseSignal::default(),
            presence,
            outgoing: outgoing.into(),
            signals: Queue::default(),
            own_id: Rc::default(),
            refusal: RefCell::default(),
        })
    }

    /// Changes the state, and wakes the tasks that wait for a change.
    fn update<T>(&self, change: impl FnOnce(&mut CallState) -> T) -> T {
        let outcome = change(&mut self.state.borrow_mut());
        self.state_changed();
        outcome
    }

    /// Returns the state for a change. Call [`state_changed`](Self::state_changed) afterwards.
    pub(super) fn state_mut(&self) -> RefMut<'_, CallState> {
        self.state.borrow_mut()
    }

    pub(super) fn state_changed(&self) {
        let end_reason = self.state.borrow().end_reason();
        self.changed.wake_all();
        if let Some(reason) = end_reason
            && !self.end.is_set()
        {
            log!(info, "call has ended: {reason}");
            self.end.set();
        }
    }

    /// Returns the state. It does not keep the call alive.
    pub(super) fn state(&self) -> Rc<RefCell<CallState>> {
        self.state.clone()
    }

    pub(super) fn id(&self) -> CallId {
        self.state.borrow().id().clone()
    }

    pub(super) fn peer(&self) -> Peer {
        self.state.borrow().peer().clone()
    }

    /// Sets the metadata for the remote peer, and the time for which the call rings there.
    pub(super) fn set_options(&self, metadata: Option<Data>, ring_ms: Option<u32>) {
        let mut state = self.state.borrow_mut();
        state.set_metadata(metadata);
        state.set_ring_ms(ring_ms);
    }

    /// Returns the metadata of the remote peer.
    pub(super) fn peer_metadata(&self) -> Option<Data> {
        self.state.borrow().peer_metadata().cloned()
    }

    pub(super) fn phase(&self) -> Phase {
        self.state.borrow().phase()
    }

    pub(super) fn role(&self) -> Role {
        self.state.borrow().role()
    }

    pub(super) fn is_ended(&self) -> bool {
        self.end.is_set()
    }

    /// Returns whether the ring has been answered, and the call has not ended.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.phase(), Phase::Ringing | Phase::Ended(_))
    }

    pub(super) fn is_peer_lost(&self) -> bool {
        self.state.borrow().is_peer_lost()
    }

    pub(super) fn presence(&self) -> &Presence {
        &self.presence
    }

    pub(super) fn outgoing(&self) -> Outgoing {
        self.outgoing.borrow().clone()
    }

    pub(super) fn own_id(&self) -> Rc<OwnId> {
        self.own_id.clone()
    }

    /// Rings the peer, unless its own call rings here.
    pub(super) fn ring(self: &Rc<Self>) -> Result<()> {
        self.update(CallState::ring).map_or(Ok(()), |signal| self.send_first(signal))
    }

    /// Reserves the answer to an incoming call. Returns false if the call is not ringing here or has been answered.
    pub(super) fn reserve(&self) -> bool {
        self.update(CallState::reserve)
    }

    /// Accepts the call, if it is an incoming one.
    pub(super) fn accept(self: &Rc<Self>) -> Result<()> {
        self.update(CallState::accept).map_or(Ok(()), |signal| self.send_first(signal))
    }

    /// Sends a signal without which the call cannot be established.
    fn send_first(self: &Rc<Self>, signal: CallSignal) -> Result<()> {
        let owner = Rc::downgrade(self);
        self.send(signal, Owner::Call { owner, id: self.id() })
    }

    fn send(&self, signal: CallSignal, owner: Owner) -> Result<()> {
        let state = self.state.borrow();
        self.outgoing.borrow_mut().send_signal(state.id(), &state.peer().id, signal, owner)
    }

    fn send_last(&self, signal: Option<CallSignal>) {
        if let Some(signal) = signal {
            // If the room has ended, the server notifies the peer.
            let _ = self.send(signal, Owner::EndedCall);
        }
    }

    /// Declines an incoming call, unless it has been answered.
    pub(super) fn decline(&self, reason: DeclineReason) {
        let signal = self.update(|state| state.decline(reason));
        self.send_last(signal);
    }

    /// Ends the call, and notifies the peer.
    pub(super) fn hang_up(&self, reason: EndReason) {
        let signal = self.update(|state| state.hang_up(reason));
        self.send_last(signal);
    }

    /// Ends the call without a message to the peer.
    pub(super) fn end(&self, reason: EndReason) {
        self.update(|state| state.end(reason));
    }

    /// Receives a signal from the peer.
    pub(super) fn receive(&self, signal: CallSignal) {
        let signal = self.update(|state| state.receive(signal));
        let limit = self.state.borrow().signal_limit();
        if let Some(signal) = signal.filter(|_| self.signals.len() < limit) {
            self.signals.push(signal);
        }
    }

    /// Handles that a peer has joined the room. A call to it may have started earlier.
    pub(super) fn peer_listed(&self, peer: &Peer) {
        self.state.borrow_mut().peer_listed(peer);
    }

    /// Handles that the peer has left the room.
    pub(super) fn peer_left(&self, reason: &LeaveReason) {
        self.update(|state| state.peer_left(reason));
    }

    /// Handles a new id of the local peer, which is sent to the remote peer.
    pub(super) fn own_id_changed(&self, id: &PeerId) {
        if self.update(CallState::own_id_changed) {
            self.own_id.set(id.clone());
        }
    }

    /// Handles a new id of the remote peer. An id that belongs to a peer with another name is ignored.
    pub(super) fn peer_id_changed(&self, id: PeerId) {
        if self.presence.peer(&id).is_none_or(|listed| listed.name == self.peer().name) {
            self.update(|state| state.peer_id_changed(id));
        }
    }

    /// Handles a change of the connection's state.
    pub(super) fn connection_changed(&self, state: &ConnectionState) {
        self.update(|call| call.connection_changed(state));
    }

    /// Resolves when the call is past its preparation and its ringing at the peer. Cancel safe.
    pub(super) async fn answered(&self) {
        let mut changed = self.changed.waiter();
        future::poll_fn(|cx| {
            changed.register(cx);
            match self.phase() {
                Phase::Preparing | Phase::Calling => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Ends an incoming call that rings for too long. `default_ms` is the time for a caller that has not sent one.
    pub(super) fn limit_ring(self: &Rc<Self>, default_ms: u32) {
        let ring_ms = self.state.borrow().ring_ms().map_or(default_ms, |ring_ms| ring_ms.min(MAX_RING_MS));
        let limit = ring_ms.saturating_add(RING_GRACE_MS).min(timer::MAX_MS);
        let (call, end) = (Rc::downgrade(self), self.end.wait());
        spawn_local(async move {
            select_biased! {
                () = end.fuse() => return,
                () = Sleep::new(limit).fuse() => {}
            }
            if let Some(call) = call.upgrade().filter(|call| call.state.borrow().is_incoming_ring()) {
                call.hang_up(EndReason::Unanswered);
            }
        });
    }

    /// Resolves when the call has ended.
    pub(super) fn end_wait(&self) -> CloseWait {
        self.end.wait()
    }

    pub(super) fn end_signal(&self) -> &CloseSignal {
        &self.end
    }

    /// Resolves to the reason when the call has ended. The future stays valid after the call has been dropped.
    pub(super) fn ended(&self) -> impl Future<Output = EndReason> + Unpin + use<> {
        let state = self.state.clone();
        self.end.wait().map(move |()| state.borrow().end_reason().unwrap_or(EndReason::HungUp))
    }

    /// Returns the reason for the end of the call, as the error of `operation`.
    pub(super) fn error(&self, operation: &'static str) -> Error {
        if let Some(refusal) = &*self.refusal.borrow() {
            return refusal.clone();
        }
        let (kind, message) = match self.state.borrow().end_reason() {
            Some(EndReason::Declined) => (ErrorKind::Declined, "the peer declined the call"),
            Some(EndReason::Busy) => (ErrorKind::Busy, "the peer is in another call"),
            Some(EndReason::PeerLeft) => (ErrorKind::PeerLeft, "the peer has left the room"),
            Some(EndReason::ConnectionFailed) => (ErrorKind::Network, "the connection to the peer has failed"),
            Some(EndReason::Unanswered) => (ErrorKind::Timeout, "the peer did not answer the call"),
            Some(EndReason::RoomClosed) => (ErrorKind::Closed, "the room has been left or lost"),
            _ => (ErrorKind::Closed, "the call has ended"),
        };
        Error::new(operation, kind, message)
    }

    pub(super) fn signals(&self) -> EventStream<Signal> {
        EventStream::from_queue(self.signals.clone(), &self.end)
    }
}

impl CallOwner for SharedCall {
    fn is_open(&self, id: &CallId) -> bool {
        !self.is_ended() && *self.state.borrow().id() == *id
    }

    fn refused(&self, error: Error) {
        let code = error.signaling_code();
        self.update(|state| state.refused(code.as_ref()));
        if self.state.borrow().end_reason() != Some(EndReason::PeerLeft) {
            self.refusal.replace(Some(error));
        }
    }
}

impl Drop for SharedCall {
    fn drop(&mut self) {
        self.hang_up(EndReason::HungUp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{negotiation::Content, signaling::ErrorCode};

    fn peer(id: &str) -> Peer {
        Peer::new(id, format!("name of {id}"))
    }

    fn call() -> Rc<SharedCall> {
        let id = CallId::try_from("c1".to_owned()).unwrap();
        let presence = Rc::new(Presence::new(peer("a"), vec![peer("b")]));
        SharedCall::new(CallState::outgoing(id, peer("b")), presence, Outgoing::new().0)
    }

    #[test]
    fn waiting_signals_are_limited() {
        let call = call();
        for limit in [16, 256] {
            for _ in 0..10_000 {
                call.receive(CallSignal::Negotiation(Content::Ping.into()));
            }
            assert_eq!(call.signals.len(), limit);
            // This fails, because the other end of the queue has been dropped. The state changes in any case.
            let _ = call.ring();
            call.receive(CallSignal::Accept { metadata: None });
        }
    }

    #[test]
    fn refusal_of_ring_becomes_error_of_call() {
        for (code, kind, kept) in [
            (ErrorCode::UnknownPeer, ErrorKind::PeerLeft, None),
            (ErrorCode::Internal, ErrorKind::Signaling, Some(ErrorCode::Internal)),
        ] {
            let call = call();
            let _ = call.ring();
            call.refused(Error::signaling("call", &code, "no"));
            let error = call.error("call");
            assert_eq!((error.kind(), error.signaling_code()), (&kind, kept));
            assert!(call.is_ended());
        }
    }

    #[test]
    fn id_of_peer_with_other_name_is_ignored() {
        let call = call();
        call.peer_id_changed("a2".into());
        assert_eq!(call.peer().id, "a2".into());
        assert!(call.presence.add(peer("c")));
        call.peer_id_changed("c".into());
        assert_eq!(call.peer().id, "a2".into());
    }
}
