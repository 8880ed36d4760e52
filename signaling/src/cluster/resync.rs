//! Resynchronization of a room after Redis was unavailable or entries were missed.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use redis::Value;
use tokio::time::sleep;

use super::{
    super::{lock::lock, outbox::QueueClosed, secret::Secret},
    command::{Command, RedisUnavailable},
    entry::{Entry, EntryId},
    handle::{Cluster, RoomGuard},
    lease::LEASE,
    reply::{peers, text, texts},
    room::{Mode, Origin, RoomPeer, RoomState, SharedRoom},
    script::{Script, keys},
    write::{Effect, PendingWrite},
};
use browser_rtc_proto::signaling::{ErrorCode, LeaveReason};

/// The number of entries that are read from the log at once.
const PAGE: usize = 256;

/// Maximum number of comparisons with Redis, each of which may be overtaken by other changes.
const MAX_ATTEMPTS: usize = 50;

impl Cluster {
    pub(super) async fn resync_all(&self) {
        stream::iter(self.rooms()).for_each_concurrent(32, async |room| self.resync(&room).await).await;
    }

    /// Resynchronizes a room whose mode is [`Resyncing`](Mode::Resyncing). Gives up when Redis becomes unavailable.
    pub(super) async fn resync(&self, room: &Arc<SharedRoom>) {
        let _guard = self.guard(room);
        let _lock = room.resync_lock.lock().await;
        // Another task may have resynchronized the room while this one waited for the lock.
        if lock(&room.state).mode != Mode::Resyncing {
            return;
        }
        match self.try_resync(room).await {
            Ok(()) => room.set_mode(Mode::Connected),
            Err(RedisUnavailable) => {
                tracing::debug!(
                    room = &**room.name(),
                    "Redis became unavailable during the resynchronization of the room"
                );
            }
        }
    }

    async fn try_resync(&self, room: &Arc<SharedRoom>) -> Result<(), RedisUnavailable> {
        if room.opened.get().is_none() {
            return Ok(());
        }
        let subscribe = self.request(Command::Subscribe(Arc::clone(room.name())));
        let count = self.request(self.refs("keep", [room.name().to_string()]));
        let (subscribed, _) = tokio::join!(subscribe, count);
        subscribed?;
        // Read before the request to Redis, so that entries published in between are applied.
        let last_known = lock(&room.state).last;
        let (epoch, last) = self.redis_position(room).await.ok_or(RedisUnavailable)?;
        // Data that is older than the state of this process is treated as lost.
        let intact = lock(&room.state).epoch == epoch && last_known <= last;
        let mut complete = !intact || self.catch_up(room).await?;
        {
            let mut state = lock(&room.state);
            for (command, write) in std::mem::take(&mut state.deferred) {
                if intact || matches!(write.effect, Effect::Leave(..)) {
                    self.submit_write(room, &mut state, command, write);
                    continue;
                }
                // The counts of received frames were lost with the data.
                self.deliver_locally(&mut state, &write);
            }
        }
        if intact {
            // The deferred writes must be applied first.
            let (_, last) = self.redis_position(room).await.ok_or(RedisUnavailable)?;
            complete &= self.catch_up(room).await?;
            self.check_complete(room, complete, last);
        } else {
            tracing::info!(room = &**room.name(), ?last, "Redis has lost the data of the room");
        }
        for _ in 0..MAX_ATTEMPTS {
            if self.compare(room).await? {
                lock(&room.state).reconnect();
                return Ok(());
            }
            let complete = self.catch_up(room).await?;
            self.check_complete(room, complete, None);
        }
        tracing::error!(room = &**room.name(), "cannot resynchronize the room: it changes too fast");
        let (_, last) = self.redis_position(room).await.ok_or(RedisUnavailable)?;
        self.check_complete(room, false, last);
        Ok(())
    }

    /// Closes the queues of the clients of this process if entries are missing.
    fn check_complete(&self, room: &SharedRoom, complete: bool, last: Option<EntryId>) {
        let mut state = lock(&room.state);
        if complete && state.last >= last {
            return;
        }
        tracing::warn!(
            room = &**room.name(),
            "entries are missing in the log of the room: its clients are disconnected"
        );
        let ids: Vec<_> = state.seats.keys().cloned().collect();
        for id in ids {
            if let Some(seat) = state.seats.get(&id) {
                seat.outbox.close(QueueClosed::Overflow);
            }
        }
        if let Some(last) = last {
            state.skip_to(last);
        }
    }

    /// Delivers a write that will not be in the log to the clients of this process only.
    pub(super) fn deliver_locally(&self, state: &mut RoomState, write: &PendingWrite) {
        if write.delivered || state.apply_locally(&write.effect) {
            if let Some(code) = state.refuse_undelivered(&write.effect) {
                self.0.metrics.error(&code);
            }
            state.answer_pings(&write.effect);
        }
    }

    /// Applies the new entries of the log. Returns false if entries in between are missing.
    pub(super) async fn catch_up(&self, room: &Arc<SharedRoom>) -> Result<bool, RedisUnavailable> {
        let mut complete = true;
        loop {
            let Some(after) = lock(&room.state).last else { return Ok(true) };
            let mut range = redis::cmd("XRANGE");
            range.arg(&keys(room.name())[1]).arg(format!("({after}")).arg("+").arg("COUNT").arg(PAGE);
            let Value::Array(entries) = self.request(Command::Plain(range)).await? else { return Ok(complete) };
            let count = entries.len();
            let mut state = lock(&room.state);
            for entry in entries.into_iter().filter_map(parse_entry) {
                if !state.receive(&self.0.local, entry.clone()) && state.last < Some(entry.prev) {
                    complete = false;
                    state.skip_to(entry.prev);
                    state.advance(&self.0.local);
                }
            }
            if count < PAGE {
                return Ok(complete);
            }
        }
    }

    /// Returns the epoch and the last entry of a room in Redis, and postpones the expiry of the room.
    pub(super) async fn redis_position(&self, room: &SharedRoom) -> Option<(String, Option<EntryId>)> {
        let args = [self.0.ttl_ms.to_string()];
        let answer = self.request(self.script(Script::Touch, room, args)).await.ok()?;
        let mut words = texts(Some(answer)).into_iter();
        let (epoch, last) = (words.next()?, words.next()?);
        Some((epoch, EntryId::parse(&last)))
    }

    /// Sends the state of this process to Redis, and applies the differences. Returns true if there was none.
    async fn compare(&self, room: &Arc<SharedRoom>) -> Result<bool, RedisUnavailable> {
        let new_epoch = Secret::random().map_err(|_| RedisUnavailable)?.hex();
        let (command, others) = {
            let mut state = lock(&room.state);
            for _ in 0..state.refuse_unreached() {
                self.0.metrics.error(&ErrorCode::Unavailable);
            }
            let mut args = vec![
                new_epoch,
                self.0.ttl_ms.to_string(),
                state.epoch.clone(),
                state.last.unwrap_or_default().to_string(),
                u8::from(state.diverged).to_string(),
            ];
            let others = state.peers.iter().filter(|known| known.process != self.0.local.id);
            let others: Vec<_> = others.cloned().collect();
            let RoomState { peers, seats, .. } = &mut *state;
            // Seats are registered in the order in which they joined.
            let own = peers.iter().filter_map(|known| {
                let seat = seats.get_mut(&known.peer.id)?;
                let (time, serial) = (self.0.clock.time_at(seat.outbox.created()), seat.outbox.serial());
                let counts = [seat.received.into(), seat.sent.into(), time, serial].map(|count: u64| count.to_string());
                let [received, sent, time, serial] = counts;
                let (id, secret, branches) = (known.peer.id.to_string(), seat.secret.hex(), seat.branches.publish());
                let name = known.peer.name.clone();
                Some([id, seat.attempt.clone(), secret, received, sent, time, serial, name, branches])
            });
            let own: Vec<_> = own.collect();
            args.extend([own.len(), others.len()].map(|count| count.to_string()));
            args.extend(own.into_iter().flatten());
            for known in &others {
                args.extend([known.peer.id.as_str(), &known.process, &known.peer.name].map(str::to_owned));
            }
            (self.script(Script::Sync, room, args), others)
        };
        let Value::Array(parts) = self.request(command).await? else { return Err(RedisUnavailable) };
        let mut parts = parts.into_iter();
        let mut word = || text(parts.next()).unwrap_or_default();
        let (status, epoch, last) = (word(), word(), EntryId::parse(&word()));
        let (lost, list) = (texts(parts.next()), peers(parts.next()));

        let guard = self.guard(room);
        let mut state = lock(&room.state);
        if status == "empty" {
            let ids: Vec<_> = state.seats.keys().cloned().collect();
            ids.iter().for_each(|id| state.evict(id, QueueClosed::Overflow));
            state.peers.clear();
            return Ok(true);
        }
        if state.epoch != epoch {
            state.epoch = epoch;
            state.diverged = true;
            state.skip_to(last.unwrap_or_default());
            tokio::spawn(free_unclaimed(guard, others));
        } else if status != "same" || state.last != last {
            return Ok(false);
        }
        for (reason, id) in lost.iter().filter_map(|lost| lost.split_once(' ')) {
            match reason {
                "m" => state.move_away(&id.into()),
                _ => state.evict(&id.into(), QueueClosed::Overflow),
            }
        }
        let is_missing = |known: &RoomPeer| !list.iter().any(|other| other.peer.id == known.peer.id);
        let missing: Vec<_> =
            state.peers.iter().filter(|known| is_missing(known)).map(|known| known.peer.id.clone()).collect();
        let mut changed = false;
        for id in missing {
            state.evict(&id, QueueClosed::Overflow);
            changed |= state.remove_peer(&id, &LeaveReason::Lost, Origin::Local);
        }
        for known in &list {
            changed |= state.add_peer(&known.peer.id, &known.process, &known.peer.name, Origin::Local);
        }
        state.peers = list;
        state.diverged |= changed;
        Ok(status == "same" && !changed)
    }

    /// Frees the seat of an attempt, found by the id or else by the secret.
    pub(super) fn free_seat(&self, room: &Arc<SharedRoom>, attempt: &str, id: &str, secret: &str) {
        let reason = LeaveReason::Lost;
        let args = [id, attempt, "", reason.as_str(), secret].map(str::to_owned);
        let write = PendingWrite::new(Effect::Leave(id.into(), reason), None);
        let command = self.script(Script::Leave, room, args);
        self.submit_write(room, &mut lock(&room.state), command, write);
    }
}

/// Frees seats that were registered for other processes and not claimed by them.
async fn free_unclaimed(guard: RoomGuard, others: Vec<RoomPeer>) {
    sleep(guard.cluster.0.grace + LEASE).await;
    others.iter().for_each(|known| guard.cluster.free_seat(&guard.room, "-", known.peer.id.as_str(), ""));
}

fn parse_entry(value: Value) -> Option<Entry> {
    let Value::Array(parts) = value else { return None };
    let mut parts = parts.into_iter();
    let id = EntryId::parse(&text(parts.next())?)?;
    let fields = texts(parts.next());
    Entry::from_body(id, fields.get(1)?)
}
