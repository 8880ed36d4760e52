//! The queue of published entries, limited in number and bytes. Entries above the limits are dropped, and later read
//! from the log.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use redis::{PushInfo, Value};
use tokio::sync::mpsc;

const MAX_ENTRIES: usize = 16 * 1024;
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The sending half, held by the connection.
#[derive(Clone)]
pub struct NotificationSender {
    entries: mpsc::Sender<PushInfo>,
    bytes: Arc<AtomicUsize>,
}

/// The receiving half.
pub struct NotificationReceiver {
    entries: mpsc::Receiver<PushInfo>,
    bytes: Arc<AtomicUsize>,
}

pub fn channel() -> (NotificationSender, NotificationReceiver) {
    let ((sender, receiver), bytes) = (mpsc::channel(MAX_ENTRIES), Arc::new(AtomicUsize::new(0)));
    (
        NotificationSender { entries: sender, bytes: Arc::clone(&bytes) },
        NotificationReceiver { entries: receiver, bytes },
    )
}

impl NotificationSender {
    /// Queues an entry, or drops it if the queue is full.
    pub fn send(&self, entry: PushInfo) {
        let size = size(&entry);
        let before = self.bytes.fetch_add(size, Ordering::Relaxed);
        if before + size > MAX_BYTES || self.entries.try_send(entry).is_err() {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        }
    }
}

impl NotificationReceiver {
    /// Returns the next entry.
    ///
    /// # Cancel safety
    /// No entry is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<PushInfo> {
        let entry = self.entries.recv().await?;
        self.bytes.fetch_sub(size(&entry), Ordering::Relaxed);
        Some(entry)
    }

    /// Returns the next entry if one is queued.
    pub fn try_next(&mut self) -> Option<PushInfo> {
        let entry = self.entries.try_recv().ok()?;
        self.bytes.fetch_sub(size(&entry), Ordering::Relaxed);
        Some(entry)
    }
}

fn size(entry: &PushInfo) -> usize {
    let sizes = entry.data.iter().map(|value| match value {
        Value::BulkString(bytes) => bytes.len(),
        _ => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use redis::PushKind;

    use super::*;

    fn entry(bytes: usize) -> PushInfo {
        PushInfo { kind: PushKind::SMessage, data: vec![Value::BulkString(vec![0; bytes])] }
    }

    #[tokio::test]
    async fn full_queue_drops_entries() {
        let (sender, mut receiver) = channel();
        for _ in 0..10 {
            sender.send(entry(MAX_BYTES / 4));
        }
        assert_eq!(receiver.entries.len(), 4);
        assert!(receiver.next().await.is_some() && receiver.try_next().is_some());
        for _ in 0..10 {
            sender.send(entry(MAX_BYTES / 4));
        }
        assert_eq!(std::iter::from_fn(|| receiver.try_next()).count(), 4);
        for _ in 0..MAX_ENTRIES + 1 {
            sender.send(entry(1));
        }
        assert_eq!(std::iter::from_fn(|| receiver.try_next()).count(), MAX_ENTRIES);
        assert_eq!(receiver.bytes.load(Ordering::Relaxed), 0);
    }
}
