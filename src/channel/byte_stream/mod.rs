//! Bytes without message borders, in both directions, over one channel.

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
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use self::io_error::io_error;
use super::{data_channel::DataChannel, init::Reliability, message::Message, outbox::Outbox};
use crate::{
    error::{Error, ErrorKind, Result},
    timer::milliseconds,
};

/// Writes leave in messages of at most this size.
const CHUNK: usize = 64 * 1024;

/// A [`DataChannel`] as [`AsyncRead`] and [`AsyncWrite`] of [`futures::io`]: bytes without message borders, as a socket
/// has them. Whatever is written for sockets runs over it, such as a multiplexer.
///
/// Both ends wrap the same channel, which is ordered and reliable. Dropping the stream closes the channel, after what
/// was written; [`split`](futures::AsyncReadExt::split) it for two tasks.
///
/// ```no_run
/// # use browser_rtc::channel::{ByteStream, DataChannel};
/// # use futures::{AsyncReadExt, AsyncWriteExt};
/// # async fn example(channel: DataChannel) -> Result<(), Box<dyn std::error::Error>> {
/// let mut stream = ByteStream::new(channel)?;
/// stream.write_all(b"GET").await?;
/// stream.close().await?; // one direction: reading continues
/// let mut answer = Vec::new();
/// stream.read_to_end(&mut answer).await?;
/// # Ok(()) }
/// ```
///
/// # How much it holds
/// A writer waits for the reader of the peer: at most a window of bytes, 1 MiB unless set by
/// [`with_window`](Self::with_window), is in flight or unread, and so in the reader's memory.
/// What is written waits for the end of the turn, or for 64 KiB, to leave in one message; beyond that the channel's
/// [high-water mark](DataChannel::high_water_mark) holds it back. Over long distances a window's worth a round trip
/// is the fastest that it gets. A byte that is written and flushed alone takes 64 until it is taken in.
///
/// # How it ends
/// [`close`](futures::AsyncWriteExt::close) ends the outgoing direction alone: the peer reads all that was written, and
/// then the end. If a channel closes without that, by a drop or by the network, reading gives what had
/// arrived, and then `UnexpectedEof`; writing gives `BrokenPipe`. What breaks the rules below gives `InvalidData`, and
/// closes the channel. Each [`io::Error`] holds the [`Error`] that it comes from.
///
/// Writing and flushing are done when the channel has taken the bytes over, not when they have arrived.
///
/// # How long it waits
/// Reading and writing wait for the peer's program, as those of a socket do: for any time while the channel is open.
/// Writing to a peer that has not wrapped the channel in a `ByteStream` stops after 65,536 bytes, as it gets no credit
/// for more. [`ready`](Self::ready) finds that out.
///
/// # On the wire
/// A binary message is the bytes that come next. A text message is `+` and a decimal number, so many bytes more may be
/// sent, up to 4,294,967,295 in one message; or `end`, no bytes will come any more. Each side may send 65,536 bytes
/// before it has been given credit, and sends `+0` as soon as its channel is open, to be recognized.
pub struct ByteStream {
    outbox: Outbox,
    /// The channel as each of the two directions waits on it.
    reader: DataChannel,
    writer: DataChannel,
    state: State,
    chunk: Option<usize>,
    /// Pending until the channel is open and the window can be announced to the peer.
    opening: Option<LocalBoxFuture<'static, Result<()>>>,
    closing: Closing,
    /// The error of a peer that broke the protocol, or of the channel.
    failure: Option<Error>,
}

#[derive(Default)]
enum Closing {
    #[default]
    No,
    Under(LocalBoxFuture<'static, Result<()>>),
    Done,
}

impl ByteStream {
    /// Wraps a channel, which need not be open yet.
    ///
    /// # Errors
    /// `NotSupported` for a channel that is not both ordered and reliable.
    pub fn new(channel: DataChannel) -> Result<Self> {
        Self::with_window(channel, DEFAULT_WINDOW)
    }

    /// Creates a byte stream of which this many bytes may wait to be read, at least 65,536. The two ends need not agree
    /// on it. The [receive limit](DataChannel::receive_limit) of the channel becomes 64 times as much, unless it is larger
    /// already: a peer may send each byte in a message of its own.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_window(channel: DataChannel, bytes: u32) -> Result<Self> {
        if !channel.ordered() || channel.reliability() != Reliability::Reliable {
            let message = "a byte stream needs a channel that is ordered and reliable";
            return Err(Error::new("ByteStream", ErrorKind::NotSupported, message));
        }
        // The window is what bounds it. The channel counts each message as 64 bytes at least.
        let each_alone = bytes.max(INITIAL_CREDIT).saturating_mul(64);
        channel.set_receive_limit(channel.receive_limit().max(each_alone));
        greet(&channel);
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

    /// Resolves when the peer is known to have wrapped its end of the channel in a `ByteStream`, and at once when that is
    /// known already. Bytes that arrive while it waits can be read afterwards.
    ///
    /// Waits for the peer's program, and for the channel to open; `timeout`, 1 ms to 24 days in whole milliseconds, counts
    /// for both.
    ///
    /// # Errors
    /// `Timeout` where the peer was not recognized in that time: it does not speak this protocol, or does not yet.
    /// The stream can still be used. `InvalidData` where the peer sent something else, and `Closed` where the channel
    /// has closed.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn ready(&mut self, timeout: Duration) -> Result<()> {
        let mut timer = TimeoutFuture::new(milliseconds(timeout));
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
                        let message = "the peer has not opened a byte stream on the channel";
                        return timer.poll_unpin(cx).map(|()| Err(Error::new("ready", ErrorKind::Timeout, message)));
                    }
                }
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Gives credit for what has been read, once it is worth a message.
    fn give_credit(&mut self) {
        if let Some(credit) = self.state.window.take_credit() {
            // Past the high-water mark: there are four in a window, and the peer's writer waits for them.
            // It fails only once the channel has closed, which the reader sees by itself.
            let _ = self.channel().inner.life.raw.send_text(&Control::Credit(credit).to_string());
        }
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) {
        if let Some(opening) = &mut self.opening
            && opening.as_mut().poll(cx).is_ready()
        {
            self.opening = None;
            self.give_credit();
        }
    }

    /// Takes the next message. Returns `None` at the end of the channel, or after a failure.
    fn poll_message(&mut self, cx: &mut Context<'_>, by: fn(&mut Self) -> &mut DataChannel) -> Poll<Option<()>> {
        if self.failure.is_some() {
            return Poll::Ready(None);
        }
        let Some(message) = ready!(Pin::new(by(self)).poll_next(cx)) else { return Poll::Ready(None) };
        let taken = match message {
            Ok(Message::Binary(bytes)) => self.state.receive_bytes(bytes),
            Ok(Message::Text(text)) => self.state.receive_text(&text),
            Ok(Message::Blob(_)) => Err(StreamError::Blob),
            Err(error) => {
                self.failure = Some(error);
                return Poll::Ready(None);
            }
        };
        if let Err(error) = taken {
            self.failure = Some(Error::new("ByteStream", ErrorKind::InvalidData, error.to_string()));
            self.channel().close();
            return Poll::Ready(None);
        }
        Poll::Ready(Some(()))
    }

    fn over(&self, kind: io::ErrorKind) -> io::Error {
        match &self.failure {
            Some(error) => io_error(error.clone()),
            None => io::Error::new(kind, io_error::inside(self.channel().closed_error("ByteStream"))),
        }
    }

    /// Waits until there is something to read; false at the end.
    fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        self.poll_open(cx);
        while self.state.inbox.chunk().is_empty() {
            if self.state.peer_ended && self.failure.is_none() {
                return Poll::Ready(Ok(false));
            }
            if ready!(self.poll_message(cx, |stream| &mut stream.reader)).is_none() {
                return Poll::Ready(Err(self.over(io::ErrorKind::UnexpectedEof)));
            }
        }
        Poll::Ready(Ok(true))
    }

    fn poll_credit(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.state.credit.allows(1) == 0 {
            if ready!(self.poll_message(cx, |stream| &mut stream.writer)).is_none() {
                return Poll::Ready(Err(self.over(io::ErrorKind::BrokenPipe)));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// The largest message to send, which is known once the channel is open.
    fn chunk(&mut self) -> usize {
        self.chunk.unwrap_or_else(|| {
            let most = self.channel().max_message_size();
            let chunk = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(CHUNK).clamp(1, CHUNK);
            self.chunk = most.map(|_| chunk);
            chunk
        })
    }
}

/// Sends no credit once the channel is open, by which the peer recognizes a byte stream. Keeps the channel open no longer
/// than its handles do.
fn greet(channel: &DataChannel) {
    let (opened, channel) = (channel.opened(), Rc::downgrade(&channel.inner));
    spawn_local(async move {
        if opened.await.is_ok()
            && let Some(inner) = channel.upgrade()
        {
            // Past the high-water mark, as all credit. It fails only once the channel has closed.
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
        self.give_credit();
        Poll::Ready(Ok(read))
    }
}

/// Reads without a copy: what is seen is what has come.
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
        self.give_credit();
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !matches!(self.closing, Closing::No) {
            let error = Error::new("ByteStream", ErrorKind::InvalidState, "the byte stream is closed for writing");
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, io_error::inside(error))));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if self.failure.is_some() {
            return Poll::Ready(Err(self.over(io::ErrorKind::BrokenPipe)));
        }
        ready!(self.poll_credit(cx))?;
        let chunk = self.chunk();
        let length = self.state.credit.allows(bytes.len()).min(chunk);
        let now = bytes.get(..length).unwrap_or(bytes);
        if length < chunk || !self.outbox.try_pass(now) {
            ready!(self.outbox.poll_room(cx, length, chunk)).map_err(io_error)?;
            self.outbox.add(|buffer| buffer.extend_from_slice(now));
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
                    let last = async move { channel.send(&Control::End.to_string()).await };
                    self.closing = Closing::Under(Box::pin(last));
                }
                Closing::Under(last) => {
                    let sent = ready!(last.as_mut().poll(cx));
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
