//! The reaction of a room to the messages of the server.

use std::rc::Rc;

use browser_rtc_proto::call::{CallId, CallMessage, CallSignal, DeclineReason, EndReason};

use super::{
    IncomingCall, Inner, RoomEvent,
    call_state::{self, Answer, CallState, Stage},
    connector::Seat,
    outgoing::Owner,
};
use crate::{
    error::{Error, ErrorKind, Result},
    signaling::{
        Data, LeaveReason, Peer, PeerId, PeerJoined, PeerLeft, SayFrom, ServerError, ServerMessage, SignalFrom,
    },
};

/// The length of a peer's id and name, at most. Servers give shorter ones.
pub(super) const MAX_ID_BYTES: usize = 128;
const MAX_NAME_BYTES: usize = 4_096;

/// The number of other peers in a room, at most: further ones are not listed.
pub(super) const MAX_PEERS: usize = 65_536;

/// The number of calls that ring at once. A peer can only have one of them.
const MAX_RINGING: usize = 16;

/// The number of rings that are answered with `busy` within [`BUSY_TIME_MS`]; further ones are ignored, so that a flood
/// of rings does not use up what the server lets this client send.
const MAX_BUSY_ANSWERS: u32 = 32;
const BUSY_TIME_MS: f64 = 10_000.0;

/// Whether the peer's id and name have a length that a server gives.
pub(super) fn is_valid(peer: &Peer) -> bool {
    (1..=MAX_ID_BYTES).contains(&peer.id.as_str().len()) && peer.name.len() <= MAX_NAME_BYTES
}

/// Whether a frame could not be read, which does not end the socket.
pub(super) fn is_of_one_frame(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Syntax | ErrorKind::NotSupported)
}

impl Inner {
    /// Takes a message of the server. An error is the end of the socket.
    pub(super) fn receive(self: &Rc<Self>, message: Result<ServerMessage>) -> Result<()> {
        match message {
            Ok(ServerMessage::PeerJoined(PeerJoined { peer, .. })) => self.peer_joined(peer),
            Ok(ServerMessage::PeerLeft(PeerLeft { id, reason, .. })) => self.peer_left(&id, reason),
            Ok(ServerMessage::Signal(SignalFrom { from, data, .. })) => self.receive_signal(&from, &data),
            Ok(ServerMessage::Say(SayFrom { from, id, data, .. })) => {
                if let Some(from) = self.peer(&from)
                    && self.heard.is_new(&from.name, &id)
                {
                    self.tell(RoomEvent::Said { from, data });
                }
            }
            Ok(ServerMessage::Error(ServerError { code, message, .. })) => {
                self.refused(Error::signaling("signal", code, message));
            }
            Ok(ServerMessage::Joined(_) | ServerMessage::Pong(_)) => {}
            Err(error) if is_of_one_frame(&error) => self.refused(error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reports what nobody else reports.
    pub(super) fn refused(&self, error: Error) {
        self.tell(RoomEvent::Refused(error));
    }

    fn peer_joined(&self, peer: Peer) {
        let is_full = self.peers.borrow().len() >= MAX_PEERS;
        if is_full || !is_valid(&peer) {
            let message = "a peer is not listed: the room has too many, or its id or name is too long";
            return self.refused(Error::new("join", ErrorKind::QuotaExceeded, message));
        }
        self.peers.borrow_mut().push(peer.clone());
        self.tell(RoomEvent::PeerJoined(peer));
    }

    /// Removes a peer. One that is lost to the server may still be connected in a call, and tells there its new id.
    fn peer_left(&self, id: &PeerId, reason: LeaveReason) {
        let Some(peer) = self.remove_peer(id) else { return };
        for call_state in self.legs().iter().filter(|call_state| call_state.route.them() == *id) {
            if reason != LeaveReason::Left && call_state.is_connected() {
                call_state.route.lose();
            } else {
                call_state.finish(EndReason::PeerLeft);
            }
        }
        self.tell(RoomEvent::PeerLeft(peer, reason));
    }

    fn remove_peer(&self, id: &PeerId) -> Option<Peer> {
        let mut peers = self.peers.borrow_mut();
        let position = peers.iter().position(|peer| peer.id == *id)?;
        Some(peers.remove(position))
    }

    /// Takes a word of a call. What is malformed is ignored: a peer may be of another version, or of ill will.
    fn receive_signal(self: &Rc<Self>, from: &PeerId, data: &Data) {
        let Some(peer) = self.peer(from) else { return };
        let Ok(CallMessage { call, word }) = data.parse::<CallMessage>() else { return };
        let call_state =
            self.legs().into_iter().find(|call_state| call_state.id == call && call_state.route.them() == *from);
        match (word, call_state) {
            (CallSignal::Ring, None) => self.ring(peer, call),
            (CallSignal::Accept, Some(call_state)) if call_state.stage() == Stage::RingingOut => {
                call_state.answer(Answer::Accepted)
            }
            (CallSignal::Decline { reason }, Some(call_state)) => call_state.finish(reason.into()),
            (CallSignal::HangUp { reason }, Some(call_state)) => call_state.finish(reason.into()),
            (CallSignal::Negotiation(signal), Some(call_state)) => call_state.receive(signal),
            _ => {}
        }
    }

    /// Takes a ring. If both peers ring each other, the call of the peer with the lesser id is the one that both take.
    fn ring(self: &Rc<Self>, peer: Peer, call: CallId) {
        let legs = self.legs();
        let rings_them =
            |call_state: &&Rc<CallState>| call_state.stage() == Stage::RingingOut && call_state.route.them() == peer.id;
        if let Some(ours) = legs.iter().find(rings_them) {
            if self.me.borrow().id > peer.id {
                ours.answer(Answer::Crossed(self.call_state(call, peer, Stage::RingingIn)));
            }
            return;
        }
        let ringing = || legs.iter().filter(|call_state| call_state.stage() == Stage::RingingIn);
        if ringing().count() >= MAX_RINGING || ringing().any(|call_state| call_state.route.them() == peer.id) {
            return self.answer_busy(&peer.id, &call);
        }
        let incoming = IncomingCall::new(self.call_state(call, peer, Stage::RingingIn), self.ring_ms);
        self.tell(RoomEvent::Incoming(incoming));
    }

    /// Declines a ring that nobody is told of.
    fn answer_busy(&self, peer: &PeerId, call: &CallId) {
        let now = js_sys::Date::now();
        let (begun, count) = self.busy_answers.get();
        let (begun, count) = if (0.0..BUSY_TIME_MS).contains(&(now - begun)) { (begun, count) } else { (now, 0) };
        self.busy_answers.set((begun, count.saturating_add(1)));
        if count < MAX_BUSY_ANSWERS {
            let word = CallSignal::Decline { reason: DeclineReason::Busy };
            // Where there is no room for it, the caller gives up by itself.
            let _ = call_state::tell(&mut self.outgoing.borrow_mut(), call, peer, word, Owner::EndedCall);
        }
    }

    /// Reports the next attempt to reconnect.
    pub(super) fn reconnecting(&self, attempt: u32) {
        self.seated.set(false);
        self.tell(RoomEvent::Reconnecting { attempt });
    }

    /// Takes what the server gave with a seat after it had been lost.
    pub(super) fn recovered(&self, seat: &Seat) {
        self.ice_servers.replace(seat.ice_servers.clone());
        self.set_max_frame_bytes(seat.max_frame_bytes);
        if !seat.resumed {
            self.seated_anew(&seat.you, &seat.peers);
        }
        self.seated.set(true);
        self.tell(RoomEvent::Recovered);
    }

    /// Takes a new seat: this peer has another id, and the room may have other peers in it, or the same by other ids.
    fn seated_anew(&self, you: &Peer, peers: &[Peer]) {
        self.me.replace(you.clone());
        let former: Vec<PeerId> = self.peers.borrow().iter().map(|peer| peer.id.clone()).collect();
        let stays = |id: &&PeerId| peers.iter().any(|peer| peer.id == **id);
        for gone in former.iter().filter(|id| !stays(id)) {
            self.peer_left(gone, LeaveReason::Lost);
        }
        for call_state in self.legs() {
            if call_state.is_connected() {
                call_state.route.move_to(self.me.borrow().id.clone());
            } else {
                call_state.finish(EndReason::PeerLeft);
            }
        }
        for peer in peers {
            if !former.contains(&peer.id) {
                self.peer_joined(peer.clone());
            }
        }
    }

    /// Ends the room, as there is no server any more.
    pub(super) fn lost(&self, reason: Error) {
        self.seated.set(false);
        for call_state in self.legs().iter().filter(|call_state| call_state.stage() != Stage::Up) {
            call_state.finish(EndReason::RoomClosed);
        }
        self.tell(RoomEvent::Lost { reason });
        self.end.set();
    }
}
