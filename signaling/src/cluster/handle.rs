//! The handle to all shared rooms of this process.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use redis::Value;
use tokio::{
    sync::{Semaphore, mpsc, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        config::Config, lock::lock, metrics::Metrics, names::Names, refusal::Refusal, secret::Secret, welcome::Welcome,
    },
    clock::RedisClock,
    command::{Command, RedisUnavailable, TIMEOUT},
    lease,
    process::LocalProcess,
    queue::{Completion, Job, MAX_BYTES},
    room::{RoomState, SharedRoom},
    script::Script,
    write::PendingWrite,
};

/// The time within which a missing entry or a freed room usually appears without a request.
pub const SETTLE_TIME: Duration = Duration::from_millis(20);

/// The rooms that processes share through Redis.
#[derive(Clone)]
pub struct Cluster(pub(super) Arc<ClusterState>);

/// The state behind a [`Cluster`].
pub(super) struct ClusterState {
    pub local: LocalProcess,
    pub names: Names,
    pub metrics: Metrics,
    pub seats_per_room: usize,
    pub max_rooms: usize,
    pub grace: Duration,
    /// The first arguments of every script on a room.
    common_args: [String; 4],
    pub ttl_ms: u64,
    jobs: mpsc::UnboundedSender<Job>,
    /// One permit for each byte of [`MAX_BYTES`].
    pub queue_permits: Arc<Semaphore>,
    rooms: Mutex<HashMap<String, Arc<SharedRoom>>>,
    pub connected: watch::Sender<bool>,
    /// Set while Redis has been unavailable for so long that rooms continue without it.
    pub disconnected: AtomicBool,
    pub clock: RedisClock,
    stop: CancellationToken,
}

impl Cluster {
    /// Creates the handle, and the queue of jobs that it fills. `stop` is cancelled by [`stop`](Self::stop).
    pub fn new(
        config: &Config,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> std::io::Result<(Self, mpsc::UnboundedReceiver<Job>)> {
        let process = Secret::random().map_err(|refusal| std::io::Error::other(refusal.message))?.hex();
        let limits = &config.limits;
        let log_time = config.grace + config.heartbeat() * 4;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 4);
        let (jobs, queue) = mpsc::unbounded_channel();
        let cluster = Self(Arc::new(ClusterState {
            common_args: [
                process.clone(),
                ms(log_time).to_string(),
                (limits.queue_frames * 4).to_string(),
                (limits.queue_bytes * 4).to_string(),
            ],
            local: LocalProcess { id: process, welcome: Welcome::new(config) },
            names: limits.names(),
            metrics,
            seats_per_room: limits.seats_per_room,
            max_rooms: limits.rooms,
            grace: config.grace,
            ttl_ms: ms(config.grace * 2 + Duration::from_secs(90)),
            jobs,
            queue_permits: Arc::new(Semaphore::new(MAX_BYTES as usize)),
            rooms: Mutex::default(),
            connected: watch::Sender::new(false),
            disconnected: AtomicBool::new(false),
            clock: RedisClock::new(),
            stop,
        }));
        Ok((cluster, queue))
    }

    /// Returns whether Redis is available.
    pub fn is_connected(&self) -> bool {
        *self.0.connected.borrow()
    }

    /// Returns the number of rooms with seats of this process, and the number of these seats.
    pub fn counts(&self) -> (usize, usize) {
        let seats = self.rooms().into_iter().map(|room| lock(&room.state).seats.len()).filter(|seats| *seats > 0);
        seats.fold((0, 0), |(rooms, all), seats| (rooms + 1, all + seats))
    }

    /// Ends the lease and the tasks. Clients can resume their seats on other processes.
    pub async fn stop(&self) {
        let release = self.request(Command::Plain(lease::release(&self.0.local.id)));
        // If the command fails, the lease expires.
        let _ = timeout(TIMEOUT, release).await;
        self.0.stop.cancel();
    }

    /// Returns the command for a script on a room.
    pub(super) fn script(&self, script: Script, room: &SharedRoom, rest: impl IntoIterator<Item = String>) -> Command {
        Command::Script(script, Arc::clone(room.name()), self.0.common_args.iter().cloned().chain(rest).collect())
    }

    /// Returns the command that updates the references of this process to rooms.
    pub(super) fn refs(&self, operation: &str, rooms: impl IntoIterator<Item = String>) -> Command {
        let state = &self.0;
        let head =
            [operation.to_owned(), state.local.id.clone(), state.max_rooms.to_string(), state.ttl_ms.to_string()];
        Command::Refs(head.into_iter().chain(rooms).collect())
    }

    /// Queues a command.
    pub(super) fn submit(&self, command: Command, completion: Completion) {
        // The receiver lives until the end of the process or test.
        let _ = self.0.jobs.send(Job { command, completion });
    }

    /// Queues a write, whose room is locked.
    pub(super) fn submit_write(
        &self,
        room: &Arc<SharedRoom>,
        state: &mut RoomState,
        command: Command,
        write: PendingWrite,
    ) {
        state.in_flight += 1;
        self.submit(command, Completion::Write(Arc::clone(room), write));
    }

    /// Sends a command and returns the answer.
    pub(super) async fn request(&self, command: Command) -> Result<Value, RedisUnavailable> {
        if !self.is_connected() {
            return Err(RedisUnavailable);
        }
        let (reply, answer) = oneshot::channel();
        self.submit(command, Completion::Reply(reply));
        answer.await.unwrap_or(Err(RedisUnavailable))
    }

    /// Returns the room of a name, created if needed. The guard keeps it in memory.
    pub(super) fn enter(&self, name: &str) -> RoomGuard {
        let mut rooms = lock(&self.0.rooms);
        let room = rooms.entry(name.to_owned()).or_insert_with(|| Arc::new(SharedRoom::new(name)));
        self.guard(room)
    }

    /// Returns another guard of a room.
    pub(super) fn guard(&self, room: &Arc<SharedRoom>) -> RoomGuard {
        lock(&room.state).guards += 1;
        RoomGuard { cluster: self.clone(), room: Arc::clone(room) }
    }

    pub(super) fn drop_if_idle(&self, room: &Arc<SharedRoom>) {
        let mut rooms = lock(&self.0.rooms);
        if !lock(&room.state).is_idle() || !rooms.get(&**room.name()).is_some_and(|other| Arc::ptr_eq(room, other)) {
            return;
        }
        rooms.remove(&**room.name());
        if room.opened.get().is_some() {
            self.submit(Command::Unsubscribe(Arc::clone(room.name())), Completion::Ignore);
            self.submit(self.refs("close", [room.name().to_string()]), Completion::Ignore);
        }
    }

    /// Adds a reference to the room, and subscribes to it.
    pub(super) async fn open(&self, room: &Arc<SharedRoom>) -> Result<(), Refusal> {
        let unavailable = |_: RedisUnavailable| Refusal::unavailable();
        let opening = async || {
            for _ in 0..3 {
                let count = self.request(self.refs("open", [room.name().to_string()]));
                if count.await.map_err(unavailable)? == Value::Int(1) {
                    // If the subscription fails, the reference expires.
                    let subscribe = self.request(Command::Subscribe(Arc::clone(room.name())));
                    return subscribe.await.map(|_| ()).map_err(unavailable);
                }
                // Another room may have been left, and its reference not removed yet.
                sleep(SETTLE_TIME).await;
            }
            Err(Refusal::server_full())
        };
        room.opened.get_or_try_init(opening).await.map(|_| ())
    }

    pub(super) fn rooms(&self) -> Vec<Arc<SharedRoom>> {
        lock(&self.0.rooms).values().cloned().collect()
    }

    pub(super) fn room(&self, name: &str) -> Option<Arc<SharedRoom>> {
        lock(&self.0.rooms).get(name).cloned()
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cluster").field(&self.0.local.id).finish()
    }
}

/// A guard that keeps a room in memory.
pub(super) struct RoomGuard {
    pub cluster: Cluster,
    pub room: Arc<SharedRoom>,
}

impl Drop for RoomGuard {
    fn drop(&mut self) {
        lock(&self.room.state).guards -= 1;
        self.cluster.drop_if_idle(&self.room);
    }
}
