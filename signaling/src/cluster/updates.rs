//! Changes from Redis: published entries and answers to writes.

use std::sync::{Arc, MutexGuard};

use redis::{PushInfo, Value};
use tokio::time::sleep;

use super::{
    super::{lock::lock, outbox::QueueClosed},
    entry::{Entry, EntryId, EntryKind},
    handle::{Cluster, SETTLE_TIME},
    room::{Mode, RoomState, SharedRoom},
    script::channel_room,
    write::{Effect, PendingWrite},
};
use browser_rtc_proto::signaling::{ErrorCode, PeerId};

impl Cluster {
    /// Applies a published entry.
    pub(super) fn receive_published(&self, push: PushInfo) {
        let mut data = push.data.into_iter();
        let (Some(Value::BulkString(channel)), Some(Value::BulkString(entry))) = (data.next(), data.next()) else {
            return;
        };
        let (Ok(channel), Ok(entry)) = (std::str::from_utf8(&channel), std::str::from_utf8(&entry)) else { return };
        let room = channel_room(channel).and_then(|name| self.room(name));
        let (Some(room), Some(entry)) = (room, Entry::parse(entry)) else { return };
        self.receive(&room, entry);
    }

    fn receive(&self, room: &Arc<SharedRoom>, entry: Entry) {
        let mut state = lock(&room.state);
        // The resynchronization reads the entry from the log.
        if state.mode == Mode::Disconnected {
            return;
        }
        let complete = state.receive(&self.0.local, entry);
        self.follow_up(room, state, complete);
    }

    /// Starts the work that an entry requires. `complete` is false if an entry before it is missing.
    pub(super) fn follow_up(&self, room: &Arc<SharedRoom>, mut state: MutexGuard<'_, RoomState>, complete: bool) {
        let resync = state.mode == Mode::Connected && std::mem::take(&mut state.counts_stale);
        let fetch = !complete && !std::mem::replace(&mut state.fetching, true);
        if resync {
            state.mode = Mode::Resyncing;
            state.diverged = true;
        }
        let idle = state.is_idle();
        drop(state);
        let (cluster, room) = (self.clone(), Arc::clone(room));
        if resync {
            tokio::spawn(async move { cluster.resync(&room).await });
        } else if fetch {
            tokio::spawn(async move {
                sleep(SETTLE_TIME).await;
                lock(&room.state).fetching = false;
                let complete = lock(&room.state).advance(&cluster.0.local);
                if !complete && cluster.catch_up(&room).await == Ok(false) {
                    room.set_mode(Mode::Resyncing);
                    cluster.resync(&room).await;
                }
            });
        } else if idle {
            self.drop_if_idle(&room);
        }
    }

    /// Applies the answer to a write.
    pub(super) fn complete_write(&self, room: &Arc<SharedRoom>, write: &PendingWrite, answer: &Value) {
        lock(&room.state).in_flight -= 1;
        let words: Vec<String> = redis::from_redis_value_ref(answer).unwrap_or_default();
        let mut words = words.iter().map(String::as_str);
        let status = words.next().unwrap_or_default();
        let ids = words.next().and_then(EntryId::parse).zip(words.next().and_then(EntryId::parse));
        match (&write.effect, status, ids) {
            (Effect::Frame { from, number, kind, .. }, "a" | "s" | "e", Some((prev, id))) => {
                let kind = match (kind, status) {
                    (EntryKind::Signalled { .. }, "e") => {
                        self.0.metrics.error(&ErrorCode::UnknownPeer);
                        EntryKind::unknown_peer()
                    }
                    (kind, _) => kind.clone(),
                };
                self.receive(room, Entry { id, prev, from: from.clone(), number: *number, kind });
            }
            (Effect::Frame { from, .. }, "gap", _) => {
                tracing::error!(peer = %from, "a frame of the peer is missing in Redis before the one that was sent");
                lock(&room.state).evict(from, QueueClosed::Overflow);
            }
            (Effect::Frame { from, attempt, .. }, "gone", _) => self.seat_unknown(room, write, from, attempt),
            (Effect::Leave(from, reason), "left", Some((prev, id))) => {
                let from = words.next().map_or_else(|| from.clone(), PeerId::from);
                let kind = EntryKind::Left(reason.clone());
                self.receive(room, Entry { id, prev, from, number: 0, kind });
            }
            _ => {}
        }
        self.drop_if_idle(room);
    }

    /// Handles a frame whose seat is not in Redis. If the seat is still on this process and was not resumed elsewhere,
    /// Redis has lost the room, or an entry about the seat was missed.
    fn seat_unknown(&self, room: &Arc<SharedRoom>, write: &PendingWrite, from: &PeerId, attempt: &str) {
        let mut state = lock(&room.state);
        if state.seats.get(from).is_none_or(|seat| seat.attempt != attempt) {
            return;
        }
        self.deliver_locally(&mut state, write);
        if state.mode != Mode::Connected {
            return;
        }
        state.mode = Mode::Resyncing;
        drop(state);
        let (cluster, room) = (self.clone(), Arc::clone(room));
        tokio::spawn(async move { cluster.resync(&room).await });
    }
}
