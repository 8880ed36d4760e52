//! The state of a shared room in this process: its own seats, and all peers according to the log.

mod delivery;
mod seating;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex},
};

use tokio::sync::{Notify, OnceCell, oneshot};

use super::{
    super::{
        lock::lock,
        outbox::{Outbox, QueueClosed},
        refusal::Refusal,
        secret::Secret,
    },
    command::Command,
    entry::{Entry, EntryId, EntryKind, peer_joined_frame, peer_left_frame},
    hosted_seat::{HostedSeat, StoredSeat},
    process::LocalProcess,
    reorder::ReorderBuffer,
    write::PendingWrite,
};
use browser_rtc_proto::signaling::{LeaveReason, Peer, PeerId};

/// A room that processes share.
#[derive(Debug)]
pub struct SharedRoom {
    name: Arc<str>,
    pub state: Mutex<RoomState>,
    /// Notified when the mode has changed.
    pub mode_changed: Notify,
    /// Held while the room is resynchronized.
    pub resync_lock: tokio::sync::Mutex<()>,
    /// Set once the room is counted and subscribed to.
    pub opened: OnceCell<()>,
}

/// The mode of a room, by the state of the connection to Redis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every change goes through Redis.
    #[default]
    Connected,
    /// Redis is unavailable: only the clients of this process exchange frames.
    Disconnected,
    /// Redis is available again, and the states are being reconciled. Changes wait.
    Resyncing,
}

/// The mutable state of a room.
#[derive(Debug, Default)]
pub struct RoomState {
    pub mode: Mode,
    pub epoch: String,
    /// The last entry that was applied; `None` before the first seat.
    pub last: Option<EntryId>,
    pub peers: Vec<RoomPeer>,
    pub seats: HashMap<PeerId, HostedSeat>,
    /// Joins that wait for Redis, by their attempt.
    pub joining: HashMap<String, PendingJoin>,
    /// The number of guards that keep the room from being dropped.
    pub guards: usize,
    /// The number of writes that were sent to Redis and not answered.
    pub in_flight: usize,
    reorder: ReorderBuffer,
    /// Writes that wait until Redis is available.
    pub deferred: VecDeque<(Command, PendingWrite)>,
    /// Senders of signals to a seat that had moved to another process while Redis was unavailable.
    unreached: HashSet<PeerId>,
    /// Set when frames were sent to clients that are not in the log, or in another order.
    pub diverged: bool,
    /// Set while a task is about to read the log.
    pub fetching: bool,
    /// Set when frames were sent to clients that the counts in Redis do not include.
    pub counts_stale: bool,
}

/// A peer in a room, and the process that hosts its seat.
#[derive(Clone, Debug)]
pub struct RoomPeer {
    pub peer: Peer,
    pub process: String,
}

/// A join that waits for Redis.
#[derive(Debug)]
pub struct PendingJoin {
    pub outbox: Outbox,
    pub secret: Secret,
    /// The secret of the seat to resume.
    pub resume: Option<Secret>,
    pub received: u32,
    /// The refusal for a client that may resume a seat and not take a new one.
    pub new_seat_denied: Option<Refusal>,
    pub done: oneshot::Sender<Result<PeerId, Refusal>>,
    pub answer: Option<StoredSeat>,
}

/// The origin of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The log. Redis has counted the change.
    Log,
    /// This process. The change is not in Redis.
    Local,
}

impl SharedRoom {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            state: Mutex::default(),
            mode_changed: Notify::new(),
            resync_lock: tokio::sync::Mutex::default(),
            opened: OnceCell::new(),
        }
    }

    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub fn set_mode(&self, mode: Mode) {
        lock(&self.state).mode = mode;
        self.mode_changed.notify_waiters();
    }
}

impl RoomState {
    /// Applies an entry and the buffered entries that follow it. Returns false if an entry before it is missing.
    pub fn receive(&mut self, process: &LocalProcess, entry: Entry) -> bool {
        if self.last.is_none_or(|last| entry.id > last) {
            self.reorder.insert(entry);
        }
        self.advance(process)
    }

    /// Applies the buffered entries that are next. Returns false if an entry before them is missing.
    pub fn advance(&mut self, process: &LocalProcess) -> bool {
        let Some(mut last) = self.last else { return true };
        while let Some(entry) = self.reorder.first() {
            if entry.id <= last {
                self.reorder.pop_first();
            } else if entry.prev != last {
                return false;
            } else if self.waits_for_answer(process, entry) {
                return true;
            } else if let Some(entry) = self.reorder.pop_first() {
                self.apply(process, &entry);
                last = entry.id;
                self.last = Some(last);
            }
        }
        true
    }

    /// Initializes the room for the first seat of this process.
    pub fn initialize(&mut self, epoch: String, peers: Vec<RoomPeer>, first: &Entry) {
        self.epoch = epoch;
        self.peers = peers;
        self.skip_to(first.prev);
        self.reorder.drop_until(first.id);
    }

    /// Continues after a gap in the log.
    pub fn skip_to(&mut self, last: EntryId) {
        self.last = Some(last);
        self.reorder.drop_until(last);
    }

    /// Returns whether the entry is a join of this process whose answer, which contains more data, is still missing.
    fn waits_for_answer(&self, local: &LocalProcess, entry: &Entry) -> bool {
        let attempt = match &entry.kind {
            EntryKind::Joined { process, .. } if *process == local.id => entry.from.as_str(),
            EntryKind::Moved { process, attempt } if *process == local.id => attempt,
            _ => return false,
        };
        self.joining.get(attempt).is_some_and(|joining| joining.answer.is_none())
    }

    fn apply(&mut self, local: &LocalProcess, entry: &Entry) {
        let from = &entry.from;
        match &entry.kind {
            EntryKind::Registered { process, name } => {
                self.counts_stale |= self.add_peer(from, process, name, Origin::Local);
            }
            EntryKind::Joined { process, name } => {
                self.add_peer(from, process, name, Origin::Log);
                if let Some(joining) = self.joining.remove(from.as_str()) {
                    self.seat_new(&local.welcome, from, name, joining);
                }
            }
            EntryKind::Moved { process, attempt } => {
                if let Some(known) = self.peers.iter_mut().find(|known| known.peer.id == *from) {
                    known.process.clone_from(process);
                }
                match self.joining.remove(attempt) {
                    Some(joining) => self.seat_resumed(&local.welcome, from, attempt, joining),
                    None => self.move_away(from),
                }
            }
            EntryKind::Left(reason) => {
                let replaced = *reason == LeaveReason::Replaced;
                self.evict(from, if replaced { QueueClosed::Replaced } else { QueueClosed::Overflow });
                self.remove_peer(from, reason, Origin::Log);
            }
            EntryKind::Said(_) | EntryKind::Signalled { .. } | EntryKind::Refused { .. } => {
                self.deliver(from, entry.number, &entry.kind, Origin::Log);
                self.answer_pings_of(from);
            }
        }
    }

    /// Adds a peer and notifies the clients of this process. Returns false if the peer is known.
    pub fn add_peer(&mut self, id: &PeerId, process: &str, name: &str, origin: Origin) -> bool {
        if self.peers.iter().any(|known| known.peer.id == *id) {
            return false;
        }
        self.send(&peer_joined_frame(id, name), origin, |seat| seat != id);
        let peer = Peer::new(id.clone(), name.to_owned());
        self.peers.push(RoomPeer { peer, process: process.to_owned() });
        true
    }

    /// Removes a peer and notifies the clients of this process. Returns false if the peer is unknown.
    pub fn remove_peer(&mut self, id: &PeerId, reason: &LeaveReason, origin: Origin) -> bool {
        let Some(index) = self.peers.iter().position(|known| known.peer.id == *id) else { return false };
        self.peers.remove(index);
        for seat in self.seats.values_mut() {
            seat.unlogged.remove(id);
        }
        self.send(&peer_left_frame(id, reason), origin, |_| true);
        true
    }

    /// Releases a seat that is now on another process. Its client had not read the frames sent without Redis, because
    /// the seat could not be resumed there otherwise.
    pub fn move_away(&mut self, id: &PeerId) {
        if let Some(seat) = self.seats.get(id) {
            self.unreached.extend(seat.unlogged.keys().filter(|from| self.seats.contains_key(*from)).cloned());
        }
        self.evict(id, QueueClosed::Replaced);
    }

    /// Releases a seat, and closes its socket.
    pub fn evict(&mut self, id: &PeerId, reason: QueueClosed) {
        if let Some(seat) = self.seats.remove(id) {
            seat.outbox.close(reason);
        }
    }

    fn others(&self, id: &PeerId) -> Vec<Peer> {
        self.peers.iter().map(|known| &known.peer).filter(|peer| peer.id != *id).cloned().collect()
    }

    /// Returns whether the room can be removed from memory.
    pub fn is_idle(&self) -> bool {
        self.guards == 0
            && self.in_flight == 0
            && self.seats.is_empty()
            && self.joining.is_empty()
            && self.deferred.is_empty()
    }
}
