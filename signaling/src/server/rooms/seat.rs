//! What a client does in its room.

use std::fmt;
use std::sync::Arc;

use super::{Member, Room, Rooms};
use crate::server::lock;
use crate::server::outbox::{Outbox, encode};
use crate::{Data, ErrorCode, LeaveReason, MessageId, PeerId, ServerMessage};

/// A place in a room as one connection holds it, given up when dropped.
///
/// Once another connection has taken it over, nothing here does anything.
pub struct Seat {
    rooms: Rooms,
    room: Arc<Room>,
    id: PeerId,
    outbox: Outbox,
    announce: Option<LeaveReason>,
}

impl Seat {
    pub(super) fn new(rooms: Rooms, room: Arc<Room>, id: PeerId, outbox: Outbox) -> Self {
        Self { rooms, room, id, outbox, announce: Some(LeaveReason::Lost) }
    }

    pub fn id(&self) -> &PeerId {
        &self.id
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Tells one.
    pub fn signal(&self, to: &PeerId, data: Data) {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Signal { from, data });
        self.counted(|members| match members.iter().find(|member| member.peer.id == *to) {
            Some(member) => member.outbox.push(frame),
            None => self.refuse(ErrorCode::UnknownPeer, "no such peer in the room"),
        });
    }

    /// Tells all others.
    pub fn say(&self, id: MessageId, data: Data) {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Say { from, id, data });
        self.counted(|members| {
            for member in members.iter().filter(|member| member.peer.id != self.id) {
                member.outbox.push(frame.clone());
            }
        });
    }

    /// Counts a `signal` or a `say` that is not even looked at: nobody is to send it again.
    pub fn refuse_counted(&self, code: ErrorCode, message: &str) {
        self.counted(|_| self.refuse(code, message));
    }

    /// Lets go of what the client has, and says what has come from it.
    pub fn ping(&self, id: u32, received: u32) {
        self.held(|members, index| {
            self.outbox.acknowledge(received);
            let received = members.get(index).map_or(0, |member| member.received);
            self.outbox.send(&ServerMessage::Pong { id, received, resume: None });
        });
    }

    /// Gives the seat up, and tells the others why, or nothing.
    pub fn leave(mut self, announce: Option<LeaveReason>) {
        self.announce = announce;
    }

    /// A frame counts at the moment at which it works: a socket that takes the seat over is told of
    /// both or of neither.
    fn counted(&self, work: impl FnOnce(&[Member])) {
        self.held(|members, index| {
            if let Some(member) = members.get_mut(index) {
                member.received = member.received.wrapping_add(1);
            }
            work(members);
        });
    }

    fn held(&self, work: impl FnOnce(&mut [Member], usize)) {
        let mut members = lock(&self.room.members);
        let index = members.iter().position(|member| member.outbox.is(&self.outbox));
        if let Some(index) = index {
            work(&mut members, index);
        }
    }

    /// Says what was wrong with a frame.
    pub fn refuse(&self, code: ErrorCode, message: &str) {
        self.rooms.0.metrics.error(&code);
        self.outbox.send(&ServerMessage::Error { code, message: message.to_owned(), frame: None });
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.rooms.vacate(&self.room, &self.outbox, self.announce.take());
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seat").field(&self.id).finish()
    }
}
