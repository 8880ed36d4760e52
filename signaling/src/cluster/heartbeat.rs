//! Heartbeats of this process, of the rooms in which it has seats, and of the other processes in these rooms.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use redis::Value;
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{super::lock::lock, command::Command, handle::Cluster};
use browser_rtc_proto::signaling::LeaveReason;

const INTERVAL: Duration = Duration::from_millis(750);

/// Sends heartbeats until the task is cancelled.
pub async fn run(cluster: Cluster) {
    let mut heartbeats = interval(INTERVAL);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut dead: HashMap<String, Instant> = HashMap::new();
    let mut read = Instant::now();
    loop {
        heartbeats.tick().await;
        if cluster.heartbeat(&mut dead).await.is_none() {
            dead.clear();
            continue;
        }
        if read.elapsed() > cluster.0.ttl / 3 {
            read = Instant::now();
            let cluster = cluster.clone();
            tokio::spawn(async move { cluster.catch_up_all(false).await });
        }
    }
}

impl Cluster {
    /// Renews the lease, and frees the seats of processes that had none for the grace time. Returns `None` if Redis is
    /// unavailable.
    async fn heartbeat(&self, dead: &mut HashMap<String, Instant>) -> Option<()> {
        let own = self.process();
        self.request(Command::renew_lease(&own)).await.ok()?;
        let mut others = HashSet::new();
        for room in self.rooms() {
            let state = lock(&room.state);
            others.extend(state.peers.iter().map(|known| known.process.clone()).filter(|process| **process != *own));
        }
        dead.retain(|process, _| others.contains(process));
        for process in others {
            if self.request(Command::has_lease(&process)).await.ok()? == Value::Int(1) {
                dead.remove(&process);
            } else if dead.entry(process.clone()).or_insert_with(Instant::now).elapsed() > self.0.grace {
                self.free_seats_of(&process);
            }
        }
        Some(())
    }

    /// Frees the seats of a dead process. The first process that does so notifies the room.
    fn free_seats_of(&self, process: &str) {
        for room in self.rooms() {
            let state = lock(&room.state);
            for known in state.peers.iter().filter(|known| known.process == process) {
                self.free_seat(&room, json!({ "id": known.id, "dead": process, "reason": LeaveReason::Lost }));
            }
        }
    }
}
