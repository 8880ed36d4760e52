//! The handle to all shared rooms of this process.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use redis::Value;
use serde_json::json;
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        config::Config, lock::lock, metrics::Metrics, names::Names, refusal::Refusal, secret::Secret, welcome::Welcome,
    },
    command::{Command, RedisUnavailable, TIMEOUT},
    queue::{Job, MAX_BYTES},
    room::SharedRoom,
    script::Script,
};

/// The rooms that processes share through Redis.
#[derive(Clone)]
pub struct Cluster(pub(super) Arc<ClusterState>);

/// The state behind a [`Cluster`].
pub(super) struct ClusterState {
    pub welcome: Welcome,
    pub names: Names,
    pub metrics: Metrics,
    pub seats_per_room: usize,
    max_rooms: usize,
    pub grace: Duration,
    /// The time for which the log is kept, and its limits.
    log: (Duration, usize, usize),
    /// The time after which a room without a process expires.
    pub ttl: Duration,
    jobs: mpsc::UnboundedSender<Job>,
    /// One permit for each byte of [`MAX_BYTES`].
    pub queue_permits: Arc<Semaphore>,
    rooms: Mutex<Rooms>,
    pub link: watch::Sender<Link>,
    stop: CancellationToken,
}

/// The state of the connection to Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// All rooms were given up.
    Down,
    /// The connection was lost a moment ago. Changes wait.
    Interrupted,
    Up,
}

/// The rooms with seats of this process.
struct Rooms {
    /// The id of this process in Redis. It changes when the rooms are given up, because the previous id stands for the
    /// seats that are kept in Redis.
    process: Arc<str>,
    by_name: HashMap<String, Arc<SharedRoom>>,
}

impl Cluster {
    /// Creates the handle, and the queue of jobs that it fills. `stop` is cancelled by [`stop`](Self::stop).
    pub fn new(
        config: &Config,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> std::io::Result<(Self, mpsc::UnboundedReceiver<Job>)> {
        let limits = &config.limits;
        let process = new_id().map_err(|refusal| std::io::Error::other(refusal.message))?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let cluster = Self(Arc::new(ClusterState {
            welcome: Welcome::new(config),
            names: limits.names(),
            metrics,
            seats_per_room: limits.seats_per_room,
            max_rooms: limits.rooms,
            grace: config.grace,
            log: (config.grace + config.heartbeat() * 4, limits.queue_frames * 4, limits.queue_bytes * 4),
            ttl: config.grace * 2 + Duration::from_secs(90),
            jobs,
            queue_permits: Arc::new(Semaphore::new(MAX_BYTES as usize)),
            rooms: Mutex::new(Rooms { process, by_name: HashMap::new() }),
            link: watch::Sender::new(Link::Down),
            stop,
        }));
        Ok((cluster, queue))
    }

    /// Returns whether Redis is available.
    pub fn is_connected(&self) -> bool {
        *self.0.link.borrow() == Link::Up
    }

    /// Returns the number of rooms with seats of this process, and the number of these seats.
    pub fn counts(&self) -> (usize, usize) {
        let seats = self.rooms().into_iter().map(|room| lock(&room.state).seats.len()).filter(|seats| *seats > 0);
        seats.fold((0, 0), |(rooms, all), seats| (rooms + 1, all + seats))
    }

    /// Ends the lease and the tasks. Clients can resume their seats on other processes.
    pub async fn stop(&self) {
        let release = self.request(Command::release_lease(&self.process()));
        // If the command fails, the lease expires.
        let _ = timeout(TIMEOUT, release).await;
        self.0.stop.cancel();
    }

    /// Returns the current id of this process in Redis.
    pub(super) fn process(&self) -> Arc<str> {
        Arc::clone(&lock(&self.0.rooms).process)
    }

    /// Returns the command for a script on a room. `args` is a JSON object.
    pub(super) fn script(
        &self,
        script: Script,
        room: &SharedRoom,
        mut args: serde_json::Value,
        data: String,
    ) -> Command {
        let (keep, max_frames, max_bytes) = self.0.log;
        args["process"] = json!(*room.process);
        args["keep_ms"] = millis(keep);
        args["ttl_ms"] = millis(self.0.ttl);
        args["max_frames"] = json!(max_frames);
        args["max_bytes"] = json!(max_bytes);
        Command::Script { script, room: Arc::clone(&room.name), args: args.to_string(), data }
    }

    /// Queues an idempotent command.
    pub(super) fn submit(
        &self,
        command: Command,
        on_answer: impl FnOnce(Result<Value, RedisUnavailable>) + Send + 'static,
    ) {
        // The receiver lives until the end of the process or test.
        let _ = self.0.jobs.send(Job { command, retried: true, on_answer: Box::new(on_answer) });
    }

    /// Sends a command and returns the answer. The command fails if the connection to Redis breaks.
    pub(super) async fn request(&self, command: Command) -> Result<Value, RedisUnavailable> {
        if !self.is_connected() {
            return Err(RedisUnavailable);
        }
        self.send(command, false).await
    }

    /// Sends an idempotent command and returns the answer.
    pub(super) async fn request_retried(&self, command: Command) -> Result<Value, RedisUnavailable> {
        self.send(command, true).await
    }

    async fn send(&self, command: Command, retried: bool) -> Result<Value, RedisUnavailable> {
        let (reply, answer) = oneshot::channel();
        // The receiver may have stopped waiting.
        let on_answer = Box::new(move |answer| drop(reply.send(answer)));
        // As in `submit`.
        let _ = self.0.jobs.send(Job { command, retried, on_answer });
        answer.await.unwrap_or(Err(RedisUnavailable))
    }

    /// Returns the room of a name, created if the limit on rooms permits. The guard keeps it in memory.
    pub(super) fn enter(&self, name: &str) -> Result<RoomGuard, Refusal> {
        let mut rooms = lock(&self.0.rooms);
        let room = match rooms.by_name.get(name) {
            Some(room) => Arc::clone(room),
            None if rooms.by_name.len() >= self.0.max_rooms => return Err(Refusal::server_full()),
            None => {
                let room = Arc::new(SharedRoom::new(name, Arc::clone(&rooms.process)));
                rooms.by_name.insert(name.to_owned(), Arc::clone(&room));
                room
            }
        };
        lock(&room.state).guards += 1;
        Ok(RoomGuard { cluster: self.clone(), room })
    }

    pub(super) fn rooms(&self) -> Vec<Arc<SharedRoom>> {
        lock(&self.0.rooms).by_name.values().cloned().collect()
    }

    pub(super) fn room(&self, name: &str) -> Option<Arc<SharedRoom>> {
        lock(&self.0.rooms).by_name.get(name).cloned()
    }

    /// Gives up all rooms: closes the sockets of their clients, and keeps their seats in Redis. The process continues
    /// with another id, so that the seats are treated like those of a process that was killed.
    pub(super) fn give_up(&self) {
        let process = new_id();
        let rooms = {
            let mut rooms = lock(&self.0.rooms);
            if let Ok(process) = process {
                rooms.process = process;
            }
            std::mem::take(&mut rooms.by_name)
        };
        self.0.link.send_replace(Link::Down);
        for room in rooms.into_values() {
            lock(&room.state).give_up();
        }
    }
}

fn new_id() -> Result<Arc<str>, Refusal> {
    Ok(Secret::random()?.hex().into())
}

fn millis(time: Duration) -> serde_json::Value {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 4).into()
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cluster").field(&self.process()).finish()
    }
}

/// A guard that keeps a room in memory.
pub(super) struct RoomGuard {
    pub cluster: Cluster,
    pub room: Arc<SharedRoom>,
}

impl Drop for RoomGuard {
    fn drop(&mut self) {
        let Self { cluster, room } = self;
        let mut rooms = lock(&cluster.0.rooms);
        let mut state = lock(&room.state);
        state.guards -= 1;
        if state.guards > 0 || state.given_up {
            return;
        }
        rooms.by_name.remove(&*room.name);
        if room.subscribed.get().is_some() {
            // Submitted under the lock, so that the next subscription follows.
            cluster.submit(Command::Unsubscribe(Arc::clone(&room.name)), |_| {});
        }
    }
}
