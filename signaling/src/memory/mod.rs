//! Rooms in the memory of this process. They are independent of sockets: frames for members are pushed to their
//! outboxes.
//!
//! There is a lock for the list of rooms and one for each room, always taken in this order, once per operation, and
//! never held across an await. The lock of an outbox is taken last and held for a single call. All changes of a room
//! are made under its lock, so that all members receive them in the same order, and the list of peers of a new member
//! is consistent with the joins and departures that it receives later.
//!
//! A member outlives its socket: its outbox is filled until another socket presents the token of the seat and continues
//! with its own outbox. A connection whose outbox was replaced has no effect on the seat.

mod seat;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::extract::ws::Utf8Bytes;

pub use self::seat::MemorySeat;
use super::{
    config::Config,
    lock::lock,
    metrics::Metrics,
    names::Names,
    outbox::{Outbox, QueueClosed, encode},
    refusal::Refusal,
    resume::ResumeRequest,
    secret::Secret,
    welcome::Welcome,
};
use browser_rtc_proto::signaling::{LeaveReason, Peer, PeerId, PeerJoined, PeerLeft, ServerMessage};

/// All rooms of this process.
#[derive(Clone, Debug)]
pub struct MemoryRooms(Arc<Registry>);

#[derive(Debug)]
struct Registry {
    rooms: Mutex<HashMap<String, Arc<MemoryRoom>>>,
    max_rooms: usize,
    seats_per_room: usize,
    names: Names,
    welcome: Welcome,
    metrics: Metrics,
}

#[derive(Debug)]
struct MemoryRoom {
    name: String,
    /// The members in the order in which they joined.
    members: Mutex<Vec<Member>>,
}

#[derive(Debug)]
struct Member {
    peer: Peer,
    outbox: Outbox,
    /// The secret that resumes the seat.
    secret: Secret,
    /// The number of numbered frames received from the client. It wraps after the last `u32`.
    received: u32,
}

impl MemoryRooms {
    pub fn new(config: &Config, metrics: Metrics) -> Self {
        Self(Arc::new(Registry {
            rooms: Mutex::default(),
            max_rooms: config.limits.rooms,
            seats_per_room: config.limits.seats_per_room,
            names: config.limits.names(),
            welcome: Welcome::new(config),
            metrics,
        }))
    }

    /// Resumes a seat if `resume` matches one. Otherwise takes a new seat, sends the list of peers to the client, and
    /// notifies the peers.
    pub fn join(
        &self,
        room: &str,
        name: &str,
        resume: Option<&ResumeRequest>,
        outbox: Outbox,
    ) -> Result<MemorySeat, Refusal> {
        let (room, name) = self.0.names.validate(room, name)?;
        let (id, secret) = (Secret::random()?, Secret::random()?);

        let new_seat_denied = resume.and_then(|resume| resume.new_seat_denied.clone());
        let mut rooms = lock(&self.0.rooms);
        let room = match (rooms.get(room), &new_seat_denied) {
            (Some(room), _) => Arc::clone(room),
            (None, Some(refusal)) => return Err(refusal.clone()),
            (None, None) if rooms.len() >= self.0.max_rooms => return Err(Refusal::server_full()),
            (None, None) => {
                let new = Arc::new(MemoryRoom::new(room));
                rooms.insert(room.to_owned(), Arc::clone(&new));
                new
            }
        };
        let id = {
            let mut members = lock(&room.members);
            let resumed = resume.map(|resume| self.resume_seat(&mut members, resume, &outbox)).transpose()?;
            match (resumed.flatten(), new_seat_denied) {
                (Some(id), _) => id,
                (None, Some(refusal)) => {
                    // The seat that could not be resumed may have been the last one in the room.
                    if members.is_empty() {
                        rooms.remove(&room.name);
                    }
                    return Err(refusal);
                }
                (None, None) => {
                    let peer = Peer::new(id.hex(), name.to_owned());
                    self.take_seat(&mut members, Member { peer, outbox: outbox.clone(), secret, received: 0 })?
                }
            }
        };
        Ok(MemorySeat::new(self.clone(), room, id, outbox))
    }

    /// Adds a member. Only rooms with members refuse one, so a new room never stays empty.
    fn take_seat(&self, members: &mut Vec<Member>, new: Member) -> Result<PeerId, Refusal> {
        if members.iter().any(|member| member.peer.name == new.peer.name) {
            return Err(Refusal::name_taken());
        }
        if members.len() >= self.0.seats_per_room {
            return Err(Refusal::room_full());
        }
        new.outbox.push(self.joined(members, &new, None));
        if self.0.welcome.resumes {
            new.outbox.start_numbering();
        }
        broadcast(members, &ServerMessage::PeerJoined(PeerJoined::new(new.peer.clone())));
        let id = new.peer.id.clone();
        members.push(new);
        Ok(id)
    }

    /// Resumes a seat. Returns `None` if the token belongs to no seat in the room, or if the count of the client does
    /// not match the frames of the seat. In the latter case the seat is freed, because its owner cannot resume it any
    /// more.
    ///
    /// A late join on a socket that the client has replaced by a newer one is refused.
    fn resume_seat(
        &self,
        members: &mut Vec<Member>,
        resume: &ResumeRequest,
        outbox: &Outbox,
    ) -> Result<Option<PeerId>, Refusal> {
        let secret = Secret::from_token(&resume.token).filter(|_| self.0.welcome.resumes);
        let Some(secret) = secret else { return Ok(None) };
        let Some(index) = members.iter().position(|member| member.secret == secret) else { return Ok(None) };
        let mut member = members.remove(index);
        if outbox.is_older_than(&member.outbox) {
            members.insert(index, member);
            outbox.close(QueueClosed::Replaced);
            return Err(Refusal::held_by_newer_socket());
        }
        let Some(handover) = member.outbox.hand_over(resume.received) else {
            member.outbox.close(QueueClosed::Replaced);
            broadcast(members, &ServerMessage::PeerLeft(PeerLeft::new(member.peer.id, LeaveReason::Replaced)));
            return Ok(None);
        };
        outbox.resume_from(self.joined(members, &member, Some(member.received)), handover);
        member.outbox = outbox.clone();
        let id = member.peer.id.clone();
        members.insert(index, member);
        Ok(Some(id))
    }

    fn joined(&self, others: &[Member], you: &Member, resumed: Option<u32>) -> Utf8Bytes {
        let peers = others.iter().map(|member| member.peer.clone()).collect();
        self.0.welcome.joined(you.peer.clone(), peers, you.secret.token(), resumed)
    }

    fn vacate(&self, room: &MemoryRoom, outbox: &Outbox, announce: Option<LeaveReason>) {
        let mut rooms = lock(&self.0.rooms);
        let mut members = lock(&room.members);
        let Some(index) = members.iter().position(|member| member.outbox.is_same(outbox)) else {
            return;
        };
        let id = members.remove(index).peer.id;
        if members.is_empty() {
            rooms.remove(&room.name);
        } else if let Some(reason) = announce {
            broadcast(&members, &ServerMessage::PeerLeft(PeerLeft::new(id, reason)));
        }
    }

    /// Returns the number of rooms, and of seats in them.
    pub fn counts(&self) -> (usize, usize) {
        let rooms: Vec<_> = lock(&self.0.rooms).values().cloned().collect();
        (rooms.len(), rooms.iter().map(|room| lock(&room.members).len()).sum())
    }
}

impl MemoryRoom {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), members: Mutex::default() }
    }
}

fn broadcast(members: &[Member], message: &ServerMessage) {
    let frame = encode(message);
    for member in members {
        member.outbox.push(frame.clone());
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod model_tests;
