//! The seat of a connection in a room in memory.

use std::{fmt, sync::Arc};

use super::{
    super::{
        lock::lock,
        outbox::{Outbox, encode},
    },
    Member, MemoryRoom, MemoryRooms,
};
use browser_rtc_proto::signaling::{
    Data, ErrorCode, LeaveReason, MessageId, PeerId, Pong, SayFrom, ServerError, ServerMessage, SignalFrom,
};

/// A seat that one connection holds. It is released when dropped.
///
/// Once another connection has taken over the seat, its methods have no effect.
pub struct MemorySeat {
    rooms: MemoryRooms,
    room: Arc<MemoryRoom>,
    id: PeerId,
    outbox: Outbox,
    announce: Option<LeaveReason>,
}

impl MemorySeat {
    pub(super) fn new(rooms: MemoryRooms, room: Arc<MemoryRoom>, id: PeerId, outbox: Outbox) -> Self {
        Self { rooms, room, id, outbox, announce: Some(LeaveReason::Lost) }
    }

    pub fn id(&self) -> &PeerId {
        &self.id
    }

    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Sends data to one peer.
    pub fn signal(&self, to: &PeerId, data: Data) {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Signal(SignalFrom::new(from, data)));
        self.count_frame(|members, number| match members.iter().find(|member| member.peer.id == *to) {
            Some(member) => member.outbox.push(frame),
            None => self.send_error(ErrorCode::UnknownPeer, "the receiver is not in the room", Some(number)),
        });
    }

    /// Sends data to all other peers.
    pub fn say(&self, id: MessageId, data: Data) {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Say(SayFrom::new(from, id, data)));
        self.count_frame(|members, _| {
            for member in members.iter().filter(|member| member.peer.id != self.id) {
                member.outbox.push(frame.clone());
            }
        });
    }

    /// Counts a numbered frame that is not relayed, and refuses it.
    pub fn refuse_numbered(&self, code: ErrorCode, message: &str) {
        self.count_frame(|_, number| self.send_error(code, message, Some(number)));
    }

    /// Refuses a frame that is not numbered.
    pub fn refuse(&self, code: ErrorCode, message: &str) {
        self.send_error(code, message, None);
    }

    /// Acknowledges frames that the client has received, and answers with the number of those received from it.
    pub fn ping(&self, id: u32, received: u32) {
        self.with_members(|members, index| {
            self.outbox.acknowledge(received);
            let received = members.get(index).map_or(0, |member| member.received);
            self.outbox.send(&ServerMessage::Pong(Pong::new(id).received(received)));
        });
    }

    /// Releases the seat. The peers are notified if there is a reason to announce.
    pub fn leave(mut self, announce: Option<LeaveReason>) {
        self.announce = announce;
    }

    /// Counts a frame and handles it under one lock, so that a socket that takes over the seat observes both or
    /// neither. `handle` receives the number of the frame.
    fn count_frame(&self, handle: impl FnOnce(&[Member], u32)) {
        self.with_members(|members, index| {
            let Some(member) = members.get_mut(index) else { return };
            member.received = member.received.wrapping_add(1);
            let number = member.received;
            handle(members, number);
        });
    }

    /// Calls `f` with the members of the room and the index of this one, while the connection holds the seat.
    fn with_members(&self, f: impl FnOnce(&mut [Member], usize)) {
        let mut members = lock(&self.room.members);
        let index = members.iter().position(|member| member.outbox.is_same(&self.outbox));
        if let Some(index) = index {
            f(&mut members, index);
        }
    }

    fn send_error(&self, code: ErrorCode, message: &str, frame: Option<u32>) {
        self.rooms.0.metrics.error(&code);
        self.outbox.send(&ServerMessage::Error(ServerError::new(code, message.to_owned()).frame(frame)));
    }
}

impl Drop for MemorySeat {
    fn drop(&mut self) {
        self.rooms.vacate(&self.room, &self.outbox, self.announce.take());
    }
}

impl fmt::Debug for MemorySeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MemorySeat").field(&self.id).finish()
    }
}
