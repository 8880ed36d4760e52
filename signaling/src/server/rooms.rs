//! Who is in which room. No sockets here: what members are told goes into their outboxes.
//!
//! There is a lock for the list of rooms and one for each room, always taken in this order, once
//! an operation, and never held across an await. Whatever happens in a room happens under its
//! lock, so all members are told of it in the same order, and a newcomer's list of peers fits
//! together with the arrivals and departures that it is told of later.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Config;
use super::outbox::{Outbox, encode};
use crate::{Data, ErrorCode, IceServer, LeaveReason, Peer, PeerId, ServerMessage};

/// All rooms of this process.
#[derive(Clone, Debug)]
pub struct Rooms(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    max_rooms: usize,
    seats_per_room: usize,
    ice_servers: Vec<IceServer>,
    heartbeat_ms: u32,
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
}

/// Why an operation was refused, for the client to read.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: &'static str,
}

impl Rooms {
    pub fn new(config: &Config) -> Self {
        Self(Arc::new(Inner {
            rooms: Mutex::default(),
            max_rooms: config.limits.rooms,
            seats_per_room: config.limits.seats_per_room,
            ice_servers: config.ice_servers.clone(),
            heartbeat_ms: config.heartbeat_ms,
        }))
    }

    /// Takes a seat: tells the newcomer who is there, and the others who came.
    pub fn join(&self, room: &str, name: &str, outbox: Outbox) -> Result<Seat, Refusal> {
        let room = label(room).ok_or(Refusal::new(
            ErrorCode::BadRoom,
            "a room's name has 1 to 64 characters, none of them control characters",
        ))?;
        let name = label(name).ok_or(Refusal::new(
            ErrorCode::BadName,
            "a name has 1 to 64 characters, none of them control characters",
        ))?;
        let id = random_id()?;

        let mut rooms = lock(&self.0.rooms);
        let room = match rooms.get(room) {
            Some(room) => Arc::clone(room),
            None if rooms.len() >= self.0.max_rooms => {
                return Err(Refusal::new(ErrorCode::ServerFull, "the server has no place for another room"));
            }
            None => {
                let new = Arc::new(Room::new(room));
                rooms.insert(room.to_owned(), Arc::clone(&new));
                new
            }
        };
        self.sit(&room, Peer { id: id.clone(), name: name.to_owned() }, outbox)?;
        Ok(Seat { rooms: self.clone(), room, id, announce: Some(LeaveReason::Lost) })
    }

    /// Refuses only in rooms where somebody is: a new room is never left behind empty.
    fn sit(&self, room: &Room, you: Peer, outbox: Outbox) -> Result<(), Refusal> {
        let mut members = lock(&room.members);
        if members.iter().any(|member| member.peer.name == you.name) {
            return Err(Refusal::new(ErrorCode::NameTaken, "somebody in the room has this name"));
        }
        if members.len() >= self.0.seats_per_room {
            return Err(Refusal::new(ErrorCode::RoomFull, "the room is full"));
        }
        outbox.send(&ServerMessage::Joined {
            you: you.clone(),
            peers: members.iter().map(|member| member.peer.clone()).collect(),
            resume: None,
            ice_servers: self.0.ice_servers.clone(),
            heartbeat_ms: self.0.heartbeat_ms,
        });
        tell(&members, &ServerMessage::PeerJoined { peer: you.clone() });
        members.push(Member { peer: you, outbox });
        Ok(())
    }

    fn vacate(&self, room: &Room, id: &PeerId, announce: Option<LeaveReason>) {
        let mut rooms = lock(&self.0.rooms);
        let mut members = lock(&room.members);
        members.retain(|member| member.peer.id != *id);
        if members.is_empty() {
            rooms.remove(&room.name);
        } else if let Some(reason) = announce {
            let id = id.clone();
            tell(&members, &ServerMessage::PeerLeft { id, reason });
        }
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

/// A place in a room, given up when dropped.
pub struct Seat {
    rooms: Rooms,
    room: Arc<Room>,
    id: PeerId,
    announce: Option<LeaveReason>,
}

impl Seat {
    pub fn id(&self) -> &PeerId {
        &self.id
    }

    /// Tells one.
    pub fn signal(&self, to: &PeerId, data: Data) -> Result<(), Refusal> {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Signal { from, data });
        let members = lock(&self.room.members);
        match members.iter().find(|member| member.peer.id == *to) {
            Some(member) => {
                member.outbox.push(frame);
                Ok(())
            }
            None => Err(Refusal::new(ErrorCode::UnknownPeer, "no such peer in the room")),
        }
    }

    /// Tells all others.
    pub fn say(&self, data: Data) {
        let from = self.id.clone();
        let frame = encode(&ServerMessage::Say { from, data });
        for member in lock(&self.room.members).iter() {
            if member.peer.id != self.id {
                member.outbox.push(frame.clone());
            }
        }
    }

    /// Gives the seat up, and tells the others why, or nothing.
    pub fn leave(mut self, announce: Option<LeaveReason>) {
        self.announce = announce;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.rooms.vacate(&self.room, &self.id, self.announce.take());
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Seat").field(&self.id).finish()
    }
}

impl Refusal {
    fn new(code: ErrorCode, message: &'static str) -> Self {
        Self { code, message }
    }
}

fn tell(members: &[Member], message: &ServerMessage) {
    let frame = encode(message);
    for member in members {
        member.outbox.push(frame.clone());
    }
}

/// A name, if it can be one.
fn label(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = (1..=64).contains(&text.chars().count());
    (fits && !text.chars().any(char::is_control)).then_some(text)
}

/// 128 random bits: whoever is not told an id cannot address its peer.
fn random_id() -> Result<PeerId, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no randomness");
        Refusal::new(ErrorCode::Internal, "the server cannot make an id")
    })?;
    Ok(PeerId::from(format!("{:032x}", u128::from_ne_bytes(bytes))))
}

/// A panic elsewhere leaves the lists whole: each change to them is a single call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "rooms_tests.rs"]
mod tests;
