//! The queue of one client: bounded, and never waited for by others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Limits;
use crate::ServerMessage;

/// The end that puts frames in.
#[derive(Clone, Debug)]
pub struct Outbox {
    frames: mpsc::Sender<Utf8Bytes>,
    waiting_bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    overflow: CancellationToken,
}

/// The end that takes them out.
#[derive(Debug)]
pub struct Outgoing {
    frames: mpsc::Receiver<Utf8Bytes>,
    waiting_bytes: Arc<AtomicUsize>,
}

pub fn queue(limits: &Limits) -> (Outbox, Outgoing) {
    let (sender, receiver) = mpsc::channel(limits.queue_frames);
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let outbox = Outbox {
        frames: sender,
        waiting_bytes: Arc::clone(&waiting_bytes),
        max_bytes: limits.queue_bytes,
        overflow: CancellationToken::new(),
    };
    let outgoing = Outgoing { frames: receiver, waiting_bytes };
    (outbox, outgoing)
}

/// The frame of a message, to be shared by all who get it.
pub fn encode(message: &ServerMessage) -> Utf8Bytes {
    match message.to_json() {
        Ok(json) => json.into(),
        Err(error) => {
            // Every field is a string, a number or JSON already.
            tracing::error!(%error, "a message has no JSON form");
            Utf8Bytes::from_static(r#"{"type":"error","code":"internal","message":""}"#)
        }
    }
}

impl Outbox {
    pub fn send(&self, message: &ServerMessage) {
        self.push(encode(message));
    }

    /// Queues a frame. A frame that no longer fits is lost, and with it the client: what comes
    /// after a gap would mislead it.
    pub fn push(&self, frame: Utf8Bytes) {
        if self.overflow.is_cancelled() {
            return;
        }
        let size = frame.len();
        let waiting = self.waiting_bytes.fetch_add(size, Ordering::Relaxed) + size;
        if waiting > self.max_bytes || self.frames.try_send(frame).is_err() {
            self.overflow.cancel();
        }
    }

    /// Cancelled once a frame did not fit.
    pub fn overflow(&self) -> &CancellationToken {
        &self.overflow
    }
}

impl Outgoing {
    /// The next frame; none when every [`Outbox`] has gone.
    pub async fn next(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.recv().await?;
        Some(self.taken(frame))
    }

    /// The next frame, if it waits already.
    pub fn ready(&mut self) -> Option<Utf8Bytes> {
        let frame = self.frames.try_recv().ok()?;
        Some(self.taken(frame))
    }

    fn taken(&self, frame: Utf8Bytes) -> Utf8Bytes {
        self.waiting_bytes.fetch_sub(frame.len(), Ordering::Relaxed);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(queue_frames: usize, queue_bytes: usize) -> (Outbox, Outgoing) {
        queue(&Limits { queue_frames, queue_bytes, ..Limits::default() })
    }

    #[test]
    fn overflows_by_count() {
        let (outbox, mut outgoing) = small(2, 100);
        outbox.push("a".into());
        outbox.push("b".into());
        assert!(!outbox.overflow().is_cancelled());
        assert_eq!(outgoing.ready().unwrap().as_str(), "a");
        outbox.push("c".into());
        assert!(!outbox.overflow().is_cancelled());
        outbox.push("d".into());
        assert!(outbox.overflow().is_cancelled());
    }

    #[test]
    fn overflows_by_bytes_and_leaves_no_gap() {
        let (outbox, mut outgoing) = small(100, 10);
        outbox.push("12345".into());
        outbox.push("1234567".into());
        assert!(outbox.overflow().is_cancelled());
        outbox.push("x".into());
        assert_eq!(outgoing.ready().unwrap().as_str(), "12345");
        assert!(outgoing.ready().is_none());
    }
}
