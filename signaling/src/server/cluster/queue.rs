//! What waits for Redis, bounded in bytes.

use tokio::sync::mpsc;

use super::link::Job;

/// What the frames that wait for Redis, or for its answer, may take in memory, all together.
pub const BYTES: u32 = 32 * 1024 * 1024;

/// However small they are, there are no more than so many.
const FRAMES: u32 = 2_048;

/// Jobs in a batch.
const BATCH: usize = 256;

/// The bytes of a batch, beyond which no other job is added to it: Redis and the network are to be done with it in
/// [`PATIENCE`](super::link::PATIENCE).
const BATCH_BYTES: usize = 1024 * 1024;

/// What a frame with so many bytes of data takes: they are there as what Redis gets, and as what clients get.
pub fn cost(data: usize) -> u32 {
    u32::try_from(data.saturating_mul(2).saturating_add(1_024)).unwrap_or(u32::MAX).clamp(BYTES / FRAMES, BYTES)
}

/// Waits for jobs, and takes as many as go together. None when there will be no more. Cancel safe: the batch keeps what
/// was taken.
pub async fn next_batch(jobs: &mut mpsc::UnboundedReceiver<Job>, batch: &mut Vec<Job>) -> Option<()> {
    let first = jobs.recv().await?;
    let mut bytes = first.command.size();
    batch.push(first);
    while batch.len() < BATCH && bytes < BATCH_BYTES {
        let Ok(job) = jobs.try_recv() else { break };
        bytes += job.command.size();
        batch.push(job);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::link::{Command, Done};
    use super::*;

    #[test]
    fn the_places_hold_in_bytes_and_in_number() {
        assert_eq!(BYTES / cost(0), FRAMES);
        assert_eq!(cost(7_000), cost(0));
        assert_eq!(cost(65_536), 2 * 65_536 + 1_024);
        // No frame is too large for the queue.
        assert_eq!((cost(BYTES as usize), cost(usize::MAX)), (BYTES, BYTES));
    }

    #[tokio::test]
    async fn a_batch_is_bounded_in_bytes_and_in_number() {
        let (give, mut jobs) = mpsc::unbounded_channel();
        for size in [0; 300].into_iter().chain([64 * 1024; 40]).chain([4 * 1024 * 1024, 0]) {
            let command = Command::Refs(vec!["x".repeat(size)]);
            give.send(Job { command, done: Done::Nothing }).unwrap();
        }
        drop(give);
        let mut batches = Vec::new();
        loop {
            let mut batch = Vec::new();
            if next_batch(&mut jobs, &mut batch).await.is_none() {
                break;
            }
            batches.push(batch.len());
        }
        // The small ones; 44 of them with 1 MiB of the large ones, 16; 16; the last 8 with what is too large; the last.
        assert_eq!(batches, [256, 44 + 16, 16, 8 + 1, 1]);
    }
}
