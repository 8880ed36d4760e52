//! Who is in which room. No sockets here: what members are told goes into their outboxes.
//!
//! There is a lock for the list of rooms and one for each room, always taken in this order, once
//! an operation, and never held across an await. The lock of an outbox is the last, and held for a
//! single call. Whatever happens in a room happens under its lock, so all members are told of it in
//! the same order, and a newcomer's list of peers fits together with the arrivals and departures
//! that it is told of later.
//!
//! A member outlives its socket: its outbox goes on filling until another socket brings the token of
//! the seat, and goes on with an outbox of its own. A connection whose outbox is no longer the member's
//! has no say in the seat.

mod seat;
mod secret;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::ws::Utf8Bytes;

pub use self::seat::Seat;
pub use self::secret::Secret;
use super::metrics::Metrics;
use super::names::Names;
use super::outbox::{Closed, Outbox, encode};
use super::turn::IceServers;
use super::{Config, lock};
use crate::{ErrorCode, Joined, LeaveReason, Peer, PeerId, PeerJoined, PeerLeft, ResumeToken, ServerMessage};

/// All rooms of this process.
#[derive(Clone, Debug)]
pub struct Rooms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    max_rooms: usize,
    seats_per_room: usize,
    names: Names,
    ice_servers: IceServers,
    heartbeat_ms: u32,
    max_frame_bytes: u32,
    /// Whether seats can be taken back at all.
    resumes: bool,
    metrics: Metrics,
}

#[derive(Debug)]
struct Room {
    name: String,
    /// In the order in which they came.
    members: Mutex<Vec<Member>>,
}

#[derive(Debug)]
struct Member {
    peer: Peer,
    outbox: Outbox,
    /// What takes the seat back.
    secret: Secret,
    /// How many numbered frames have come from it. It starts anew after the last `u32`.
    received: u32,
}

/// What a client says to get its seat back.
#[derive(Debug)]
pub struct Resume {
    pub token: ResumeToken,
    /// How many numbered frames it has.
    pub received: u32,
    /// What to refuse with where there is no such seat, if not to give a new one.
    pub or_else: Option<Refusal>,
}

/// Why an operation was refused, for the client to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: &'static str,
}

impl Rooms {
    /// For tests of rooms alone.
    #[cfg(any(test, feature = "fuzz"))]
    pub fn new(config: &Config) -> Self {
        Self::counted(config, Metrics::default())
    }

    pub fn counted(config: &Config, metrics: Metrics) -> Self {
        Self(Arc::new(Inner {
            rooms: Mutex::default(),
            max_rooms: config.limits.rooms,
            seats_per_room: config.limits.seats_per_room,
            names: Names::new(&config.limits),
            ice_servers: IceServers::new(config),
            heartbeat_ms: config.heartbeat_ms,
            max_frame_bytes: config.limits.stated_frame_bytes(),
            resumes: !config.grace.is_zero(),
            metrics,
        }))
    }

    /// Takes a seat back, where `resume` is right about one. Takes a new one otherwise: tells the newcomer who is
    /// there, and the others who came.
    pub fn join(&self, room: &str, name: &str, resume: Option<&Resume>, outbox: Outbox) -> Result<Seat, Refusal> {
        let (room, name) = self.0.names.read(room, name)?;
        let (id, secret) = (Secret::random()?, Secret::random()?);

        // Who may come back, but not come in.
        let or_else = resume.and_then(|resume| resume.or_else.clone());
        let mut rooms = lock(&self.0.rooms);
        let room = match (rooms.get(room), &or_else) {
            (Some(room), _) => Arc::clone(room),
            (None, Some(refusal)) => return Err(refusal.clone()),
            (None, None) if rooms.len() >= self.0.max_rooms => {
                return Err(Refusal::new(ErrorCode::ServerFull, "the server has no place for another room"));
            }
            (None, None) => {
                let new = Arc::new(Room::new(room));
                rooms.insert(room.to_owned(), Arc::clone(&new));
                new
            }
        };
        let id = {
            let mut members = lock(&room.members);
            let again = resume.map(|resume| self.sit_again(&mut members, resume, &outbox)).transpose()?;
            match (again.flatten(), or_else) {
                (Some(id), _) => id,
                (None, Some(refusal)) => {
                    // The seat that did not fit may have been the last.
                    if members.is_empty() {
                        rooms.remove(&room.name);
                    }
                    return Err(refusal);
                }
                (None, None) => {
                    let peer = Peer::new(id.hex(), name.to_owned());
                    self.sit(&mut members, Member { peer, outbox: outbox.clone(), secret, received: 0 })?
                }
            }
        };
        Ok(Seat::new(self.clone(), room, id, outbox))
    }

    /// Refuses only in rooms where somebody is: a new room is never left behind empty.
    fn sit(&self, members: &mut Vec<Member>, new: Member) -> Result<PeerId, Refusal> {
        if members.iter().any(|member| member.peer.name == new.peer.name) {
            return Err(name_taken());
        }
        if members.len() >= self.0.seats_per_room {
            return Err(room_full());
        }
        new.outbox.push(self.joined(members, &new, false));
        if self.0.resumes {
            new.outbox.number();
        }
        tell(members, &ServerMessage::PeerJoined(PeerJoined::new(new.peer.clone())));
        let id = new.peer.id.clone();
        members.push(new);
        Ok(id)
    }

    /// None when the token is of no seat here, or the seat's frames do not fit together with what the client has.
    /// In that case the seat is free: who holds its token has come, and needs it no longer.
    ///
    /// What is read late from a socket that the client has given up, and left behind for another, is refused.
    fn sit_again(
        &self,
        members: &mut Vec<Member>,
        resume: &Resume,
        outbox: &Outbox,
    ) -> Result<Option<PeerId>, Refusal> {
        let Some(secret) = Secret::of(&resume.token).filter(|_| self.0.resumes) else { return Ok(None) };
        let Some(index) = members.iter().position(|member| member.secret == secret) else { return Ok(None) };
        let mut member = members.remove(index);
        if outbox.is_older_than(&member.outbox) {
            members.insert(index, member);
            outbox.close(Closed::Replaced);
            return Err(Refusal::new(ErrorCode::AlreadyJoined, "in the room already, on a newer socket"));
        }
        let Some(rest) = member.outbox.hand_over(resume.received) else {
            member.outbox.close(Closed::Replaced);
            tell(members, &ServerMessage::PeerLeft(PeerLeft::new(member.peer.id, LeaveReason::Replaced)));
            return Ok(None);
        };
        outbox.go_on(self.joined(members, &member, true), rest);
        member.outbox = outbox.clone();
        let id = member.peer.id.clone();
        members.insert(index, member);
        Ok(Some(id))
    }

    fn joined(&self, members: &[Member], you: &Member, resumed: bool) -> Utf8Bytes {
        let others = members.iter().filter(|member| member.peer.id != you.peer.id);
        encode(&ServerMessage::Joined(
            Joined::new(you.peer.clone(), self.0.heartbeat_ms)
                .peers(others.map(|member| member.peer.clone()).collect())
                .resume(self.0.resumes.then(|| you.secret.token()))
                .resumed(resumed)
                .received(you.received)
                .ice_servers(self.0.ice_servers.of(&you.peer.id))
                .max_frame_bytes(self.0.max_frame_bytes),
        ))
    }

    fn vacate(&self, room: &Room, outbox: &Outbox, announce: Option<LeaveReason>) {
        let mut rooms = lock(&self.0.rooms);
        let mut members = lock(&room.members);
        let Some(index) = members.iter().position(|member| member.outbox.is(outbox)) else {
            return;
        };
        let id = members.remove(index).peer.id;
        if members.is_empty() {
            rooms.remove(&room.name);
        } else if let Some(reason) = announce {
            tell(&members, &ServerMessage::PeerLeft(PeerLeft::new(id, reason)));
        }
    }

    /// How many rooms there are, and seats in them.
    pub fn counts(&self) -> (usize, usize) {
        let rooms: Vec<_> = lock(&self.0.rooms).values().cloned().collect();
        (rooms.len(), rooms.iter().map(|room| lock(&room.members).len()).sum())
    }

    #[cfg(any(test, feature = "fuzz"))]
    pub fn is_empty(&self) -> bool {
        lock(&self.0.rooms).is_empty()
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        lock(&self.0.rooms).len()
    }
}

impl Room {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), members: Mutex::default() }
    }
}

impl Refusal {
    pub fn new(code: ErrorCode, message: &'static str) -> Self {
        Self { code, message }
    }
}

fn tell(members: &[Member], message: &ServerMessage) {
    let frame = encode(message);
    for member in members {
        member.outbox.push(frame.clone());
    }
}

pub fn name_taken() -> Refusal {
    Refusal::new(ErrorCode::NameTaken, "somebody in the room has this name")
}

pub fn room_full() -> Refusal {
    Refusal::new(ErrorCode::RoomFull, "the room is full")
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod model_tests;
