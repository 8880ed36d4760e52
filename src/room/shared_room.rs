//! The state of one room, shared by its handles, its calls and its driver.

use std::{
    cell::{Cell, OnceCell, RefCell, RefMut},
    rc::{Rc, Weak},
};

use browser_rtc_proto::{
    call::{CallId, CallSignal, CallState, EndReason, HangUpReason, Ring, RingOutcome, Rings},
    direct::Content,
};

use super::{
    connector::Seat,
    join::Join,
    outgoing::{Delivery, Frame, Outgoing, Owner, room_closed},
    presence::{MAX_ID_BYTES, Presence},
    requests::Requests,
    shared_call::SharedCall,
};
use crate::{
    error::{Error, ErrorKind, Result},
    peer::{Configuration, IceServer},
    random,
    session::Recovery,
    signaling::{MessageId, Peer, PeerId},
    timer,
    wake::{CloseSignal, CloseWait},
};

/// Maximum size of a frame without its signal, in bytes. The ids of peers and calls are limited.
const ENVELOPE_BYTES: usize = 1_024;

/// The state of a room. Dropping it leaves the room.
pub(super) struct SharedRoom {
    presence: Rc<Presence>,
    configuration: Configuration,
    ice_servers: RefCell<Vec<IceServer>>,
    recovery: Recovery,
    ring_ms: u32,
    /// The server's limit for a frame.
    max_frame_bytes: Cell<usize>,
    /// The resulting limit for a signal, which all sessions share.
    signal_limit: Rc<Cell<usize>>,
    calls: RefCell<Vec<Weak<SharedCall>>>,
    rings: RefCell<Rings>,
    /// The requests, once the program uses them.
    requests: OnceCell<Rc<dyn Requests>>,
    outgoing: RefCell<Outgoing>,
    /// Set when the room has been left or lost.
    end: CloseSignal,
}

impl SharedRoom {
    pub(super) fn new(join: Join, seat: &Seat, outgoing: Outgoing) -> Rc<Self> {
        let this = Self {
            presence: Rc::new(Presence::new(seat.you.clone(), seat.peers.clone())),
            configuration: join.configuration,
            ice_servers: RefCell::default(),
            recovery: join.recovery,
            ring_ms: timer::milliseconds(join.ring_time),
            max_frame_bytes: Cell::default(),
            signal_limit: Rc::default(),
            calls: RefCell::default(),
            rings: RefCell::default(),
            requests: OnceCell::new(),
            outgoing: outgoing.into(),
            end: CloseSignal::default(),
        };
        this.configure(seat);
        Rc::new(this)
    }

    /// Applies the ICE servers and the limit that the server has provided with a seat.
    pub(super) fn configure(&self, seat: &Seat) {
        self.ice_servers.replace(seat.ice_servers.clone());
        self.max_frame_bytes.set(seat.max_frame_bytes);
        self.signal_limit.set(seat.max_frame_bytes.saturating_sub(ENVELOPE_BYTES));
    }

    pub(super) fn presence(&self) -> &Rc<Presence> {
        &self.presence
    }

    pub(super) fn ice_servers(&self) -> Vec<IceServer> {
        self.ice_servers.borrow().clone()
    }

    /// Returns the configuration for a new call, which may have a configuration of its own.
    pub(super) fn configuration(&self, of_call: Option<Configuration>) -> Configuration {
        let mut configuration = of_call.unwrap_or_else(|| self.configuration.clone());
        configuration.ice_servers.extend_from_slice(&self.ice_servers.borrow());
        configuration
    }

    pub(super) fn recovery(&self) -> Recovery {
        self.recovery.clone()
    }

    pub(super) fn signal_limit(&self) -> Rc<Cell<usize>> {
        self.signal_limit.clone()
    }

    pub(super) fn ring_ms(&self) -> u32 {
        self.ring_ms
    }

    /// Returns an error if the room has been left or lost.
    pub(super) fn check_open(&self, operation: &'static str) -> Result<()> {
        if self.end.is_set() { Err(room_closed(operation)) } else { Ok(()) }
    }

    /// Returns the cell of the requests, which is empty if the program has not used requests.
    pub(super) fn used_requests(&self) -> &OnceCell<Rc<dyn Requests>> {
        &self.requests
    }

    /// Returns the peer with this id. A peer that is not listed has an empty name: it may have joined just now. If it is not
    /// in the room, the server refuses messages to it.
    pub(super) fn recipient(&self, operation: &'static str, id: &PeerId) -> Result<Peer> {
        let has_length = (1..=MAX_ID_BYTES).contains(&id.as_str().len());
        if !has_length || *id == self.presence.me().id {
            let message = format!("peer {id} is not another peer in the room");
            return Err(Error::new(operation, ErrorKind::PeerLeft, message));
        }
        self.check_open(operation)?;
        Ok(self.presence.peer(id).unwrap_or_else(|| Peer::new(id.clone(), "")))
    }

    /// Queues a message to a peer.
    pub(super) fn send_direct(
        &self,
        operation: &'static str,
        to: &PeerId,
        id: MessageId,
        content: Content,
    ) -> Result<Delivery> {
        self.check_open(operation)?;
        let (frame, delivery) = Frame::direct(operation, to, id, content);
        self.send(operation, frame)?;
        Ok(delivery)
    }

    /// Queues a frame, unless it exceeds the server's limit.
    pub(super) fn send(&self, operation: &'static str, frame: Frame) -> Result<()> {
        frame.check_size(operation, self.max_frame_bytes.get())?;
        self.outgoing.borrow_mut().send(frame)
    }

    /// Returns the call to a peer: an incoming call of the peer that rings here, or a new call.
    pub(super) fn call_to(&self, peer: Peer) -> Rc<SharedCall> {
        let is_ringing = |call: &Rc<SharedCall>| call.peer().id == peer.id && call.reserve();
        self.calls().into_iter().find(is_ringing).unwrap_or_else(|| {
            let id = CallId::from_random(random::words());
            self.rings.borrow_mut().remember(&peer.id, &id);
            self.add_call(CallState::outgoing(id, peer))
        })
    }

    fn add_call(&self, state: CallState) -> Rc<SharedCall> {
        let outgoing = self.outgoing.borrow().clone();
        let call = SharedCall::new(state, self.presence.clone(), outgoing);
        let mut calls = self.calls.borrow_mut();
        calls.retain(|call| call.strong_count() > 0);
        calls.push(Rc::downgrade(&call));
        call
    }

    /// Returns the calls that have not ended.
    pub(super) fn calls(&self) -> Vec<Rc<SharedCall>> {
        self.calls.borrow().iter().filter_map(Weak::upgrade).filter(|call| !call.is_ended()).collect()
    }

    /// Receives a ring. Returns the call if it is a new incoming call.
    pub(super) fn receive_ring(&self, peer: Peer, id: CallId, ring: Ring) -> Option<Rc<SharedCall>> {
        let to = peer.id.clone();
        let calls = self.calls();
        let outcome = {
            let mut states: Vec<RefMut<'_, CallState>> = calls.iter().map(|call| call.state_mut()).collect();
            let states = states.iter_mut().map(|state| &mut **state);
            let (now_ms, me) = (js_sys::Date::now(), self.presence.me().id);
            self.rings.borrow_mut().receive(now_ms, &me, peer, id.clone(), ring, states)
        };
        let (id, signal) = match outcome {
            RingOutcome::Ignored => return None,
            RingOutcome::Incoming(state) => {
                let call = self.add_call(state);
                call.limit_ring(self.ring_ms);
                return Some(call);
            }
            RingOutcome::Joined { index, former } => {
                if let Some(joined) = calls.get(index) {
                    joined.state_changed();
                    joined.limit_ring(self.ring_ms);
                }
                (former?, CallSignal::HangUp { reason: HangUpReason::HungUp })
            }
            RingOutcome::Declined(signal) => (id, signal),
        };
        // If the queue is full, the caller's own timeout ends the call.
        let _ = self.outgoing.borrow_mut().send_signal(&id, &to, signal, Owner::EndedCall);
        None
    }

    /// Resolves when the room has been left or lost.
    pub(super) fn end_wait(&self) -> CloseWait {
        self.end.wait()
    }

    pub(super) fn end_signal(&self) -> &CloseSignal {
        &self.end
    }

    /// Ends the room's events and requests.
    pub(super) fn set_ended(&self) {
        if let Some(requests) = self.requests.get() {
            requests.room_ended();
        }
        self.end.set();
    }

    /// Leaves the room, which ends its calls.
    pub(super) fn leave(&self) {
        for call in self.calls() {
            call.end(EndReason::RoomClosed);
        }
        self.set_ended();
    }
}

impl Drop for SharedRoom {
    fn drop(&mut self) {
        self.leave();
    }
}
