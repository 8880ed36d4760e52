//! The queue of commands for Redis, limited in bytes.

use redis::Value;
use tokio::sync::mpsc;

use super::command::{Command, RedisUnavailable};

/// Maximum total memory of frames that wait for Redis or for its answer, in bytes.
pub const MAX_BYTES: u32 = 32 * 1024 * 1024;

/// Maximum number of frames in the queue.
const MAX_FRAMES: u32 = 2_048;

/// Maximum number of jobs in a batch.
const MAX_BATCH: usize = 256;

/// Size at which a batch is complete, in bytes. Redis and the network must process a batch within
/// [`TIMEOUT`](super::command::TIMEOUT).
const BATCH_BYTES: usize = 1024 * 1024;

/// A command, and the use of its answer.
pub struct Job {
    pub command: Command,
    /// True if the command is idempotent, and is sent again if it was not answered.
    pub retried: bool,
    /// Called once. The error means that the rooms were given up, or that a command without retry was not answered.
    pub on_answer: Box<dyn FnOnce(Result<Value, RedisUnavailable>) + Send>,
}

impl Job {
    pub fn fail(self) {
        (self.on_answer)(Err(RedisUnavailable));
    }
}

/// Returns the share of the queue for a frame with a number of bytes of data. The data is stored twice: as an argument
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
    use super::{super::script::Script, *};

    #[test]
    fn queue_is_limited_in_bytes_and_frames() {
        assert_eq!(MAX_BYTES / cost(0), MAX_FRAMES);
        assert_eq!(cost(7_000), cost(0));
        assert_eq!(cost(65_536), 2 * 65_536 + 1_024);
        // Even the largest frame fits into the queue.
        assert_eq!((cost(MAX_BYTES as usize), cost(usize::MAX)), (MAX_BYTES, MAX_BYTES));
    }

    #[tokio::test]
    async fn batch_is_limited_in_bytes_and_jobs() {
        let (sender, mut jobs) = mpsc::unbounded_channel();
        for size in [0; 300].into_iter().chain([64 * 1024; 40]).chain([4 * 1024 * 1024, 0]) {
            let (script, room, data) = (Script::Frame, "r".into(), "x".repeat(size));
            let command = Command::Script { script, room, args: String::new(), data };
            let job = Job { command, retried: true, on_answer: Box::new(|_| {}) };
            assert!(sender.send(job).is_ok());
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
        // 256 small jobs; the other 44 small jobs with 16 large ones, 1 MiB in total; 16 large jobs; the last 8 large
        // jobs with the oversized one; the last job.
        assert_eq!(batches, [256, 44 + 16, 16, 8 + 1, 1]);
    }
}
