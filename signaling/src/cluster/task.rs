//! The task that sends commands to Redis, in order and in batches, and receives published entries.
//!
//! One batch is in flight at a time while the next one grows, so the cost of a command decreases with the load.

use std::{pin::pin, time::Duration};

use redis::Value;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    command::TIMEOUT,
    connection::{RedisAddress, RedisConnection},
    handle::{Cluster, Link},
    notifications::{self, NotificationReceiver},
    queue::{Job, next_batch},
};

/// The time without a connection after which the rooms are given up.
const PATIENCE: Duration = Duration::from_secs(1);

const MIN_BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Runs until the queue of jobs is closed.
pub async fn run(cluster: Cluster, address: RedisAddress, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let (sender, mut notifications) = notifications::channel();
    let mut backoff = MIN_BACKOFF;
    let mut unanswered = Vec::new();
    let mut lost_at = Instant::now();
    loop {
        let (pause, process) = (backoff, cluster.process());
        let mut connecting = pin!(async {
            match timeout(TIMEOUT * 2, RedisConnection::open(&address, &process, sender.clone())).await {
                Ok(Ok(connection)) => return Some(connection),
                Ok(Err(error)) => tracing::warn!(%error, "cannot connect to Redis"),
                Err(_) => tracing::warn!("connecting to Redis timed out"),
            }
            sleep(pause).await;
            None
        });
        let connection = loop {
            let is_down = *cluster.0.link.borrow() == Link::Down;
            tokio::select! {
                connection = &mut connecting => break connection,
                job = jobs.recv(), if is_down => match job {
                    Some(job) => job.fail(),
                    None => return,
                },
                () = sleep_until(lost_at + PATIENCE), if !is_down => {
                    tracing::error!("Redis does not answer: the clients are disconnected");
                    cluster.give_up();
                    let queued = std::iter::from_fn(|| jobs.try_recv().ok());
                    unanswered.drain(..).chain(queued).for_each(Job::fail);
                    break None;
                }
            }
        };
        let Some(mut connection) = connection else {
            backoff = (backoff * 2).min(MAX_BACKOFF);
            continue;
        };
        backoff = MIN_BACKOFF;
        tracing::info!("connected to Redis");
        if cluster.0.link.send_replace(Link::Up) == Link::Interrupted {
            let cluster = cluster.clone();
            tokio::spawn(async move { cluster.catch_up_all(true).await });
        }
        let rest = serve(&cluster, &mut connection, unanswered, &mut jobs, &mut notifications).await;
        let Some(rest) = rest else { return };
        let (retried, failed): (Vec<_>, Vec<_>) = rest.into_iter().partition(|job| job.retried);
        failed.into_iter().for_each(Job::fail);
        unanswered = retried;
        tracing::warn!("lost the connection to Redis");
        lost_at = Instant::now();
        cluster.0.link.send_replace(Link::Interrupted);
    }
}

/// Sends jobs over a connection, starting with a batch. Returns the unanswered jobs when the connection is lost, and
/// `None` when the queue is closed.
async fn serve(
    cluster: &Cluster,
    connection: &mut RedisConnection,
    mut batch: Vec<Job>,
    jobs: &mut mpsc::UnboundedReceiver<Job>,
    notifications: &mut NotificationReceiver,
) -> Option<Vec<Job>> {
    loop {
        if batch.is_empty() {
            tokio::select! {
                some = next_batch(jobs, &mut batch) => some?,
                Some(push) = notifications.next() => {
                    cluster.receive_published(push);
                    continue;
                }
                () = connection.interrupted() => {}
            }
        }
        if connection.is_broken() {
            return Some(batch);
        }
        if batch.is_empty() {
            let cluster = cluster.clone();
            tokio::spawn(async move { cluster.catch_up_all(false).await });
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
        let mut unanswered = Vec::new();
        for (job, answer) in batch.drain(..).zip(answers) {
            match answer.and_then(Value::extract_error) {
                // A command after a failed one may have run. It is sent again to keep the order.
                Ok(answer) if unanswered.is_empty() => (job.on_answer)(Ok(answer)),
                Ok(_) => unanswered.push(job),
                Err(error) => {
                    tracing::warn!(%error, "a command to Redis failed");
                    unanswered.push(job);
                }
            }
        }
        if !unanswered.is_empty() {
            return Some(unanswered);
        }
    }
}
