//! A client's WebSocket: bytes in and out, in as few calls to the system as it takes, and with nothing held for a client
//! that is silent.

pub mod frame;
mod handshake;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use axum::extract::ws::{CloseFrame, Utf8Bytes};
use futures_util::task::AtomicWaker;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub use self::frame::Violation;
pub use self::handshake::WebSocketUpgrade;
use super::lock;
use super::outbox::Outgoing;
use frame::{Decoder, Incoming};

/// What is read, or put together for writing, at a time.
const CHUNK: usize = 64 * 1024;

/// What of answers to pings may wait. Beyond it, pings go unanswered: the client does not read.
const ANSWERS: usize = 4 * 1024;

thread_local! {
    /// Where bytes are between the system and their client: never across an await.
    static IN: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
    static OUT: RefCell<Vec<u8>> = RefCell::default();
}

/// Reading and writing go on side by side, in one task.
#[derive(Debug)]
pub struct WebSocket<S = TokioIo<Upgraded>> {
    stream: Mutex<S>,
    inbound: Mutex<Inbound>,
    /// Whole frames, or the rest of one, that the system has not taken yet.
    unsent: Mutex<Vec<u8>>,
    answered: AtomicWaker,
}

#[derive(Debug)]
struct Inbound {
    decoder: Decoder,
    /// What came together with what has been told.
    frames: VecDeque<(Received, usize)>,
    violation: Option<Violation>,
    /// The code of the client's close frame, if it has sent one.
    closed: Option<Option<u16>>,
}

/// A part of what a client sent, as the connection deals with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    Text(Utf8Bytes),
    /// The content has no meaning.
    Binary,
    /// A ping, which has been answered, or a pong.
    Control,
    /// With its code, if there was one.
    Close(Option<u16>),
    /// A message over the limit, which follows as [`Discarded`](Self::Discarded).
    TooLarge,
    /// Bytes of a message over the limit.
    Discarded,
    /// A text that is not UTF-8. Nothing can be read after it.
    NotUtf8,
}

/// Why reading has ended.
#[derive(Debug)]
pub enum Ended {
    #[expect(dead_code, reason = "for the log")]
    Broken(io::Error),
    Violated(Violation),
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    pub fn new(stream: S, max: usize) -> Self {
        let inbound = Inbound { decoder: Decoder::new(max), frames: VecDeque::new(), violation: None, closed: None };
        Self {
            stream: Mutex::new(stream),
            inbound: Mutex::new(inbound),
            unsent: Mutex::default(),
            answered: AtomicWaker::new(),
        }
    }

    /// Returns what comes next, and its number of bytes. Pings are answered.
    ///
    /// # Cancel safety
    /// What was read and not returned is returned by the next call.
    pub async fn next(&self) -> Result<(Received, usize), Ended> {
        poll_fn(|cx| {
            let mut inbound = lock(&self.inbound);
            loop {
                if let Some(frame) = inbound.frames.pop_front() {
                    if inbound.frames.is_empty() {
                        inbound.frames = VecDeque::new();
                    }
                    return Poll::Ready(Ok(frame));
                }
                if let Some(violation) = inbound.violation {
                    return Poll::Ready(Err(Ended::Violated(violation)));
                }
                ready!(self.poll_receive(cx, &mut inbound)).map_err(Ended::Broken)?;
            }
        })
        .await
    }

    /// Reads once.
    fn poll_receive(&self, cx: &mut Context<'_>, inbound: &mut Inbound) -> Poll<io::Result<()>> {
        IN.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *lock(&self.stream)).poll_read(cx, &mut buffer))?;
            let bytes = buffer.filled_mut();
            if bytes.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            let Inbound { decoder, frames, violation, closed } = inbound;
            let taken = decoder.take(bytes, |incoming| {
                let received = match incoming {
                    Incoming::Text(text) => (Received::Text(text.into()), text.len()),
                    Incoming::Binary(bytes) => (Received::Binary, bytes),
                    Incoming::Ping(payload) => {
                        self.answer(payload);
                        (Received::Control, payload.len())
                    }
                    Incoming::Pong(bytes) => (Received::Control, bytes),
                    Incoming::TooLarge => (Received::TooLarge, 0),
                    Incoming::Discarded(bytes) => {
                        // One packet can have thousands of fragments.
                        if let Some((Received::Discarded, before)) = frames.back_mut() {
                            *before += bytes;
                            return ControlFlow::Continue(());
                        }
                        (Received::Discarded, bytes)
                    }
                    Incoming::NotUtf8 => (Received::NotUtf8, 0),
                    Incoming::Close(code) => {
                        *closed = Some(code);
                        frames.push_back((Received::Close(code), 0));
                        // Nothing comes after it.
                        return ControlFlow::Break(());
                    }
                };
                frames.push_back(received);
                ControlFlow::Continue(())
            });
            *violation = taken.err();
            Poll::Ready(Ok(()))
        })
    }

    /// Waits until there is something to write but what waits in the queue.
    pub async fn answers(&self) {
        poll_fn(|cx| {
            self.answered.register(cx.waker());
            if lock(&self.unsent).is_empty() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    pub fn ping(&self) {
        let mut unsent = lock(&self.unsent);
        if unsent.len() < ANSWERS {
            frame::ping(&mut unsent);
        }
    }

    fn answer(&self, ping: &[u8]) {
        let mut unsent = lock(&self.unsent);
        if unsent.len() < ANSWERS {
            frame::pong(ping, &mut unsent);
            self.answered.wake();
        }
    }

    /// Writes all that waits, and tells how many frames and bytes of them went together.
    pub async fn write(&self, outgoing: &mut Outgoing, mut together: impl FnMut(u64, usize)) -> io::Result<()> {
        poll_fn(|cx| {
            loop {
                ready!(self.poll_send(cx))?;
                let frames = OUT.with_borrow_mut(|scratch| {
                    let (mut frames, mut bytes) = (0, 0);
                    while scratch.len() < CHUNK / 2
                        && let Some(text) = outgoing.ready()
                    {
                        frame::text(&text, scratch);
                        frames += 1;
                        bytes += text.len();
                    }
                    if frames > 0 {
                        together(frames, bytes);
                    }
                    let sent = self.poll_send_new(cx, scratch);
                    scratch.clear();
                    scratch.shrink_to(CHUNK);
                    sent.map(|()| frames)
                })?;
                if frames == 0 {
                    return Poll::Ready(Ok(()));
                }
            }
        })
        .await
    }

    /// Writes a close frame, after what is left of the frames before it.
    pub async fn close(&self, CloseFrame { code, reason }: CloseFrame) -> io::Result<()> {
        frame::close(Some(code), &reason, &mut lock(&self.unsent));
        self.flush().await
    }

    /// Answers the close frame of the client, if there was one.
    pub async fn answer_close(&self) -> io::Result<()> {
        let Some(code) = lock(&self.inbound).closed else { return Ok(()) };
        frame::close(code, "", &mut lock(&self.unsent));
        self.flush().await
    }

    async fn flush(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_send(cx)).await
    }

    /// What the system does not take is left to [`poll_send`](Self::poll_send), which comes next.
    fn poll_send_new(&self, cx: &mut Context<'_>, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let sent = match Pin::new(&mut *lock(&self.stream)).poll_write(cx, bytes) {
            Poll::Ready(sent) => sent?,
            Poll::Pending => 0,
        };
        lock(&self.unsent).extend_from_slice(bytes.get(sent..).unwrap_or_default());
        Ok(())
    }

    fn poll_send(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (mut stream, mut unsent) = (lock(&self.stream), lock(&self.unsent));
        while !unsent.is_empty() {
            let sent = ready!(Pin::new(&mut *stream).poll_write(cx, &unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            unsent.drain(..sent);
        }
        *unsent = Vec::new();
        Pin::new(&mut *stream).poll_flush(cx)
    }
}

#[cfg(test)]
mod tests;
