//! The state of a shared room in this process: its own seats, and all peers according to the log.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use axum::extract::ws::Utf8Bytes;
use serde::Deserialize;
use tokio::sync::{OnceCell, oneshot};

use super::{
    super::{
        outbox::{Handover, Outbox, QueueClosed},
        refusal::Refusal,
        secret::Secret,
        welcome::Welcome,
    },
    entry::{Entry, EntryId, Event},
    hosted_seat::HostedSeat,
};
use browser_rtc_proto::signaling::{LeaveReason, Peer, PeerId};

/// Maximum number of early entries. Above it, or above [`MAX_EARLY_BYTES`], all are dropped and read from the log.
const MAX_EARLY: usize = 1_024;
const MAX_EARLY_BYTES: usize = 1024 * 1024;

/// A room that processes share.
#[derive(Debug)]
pub struct SharedRoom {
    pub name: Arc<str>,
    /// The id of this process, which changes when the process loses Redis.
    pub process: Arc<str>,
    pub state: Mutex<RoomState>,
    /// Set once the channel of the room is subscribed to.
    pub subscribed: OnceCell<()>,
}

/// The mutable state of a room.
#[derive(Debug, Default)]
pub struct RoomState {
    pub epoch: String,
    /// The last entry that was applied; `None` before the first seat.
    pub last: Option<EntryId>,
    pub peers: Vec<RoomPeer>,
    pub seats: HashMap<PeerId, HostedSeat>,
    /// Joins that wait for Redis, by their attempt.
    pub joining: HashMap<String, PendingJoin>,
    /// The number of guards that keep the room in memory.
    pub guards: usize,
    /// Set when the process has lost Redis: the room accepts no changes.
    pub given_up: bool,
    /// Set while a task reads the log.
    pub reading: bool,
    early: EarlyEntries,
}

/// A peer in a room, and the process that hosts its seat.
#[derive(Clone, Debug, Deserialize)]
pub struct RoomPeer {
    pub id: PeerId,
    pub name: String,
    pub process: String,
}

/// A join that waits for Redis.
#[derive(Debug)]
pub struct PendingJoin {
    pub name: String,
    pub outbox: Outbox,
    /// The secret of the seat: of the one to resume, if there is one.
    pub secret: Secret,
    /// The number of numbered frames that the client has received.
    pub received: u32,
    pub done: oneshot::Sender<Result<PeerId, Refusal>>,
    /// The answer of Redis, if it was received before an entry that precedes the join.
    pub answer: Option<Admission>,
}

/// The seat that Redis has assigned.
#[derive(Debug, Default)]
pub struct Admission {
    /// The attempt by which Redis knows it: the last one, if a join was retried.
    pub attempt: String,
    /// The number of numbered frames received from the client of a resumed seat.
    pub received: u32,
    /// The frames that the client has missed.
    pub missed: VecDeque<Utf8Bytes>,
}

/// Entries that arrived before their predecessors.
#[derive(Debug, Default)]
struct EarlyEntries {
    entries: BTreeMap<EntryId, Entry>,
    bytes: usize,
}

impl SharedRoom {
    pub fn new(name: &str, process: Arc<str>) -> Self {
        Self { name: name.into(), process, state: Mutex::default(), subscribed: OnceCell::new() }
    }
}

impl RoomState {
    /// Starts with the peers before the first seat of this process.
    pub fn initialize(&mut self, epoch: String, peers: Vec<RoomPeer>, last: EntryId) {
        (self.epoch, self.peers, self.last) = (epoch, peers, Some(last));
    }

    /// Applies an entry and the early entries that follow it. Returns false if an entry before it is missing.
    pub fn receive(&mut self, process: &str, welcome: &Welcome, entry: Entry) -> bool {
        if self.last.is_none_or(|last| entry.position.id > last) {
            self.early.insert(entry);
        }
        self.advance(process, welcome)
    }

    /// Applies the early entries that are next. Returns false if an entry before them is missing.
    pub fn advance(&mut self, process: &str, welcome: &Welcome) -> bool {
        while let (Some(last), Some(entry)) = (self.last, self.early.first()) {
            if entry.position.id <= last {
                self.early.pop_first();
            } else if entry.position.prev != last {
                return false;
            } else if self.waits_for_answer(process, entry) {
                return true;
            } else if let Some(entry) = self.early.pop_first() {
                self.last = Some(entry.position.id);
                self.apply(welcome, entry);
            }
        }
        true
    }

    /// Returns whether the entry is a join of this process whose answer, which contains more data, is still missing.
    fn waits_for_answer(&self, process: &str, entry: &Entry) -> bool {
        let attempt = match &entry.event {
            Event::Joined { process: by, .. } if by == process => entry.from.as_str(),
            Event::Moved { process: by, attempt } if by == process => join_id(attempt),
            _ => return false,
        };
        self.joining.get(attempt).is_some_and(|joining| joining.answer.is_none())
    }

    /// Removes the join that has led to an entry, if it is one of this process.
    fn joined_by(&mut self, attempt: &str) -> Option<(PendingJoin, Admission)> {
        let joining = self.joining.get_mut(join_id(attempt))?;
        let admission = joining.answer.take_if(|answer| answer.attempt == attempt)?;
        Some((self.joining.remove(join_id(attempt))?, admission))
    }

    fn apply(&mut self, welcome: &Welcome, entry: Entry) {
        let Entry { from, number, event, frame, .. } = entry;
        match event {
            Event::Joined { process, name } => {
                self.send_to_others(&from, frame);
                self.peers.push(RoomPeer { id: from.clone(), name, process });
                if let Some((joining, _)) = self.joined_by(from.as_str()) {
                    self.take_seat(welcome, &from, joining);
                }
            }
            Event::Moved { process: to, attempt } => {
                if let Some(known) = self.peers.iter_mut().find(|known| known.id == from) {
                    known.process = to;
                }
                self.evict(&from, QueueClosed::Replaced);
                if let Some((joining, admission)) = self.joined_by(&attempt) {
                    self.resume_seat(welcome, &from, joining, admission);
                }
            }
            Event::Left { reason } => {
                let replaced = reason == LeaveReason::Replaced;
                self.evict(&from, if replaced { QueueClosed::Replaced } else { QueueClosed::Unavailable });
                self.peers.retain(|known| known.id != from);
                self.send_to_others(&from, frame);
            }
            Event::Said { .. } => self.send_to_others(&from, frame),
            Event::Signalled { to } => self.send_to(&to, frame),
            Event::Refused { .. } => self.send_to(&from, frame),
        }
        if let (Some(number), Some(seat)) = (number, self.seats.get_mut(&from)) {
            seat.frame_logged(number);
        }
    }

    fn send_to(&self, to: &PeerId, frame: Option<Utf8Bytes>) {
        if let (Some(seat), Some(frame)) = (self.seats.get(to), frame) {
            seat.send(frame);
        }
    }

    fn send_to_others(&self, from: &PeerId, frame: Option<Utf8Bytes>) {
        let Some(frame) = frame else { return };
        for (_, seat) in self.seats.iter().filter(|(id, _)| *id != from) {
            seat.send(frame.clone());
        }
    }

    fn take_seat(&mut self, welcome: &Welcome, id: &PeerId, joining: PendingJoin) {
        let PendingJoin { outbox, secret, done, .. } = joining;
        outbox.push(self.joined(welcome, id, secret, None));
        if welcome.resumes {
            outbox.start_numbering();
        }
        self.seats.insert(id.clone(), HostedSeat::new(id.to_string(), outbox, 0));
        // Fails if nothing waits for the answer any more; the task of the join then frees the seat.
        let _ = done.send(Ok(id.clone()));
    }

    fn resume_seat(&mut self, welcome: &Welcome, id: &PeerId, joining: PendingJoin, admission: Admission) {
        let PendingJoin { outbox, secret, received, done, .. } = joining;
        let Admission { attempt, received: numbered, missed } = admission;
        let joined = self.joined(welcome, id, secret, Some(numbered));
        outbox.resume_from(joined, Handover::new(missed, received));
        self.seats.insert(id.clone(), HostedSeat::new(attempt, outbox, numbered));
        // As above.
        let _ = done.send(Ok(id.clone()));
    }

    fn joined(&self, welcome: &Welcome, id: &PeerId, secret: Secret, resumed: Option<u32>) -> Utf8Bytes {
        let peer = |known: &RoomPeer| Peer::new(known.id.clone(), known.name.clone());
        let you = self.peers.iter().find(|known| known.id == *id).map_or_else(|| Peer::new(id.clone(), ""), peer);
        let others = self.peers.iter().filter(|known| known.id != *id).map(peer).collect();
        welcome.joined(you, others, secret.token(), resumed)
    }

    /// Releases a seat, and closes its socket.
    fn evict(&mut self, id: &PeerId, reason: QueueClosed) {
        if let Some(seat) = self.seats.remove(id) {
            seat.outbox.close(reason);
        }
    }

    /// Releases all seats and closes their sockets, because Redis has another state of the room. Returns the seats.
    pub fn reset(&mut self) -> HashMap<PeerId, HostedSeat> {
        let seats = std::mem::take(&mut self.seats);
        seats.values().for_each(|seat| seat.outbox.close(QueueClosed::Unavailable));
        self.peers.clear();
        (self.epoch, self.last, self.early) = (String::new(), None, EarlyEntries::default());
        seats
    }

    /// Releases all seats and refuses all joins, because the process has lost Redis.
    pub fn give_up(&mut self) {
        self.given_up = true;
        self.reset();
        for (_, joining) in self.joining.drain() {
            // Fails if nothing waits for the answer any more.
            let _ = joining.done.send(Err(Refusal::unavailable()));
        }
    }
}

/// Returns the id of the join that an attempt belongs to.
fn join_id(attempt: &str) -> &str {
    attempt.split_once(':').map_or(attempt, |(join, _)| join)
}

impl EarlyEntries {
    fn insert(&mut self, entry: Entry) {
        self.bytes += entry.size();
        if let Some(same) = self.entries.insert(entry.position.id, entry) {
            self.bytes -= same.size();
        }
        // A single entry may have any size.
        if self.entries.len() > MAX_EARLY || (self.bytes > MAX_EARLY_BYTES && self.entries.len() > 1) {
            *self = Self::default();
        }
    }

    fn first(&self) -> Option<&Entry> {
        self.entries.first_key_value().map(|(_, entry)| entry)
    }

    fn pop_first(&mut self) -> Option<Entry> {
        let (_, entry) = self.entries.pop_first()?;
        self.bytes -= entry.size();
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64, bytes: usize) -> Entry {
        let head = r#"{"prev":"0-0","from":"aa","number":1,"event":{"said":{"id":"m"}}}"#;
        Entry::parse(&format!("{number}-0 {head}\n\"{}\"", "x".repeat(bytes))).unwrap()
    }

    #[test]
    fn early_entries_are_limited_in_number_and_bytes() {
        let mut early = EarlyEntries::default();
        for (size, most) in [(1, MAX_EARLY), (MAX_EARLY_BYTES / 4, 3)] {
            (1..=most).rev().for_each(|number| early.insert(entry(number as u64, size)));
            early.insert(entry(1, size));
            assert_eq!(early.entries.len(), most);
            early.insert(entry(9_999, size));
            assert!(early.first().is_none() && early.bytes == 0);
        }
        early.insert(entry(1, 2 * MAX_EARLY_BYTES));
        assert!(early.pop_first().is_some());
        assert_eq!(early.bytes, 0);
    }
}
