//! The queue of one socket: bounded, and never waited for by others.
//!
//! Once its client has a seat, frames are numbered, and those that were written are kept until the client says that
//! they came: the queue of another socket can go on from there, be it that this one has broken, or seems well.
//!
//! What waits and what is kept have one bound together. What is kept gives way to what waits. All queues of the process
//! have a bound together too: beyond it, each is held to a small share.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use axum::extract::ws::Utf8Bytes;
use futures_util::task::AtomicWaker;
#[cfg(feature = "redis")]
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Limits, lock};
use crate::{Data, MessageId, PeerId, SayFrom, ServerMessage, SignalFrom};

/// The bytes of all queues of this process.
static ALL: AtomicUsize = AtomicUsize::new(0);

/// What a queue may have when all together have more than they should: room for somebody who comes into a room of a
/// dozen, with a machine that is out of breath.
const SHARE: usize = 64 * 1024;

/// The end that puts frames in.
#[derive(Clone, Debug)]
pub struct Outbox(Arc<Inner>);

/// The end that takes them out. There is one.
#[derive(Debug)]
pub struct Outgoing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Higher than those of all queues made before.
    serial: u64,
    #[cfg(feature = "redis")]
    made: Instant,
    queue: Mutex<Queue>,
    /// Wakes [`Outgoing`].
    changed: AtomicWaker,
    cut: CancellationToken,
    max_frames: usize,
    max_bytes: usize,
    /// Of all queues together.
    max_all: usize,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Frame>,
    /// Numbered frames that were written, and of which the client has not said that they came.
    kept: VecDeque<Utf8Bytes>,
    /// The sizes of both.
    bytes: usize,
    /// How many numbered frames came before the kept ones. It starts anew after the last `u32`, as all counts do.
    before: u32,
    numbering: bool,
    closed: Option<Closed>,
}

#[derive(Debug)]
struct Frame {
    text: Utf8Bytes,
    numbered: bool,
}

/// Why a queue takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The connection ends.
    Ending,
    /// A frame did not fit.
    Overflow,
    /// The seat goes on with another queue.
    Replaced,
}

/// What another queue goes on with.
#[derive(Debug)]
pub struct Remainder {
    frames: VecDeque<Utf8Bytes>,
    before: u32,
}

pub fn queue(limits: &Limits) -> (Outbox, Outgoing) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let inner = Arc::new(Inner {
        serial: MADE.fetch_add(1, Ordering::Relaxed),
        #[cfg(feature = "redis")]
        made: Instant::now(),
        queue: Mutex::default(),
        changed: AtomicWaker::new(),
        cut: CancellationToken::new(),
        max_frames: limits.queue_frames,
        max_bytes: limits.queue_bytes,
        max_all: limits.all_queues_bytes,
    });
    (Outbox(Arc::clone(&inner)), Outgoing(inner))
}

/// Returns the frame of a message, to be shared by all who get it.
pub fn encode(message: &ServerMessage) -> Utf8Bytes {
    // Most frames are these, and they may be kept for long: written by hand, in no more bytes than they need.
    match message {
        ServerMessage::Signal(SignalFrom { from, data, .. }) if is_plain(from) => {
            return relayed("signal", from, None, data).into();
        }
        ServerMessage::Say(SayFrom { from, id, data, .. }) if is_plain(from) => {
            return relayed("say", from, Some(id), data).into();
        }
        _ => {}
    }
    match message.to_json() {
        Ok(json) => json.into(),
        Err(error) => {
            // Every field is a string, a number or JSON already.
            tracing::error!(%error, "a message has no JSON form");
            Utf8Bytes::from_static(r#"{"type":"error","code":"internal","message":""}"#)
        }
    }
}

/// Whether the id needs no escapes, as every id that a server gave.
fn is_plain(id: &PeerId) -> bool {
    id.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn relayed(kind: &str, from: &PeerId, id: Option<&MessageId>, data: &Data) -> String {
    let [before_id, id] = id.map(|id| [r#"","id":""#, id.as_str()]).unwrap_or_default();
    [r#"{"type":""#, kind, r#"","from":""#, from.as_str(), before_id, id, r#"","data":"#, data.get(), "}"].concat()
}

impl Outbox {
    /// Queues a message, numbered if it is of those that are.
    pub fn send(&self, message: &ServerMessage) {
        let numbered = !matches!(message, ServerMessage::Joined(_) | ServerMessage::Pong(_));
        self.put(encode(message), numbered);
    }

    /// Queues a numbered frame. A frame that no longer fits is lost, and with it the client: what comes
    /// after a gap would mislead it.
    pub fn push(&self, frame: Utf8Bytes) {
        self.put(frame, true);
    }

    fn put(&self, text: Utf8Bytes, numbered: bool) {
        let mut queue = lock(&self.0.queue);
        if queue.closed.is_some() {
            return;
        }
        let all = ALL.load(Ordering::Relaxed);
        let max_bytes = if all > self.0.max_all { self.0.max_bytes.min(SHARE) } else { self.0.max_bytes };
        while queue.waiting.len() + queue.kept.len() >= self.0.max_frames || queue.bytes + text.len() > max_bytes {
            if !queue.forget() {
                queue.closed = Some(Closed::Overflow);
                drop(queue);
                self.0.cut.cancel();
                return;
            }
        }
        let numbered = numbered && queue.numbering;
        queue.grow(text.len());
        let first = queue.waiting.is_empty();
        queue.waiting.push_back(Frame { text, numbered });
        drop(queue);
        // It has been woken for those before.
        if first {
            self.0.changed.wake();
        }
    }

    /// From here on, frames are numbered and kept.
    pub fn number(&self) {
        lock(&self.0.queue).numbering = true;
    }

    /// The client has this many numbered frames. A number that cannot be is passed over.
    pub fn acknowledge(&self, received: u32) {
        let mut queue = lock(&self.0.queue);
        if let Some(count) = queue.kept_until(received) {
            for _ in 0..count {
                queue.forget();
            }
            trim(&mut queue.kept);
        }
    }

    /// Closes the queue for another to go on with what comes after the numbered frames that the client has. None when
    /// they are not kept any longer, or never were so many.
    pub fn hand_over(&self, received: u32) -> Option<Remainder> {
        let mut queue = lock(&self.0.queue);
        if queue.closed.is_some() {
            return None;
        }
        let count = queue.kept_until(received)?;
        let (waiting, kept) = (std::mem::take(&mut queue.waiting), std::mem::take(&mut queue.kept));
        let bytes = queue.bytes;
        queue.shrink(bytes);
        queue.closed = Some(Closed::Replaced);
        drop(queue);
        self.0.cut.cancel();
        let waiting = waiting.into_iter().filter(|frame| frame.numbered).map(|frame| frame.text);
        Some(Remainder { frames: kept.into_iter().skip(count).chain(waiting).collect(), before: received })
    }

    /// Whether [`hand_over`](Self::hand_over) would be able to.
    #[cfg(feature = "redis")]
    pub fn can_hand_over(&self, received: u32) -> bool {
        let queue = lock(&self.0.queue);
        queue.closed.is_none() && queue.kept_until(received).is_some()
    }

    /// Goes on after another queue, with `joined` first.
    pub fn go_on(&self, joined: Utf8Bytes, rest: Remainder) {
        let mut queue = lock(&self.0.queue);
        queue.numbering = true;
        queue.before = rest.before;
        let joined = Frame { text: joined, numbered: false };
        let rest = rest.frames.into_iter().map(|text| Frame { text, numbered: true });
        // Never too much: all of it was within the bound of the other queue.
        for frame in std::iter::once(joined).chain(rest) {
            queue.grow(frame.text.len());
            queue.waiting.push_back(frame);
        }
        drop(queue);
        self.0.changed.wake();
    }

    /// Takes nothing more. What waits can still be taken out, if the connection is to end with it.
    pub fn close(&self, why: Closed) {
        lock(&self.0.queue).closed.get_or_insert(why);
        if why != Closed::Ending {
            self.0.cut.cancel();
        }
        self.0.changed.wake();
    }

    pub fn closed(&self) -> Option<Closed> {
        lock(&self.0.queue).closed
    }

    /// Cancelled once the connection has to end for the queue's sake: [`closed`](Self::closed) says why.
    pub fn cut(&self) -> &CancellationToken {
        &self.0.cut
    }

    /// Higher than those of all queues made before in this process.
    #[cfg(feature = "redis")]
    pub fn serial(&self) -> u64 {
        self.0.serial
    }

    #[cfg(feature = "redis")]
    pub fn made(&self) -> Instant {
        self.0.made
    }

    /// Whether this was made before the other.
    pub fn is_older_than(&self, other: &Self) -> bool {
        self.0.serial < other.0.serial
    }

    /// Whether this is the same queue.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(feature = "redis")]
impl Remainder {
    /// These frames, after so many that the client has.
    pub fn new(frames: VecDeque<Utf8Bytes>, before: u32) -> Self {
        Self { frames, before }
    }
}

impl Outgoing {
    /// Waits until a frame waits: false when the connection ends and none does.
    pub async fn waits(&self) -> bool {
        poll_fn(|cx| {
            self.0.changed.register(cx.waker());
            let queue = lock(&self.0.queue);
            if !queue.waiting.is_empty() {
                Poll::Ready(true)
            } else if queue.closed == Some(Closed::Ending) {
                Poll::Ready(false)
            } else {
                Poll::Pending
            }
        })
        .await
    }

    /// The next frame, if it waits already.
    pub fn ready(&mut self) -> Option<Utf8Bytes> {
        let mut queue = lock(&self.0.queue);
        let Frame { text, numbered } = queue.waiting.pop_front()?;
        trim(&mut queue.waiting);
        if numbered {
            queue.kept.push_back(text.clone());
        } else {
            queue.shrink(text.len());
        }
        Some(text)
    }
}

impl Queue {
    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        ALL.fetch_add(bytes, Ordering::Relaxed);
    }

    fn shrink(&mut self, bytes: usize) {
        self.bytes -= bytes;
        ALL.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// How many of the kept frames the client has, when it has received so many in all.
    fn kept_until(&self, received: u32) -> Option<usize> {
        let count = received.wrapping_sub(self.before) as usize;
        (count <= self.kept.len()).then_some(count)
    }

    /// Gives up the oldest kept frame. False where none is kept.
    fn forget(&mut self) -> bool {
        let Some(frame) = self.kept.pop_front() else { return false };
        self.shrink(frame.len());
        self.before = self.before.wrapping_add(1);
        true
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// Most clients are silent most of the time: what a burst has grown is given back after it.
fn trim<T>(frames: &mut VecDeque<T>) {
    if frames.is_empty() && frames.capacity() > 16 {
        *frames = VecDeque::new();
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
