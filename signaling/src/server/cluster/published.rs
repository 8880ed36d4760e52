//! What Redis has published, and nobody has looked at yet: bounded in number and in bytes. More than that is dropped,
//! and read from the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redis::{PushInfo, Value};
use tokio::sync::mpsc;

const ENTRIES: usize = 16 * 1024;
const BYTES: usize = 32 * 1024 * 1024;

/// The end that the connection puts them in.
#[derive(Clone)]
pub struct Publish {
    entries: mpsc::Sender<PushInfo>,
    bytes: Arc<AtomicUsize>,
}

pub struct Published {
    entries: mpsc::Receiver<PushInfo>,
    bytes: Arc<AtomicUsize>,
}

pub fn channel() -> (Publish, Published) {
    let ((put, take), bytes) = (mpsc::channel(ENTRIES), Arc::new(AtomicUsize::new(0)));
    (Publish { entries: put, bytes: Arc::clone(&bytes) }, Published { entries: take, bytes })
}

impl Publish {
    /// One that would be too much is dropped.
    pub fn put(&self, entry: PushInfo) {
        let size = size(&entry);
        let before = self.bytes.fetch_add(size, Ordering::Relaxed);
        if before + size > BYTES || self.entries.try_send(entry).is_err() {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        }
    }
}

impl Published {
    /// Waits for the next. Cancel safe.
    pub async fn next(&mut self) -> Option<PushInfo> {
        let entry = self.entries.recv().await?;
        self.bytes.fetch_sub(size(&entry), Ordering::Relaxed);
        Some(entry)
    }

    /// The next, if it is there.
    pub fn ready(&mut self) -> Option<PushInfo> {
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
    async fn what_is_too_much_is_dropped_until_some_is_taken_out() {
        let (publish, mut published) = channel();
        for _ in 0..10 {
            publish.put(entry(BYTES / 4));
        }
        assert_eq!(published.entries.len(), 4);
        assert!(published.next().await.is_some() && published.ready().is_some());
        for _ in 0..10 {
            publish.put(entry(BYTES / 4));
        }
        assert_eq!(std::iter::from_fn(|| published.ready()).count(), 4);
        for _ in 0..ENTRIES + 1 {
            publish.put(entry(1));
        }
        assert_eq!(std::iter::from_fn(|| published.ready()).count(), ENTRIES);
        assert_eq!(published.bytes.load(Ordering::Relaxed), 0);
    }
}
