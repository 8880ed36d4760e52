//! What a room does with what the server says.

use std::rc::Rc;

use super::{
    EndReason, IncomingCall, Inner, RoomEvent,
    leg::{Answer, Leg, Stage},
    message::{CallId, CallMessage, DeclineReason, Word},
    seat::Seat,
};
use crate::{
    error::{Error, ErrorKind, Result},
    signaling::{Data, LeaveReason, Peer, PeerId, ServerMessage},
};

impl Inner {
    /// An error is the end of the socket.
    pub(super) fn receive(self: &Rc<Self>, message: Result<ServerMessage>) -> Result<()> {
        match message {
            Ok(ServerMessage::PeerJoined { peer }) => self.peer_joined(peer),
            Ok(ServerMessage::PeerLeft { id, reason }) => self.peer_left(&id, reason),
            Ok(ServerMessage::Signal { from, data }) => self.receive_signal(&from, &data),
            Ok(ServerMessage::Say { from, data, .. }) => {
                if let Some(from) = self.peer(&from) {
                    self.events.push(RoomEvent::Said { from, data });
                }
            }
            Ok(ServerMessage::Error { code, message, .. }) => {
                let refused = Error::signaling("signal", code, message);
                self.events.push(RoomEvent::Refused(refused));
            }
            Ok(ServerMessage::Joined { .. } | ServerMessage::Pong { .. }) => {}
            Err(error) if *error.kind() == ErrorKind::Syntax => self.events.push(RoomEvent::Refused(error)),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn peer_joined(&self, peer: Peer) {
        self.peers.borrow_mut().push(peer.clone());
        self.events.push(RoomEvent::PeerJoined(peer));
    }

    /// One who is lost to the server may still be there for us: where the connection of a call is up, they will tell
    /// by which id they are back.
    fn peer_left(&self, id: &PeerId, reason: LeaveReason) {
        let Some(peer) = self.remove_peer(id) else { return };
        for leg in self.legs().iter().filter(|leg| leg.address.them() == *id) {
            if reason != LeaveReason::Left && leg.is_connected() {
                leg.address.lose();
            } else {
                leg.finish(EndReason::PeerLeft);
            }
        }
        self.events.push(RoomEvent::PeerLeft(peer, reason));
    }

    fn remove_peer(&self, id: &PeerId) -> Option<Peer> {
        let mut peers = self.peers.borrow_mut();
        let position = peers.iter().position(|peer| peer.id == *id)?;
        Some(peers.remove(position))
    }

    /// What makes no sense is passed over: a peer may be of another version, or of ill will.
    fn receive_signal(self: &Rc<Self>, from: &PeerId, data: &Data) {
        let Some(peer) = self.peer(from) else { return };
        let Ok(CallMessage { call, word }) = data.parse::<CallMessage>() else { return };
        let leg = self.legs().into_iter().find(|leg| leg.id == call && leg.address.them() == *from);
        match (word, leg) {
            (Word::Ring, None) => self.ring(peer, call),
            (Word::Accept, Some(leg)) if leg.stage() == Stage::RingingOut => leg.answer(Answer::Accepted),
            (Word::Decline { reason }, Some(leg)) => leg.finish(match reason {
                DeclineReason::Busy => EndReason::Busy,
                _ => EndReason::Declined,
            }),
            (Word::HangUp { reason: Some(EndReason::ConnectionFailed) }, Some(leg)) => {
                leg.finish(EndReason::ConnectionFailed);
            }
            (Word::HangUp { .. }, Some(leg)) => leg.finish(EndReason::PeerHungUp),
            (Word::Negotiation(signal), Some(leg)) => leg.signals.push(signal),
            _ => {}
        }
    }

    /// Where we ring each other, the call of the one with the lesser id is the one that both go on with.
    fn ring(self: &Rc<Self>, peer: Peer, call: CallId) {
        let rings_them = |leg: &Rc<Leg>| leg.stage() == Stage::RingingOut && leg.address.them() == peer.id;
        match self.legs().into_iter().find(rings_them) {
            Some(_) if self.me.borrow().id < peer.id => {}
            Some(ours) => ours.answer(Answer::Crossed(self.leg(call, peer, Stage::RingingIn))),
            None => {
                let incoming = IncomingCall::new(self.leg(call, peer, Stage::RingingIn));
                self.events.push(RoomEvent::Incoming(incoming));
            }
        }
    }

    /// The server is not heard any more, and this is the next try.
    pub(super) fn reconnecting(&self, attempt: u32) {
        self.seated.set(false);
        self.events.push(RoomEvent::Reconnecting { attempt });
    }

    /// The server is back.
    pub(super) fn recovered(&self, seat: &Seat) {
        self.ice_servers.replace(seat.ice_servers.clone());
        if !seat.resumed {
            self.seated_anew(&seat.you, &seat.peers);
        }
        self.seated.set(true);
        self.events.push(RoomEvent::Recovered);
    }

    /// Nobody knows us by the id that we had, and the room may have others in it, or the same by other ids.
    fn seated_anew(&self, you: &Peer, peers: &[Peer]) {
        self.me.replace(you.clone());
        let former: Vec<PeerId> = self.peers.borrow().iter().map(|peer| peer.id.clone()).collect();
        let stays = |id: &&PeerId| peers.iter().any(|peer| peer.id == **id);
        for gone in former.iter().filter(|id| !stays(id)) {
            self.peer_left(gone, LeaveReason::Lost);
        }
        for leg in self.legs() {
            if leg.is_connected() {
                leg.address.move_to(self.me.borrow().id.clone());
            } else {
                leg.finish(EndReason::PeerLeft);
            }
        }
        for peer in peers {
            if !former.contains(&peer.id) {
                self.peer_joined(peer.clone());
            }
        }
    }

    /// No server any more.
    pub(super) fn lost(&self, reason: Error) {
        self.seated.set(false);
        for leg in self.legs().iter().filter(|leg| leg.stage() != Stage::Up) {
            leg.finish(EndReason::RoomClosed);
        }
        self.events.push(RoomEvent::Lost { reason });
        self.end.come();
    }
}
