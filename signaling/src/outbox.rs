//! The queue of frames to one socket. Its size is limited, and senders never wait for it.
//!
//! Once the client has a seat, frames are numbered, and written frames are kept until the client acknowledges them. The
//! queue of another socket can continue from there, whether this socket has failed or still seems to work.
//!
//! Pending and unacknowledged frames share one limit. Unacknowledged frames are discarded to make room for pending
//! ones. All queues of the process also have a common limit, above which each queue has a low limit.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::Poll,
};

use axum::extract::ws::Utf8Bytes;
use futures_util::task::AtomicWaker;
#[cfg(feature = "redis")]
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{config::Limits, lock::lock};
use browser_rtc_proto::signaling::{Data, MessageId, PeerId, SayFrom, ServerMessage, SignalFrom};

/// The bytes in all queues of this process.
static TOTAL_BYTES: AtomicUsize = AtomicUsize::new(0);

/// The limit of each queue in bytes when all queues together exceed theirs. It suffices to join a room of a dozen
/// peers.
const REDUCED_MAX_BYTES: usize = 64 * 1024;

/// The sending half of a queue.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<SharedQueue>);

/// The receiving half of a queue, held by its connection.
#[derive(Debug)]
pub struct OutboxReader(Arc<SharedQueue>);

#[derive(Debug)]
struct SharedQueue {
    /// The serial number, which is higher than those of all queues created before.
    serial: u64,
    #[cfg(feature = "redis")]
    created: Instant,
    queue: Mutex<Queue>,
    /// Wakes the [`OutboxReader`].
    changed: AtomicWaker,
    aborted: CancellationToken,
    max_frames: usize,
    max_bytes: usize,
    /// The limit of all queues together.
    max_total_bytes: usize,
}

#[derive(Debug, Default)]
struct Queue {
    pending: VecDeque<QueuedFrame>,
    /// Numbered frames that were written and not acknowledged.
    unacknowledged: VecDeque<Utf8Bytes>,
    /// The size of pending and unacknowledged frames, in bytes.
    bytes: usize,
    /// The number of numbered frames before the unacknowledged ones. Like all counts, it wraps after the last `u32`.
    acknowledged: u32,
    numbering: bool,
    closed: Option<QueueClosed>,
}

#[derive(Debug)]
struct QueuedFrame {
    text: Utf8Bytes,
    numbered: bool,
}

/// The reason why a queue is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueClosed {
    /// The connection ends.
    Ending,
    /// A frame exceeded the limits.
    Overflow,
    /// The seat continues with another queue.
    Replaced,
    /// Redis is unavailable, or has lost the seat.
    #[cfg(feature = "redis")]
    Unavailable,
}

/// The frames with which another queue continues.
#[derive(Debug)]
pub struct Handover {
    frames: VecDeque<Utf8Bytes>,
    acknowledged: u32,
}

/// Creates a queue.
pub fn queue(limits: &Limits) -> (Outbox, OutboxReader) {
    static CREATED: AtomicU64 = AtomicU64::new(0);
    let shared = Arc::new(SharedQueue {
        serial: CREATED.fetch_add(1, Ordering::Relaxed),
        #[cfg(feature = "redis")]
        created: Instant::now(),
        queue: Mutex::default(),
        changed: AtomicWaker::new(),
        aborted: CancellationToken::new(),
        max_frames: limits.queue_frames,
        max_bytes: limits.queue_bytes,
        max_total_bytes: limits.all_queues_bytes,
    });
    (Outbox(Arc::clone(&shared)), OutboxReader(shared))
}

/// Returns the frame of a message. Its clones share the text.
pub fn encode(message: &ServerMessage) -> Utf8Bytes {
    // The most frequent frames, which may be kept for a long time, are encoded in an exact allocation.
    match message {
        ServerMessage::Signal(SignalFrom { from, data, .. }) if is_plain(from) => {
            return encode_relayed("signal", from, None, data).into();
        }
        ServerMessage::Say(SayFrom { from, id, data, .. }) if is_plain(from) => {
            return encode_relayed("say", from, Some(id), data).into();
        }
        _ => {}
    }
    message.to_json().into()
}

/// Returns whether the id needs no escapes in JSON, which is true for each id of a server.
fn is_plain(id: &PeerId) -> bool {
    id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn encode_relayed(kind: &str, from: &PeerId, id: Option<&MessageId>, data: &Data) -> String {
    let [before_id, id] = id.map(|id| [r#"","id":""#, id.as_str()]).unwrap_or_default();
    [r#"{"type":""#, kind, r#"","from":""#, from.as_str(), before_id, id, r#"","data":"#, data.get(), "}"].concat()
}

impl Outbox {
    /// Queues a message, which is numbered depending on its type.
    pub fn send(&self, message: &ServerMessage) {
        let numbered = !matches!(message, ServerMessage::Joined(_) | ServerMessage::Pong(_));
        self.enqueue(encode(message), numbered);
    }

    /// Queues a numbered frame. A frame that exceeds the limits closes the queue, because the client could not detect a
    /// gap.
    pub fn push(&self, frame: Utf8Bytes) {
        self.enqueue(frame, true);
    }

    fn enqueue(&self, text: Utf8Bytes, numbered: bool) {
        let mut queue = lock(&self.0.queue);
        if queue.closed.is_some() {
            return;
        }
        let total = TOTAL_BYTES.load(Ordering::Relaxed);
        let reduced = total > self.0.max_total_bytes;
        let max_bytes = if reduced { self.0.max_bytes.min(REDUCED_MAX_BYTES) } else { self.0.max_bytes };
        while queue.pending.len() + queue.unacknowledged.len() >= self.0.max_frames
            || queue.bytes + text.len() > max_bytes
        {
            if !queue.discard_oldest() {
                queue.closed = Some(QueueClosed::Overflow);
                drop(queue);
                self.0.aborted.cancel();
                return;
            }
        }
        let numbered = numbered && queue.numbering;
        queue.grow(text.len());
        let first = queue.pending.is_empty();
        queue.pending.push_back(QueuedFrame { text, numbered });
        drop(queue);
        // The reader was woken by the first pending frame.
        if first {
            self.0.changed.wake();
        }
    }

    /// Numbers subsequent frames, and keeps them until they are acknowledged.
    pub fn start_numbering(&self) {
        lock(&self.0.queue).numbering = true;
    }

    /// Discards the numbered frames up to this count, which the client has received. An impossible count is ignored.
    pub fn acknowledge(&self, received: u32) {
        let mut queue = lock(&self.0.queue);
        if let Some(count) = queue.count_until(received) {
            for _ in 0..count {
                queue.discard_oldest();
            }
            trim(&mut queue.unacknowledged);
        }
    }

    /// Closes the queue, and returns the numbered frames after those that the client has received. Returns `None` if
    /// they are no longer kept, or if the count is impossible.
    pub fn hand_over(&self, received: u32) -> Option<Handover> {
        let mut queue = lock(&self.0.queue);
        if queue.closed.is_some() {
            return None;
        }
        let count = queue.count_until(received)?;
        let (pending, unacknowledged) = (std::mem::take(&mut queue.pending), std::mem::take(&mut queue.unacknowledged));
        let bytes = queue.bytes;
        queue.shrink(bytes);
        queue.closed = Some(QueueClosed::Replaced);
        drop(queue);
        self.0.aborted.cancel();
        let pending = pending.into_iter().filter(|frame| frame.numbered).map(|frame| frame.text);
        let frames = unacknowledged.into_iter().skip(count).chain(pending).collect();
        Some(Handover { frames, acknowledged: received })
    }

    /// Continues after another queue, with `joined` first.
    pub fn resume_from(&self, joined: Utf8Bytes, handover: Handover) {
        let mut queue = lock(&self.0.queue);
        queue.numbering = true;
        queue.acknowledged = handover.acknowledged;
        let joined = QueuedFrame { text: joined, numbered: false };
        let frames = handover.frames.into_iter().map(|text| QueuedFrame { text, numbered: true });
        // The limits are met, because the frames were within those of the other queue.
        for frame in std::iter::once(joined).chain(frames) {
            queue.grow(frame.text.len());
            queue.pending.push_back(frame);
        }
        drop(queue);
        self.0.changed.wake();
    }

    /// Closes the queue to new frames. If the connection is ending, pending frames are still written.
    pub fn close(&self, reason: QueueClosed) {
        lock(&self.0.queue).closed.get_or_insert(reason);
        if reason != QueueClosed::Ending {
            self.0.aborted.cancel();
        }
        self.0.changed.wake();
    }

    pub fn closed(&self) -> Option<QueueClosed> {
        lock(&self.0.queue).closed
    }

    /// The token that is cancelled when the connection has to end because of its queue; [`closed`](Self::closed)
    /// returns the reason.
    pub fn aborted(&self) -> &CancellationToken {
        &self.0.aborted
    }

    /// Returns the serial number, which is higher than those of all queues created before in this process.
    #[cfg(feature = "redis")]
    pub fn serial(&self) -> u64 {
        self.0.serial
    }

    #[cfg(feature = "redis")]
    pub fn created(&self) -> Instant {
        self.0.created
    }

    /// Returns whether this queue was created before the other.
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.0.serial < other.0.serial
    }

    /// Returns whether both are the same queue.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(feature = "redis")]
impl Handover {
    /// Creates a handover of frames that follow the acknowledged ones.
    pub fn new(frames: VecDeque<Utf8Bytes>, acknowledged: u32) -> Self {
        Self { frames, acknowledged }
    }
}

impl OutboxReader {
    /// Waits until a frame is pending. Returns false when the connection ends and no frame is left.
    pub async fn readable(&self) -> bool {
        poll_fn(|cx| {
            self.0.changed.register(cx.waker());
            let queue = lock(&self.0.queue);
            if !queue.pending.is_empty() {
                Poll::Ready(true)
            } else if queue.closed == Some(QueueClosed::Ending) {
                Poll::Ready(false)
            } else {
                Poll::Pending
            }
        })
        .await
    }

    /// Returns the next frame if one is pending.
    pub fn try_next(&mut self) -> Option<Utf8Bytes> {
        let mut queue = lock(&self.0.queue);
        let QueuedFrame { text, numbered } = queue.pending.pop_front()?;
        trim(&mut queue.pending);
        if numbered {
            queue.unacknowledged.push_back(text.clone());
        } else {
            queue.shrink(text.len());
        }
        Some(text)
    }
}

impl Queue {
    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        TOTAL_BYTES.fetch_add(bytes, Ordering::Relaxed);
    }

    fn shrink(&mut self, bytes: usize) {
        self.bytes -= bytes;
        TOTAL_BYTES.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns the number of unacknowledged frames that the client has, given the number of all frames that it has
    /// received.
    fn count_until(&self, received: u32) -> Option<usize> {
        let count = received.wrapping_sub(self.acknowledged) as usize;
        (count <= self.unacknowledged.len()).then_some(count)
    }

    /// Discards the oldest unacknowledged frame. Returns false if there is none.
    fn discard_oldest(&mut self) -> bool {
        let Some(frame) = self.unacknowledged.pop_front() else { return false };
        self.shrink(frame.len());
        self.acknowledged = self.acknowledged.wrapping_add(1);
        true
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// Frees the memory that a burst has allocated, because most clients are silent most of the time.
fn trim<T>(frames: &mut VecDeque<T>) {
    if frames.is_empty() && frames.capacity() > 16 {
        *frames = VecDeque::new();
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
