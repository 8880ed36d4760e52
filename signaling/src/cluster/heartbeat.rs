//! Heartbeats of this process, of the rooms in which it has seats, and of the other processes in these rooms.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use redis::Value;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    super::lock::lock,
    command::Command,
    handle::Cluster,
    lease,
    room::{Mode, SharedRoom},
    script::Script,
    write::{Effect, PendingWrite},
};
use browser_rtc_proto::signaling::LeaveReason;

const INTERVAL: Duration = Duration::from_millis(750);

/// Sends heartbeats until the task is cancelled.
pub async fn run(cluster: Cluster) {
    let mut heartbeats = interval(INTERVAL);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut dead: HashMap<String, Instant> = HashMap::new();
    let mut touched = Instant::now();
    loop {
        heartbeats.tick().await;
        if !cluster.is_connected() {
            dead.clear();
            continue;
        }
        if cluster.heartbeat(&mut dead).await.is_none() {
            dead.clear();
        }
        if touched.elapsed() > Duration::from_millis(cluster.0.ttl_ms / 3) {
            touched = Instant::now();
            cluster.spawn_touch_all();
        }
    }
}

impl Cluster {
    /// Renews the lease, and checks those of other processes. Returns `None` if Redis is unavailable.
    async fn heartbeat(&self, dead: &mut HashMap<String, Instant>) -> Option<()> {
        let own = &self.0.local.id;
        let asked = Instant::now();
        let renew = self.request(Command::Plain(lease::renew(own)));
        let (renewed, time) = tokio::join!(renew, self.request(self.refs("time", [])));
        renewed.ok()?;
        self.0.clock.update(asked, &time.ok()?);
        let mut others = HashSet::new();
        for room in self.rooms() {
            let state = lock(&room.state);
            others.extend(state.peers.iter().map(|known| known.process.clone()).filter(|process| process != own));
        }
        for process in &others {
            if self.request(Command::Plain(lease::exists(process))).await.ok()? == Value::Int(1) {
                dead.remove(process);
            } else {
                dead.entry(process.clone()).or_insert_with(Instant::now);
            }
        }
        dead.retain(|process, _| others.contains(process));
        for (process, since) in dead.iter() {
            if since.elapsed() > self.0.grace {
                self.free_seats_of(process);
            }
        }
        Some(())
    }

    /// Frees the seats of a dead process. The first process that does so notifies the room.
    fn free_seats_of(&self, process: &str) {
        for room in self.rooms() {
            let mut state = lock(&room.state);
            if state.mode != Mode::Connected {
                continue;
            }
            let peers: Vec<_> = state.peers.iter().filter(|known| known.process == *process).cloned().collect();
            for known in peers {
                let reason = LeaveReason::Lost;
                let args = [known.peer.id.as_str(), "", process, reason.as_str(), ""].map(str::to_owned);
                let write = PendingWrite::new(Effect::Leave(known.peer.id.clone(), reason), None);
                self.submit_write(&room, &mut state, self.script(Script::Leave, &room, args), write);
            }
        }
    }

    /// Spawns a task that touches all rooms.
    pub(super) fn spawn_touch_all(&self) {
        let cluster = self.clone();
        tokio::spawn(async move { cluster.touch_all().await });
    }

    /// Postpones the expiry of all rooms, and resynchronizes those with missed entries.
    async fn touch_all(&self) {
        let rooms = self.rooms();
        for chunk in rooms.chunks(256) {
            let names = chunk.iter().map(|room| room.name().to_string());
            // If Redis is unavailable, the rooms are resynchronized later.
            let _ = self.request(self.refs("keep", names)).await;
            stream::iter(chunk)
                .for_each_concurrent(32, async |room| {
                    if self.touch(room).await == Some(false) && lock(&room.state).mode == Mode::Connected {
                        room.set_mode(Mode::Resyncing);
                        self.resync(room).await;
                    }
                })
                .await;
        }
    }

    /// Returns whether the state of a room is complete, or `None` if that cannot be determined.
    async fn touch(&self, room: &Arc<SharedRoom>) -> Option<bool> {
        if lock(&room.state).seats.is_empty() {
            return None;
        }
        let (epoch, last) = self.redis_position(room).await?;
        let behind = {
            let state = lock(&room.state);
            if state.mode != Mode::Connected || state.seats.is_empty() {
                return None;
            }
            if state.epoch != epoch {
                return Some(false);
            }
            state.last < last
        };
        if behind { self.catch_up(room).await.ok() } else { Some(true) }
    }
}
