//! Signs of life: of this process, of the rooms that it has, and of the other processes in them.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use redis::{Cmd, Value};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::link::{Command, Kept};
use super::room::{Effect, Mode, Room};
use super::script::Script;
use super::{Cluster, EntryId, join};
use crate::LeaveReason;
use crate::server::lock;

/// A process that says nothing for this long is dead; its seats are kept for the time of grace.
pub const LEASE: Duration = Duration::from_secs(3);

const BEAT: Duration = Duration::from_millis(750);

fn key(proc: &str) -> String {
    format!("browser-rtc:process:{proc}")
}

/// To be renewed each beat.
pub fn lease(proc: &str) -> Cmd {
    let mut cmd = redis::cmd("SET");
    cmd.arg(key(proc)).arg(1).arg("PX").arg(LEASE.as_millis() as u64);
    cmd
}

pub fn farewell(proc: &str) -> Cmd {
    let mut cmd = redis::cmd("DEL");
    cmd.arg(key(proc));
    cmd
}

pub async fn run(cluster: Cluster) {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut dead: HashMap<String, Instant> = HashMap::new();
    let mut touched = Instant::now();
    loop {
        beats.tick().await;
        if !cluster.is_there() {
            dead.clear();
            continue;
        }
        if cluster.beat(&mut dead).await.is_none() {
            dead.clear();
        }
        if touched.elapsed() > Duration::from_millis(cluster.0.ttl_ms / 3) {
            touched = Instant::now();
            cluster.look_after();
        }
    }
}

impl Cluster {
    /// None when Redis is away.
    async fn beat(&self, dead: &mut HashMap<String, Instant>) -> Option<()> {
        let me = &self.0.welcome.proc;
        let asked = Instant::now();
        let (leased, time) = tokio::join!(self.ask(Command::Plain(lease(me))), self.ask(self.refs("time", [])));
        leased.ok()?;
        self.set_clock(asked, &time.ok()?);
        let mut others = HashSet::new();
        for room in self.rooms() {
            others.extend(lock(&room.state).peers.iter().map(|known| known.proc.clone()).filter(|proc| proc != me));
        }
        for proc in &others {
            let mut exists = redis::cmd("EXISTS");
            exists.arg(key(proc));
            if self.ask(Command::Plain(exists)).await.ok()? == Value::Int(1) {
                dead.remove(proc);
            } else {
                dead.entry(proc.clone()).or_insert_with(Instant::now);
            }
        }
        dead.retain(|proc, _| others.contains(proc));
        for (proc, since) in dead.iter() {
            if since.elapsed() > self.0.grace {
                self.bury(proc);
            }
        }
        Some(())
    }

    /// Frees the seats that a dead process had. Whoever comes first tells the room.
    fn bury(&self, proc: &str) {
        for room in self.rooms() {
            let mut state = lock(&room.state);
            if state.mode != Mode::Together {
                continue;
            }
            let of_dead: Vec<_> = state.peers.iter().filter(|known| known.proc == *proc).cloned().collect();
            for known in of_dead {
                let reason = LeaveReason::Lost;
                let args = [known.peer.id.as_str(), "", proc, reason.as_str(), ""].map(str::to_owned);
                let effect = Effect::Leave(known.peer.id.clone(), reason);
                let kept = Kept { room: room.clone(), effect, permit: None, told: false };
                self.give_kept(&mut state, self.script(Script::Leave, &room, args), kept);
            }
        }
    }

    /// Keeps the rooms from expiring, and finds out whether something was missed.
    pub(super) async fn touch_all(&self) {
        let rooms = self.rooms();
        for some in rooms.chunks(256) {
            let names = some.iter().map(|room| room.name().to_owned());
            let _ = self.ask(self.refs("keep", names)).await;
            stream::iter(some)
                .for_each_concurrent(32, async |room| {
                    if self.touch(room).await == Some(false) && lock(&room.state).mode == Mode::Together {
                        room.set_mode(Mode::Returning);
                        self.put_together(room).await;
                    }
                })
                .await;
        }
    }

    /// Whether the room is what it should be; none where that cannot be said.
    async fn touch(&self, room: &std::sync::Arc<Room>) -> Option<bool> {
        if lock(&room.state).seats.is_empty() {
            return None;
        }
        let (epoch, last) = self.standing(room).await?;
        let behind = {
            let state = lock(&room.state);
            if state.mode != Mode::Together || state.seats.is_empty() {
                return None;
            }
            if state.epoch != epoch {
                return Some(false);
            }
            state.last < last
        };
        if behind { self.catch_up(room).await.ok() } else { Some(true) }
    }

    /// The epoch, and the last entry, as Redis has them.
    pub(super) async fn standing(&self, room: &std::sync::Arc<Room>) -> Option<(String, Option<EntryId>)> {
        let args = [self.0.ttl_ms.to_string()];
        let answer = self.ask(self.script(Script::Touch, room, args)).await.ok()?;
        let mut words = join::texts(Some(answer)).into_iter();
        let (epoch, last) = (words.next()?, words.next()?);
        Some((epoch, EntryId::parse(&last)))
    }
}
