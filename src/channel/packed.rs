//! Many small messages in one.

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

/// A frame leaves at this size where none is lost, and many share the cost of one.
const FRAME: u32 = 16 * 1024;

/// And at this size where it may be lost: it fits into one packet, so that a packet lost costs no more than what was
/// in it.
const PACKET: u32 = 1_100;

/// The limit of the frame size, which every transport carries.
const LARGEST_FRAME: u32 = 64 * 1024;

/// A [`DataChannel`] for many small messages, such as those of a game or of telemetry: those of one turn of the
/// program leave together, in one frame. A message alone costs a browser some ten microseconds, however short it is; in
/// a frame a fraction of one.
///
/// Both ends wrap the same channel, of any kind: each frame stands alone, so on an unordered or unreliable channel
/// frames come in any order or not at all, and the messages within one stay in order. Nothing is agreed on with the peer:
/// one that does not wrap its channel gets frames as binary messages, and the sender does not learn of it. Nothing waits
/// for the peer's program. Clones share one channel, as those
/// of a [`DataChannel`] do.
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
/// A frame leaves at the end of the turn (in a microtask), with [`flush`](Self::flush), or when a message would take
/// it over its [size](Self::frame_size): 16 KiB, or on an unreliable channel 1,100 bytes, so that it fits into one
/// packet. Messages are written into one buffer, and read as slices of the frame: none is allocated for itself. While
/// one of them is kept, so is its frame.
///
/// A frame that is malformed gives the messages before the place, then `InvalidData`, and the stream continues with the
/// next. A text or a blob is malformed.
///
/// # On the wire
/// A frame is a binary message: for each message its length, in seven bits a byte, lowest first, the highest bit set
/// in all but the last byte, at most four bytes; then its bytes.
pub struct Packed {
    outbox: Outbox,
    incoming: DataChannel,
    frame: Rc<RefCell<Frame>>,
    size: Rc<Cell<u32>>,
    /// The message that the sink has taken, and for which the frame has no room yet.
    next: Option<Bytes>,
}

impl Packed {
    /// Wraps a channel, which need not be open yet.
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        let size = if channel.reliability() == Reliability::Reliable { FRAME } else { PACKET };
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

    /// The size, in bytes, over which a frame is not filled. A message that alone is longer has a frame for itself.
    #[must_use]
    pub fn frame_size(&self) -> u32 {
        self.size.get()
    }

    /// Sets this size, for all clones; over 64 KiB it is 64 KiB, which every transport carries.
    pub fn set_frame_size(&self, bytes: u32) {
        self.size.set(bytes.min(LARGEST_FRAME));
    }

    /// Puts a message into the frame, waiting for room as [`DataChannel::send`] does: where the frame is full and the
    /// channel has no room for it. Cancel safe: dropped before it resolves, nothing is sent.
    ///
    /// # Errors
    /// `TooLarge` for a message that the transport cannot carry, `Closed` where the channel has closed. A frame
    /// that the browser refuses is an error of what is sent next.
    pub async fn send(&self, message: &[u8]) -> Result<()> {
        match self.try_send(message) {
            Err(error) if *error.kind() == ErrorKind::WouldBlock => {}
            settled => return settled,
        }
        let mut outbox = self.outbox.clone();
        poll_fn(|cx| outbox.poll_room(cx, frame::packed_length(message.len()), self.limit())).await?;
        self.outbox.add(|buffer| frame::push(buffer, message));
        Ok(())
    }

    /// Puts a message into the frame at once. Before the channel is open, there is room for one frame.
    ///
    /// # Errors
    /// As [`send`](Self::send), and `WouldBlock` where the frame is full and the channel has no room for it.
    pub fn try_send(&self, message: &[u8]) -> Result<()> {
        let length = frame::packed_length(message.len());
        if length > FRAME as usize {
            self.check(length)?;
        }
        self.outbox.try_room(length, self.limit())?;
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

    /// Sends the frame before the end of the turn, and resolves when the browser's buffer is low, as
    /// [`DataChannel::flush`] does. Waits for the network, never for the peer's program.
    ///
    /// # Errors
    /// `Closed` where the channel closes first.
    pub async fn flush(&self) -> Result<()> {
        let mut outbox = self.outbox.clone();
        poll_fn(|cx| outbox.poll_empty(cx)).await?;
        self.channel().flush().await
    }

    /// Closes the channel once what was sent is on its way, as [`DataChannel::close`] does.
    pub fn close(&self) {
        self.outbox.close();
    }

    fn limit(&self) -> usize {
        self.size.get() as usize
    }

    /// Checks that the transport can carry a frame of this length.
    fn check(&self, length: usize) -> Result<()> {
        let most = self.channel().max_message_size().unwrap_or(u64::MAX).min(frame::MAX_MESSAGE_BYTES as u64);
        if length as u64 <= most {
            return Ok(());
        }
        // The length itself takes four bytes at most.
        let kind = ErrorKind::TooLarge { limit: most.saturating_sub(4) };
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
            Some(Err(MalformedFrame)) => return malformed("the frame is malformed"),
            None => {}
        }
        match ready!(receive()) {
            Some(Ok(Message::Binary(bytes))) => drop(frame.replace(Frame::new(bytes))),
            Some(Ok(Message::Text(_) | Message::Blob(_))) => return malformed("the message is not a frame"),
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

/// Sends as [`send`](Packed::send) does, for streams that are forwarded.
impl Sink<Bytes> for Packed {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(next) = self.next.take() else { return Poll::Ready(Ok(())) };
        let (length, limit) = (frame::packed_length(next.len()), self.limit());
        let room = self.outbox.poll_room(cx, length, limit);
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
