//! Many small messages in one frame.

use std::{
    cell::{Cell, RefCell},
    fmt,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use browser_rtc_proto::framing::packed::{self as frame, Frame, MalformedFrame};
use bytes::Bytes;
use futures::{Sink, Stream};

use super::{data_channel::DataChannel, init::Reliability, message::Message, outbox::Outbox};
use crate::{
    error::{Error, ErrorKind, Result},
    identity::identity,
};

/// The default size of a frame on a reliable channel, in bytes.
const RELIABLE_FRAME: u32 = 16 * 1024;

/// The default size of a frame on an unreliable channel, in bytes. It fits into one packet, so that a lost packet loses
/// only its own messages.
const UNRELIABLE_FRAME: u32 = 1_100;

/// The maximum size of a frame, in bytes, which every transport carries.
const MAX_FRAME: u32 = 64 * 1024;

/// A [`DataChannel`] for many small messages, such as those of a game or of telemetry. Messages that are sent in one
/// task of the event loop are sent in one frame: a separate message costs a browser about ten microseconds, regardless
/// of its size, and a message in a frame costs a fraction of that.
///
/// Both peers wrap their ends of one channel, of any kind. Each frame is independent: on an unordered or unreliable
/// channel, frames arrive in any order or not at all, and the messages within a frame stay in order. Clones share one
/// channel. The stream waits without a timeout while the channel is open.
///
/// ```no_run
/// # use browser_rtc::{channel::{DataChannel, Packed}, Result};
/// # use futures::StreamExt;
/// # async fn example(channel: DataChannel) -> Result<()> {
/// let mut positions = Packed::new(channel);
/// for position in [[1, 2], [3, 4]] {
///     positions.send(&position).await?; // both in one frame
/// }
/// while let Some(message) = positions.next().await {
///     let bytes = message?;
/// }
/// # Ok(()) }
/// ```
///
/// # Frames
/// A frame is sent at the end of the current task (in a microtask), with [`flush`](Self::flush), or when a message
/// would exceed the [frame size](Self::frame_size): 16 KiB by default, or 1,100 bytes on an unreliable channel, which
/// fits into one packet. Messages are written into one buffer and read as slices of the frame, without an allocation
/// for each. A received message keeps its whole frame in memory.
///
/// # Malformed frames
/// A malformed frame yields the messages before the error, then the error `InvalidData`; the stream continues with the
/// next frame. Text and blobs are malformed frames. Nothing is negotiated: a peer that does not wrap its channel
/// receives the frames as binary messages, and the sender is not notified.
///
/// # Wire format
/// A frame is a binary message. It contains, for each message, the length and then the bytes. A length is at most four
/// bytes of seven bits each, the lowest bits first; the highest bit of each byte but the last is set.
pub struct Packed {
    outbox: Outbox,
    incoming: DataChannel,
    frame: Rc<RefCell<Frame>>,
    size: Rc<Cell<u32>>,
    /// A message that the sink has accepted and for which the frame has no room yet.
    next: Option<Bytes>,
}

impl Packed {
    /// Wraps a channel, which need not be open yet.
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        let is_reliable = channel.reliability() == Reliability::Reliable;
        let size = if is_reliable { RELIABLE_FRAME } else { UNRELIABLE_FRAME };
        Self {
            incoming: channel.clone(),
            outbox: Outbox::new(channel),
            frame: Rc::default(),
            size: Rc::new(Cell::new(size)),
            next: None,
        }
    }

    /// Returns the underlying channel.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        self.outbox.channel()
    }

    /// Returns the maximum size of a frame, in bytes. A longer message is sent in a separate frame.
    #[must_use]
    pub fn frame_size(&self) -> u32 {
        self.size.get()
    }

    /// Sets the maximum size of a frame, in bytes, for all clones. The maximum is 64 KiB, which every transport
    /// carries.
    pub fn set_frame_size(&self, bytes: u32) {
        self.size.set(bytes.min(MAX_FRAME));
    }

    /// Adds a message to the frame. If the frame is full and the channel has no room for it, the future waits as
    /// [`DataChannel::send`] does.
    ///
    /// # Errors
    /// - `TooLarge` for a message that the transport cannot carry.
    /// - `Closed` if the channel is closed.
    /// - The error of an earlier frame that the browser has rejected.
    ///
    /// # Cancel safety
    /// This function is cancel safe: if the future is dropped before it resolves, the message is not sent.
    pub async fn send(&self, message: &[u8]) -> Result<()> {
        match self.try_send(message) {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => {}
            settled => return settled,
        }
        let mut outbox = self.outbox.clone();
        poll_fn(|cx| outbox.poll_reserve(cx, frame::packed_length(message.len()), self.limit())).await?;
        self.outbox.add(|buffer| frame::push(buffer, message));
        Ok(())
    }

    /// Adds a message to the frame without waiting. Before the channel is open, there is room for one frame.
    ///
    /// # Errors
    /// The same errors as [`send`](Self::send), and `WouldBlock` if the frame is full and the channel has no room for
    /// it.
    pub fn try_send(&self, message: &[u8]) -> Result<()> {
        let length = frame::packed_length(message.len());
        if length > RELIABLE_FRAME as usize {
            self.check_size(length)?;
        }
        self.outbox.try_reserve(length, self.limit())?;
        self.outbox.add(|buffer| frame::push(buffer, message));
        Ok(())
    }

    /// Returns the next message if one has arrived, without waiting, as [`DataChannel::try_receive`] does.
    ///
    /// # Errors
    /// `InvalidData` for a malformed frame, after which the next call continues with the next frame; and those of
    /// [`DataChannel::try_receive`].
    pub fn try_receive(&self) -> Result<Option<Bytes>> {
        let receive = || match self.incoming.try_receive() {
            Ok(None) => Poll::Pending,
            settled => Poll::Ready(settled.transpose()),
        };
        match next_message(&self.frame, receive) {
            Poll::Ready(message) => message.transpose(),
            Poll::Pending => Ok(None),
        }
    }

    /// Sends the frame before the end of the current task, and resolves when the browser's buffer is low, as
    /// [`DataChannel::flush`] does.
    ///
    /// # Errors
    /// `Closed` if the channel closes first, and the error of an earlier frame that the browser has rejected.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn flush(&self) -> Result<()> {
        let mut outbox = self.outbox.clone();
        poll_fn(|cx| outbox.poll_empty(cx)).await?;
        self.channel().flush().await
    }

    /// Closes the channel once the frame and the browser's buffer are sent, as [`DataChannel::close`] does.
    pub fn close(&self) {
        self.outbox.close();
    }

    fn limit(&self) -> usize {
        self.size.get() as usize
    }

    /// Checks that the transport can carry a frame of this length.
    fn check_size(&self, length: usize) -> Result<()> {
        let largest = self.channel().max_message_size().unwrap_or(u64::MAX).min(frame::MAX_MESSAGE_BYTES as u64);
        if length as u64 <= largest {
            return Ok(());
        }
        // The encoded length takes at most four bytes.
        let kind = ErrorKind::TooLarge { limit: largest.saturating_sub(4) };
        Err(Error::new("send", kind, "the message exceeds the largest message of the transport"))
    }
}

/// Takes the next message of the frame, which `receive` replaces once it is used up.
fn next_message(
    frame: &RefCell<Frame>,
    mut receive: impl FnMut() -> Poll<Option<Result<Message>>>,
) -> Poll<Option<Result<Bytes>>> {
    let malformed = |message| Poll::Ready(Some(Err(Error::new("Packed", ErrorKind::InvalidData, message))));
    loop {
        match frame.borrow_mut().next() {
            Some(Ok(message)) => return Poll::Ready(Some(Ok(message))),
            Some(Err(MalformedFrame)) => return malformed("the frame of packed messages is malformed"),
            None => {}
        }
        match ready!(receive()) {
            Some(Ok(Message::Binary(bytes))) => drop(frame.replace(Frame::new(bytes))),
            Some(Ok(Message::Text(_) | Message::Blob(_))) => {
                return malformed("the message is text or a blob, not a frame of packed messages");
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        }
    }
}

impl Stream for Packed {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { frame, incoming, .. } = &mut *self;
        next_message(frame, || Pin::new(&mut *incoming).poll_next(cx))
    }
}

/// Sends messages as [`send`](Packed::send) does, for use with combinators such as `forward`.
impl Sink<Bytes> for Packed {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(next) = self.next.take() else { return Poll::Ready(Ok(())) };
        let (length, limit) = (frame::packed_length(next.len()), self.limit());
        let room = self.outbox.poll_reserve(cx, length, limit);
        match room {
            Poll::Ready(Ok(())) => self.outbox.add(|buffer| frame::push(buffer, &next)),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.next = Some(next),
        }
        room
    }

    fn start_send(mut self: Pin<&mut Self>, message: Bytes) -> Result<()> {
        match self.try_send(&message) {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => {
                self.next = Some(message);
                Ok(())
            }
            settled => settled,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.as_mut().poll_ready(cx))?;
        self.outbox.poll_empty(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.as_mut().poll_flush(cx))?;
        self.close();
        Poll::Ready(Ok(()))
    }
}

impl Clone for Packed {
    fn clone(&self) -> Self {
        Self {
            outbox: self.outbox.clone(),
            incoming: self.incoming.clone(),
            frame: self.frame.clone(),
            size: self.size.clone(),
            next: None,
        }
    }
}

impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packed").field("channel", self.channel()).finish_non_exhaustive()
    }
}

identity!(Packed, |this, other| Rc::ptr_eq(&this.frame, &other.frame));
