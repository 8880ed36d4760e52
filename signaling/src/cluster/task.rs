//! The task that sends commands to Redis, in order and in batches, and receives published entries.
//!
//! One batch is in flight at a time while the next one grows, so the cost of a command decreases with the load.

use std::{pin::pin, sync::atomic::Ordering, time::Duration};

use redis::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    super::{lock::lock, refusal::Refusal},
    command::{RedisUnavailable, TIMEOUT},
    connection::{RedisAddress, RedisConnection},
    handle::Cluster,
    notifications::{self, NotificationReceiver},
    queue::{Completion, Job, next_batch},
    room::Mode,
};

/// The time for which frames wait for Redis before rooms continue without it.
const PATIENCE: Duration = Duration::from_secs(1);

const MIN_BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Runs until the queue of jobs is closed.
pub async fn run(cluster: Cluster, address: RedisAddress, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let (sender, mut notifications) = notifications::channel();
    let mut backoff = MIN_BACKOFF;
    let mut unavailable_since = Instant::now();
    let mut disconnected = false;
    loop {
        let pause = backoff;
        let mut connecting = pin!(async {
            let open = RedisConnection::open(&address, &cluster.0.local.id, &cluster.0.clock, sender.clone());
            match timeout(TIMEOUT * 2, open).await {
                Ok(Ok(connection)) => return Some(connection),
                Ok(Err(error)) => tracing::warn!(%error, "cannot connect to Redis"),
                Err(_) => tracing::warn!("connecting to Redis timed out"),
            }
            sleep(pause).await;
            None
        });
        let connection = loop {
            tokio::select! {
                connection = &mut connecting => break connection,
                job = jobs.recv() => {
                    let Some(job) = job else { return };
                    cluster.defer(job);
                }
                () = sleep_until(unavailable_since + PATIENCE), if !disconnected => {
                    disconnected = true;
                    cluster.disconnect();
                }
            }
        };
        let Some(mut connection) = connection else {
            backoff = (backoff * 2).min(MAX_BACKOFF);
            continue;
        };
        backoff = MIN_BACKOFF;
        tracing::info!("connected to Redis");
        cluster.start_resync();
        while let Ok(job) = jobs.try_recv() {
            cluster.defer(job);
        }
        cluster.finish_connecting();
        match serve(&cluster, &mut connection, &mut jobs, &mut notifications).await {
            Served::QueueClosed => return,
            Served::ConnectionLost => {}
        }
        tracing::warn!("lost the connection to Redis");
        (unavailable_since, disconnected) = (Instant::now(), false);
        cluster.0.connected.send_replace(false);
    }
}

/// The reason why [`serve`] has returned.
enum Served {
    QueueClosed,
    ConnectionLost,
}

/// Sends jobs over a connection.
async fn serve(
    cluster: &Cluster,
    connection: &mut RedisConnection,
    jobs: &mut mpsc::UnboundedReceiver<Job>,
    notifications: &mut NotificationReceiver,
) -> Served {
    let mut batch = Vec::new();
    loop {
        batch.clear();
        tokio::select! {
            some = next_batch(jobs, &mut batch) => if some.is_none() { return Served::QueueClosed },
            Some(push) = notifications.next() => {
                cluster.receive_published(push);
                continue;
            }
            () = connection.interrupted() => {}
        }
        if connection.is_broken() {
            batch.drain(..).for_each(|job| cluster.defer(job));
            return Served::ConnectionLost;
        }
        if batch.is_empty() {
            cluster.spawn_touch_all();
            continue;
        }
        let answers = {
            let commands: Vec<_> = batch.iter().map(|job| &job.command).collect();
            let mut answers = pin!(connection.run_batch(&commands));
            loop {
                tokio::select! {
                    answers = &mut answers => break answers,
                    Some(push) = notifications.next() => cluster.receive_published(push),
                }
            }
        };
        // Entries that were published before the answers are applied first.
        while let Some(push) = notifications.try_next() {
            cluster.receive_published(push);
        }
        let mut failed = false;
        for (job, answer) in batch.drain(..).zip(answers) {
            match answer.and_then(Value::extract_error) {
                Ok(answer) if !failed => cluster.complete(job.completion, answer),
                // A command after a failed one may have run. It is retried to keep the order.
                Ok(_) => cluster.defer(job),
                Err(error) => {
                    tracing::warn!(%error, "a command to Redis failed");
                    failed = true;
                    cluster.defer(job);
                }
            }
        }
        if failed {
            return Served::ConnectionLost;
        }
    }
}

impl Cluster {
    /// Handles the answer to a job.
    fn complete(&self, completion: Completion, answer: Value) {
        match completion {
            Completion::Ignore => {}
            // The receiver may have stopped waiting.
            Completion::Reply(reply) => drop(reply.send(Ok(answer))),
            Completion::Join(room, attempt) => self.complete_join(&room, &attempt, answer),
            Completion::Write(room, write) => self.complete_write(&room, &write, &answer),
        }
    }

    /// Handles a job that could not be sent to Redis, or was not answered.
    fn defer(&self, job: Job) {
        match job.completion {
            Completion::Ignore => {}
            // The receiver may have stopped waiting.
            Completion::Reply(reply) => drop(reply.send(Err(RedisUnavailable))),
            Completion::Join(room, attempt) => {
                if let Some(joining) = lock(&room.state).joining.remove(&attempt) {
                    // As above.
                    let _ = joining.done.send(Err(Refusal::unavailable()));
                }
            }
            Completion::Write(room, write) => lock(&room.state).defer(job.command, write),
        }
    }

    /// Switches all rooms to the mode without Redis.
    fn disconnect(&self) {
        self.0.disconnected.store(true, Ordering::Relaxed);
        for room in self.rooms() {
            lock(&room.state).disconnect();
            room.mode_changed.notify_waiters();
        }
    }

    /// Holds back changes of all rooms until the deferred jobs are in the rooms.
    fn start_resync(&self) {
        self.0.disconnected.store(false, Ordering::Relaxed);
        for room in self.rooms() {
            room.set_mode(Mode::Resyncing);
        }
    }

    /// Accepts commands again, and resynchronizes all rooms.
    fn finish_connecting(&self) {
        self.0.connected.send_replace(true);
        let cluster = self.clone();
        tokio::spawn(async move { cluster.resync_all().await });
    }
}
