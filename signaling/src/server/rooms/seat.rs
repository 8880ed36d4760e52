//! What a client does in its room.

use std::fmt;
use std::sync::Arc;

use super::{Member, Room, Rooms};
use crate::server::lock;
use crate::server::outbox::{Outbox, encode};
use crate::{Data, ErrorCode, LeaveReason, MessageId, PeerId, Pong, SayFrom, ServerError, ServerMessage, SignalFrom};

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
        let frame = encode(&ServerMessage::Signal(SignalFrom::new(from, data)));
        self.counted(|members, number| match members.iter().find(|member| member.peer.id == *to) {
            Some(member) => member.outbox.push(frame),
            None => self.tell_refusal(ErrorCode::UnknownPeer, "no such peer in the room", Some(number)),
        });
    }

    /// Tells all others.
    pub fn say(&self, id: MessageId, data: Data) {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Say(SayFrom::new(from, id, data)));
        self.counted(|members, _| {
            for member in members.iter().filter(|member| member.peer.id != self.id) {
                member.outbox.push(frame.clone());
            }
        });
    }

    /// Counts a numbered frame that is not relayed, and refuses it.
    pub fn refuse_numbered(&self, code: ErrorCode, message: &str) {
        self.counted(|_, number| self.tell_refusal(code, message, Some(number)));
    }

    /// Lets go of what the client has, and says what has come from it.
    pub fn ping(&self, id: u32, received: u32) {
        self.held(|members, index| {
            self.outbox.acknowledge(received);
            let received = members.get(index).map_or(0, |member| member.received);
            self.outbox.send(&ServerMessage::Pong(Pong::new(id).received(received)));
        });
    }

    /// Gives the seat up, and tells the others why, or nothing.
    pub fn leave(mut self, announce: Option<LeaveReason>) {
        self.announce = announce;
    }

    /// Counts a frame and handles it at once, so that a socket that takes the seat over learns of both or of neither.
    /// `work` gets the number of the frame.
    fn counted(&self, work: impl FnOnce(&[Member], u32)) {
        self.held(|members, index| {
            let Some(member) = members.get_mut(index) else { return };
            member.received = member.received.wrapping_add(1);
            let number = member.received;
            work(members, number);
        });
    }

    fn held(&self, work: impl FnOnce(&mut [Member], usize)) {
        let mut members = lock(&self.room.members);
        let index = members.iter().position(|member| member.outbox.is(&self.outbox));
        if let Some(index) = index {
            work(&mut members, index);
        }
    }

    /// Refuses a frame that is not numbered.
    pub fn refuse(&self, code: ErrorCode, message: &str) {
        self.tell_refusal(code, message, None);
    }

    fn tell_refusal(&self, code: ErrorCode, message: &str, frame: Option<u32>) {
        self.rooms.0.metrics.error(&code);
        self.outbox.send(&ServerMessage::Error(ServerError::new(code, message.to_owned()).frame(frame)));
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
