//! The WebSocket of a client. It reads and writes with few system calls, and has no buffers for a silent client.

pub mod frame;
mod handshake;

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    io,
    ops::ControlFlow,
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll, ready},
};

use axum::extract::ws::{CloseFrame, Utf8Bytes};
use futures_util::task::AtomicWaker;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::frame::{Decoded, Decoder};
pub use self::{frame::Violation, handshake::WebSocketUpgrade};
use super::{lock::lock, outbox::OutboxReader};

/// Maximum size of one read, and of frames that are written together, in bytes.
const CHUNK: usize = 64 * 1024;

/// Maximum size of unsent pongs, in bytes. Above it, pings are ignored, because the client does not read.
const MAX_UNSENT_REPLIES: usize = 4 * 1024;

thread_local! {
    /// Buffers for a single call, never held across an await.
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; CHUNK]);
    static WRITE_BUFFER: RefCell<Vec<u8>> = RefCell::default();
}

/// A WebSocket that one task reads and writes concurrently.
#[derive(Debug)]
pub struct WebSocket<S = TokioIo<Upgraded>> {
    stream: Mutex<S>,
    inbound: Mutex<Inbound>,
    /// Bytes of frames that the system has not accepted yet.
    unsent: Mutex<Vec<u8>>,
    reply_queued: AtomicWaker,
}

#[derive(Debug)]
struct Inbound {
    decoder: Decoder,
    /// Parts that were received together with a part that was returned.
    frames: VecDeque<(Received, usize)>,
    violation: Option<Violation>,
    /// The code of the close frame of the client, if it has sent one.
    closed: Option<Option<u16>>,
}

/// A part of the data from a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    Text(Utf8Bytes),
    /// A binary message, whose content is ignored.
    Binary,
    /// A ping that was answered, or a pong.
    Control,
    /// A close frame with its code, if it has one.
    Close(Option<u16>),
    /// The start of a message over the limit. Its bytes follow as [`Discarded`](Self::Discarded).
    TooLarge,
    /// Bytes of a message over the limit.
    Discarded,
    /// A text message that is not UTF-8. Nothing is read after it.
    NotUtf8,
}

/// The reason why reading has ended.
#[derive(Debug)]
pub enum ReadError {
    #[expect(dead_code, reason = "for the log")]
    Io(io::Error),
    Violation(Violation),
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    pub fn new(stream: S, max: usize) -> Self {
        let inbound = Inbound { decoder: Decoder::new(max), frames: VecDeque::new(), violation: None, closed: None };
        Self {
            stream: Mutex::new(stream),
            inbound: Mutex::new(inbound),
            unsent: Mutex::default(),
            reply_queued: AtomicWaker::new(),
        }
    }

    /// Returns the next part, and its number of bytes. Pings are answered.
    ///
    /// # Cancel safety
    /// This function is cancel safe. Parts that were read are returned by the next call.
    pub async fn next(&self) -> Result<(Received, usize), ReadError> {
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
                    return Poll::Ready(Err(ReadError::Violation(violation)));
                }
                ready!(self.poll_receive(cx, &mut inbound)).map_err(ReadError::Io)?;
            }
        })
        .await
    }

    /// Reads and decodes once.
    fn poll_receive(&self, cx: &mut Context<'_>, inbound: &mut Inbound) -> Poll<io::Result<()>> {
        READ_BUFFER.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *lock(&self.stream)).poll_read(cx, &mut buffer))?;
            let bytes = buffer.filled_mut();
            if bytes.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            let Inbound { decoder, frames, violation, closed } = inbound;
            let result = decoder.decode(bytes, |decoded| {
                let received = match decoded {
                    Decoded::Text(text) => (Received::Text(text.into()), text.len()),
                    Decoded::Binary(bytes) => (Received::Binary, bytes),
                    Decoded::Ping(payload) => {
                        self.queue_pong(payload);
                        (Received::Control, payload.len())
                    }
                    Decoded::Pong(bytes) => (Received::Control, bytes),
                    Decoded::TooLarge => (Received::TooLarge, 0),
                    Decoded::Discarded(bytes) => {
                        // Merged, because one packet can contain thousands of fragments.
                        if let Some((Received::Discarded, before)) = frames.back_mut() {
                            *before += bytes;
                            return ControlFlow::Continue(());
                        }
                        (Received::Discarded, bytes)
                    }
                    Decoded::NotUtf8 => (Received::NotUtf8, 0),
                    Decoded::Close(code) => {
                        *closed = Some(code);
                        frames.push_back((Received::Close(code), 0));
                        // Frames after a close frame are ignored.
                        return ControlFlow::Break(());
                    }
                };
                frames.push_back(received);
                ControlFlow::Continue(())
            });
            *violation = result.err();
            Poll::Ready(Ok(()))
        })
    }

    /// Waits until there are unsent bytes, such as replies to pings.
    pub async fn replies_pending(&self) {
        poll_fn(|cx| {
            self.reply_queued.register(cx.waker());
            if lock(&self.unsent).is_empty() { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }

    pub fn ping(&self) {
        let mut unsent = lock(&self.unsent);
        if unsent.len() < MAX_UNSENT_REPLIES {
            frame::ping(&mut unsent);
        }
    }

    fn queue_pong(&self, ping: &[u8]) {
        let mut unsent = lock(&self.unsent);
        if unsent.len() < MAX_UNSENT_REPLIES {
            frame::pong(ping, &mut unsent);
            self.reply_queued.wake();
        }
    }

    /// Writes all pending frames. `on_batch` is called with the number and the total size of frames that are written
    /// together.
    pub async fn write(&self, reader: &mut OutboxReader, mut on_batch: impl FnMut(u64, usize)) -> io::Result<()> {
        poll_fn(|cx| {
            loop {
                ready!(self.poll_send(cx))?;
                let frames = WRITE_BUFFER.with_borrow_mut(|scratch| {
                    let (mut frames, mut bytes) = (0, 0);
                    while scratch.len() < CHUNK / 2
                        && let Some(text) = reader.try_next()
                    {
                        frame::text(&text, scratch);
                        frames += 1;
                        bytes += text.len();
                    }
                    if frames > 0 {
                        on_batch(frames, bytes);
                    }
                    let sent = self.send_now(cx, scratch);
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

    /// Writes a close frame after the unsent bytes.
    pub async fn close(&self, CloseFrame { code, reason }: CloseFrame) -> io::Result<()> {
        frame::close(Some(code), &reason, &mut lock(&self.unsent));
        self.flush().await
    }

    /// Replies to the close frame of the client, if it sent one.
    pub async fn reply_to_close(&self) -> io::Result<()> {
        let Some(code) = lock(&self.inbound).closed else { return Ok(()) };
        frame::close(code, "", &mut lock(&self.unsent));
        self.flush().await
    }

    async fn flush(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_send(cx)).await
    }

    /// Writes the bytes that the system accepts. [`poll_send`](Self::poll_send) writes the rest.
    fn send_now(&self, cx: &mut Context<'_>, bytes: &[u8]) -> io::Result<()> {
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
