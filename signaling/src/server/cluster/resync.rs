//! When Redis is back, or something was missed: what this process knows and what Redis knows become one again.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use redis::Value;
use tokio::time::sleep;

use super::event::{EntryId, Event};
use super::join::{free, members, text, texts};
use super::keeper::LEASE;
use super::link::{Away, Command};
use super::room::{Effect, Known, Mode, Room, Source, State};
use super::script::{Script, keys};
use super::{Cluster, Guest};
use crate::server::lock;
use crate::server::outbox::Closed;
use crate::server::rooms::Secret;
use crate::{ErrorCode, LeaveReason};

/// Entries that are read at once.
const PAGE: usize = 256;

impl Cluster {
    pub(super) async fn put_all_together(&self) {
        stream::iter(self.rooms()).for_each_concurrent(32, async |room| self.put_together(&room).await).await;
    }

    /// The room is [`Returning`](Mode::Returning), and everybody waits. When Redis goes again meanwhile, so does this.
    pub(super) async fn put_together(&self, room: &Arc<Room>) {
        let _guest = self.enter_again(room);
        // One at a time: who is second finds it done.
        let _turn = room.turn.lock().await;
        if lock(&room.state).mode != Mode::Returning {
            return;
        }
        match self.try_to_put_together(room).await {
            Ok(()) => room.set_mode(Mode::Together),
            Err(Away) => tracing::debug!(room = room.name(), "Redis has gone again"),
        }
    }

    async fn try_to_put_together(&self, room: &Arc<Room>) -> Result<(), Away> {
        if room.open.get().is_none() {
            return Ok(());
        }
        let subscribe = self.ask(Command::Subscribe(Arc::clone(room)));
        let counted = self.ask(self.refs("keep", [room.name().to_owned()]));
        let (subscribed, _) = tokio::join!(subscribe, counted);
        subscribed?;
        // Before Redis is asked: what is published meanwhile is taken in.
        let known_until = lock(&room.state).last;
        let (epoch, last) = self.standing(room).await.ok_or(Away)?;
        // Older data than what is known here are lost data as well.
        let known = lock(&room.state).epoch == epoch && known_until <= last;
        let mut whole = !known || self.catch_up(room).await?;
        {
            let mut state = lock(&room.state);
            for (command, kept) in std::mem::take(&mut state.kept) {
                if known || matches!(kept.effect, Effect::Leave(..)) {
                    self.give_kept(&mut state, command, kept);
                    continue;
                }
                // Where the data were lost, nobody remembers which frames have come already.
                self.tell_here(&mut state, &kept);
            }
        }
        if known {
            // Those come first.
            let (_, last) = self.standing(room).await.ok_or(Away)?;
            whole &= self.catch_up(room).await?;
            self.check(room, whole, last);
        } else {
            tracing::info!(room = room.name(), ?last, "Redis has lost this room");
        }
        for _ in 0..50 {
            if self.compare(room).await? {
                lock(&room.state).come_together();
                return Ok(());
            }
            let whole = self.catch_up(room).await?;
            self.check(room, whole, None);
        }
        tracing::error!(room = room.name(), "what Redis knows of the room is never what is known here");
        let (_, last) = self.standing(room).await.ok_or(Away)?;
        self.check(room, false, last);
        Ok(())
    }

    /// Who is here and has missed something cannot go on.
    fn check(&self, room: &Room, whole: bool, last: Option<EntryId>) {
        let mut state = lock(&room.state);
        if whole && state.last >= last {
            return;
        }
        tracing::warn!(room = room.name(), "what happened meanwhile is no longer known");
        let ids: Vec<_> = state.seats.keys().cloned().collect();
        for id in ids {
            if let Some(local) = state.seats.get(&id) {
                local.outbox.close(Closed::Overflow);
            }
        }
        if let Some(last) = last {
            state.jump(last);
        }
    }

    /// Reads what the log has that is not known here. False when something in between is missing.
    pub(super) async fn catch_up(&self, room: &Arc<Room>) -> Result<bool, Away> {
        let mut whole = true;
        loop {
            let Some(after) = lock(&room.state).last else { return Ok(true) };
            let mut range = redis::cmd("XRANGE");
            range.arg(&keys(room.name())[1]).arg(format!("({after}")).arg("+").arg("COUNT").arg(PAGE);
            let Value::Array(entries) = self.ask(Command::Plain(range)).await? else { return Ok(whole) };
            let count = entries.len();
            let mut state = lock(&room.state);
            for event in entries.into_iter().filter_map(read) {
                if !state.receive(&self.0.welcome, event.clone()) && state.last < Some(event.prev) {
                    whole = false;
                    state.jump(event.prev);
                    state.advance(&self.0.welcome);
                }
            }
            if count < PAGE {
                return Ok(whole);
            }
        }
    }

    /// Tells Redis what is here, and learns what is not. True when there was nothing to learn.
    async fn compare(&self, room: &Arc<Room>) -> Result<bool, Away> {
        let new_epoch = Secret::random().map_err(|_| Away)?.hex();
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
                u8::from(state.apart).to_string(),
            ];
            let others = state.peers.iter().filter(|known| known.proc != self.0.welcome.proc);
            let others: Vec<_> = others.cloned().collect();
            let State { peers, seats, .. } = &mut *state;
            // In the order in which they came.
            let ours = peers.iter().filter_map(|known| {
                let local = seats.get_mut(&known.peer.id)?;
                let (time, serial) = (self.time_of(local.outbox.made()), local.outbox.serial());
                let counts = [local.n.into(), local.told.into(), time, serial].map(|count: u64| count.to_string());
                let [n, told, time, serial] = counts;
                let (id, secret, words) = (known.peer.id.to_string(), local.secret.hex(), local.words.tell());
                Some([id, local.attempt.clone(), secret, n, told, time, serial, known.peer.name.clone(), words])
            });
            let ours: Vec<_> = ours.collect();
            args.extend([ours.len(), others.len()].map(|count| count.to_string()));
            args.extend(ours.into_iter().flatten());
            for known in &others {
                args.extend([known.peer.id.as_str(), &known.proc, &known.peer.name].map(str::to_owned));
            }
            (self.script(Script::Sync, room, args), others)
        };
        let Value::Array(parts) = self.ask(command).await? else { return Err(Away) };
        let mut parts = parts.into_iter();
        let mut word = || text(parts.next()).unwrap_or_default();
        let (status, epoch, last) = (word(), word(), EntryId::parse(&word()));
        let (gone, list) = (texts(parts.next()), members(parts.next()));

        let guest = self.enter_again(room);
        let mut state = lock(&room.state);
        if status == "empty" {
            let ids: Vec<_> = state.seats.keys().cloned().collect();
            ids.iter().for_each(|id| state.evict(id, Closed::Overflow));
            state.peers.clear();
            return Ok(true);
        }
        if state.epoch != epoch {
            state.epoch = epoch;
            state.apart = true;
            state.jump(last.unwrap_or_default());
            tokio::spawn(free_the_unclaimed(guest, others));
        } else if status != "same" || state.last != last {
            return Ok(false);
        }
        for (how, id) in gone.iter().filter_map(|gone| gone.split_once(' ')) {
            match how {
                "m" => state.move_away(&id.into()),
                _ => state.evict(&id.into(), Closed::Overflow),
            }
        }
        let missing = |known: &Known| !list.iter().any(|other| other.peer.id == known.peer.id);
        let gone: Vec<_> =
            state.peers.iter().filter(|known| missing(known)).map(|known| known.peer.id.clone()).collect();
        let mut told = false;
        for id in gone {
            state.evict(&id, Closed::Overflow);
            told |= state.part(&id, &LeaveReason::Lost, Source::Here);
        }
        for known in &list {
            told |= state.meet(&known.peer.id, &known.proc, &known.peer.name, Source::Here);
        }
        state.peers = list;
        state.apart |= told;
        Ok(status == "same" && !told)
    }
}

/// Seats that were put down for other processes, which may not have them any longer, and not know of it.
async fn free_the_unclaimed(guest: Guest, others: Vec<Known>) {
    sleep(guest.cluster.0.grace + LEASE).await;
    others.iter().for_each(|known| free(&guest, "-", known.peer.id.as_str(), ""));
}

fn read(entry: Value) -> Option<Event> {
    let Value::Array(parts) = entry else { return None };
    let mut parts = parts.into_iter();
    let id = EntryId::parse(&text(parts.next())?)?;
    let fields = texts(parts.next());
    Event::of_entry(id, fields.get(1)?)
}
