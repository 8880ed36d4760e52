//! The queue of commands for Redis, limited in bytes.

use std::sync::Arc;

use redis::Value;
use tokio::sync::{mpsc, oneshot};

use super::{
    command::{Command, RedisUnavailable},
    room::SharedRoom,
    write::PendingWrite,
};

/// The memory that frames may take while they wait for Redis or for its answer, all together.
pub const MAX_BYTES: u32 = 32 * 1024 * 1024;

/// The most frames in the queue, however small they are.
const MAX_FRAMES: u32 = 2_048;

/// The most jobs in a batch.
const MAX_BATCH: usize = 256;

/// The size of a batch at which it is complete: Redis and the network have to process it within
/// [`TIMEOUT`](super::command::TIMEOUT).
const BATCH_BYTES: usize = 1024 * 1024;

/// A command and what to do with its answer.
#[derive(Debug)]
pub struct Job {
    pub command: Command,
    pub completion: Completion,
}

/// The use of an answer.
#[derive(Debug)]
pub enum Completion {
    /// The answer is passed on. The command is not retried.
    Reply(oneshot::Sender<Result<Value, RedisUnavailable>>),
    /// A frame or a departure, which is retried until Redis has it.
    Write(Arc<SharedRoom>, PendingWrite),
    /// An attempt to join.
    Join(Arc<SharedRoom>, String),
    Ignore,
}

/// Returns the share of the queue that a frame with so many bytes of data takes. The data is held twice: as an argument
/// for Redis and as a frame for clients.
pub fn cost(data: usize) -> u32 {
    u32::try_from(data.saturating_mul(2).saturating_add(1_024))
        .unwrap_or(u32::MAX)
        .clamp(MAX_BYTES / MAX_FRAMES, MAX_BYTES)
}

/// Waits for jobs, and takes a batch of them. Returns `None` once the queue is closed and empty.
///
/// # Cancel safety
/// Jobs that were taken stay in the batch.
pub async fn next_batch(jobs: &mut mpsc::UnboundedReceiver<Job>, batch: &mut Vec<Job>) -> Option<()> {
    let first = jobs.recv().await?;
    let mut bytes = first.command.size();
    batch.push(first);
    while batch.len() < MAX_BATCH && bytes < BATCH_BYTES {
        let Ok(job) = jobs.try_recv() else { break };
        bytes += job.command.size();
        batch.push(job);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queue_is_limited_in_bytes_and_frames() {
        assert_eq!(MAX_BYTES / cost(0), MAX_FRAMES);
        assert_eq!(cost(7_000), cost(0));
        assert_eq!(cost(65_536), 2 * 65_536 + 1_024);
        // No frame is too large for the queue.
        assert_eq!((cost(MAX_BYTES as usize), cost(usize::MAX)), (MAX_BYTES, MAX_BYTES));
    }

    #[tokio::test]
    async fn batch_is_limited_in_bytes_and_jobs() {
        let (sender, mut jobs) = mpsc::unbounded_channel();
        for size in [0; 300].into_iter().chain([64 * 1024; 40]).chain([4 * 1024 * 1024, 0]) {
            let command = Command::Refs(vec!["x".repeat(size)]);
            sender.send(Job { command, completion: Completion::Ignore }).unwrap();
        }
        drop(sender);
        let mut batches = Vec::new();
        loop {
            let mut batch = Vec::new();
            if next_batch(&mut jobs, &mut batch).await.is_none() {
                break;
            }
            batches.push(batch.len());
        }
        // 256 small ones; the other 44 with 1 MiB of the large ones, which are 16; 16; the last 8 and the oversized one;
        // the last.
        assert_eq!(batches, [256, 44 + 16, 16, 8 + 1, 1]);
    }
}
