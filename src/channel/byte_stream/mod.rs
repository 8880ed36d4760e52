//! Streams of bytes over a channel, in both directions.

mod io_error;

use std::{
    fmt, future, io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use browser_rtc_proto::framing::byte_stream::{Control, DEFAULT_WINDOW, INITIAL_CREDIT, State, StreamError};
use futures::{AsyncBufRead, AsyncRead, AsyncWrite, FutureExt, Stream, future::LocalBoxFuture};
use wasm_bindgen_futures::spawn_local;

use self::io_error::io_error;
use super::{data_channel::DataChannel, init::Reliability, message::Message, outbox::Outbox};
use crate::{
    error::{Error, ErrorKind, Result},
    timer::{Sleep, milliseconds},
};

/// The maximum size of a message, in bytes.
const CHUNK: usize = 64 * 1024;

/// A [`DataChannel`] as a stream of bytes, with [`AsyncRead`] and [`AsyncWrite`] of [`futures::io`]. Like a TCP socket,
/// it has no message boundaries, so that code for sockets runs over it, such as a multiplexer.
///
/// Both peers wrap their ends of one channel, which has to be ordered and reliable. Dropping the stream closes the
/// channel once the written bytes have been sent. [`split`](futures::AsyncReadExt::split) returns two halves for two
/// tasks.
///
/// ```no_run
/// # use browser_rtc::channel::{ByteStream, DataChannel};
/// # use futures::{AsyncReadExt, AsyncWriteExt};
/// # async fn example(channel: DataChannel) -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = ByteStream::new(channel)?;
/// stream.write_all(b"GET").await?;
/// stream.close().await?; // closes the outgoing direction; reading continues
/// let mut answer = Vec::new();
/// stream.read_to_end(&mut answer).await?;
/// # Ok(()) }
/// ```
///
/// # Back-pressure
/// A writer waits for the reader at the remote peer. At most one window of bytes is in flight or unread: 1 MiB by
/// default, or the size given to [`with_window`](Self::with_window). The throughput is at most one window per round
/// trip. In addition, the [high-water mark](DataChannel::high_water_mark) of the channel limits the bytes in the send
/// buffer.
///
/// Written bytes are collected until the end of the current task, or up to 64 KiB, and sent in one message. A byte that
/// is written and flushed alone occupies 64 bytes of the receiver's queue.
///
/// # Closing
/// [`close`](futures::AsyncWriteExt::close) closes the outgoing direction: the remote peer reads all written bytes and
/// then the end of the stream. If the channel closes without that, because of a drop or the network, reading returns
/// the bytes that have arrived and then fails with `UnexpectedEof`, and writing fails with `BrokenPipe`. A violation of
/// the wire format is the error `InvalidData` and closes the channel. The source of each [`io::Error`] is an [`Error`]
/// of this crate.
///
/// Writing and flushing complete when the channel has accepted the bytes, not when the bytes have arrived.
///
/// # Unresponsive peers
/// Like those of a socket, reads and writes wait for the remote program without a timeout while the channel is open. If
/// the remote peer has not wrapped its channel in a `ByteStream`, writing stops after 65,536 bytes, because no credit
/// arrives. [`ready`](Self::ready) detects that.
///
/// # Wire format
/// A binary message contains the next bytes of the stream. A text message is either `+` and a decimal number, which is
/// credit for that many more bytes, up to 4,294,967,295 in one message; or `end`, the end of the stream. Each peer may
/// send 65,536 bytes before it has received credit, and sends `+0` as soon as its channel is open, by which it is
/// recognized.
pub struct ByteStream {
    outbox: Outbox,
    /// A handle for each direction, because each one waits separately.
    reader: DataChannel,
    writer: DataChannel,
    state: State,
    chunk: Option<usize>,
    /// Pending until the channel is open and the window can be announced to the remote peer.
    opening: Option<LocalBoxFuture<'static, Result<()>>>,
    closing: Closing,
    /// The error of the channel, or of a remote peer that has violated the wire format.
    failure: Option<Error>,
}

#[derive(Default)]
enum Closing {
    #[default]
    No,
    Pending(LocalBoxFuture<'static, Result<()>>),
    Done,
}

impl ByteStream {
    /// Wraps a channel with a window of 1 MiB. The channel need not be open yet.
    ///
    /// # Errors
    /// `NotSupported` if the channel is not ordered or not reliable.
    pub fn new(channel: DataChannel) -> Result<Self> {
        Self::with_window(channel, DEFAULT_WINDOW)
    }

    /// Wraps a channel with a window of this many bytes, at least 65,536: the maximum number of unread bytes. The
    /// windows of the two peers may differ.
    ///
    /// The [receive limit](DataChannel::receive_limit) of the channel is raised to 64 times the window, because a peer
    /// may send each byte in a separate message.
    ///
    /// # Errors
    /// The same errors as [`new`](Self::new).
    pub fn with_window(channel: DataChannel, bytes: u32) -> Result<Self> {
        if !channel.ordered() || channel.reliability() != Reliability::Reliable {
            let message = "a byte stream requires a data channel that is ordered and reliable";
            return Err(Error::new("ByteStream", ErrorKind::NotSupported, message));
        }
        // The window limits the unread bytes. The channel counts each message as at least 64 bytes.
        let each_alone = bytes.max(INITIAL_CREDIT).saturating_mul(64);
        channel.set_receive_limit(channel.receive_limit().max(each_alone));
        announce(&channel);
        Ok(Self {
            opening: Some(Box::pin(channel.opened())),
            reader: channel.clone(),
            writer: channel.clone(),
            outbox: Outbox::new(channel),
            state: State::new(bytes),
            chunk: None,
            closing: Closing::No,
            failure: None,
        })
    }

    /// Returns the underlying channel.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        self.outbox.channel()
    }

    /// Resolves when the remote peer is known to have wrapped its end of the channel in a `ByteStream`, or
    /// immediately if that is already known. Bytes that arrive in the meantime can be read afterwards.
    ///
    /// The `timeout` covers the opening of the channel and the answer of the remote program: 1 ms to 24 days, in whole
    /// milliseconds.
    ///
    /// # Errors
    /// - `Timeout` if the remote peer is not recognized in that time. The stream can still be used.
    /// - `InvalidData` if the remote peer has violated the wire format.
    /// - `Closed` if the channel has closed.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn ready(&mut self, timeout: Duration) -> Result<()> {
        let mut timer = Sleep::new(milliseconds(timeout));
        future::poll_fn(|cx| {
            while !self.state.confirmed {
                match self.poll_message(cx, |stream| &mut stream.reader) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) => {
                        return Poll::Ready(Err(self
                            .failure
                            .clone()
                            .unwrap_or_else(|| self.channel().closed_error("ByteStream"))));
                    }
                    Poll::Pending => {
                        let message = "the remote peer has not opened a byte stream on the data channel";
                        return timer.poll_unpin(cx).map(|()| Err(Error::new("ready", ErrorKind::Timeout, message)));
                    }
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Sends credit for the bytes that have been read, once there are enough for a message.
    fn send_credit(&mut self) {
        if let Some(credit) = self.state.window.take_credit() {
            // Credit ignores the high-water mark, because the remote writer waits for it and a window has only four
            // messages of credit. Sending fails only once the channel has closed, which the reader detects.
            let _ = self.channel().inner.life.raw.send_text(&Control::Credit(credit).to_string());
        }
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) {
        if let Some(opening) = &mut self.opening
            && opening.as_mut().poll(cx).is_ready()
        {
            self.opening = None;
            self.send_credit();
        }
    }

    /// Handles the next message, received through one of the two handles. Returns `None` once the channel has closed,
    /// or after a failure.
    fn poll_message(&mut self, cx: &mut Context<'_>, handle: fn(&mut Self) -> &mut DataChannel) -> Poll<Option<()>> {
        if self.failure.is_some() {
            return Poll::Ready(None);
        }
        let Some(message) = ready!(Pin::new(handle(self)).poll_next(cx)) else { return Poll::Ready(None) };
        let received = match message {
            Ok(Message::Binary(bytes)) => self.state.receive_bytes(bytes),
            Ok(Message::Text(text)) => self.state.receive_text(&text),
            Ok(Message::Blob(_)) => Err(StreamError::Blob),
            Err(error) => {
                self.failure = Some(error);
                return Poll::Ready(None);
            }
        };
        if let Err(error) = received {
            self.failure = Some(Error::new("ByteStream", ErrorKind::InvalidData, error.to_string()));
            self.channel().close();
            return Poll::Ready(None);
        }
        Poll::Ready(Some(()))
    }

    /// Creates the error of an operation after the end of the channel. `kind` applies if the channel has just closed.
    fn end_error(&self, kind: io::ErrorKind) -> io::Error {
        match &self.failure {
            Some(error) => io_error(error.clone()),
            None => io::Error::new(kind, io_error::into_source(self.channel().closed_error("ByteStream"))),
        }
    }

    /// Resolves to true when bytes can be read, and to false at the end of the stream.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.poll_open(cx);
        while self.state.inbox.chunk().is_empty() {
            if self.state.peer_ended && self.failure.is_none() {
                return Poll::Ready(Ok(false));
            }
            if ready!(self.poll_message(cx, |stream| &mut stream.reader)).is_none() {
                return Poll::Ready(Err(self.end_error(io::ErrorKind::UnexpectedEof)));
            }
        }
        Poll::Ready(Ok(true))
    }

    fn poll_credit(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.state.credit.allows(1) == 0 {
            if ready!(self.poll_message(cx, |stream| &mut stream.writer)).is_none() {
                return Poll::Ready(Err(self.end_error(io::ErrorKind::BrokenPipe)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Returns the size of the largest message to send. The limit of the transport is known once the channel is open.
    fn chunk(&mut self) -> usize {
        self.chunk.unwrap_or_else(|| {
            let largest = self.channel().max_message_size();
            let chunk = largest.and_then(|largest| usize::try_from(largest).ok()).unwrap_or(CHUNK).clamp(1, CHUNK);
            self.chunk = largest.map(|_| chunk);
            chunk
        })
    }
}

/// Sends a credit of 0 once the channel is open, by which the remote peer recognizes a byte stream. The task does not
/// keep the channel open.
fn announce(channel: &DataChannel) {
    let (opened, channel) = (channel.opened(), Rc::downgrade(&channel.inner));
    spawn_local(async move {
        if opened.await.is_ok()
            && let Some(inner) = channel.upgrade()
        {
            // Credit ignores the high-water mark. Sending fails only once the channel has closed.
            let _ = inner.life.raw.send_text(&Control::Credit(0).to_string());
        }
    });
}

impl AsyncRead for ByteStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        if into.is_empty() || !ready!(self.poll_readable(cx))? {
            return Poll::Ready(Ok(0));
        }
        let read = self.state.inbox.read(into);
        self.state.window.consume(read);
        self.send_credit();
        Poll::Ready(Ok(read))
    }
}

/// Reads without a copy: the buffer is a received message.
impl AsyncBufRead for ByteStream {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let stream = self.get_mut();
        ready!(stream.poll_readable(cx))?;
        Poll::Ready(Ok(stream.state.inbox.chunk()))
    }

    fn consume(mut self: Pin<&mut Self>, bytes: usize) {
        let bytes = bytes.min(self.state.inbox.chunk().len());
        self.state.inbox.consume(bytes);
        self.state.window.consume(bytes);
        self.send_credit();
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !matches!(self.closing, Closing::No) {
            let error = Error::new("ByteStream", ErrorKind::InvalidState, "the byte stream is closed for writing");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, io_error::into_source(error))));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.failure.is_some() {
            return Poll::Ready(Err(self.end_error(io::ErrorKind::BrokenPipe)));
        }
        ready!(self.poll_credit(cx))?;
        let chunk = self.chunk();
        let length = self.state.credit.allows(bytes.len()).min(chunk);
        let accepted = bytes.get(..length).unwrap_or(bytes);
        if length < chunk || !self.outbox.try_send_directly(accepted) {
            ready!(self.outbox.poll_reserve(cx, length, chunk)).map_err(io_error)?;
            self.outbox.add(|buffer| buffer.extend_from_slice(accepted));
        }
        self.state.credit.spend(length);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_empty(cx).map_err(io_error)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match &mut self.closing {
                Closing::No => {
                    ready!(self.as_mut().poll_flush(cx))?;
                    let channel = self.channel().clone();
                    let end = async move { channel.send(&Control::End.to_string()).await };
                    self.closing = Closing::Pending(Box::pin(end));
                }
                Closing::Pending(end) => {
                    let sent = ready!(end.as_mut().poll(cx));
                    self.closing = Closing::Done;
                    sent.map_err(io_error)?;
                }
                Closing::Done => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").field("channel", self.channel()).finish_non_exhaustive()
    }
}
