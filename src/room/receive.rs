//! Handling of the server's messages to a room.

use std::rc::{Rc, Weak};

use browser_rtc_proto::{
    call::{CallMessage, CallSignal, EndReason, Phase},
    dedup::Deduplicator,
    direct::{Content, DirectMessage, FailureReason, PeerMessage},
};

use super::{
    connector::Seat,
    events::{self, RoomEvent},
    incoming::IncomingCall,
    requests,
    shared_room::SharedRoom,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::Broadcast,
    signaling::{
        Data, LeaveReason, MessageId, Peer, PeerId, PeerJoined, PeerLeft, SayFrom, ServerError, ServerMessage,
        SignalFrom, is_frame_error,
    },
};

/// Receives the server's messages, and emits the events of the room. It does not keep the room alive.
pub(super) struct Receiver {
    room: Weak<SharedRoom>,
    events: Broadcast<RoomEvent>,
    /// The latest messages and requests, by the sender's name, which stays the same in a new seat.
    messages: Deduplicator,
}

impl Receiver {
    pub(super) fn new(room: &Rc<SharedRoom>, events: Broadcast<RoomEvent>) -> Self {
        Self { room: Rc::downgrade(room), events, messages: Deduplicator::default() }
    }

    fn emit(&self, event: RoomEvent) {
        events::push(&self.events, event);
    }

    /// Receives a message. Fails if the socket has ended.
    pub(super) fn receive(&mut self, message: Result<ServerMessage>) -> Result<()> {
        // The driver ends when the last handle of the room is dropped.
        let Some(room) = self.room.upgrade() else { return Ok(()) };
        match message {
            Ok(ServerMessage::PeerJoined(PeerJoined { peer, .. })) => self.peer_joined(&room, peer),
            Ok(ServerMessage::PeerLeft(PeerLeft { id, reason, .. })) => self.peer_left(&room, &id, reason),
            Ok(ServerMessage::Signal(SignalFrom { from, data, .. })) => self.receive_signal(&room, &from, &data),
            Ok(ServerMessage::Say(SayFrom { from, id, data, .. })) => self.receive_say(&room, &from, &id, data),
            Ok(ServerMessage::Error(ServerError { code, message, .. })) => {
                self.refused(Error::signaling("signal", &code, message));
            }
            Ok(ServerMessage::Joined(_) | ServerMessage::Pong(_)) => {}
            Err(error) if is_frame_error(&error) => self.refused(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Emits a failure that no operation returns.
    pub(super) fn refused(&self, error: Error) {
        self.emit(RoomEvent::Refused(error));
    }

    fn is_new(&mut self, from: &Peer, id: &MessageId) -> bool {
        self.messages.insert((&from.name, id))
    }

    fn receive_say(&mut self, room: &SharedRoom, from: &PeerId, id: &MessageId, data: Data) {
        if let Some(from) = room.presence().peer(from)
            && self.is_new(&from, id)
        {
            self.emit(RoomEvent::Said { from, data });
        }
    }

    fn peer_joined(&self, room: &SharedRoom, peer: Peer) {
        if room.presence().add(peer.clone()) {
            // A call may have started before the peer was listed.
            for call in room.calls() {
                call.peer_listed(&peer);
            }
            self.emit(RoomEvent::PeerJoined(peer));
        } else {
            let message = "a peer is not listed: the room has too many peers, or the peer's id or name is too long";
            self.refused(Error::new("join", ErrorKind::QuotaExceeded, message));
        }
    }

    /// Removes a peer. If only the peer's connection to the server is lost, a connected call with it continues, and the
    /// peer announces its new id there.
    fn peer_left(&self, room: &SharedRoom, id: &PeerId, reason: LeaveReason) {
        let Some(peer) = room.presence().remove(id) else { return };
        for call in room.calls().iter().filter(|call| call.peer().id == *id) {
            call.peer_left(&reason);
        }
        if let Some(requests) = room.used_requests().get() {
            requests.peer_left(&peer, &reason);
        }
        self.emit(RoomEvent::PeerLeft(peer, reason));
    }

    /// Receives a signal. Malformed signals are ignored, because the peer may run another version or be malicious.
    fn receive_signal(&mut self, room: &Rc<SharedRoom>, from: &PeerId, data: &Data) {
        let Some(peer) = room.presence().peer(from) else { return };
        match PeerMessage::from_data(data) {
            Ok(PeerMessage::Call(message)) => self.receive_call_message(room, peer, message),
            Ok(PeerMessage::Direct(message)) => self.receive_direct(room, peer, message),
            Err(_) => {}
        }
    }

    fn receive_call_message(&self, room: &Rc<SharedRoom>, peer: Peer, CallMessage { call: id, signal }: CallMessage) {
        let known = room.calls().into_iter().find(|call| call.id() == id && call.peer().id == peer.id);
        match (known, signal) {
            (Some(call), signal) => call.receive(signal),
            (None, CallSignal::Ring(ring)) => {
                if let Some(call) = room.receive_ring(peer, id, ring) {
                    self.emit(RoomEvent::Incoming(IncomingCall::new(call, Rc::downgrade(room))));
                }
            }
            _ => {}
        }
    }

    fn receive_direct(&mut self, room: &Rc<SharedRoom>, from: Peer, DirectMessage { id, content }: DirectMessage) {
        match content {
            Content::Message(data) if self.is_new(&from, &id) => self.emit(RoomEvent::Message { from, data }),
            Content::Request(_) if !self.is_new(&from, &id) => {}
            content => match room.used_requests().get() {
                Some(requests) => requests.receive(room, from, id, content),
                None if matches!(content, Content::Request(_)) => {
                    requests::refuse(room, &from.id, id, FailureReason::NoHandler);
                }
                None => {}
            },
        }
    }

    /// Emits an attempt to reconnect.
    pub(super) fn reconnecting(&self, attempt: u32) {
        if let Some(room) = self.room.upgrade() {
            room.presence().set_online(false);
            self.emit(RoomEvent::Reconnecting { attempt });
        }
    }

    /// Continues with the seat of a new connection to the server.
    pub(super) fn recovered(&self, seat: &Seat) {
        let Some(room) = self.room.upgrade() else { return };
        room.configure(seat);
        if !seat.resumed {
            self.seat_replaced(&room, seat);
        }
        room.presence().set_online(true);
        self.emit(RoomEvent::Recovered);
    }

    /// Handles a new seat: the local peer has a new id, and other peers may have joined, left, or received new ids.
    fn seat_replaced(&self, room: &SharedRoom, seat: &Seat) {
        let presence = room.presence();
        presence.set_me(seat.you.clone());
        let previous: Vec<PeerId> = presence.peers().into_iter().map(|peer| peer.id).collect();
        let is_gone = |id: &&PeerId| seat.peers.iter().all(|peer| peer.id != **id);
        for id in previous.iter().filter(is_gone) {
            self.peer_left(room, id, LeaveReason::Lost);
        }
        for call in room.calls() {
            call.own_id_changed(&seat.you.id);
        }
        for peer in seat.peers.iter().filter(|peer| !previous.contains(&peer.id)) {
            self.peer_joined(room, peer.clone());
        }
    }

    /// Ends the room, because the connection to the server is permanently lost. Active calls continue.
    pub(super) fn lost(&self, reason: Error) {
        let Some(room) = self.room.upgrade() else { return };
        room.presence().set_online(false);
        for call in room.calls().iter().filter(|call| call.phase() != Phase::Active) {
            call.end(EndReason::RoomClosed);
        }
        self.emit(RoomEvent::Lost { reason });
        room.set_ended();
    }
}
