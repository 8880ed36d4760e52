//! Messages larger than the transport takes.

use std::{
    cell::{Cell, RefCell},
    fmt, future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use browser_rtc_proto::framing::large::{HEADER_BYTES, Header, JoinError, Joiner, Kind, MAX_PIECES, PREFIX, split};
use futures::Stream;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{
    data_channel::DataChannel,
    init::Reliability,
    message::{BinaryType, JsMessage, Message, Payload},
    receive::JsMessages,
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    identity::identity,
    promise::settled,
    sys::{data_channel, file::ReadableBlob},
    wake::{Turn, WakerSet},
};

const DEFAULT_LIMIT: u32 = 64 * 1024 * 1024;

/// The largest piece. Larger messages are split even if the transport would take them, so that the buffer stays below its
/// mark.
const LARGEST_PIECE: u64 = 256 * 1024;

/// The largest piece while the transport's limit is not known. Every browser takes it.
const SMALL_PIECE: u64 = 16 * 1024;

/// A channel for messages of any size: what is over the transport's
/// [largest message](DataChannel::max_message_size), or over 256 KiB, is split by the sender and joined by the receiver.
///
/// Where the transport's largest message is not known, as with a channel of [`DataChannel::from_raw`], what is over 16
/// KiB is split: [`PeerConnection::data_channel_from_raw`](crate::peer::PeerConnection::data_channel_from_raw) makes it
/// known.
///
/// Both ends must wrap their channel in this, with the same [limit](Self::set_limit). What fits travels as it is and
/// costs nothing more. Nothing is agreed on with the peer: one that does not wrap its channel gets the pieces of a large
/// message as binary messages, each with a header of 24 bytes, and the sender does not learn of it. Nothing waits for the
/// peer's program. Clones share one channel. A message that is not whole is given up where its sender gives it up;
/// on an ordered channel with the next message; otherwise, the oldest first, when 64 are incomplete or more bytes than
/// the limit, which is an error `QuotaExceeded` on a reliable channel. Where a piece is lost on a channel that may lose
/// messages, the message is lost.
///
/// ```no_run
/// # use browser_rtc::{channel::{DataChannel, LargeMessages, Message}, Result};
/// # use futures::StreamExt;
/// # async fn example(channel: DataChannel, picture: Vec<u8>) -> Result<()> {
/// let mut messages = LargeMessages::new(channel);
/// messages.send(&picture).await?; // of some megabytes
/// while let Some(message) = messages.next().await {
///     match message? {
///         Message::Binary(picture) => { /* … */ }
///         _ => {}
///     }
/// }
/// # Ok(()) }
/// ```
pub struct LargeMessages {
    channel: DataChannel,
    messages: JsMessages,
    shared: Rc<Shared>,
}

struct Shared {
    limit: Cell<u32>,
    next_id: Cell<u32>,
    /// The ids of messages that were cancelled half sent, which the peer does not know yet.
    withdrawn: RefCell<Vec<u32>>,
    /// The senders that wait: messages are sent one after the other, so that their order stays.
    turns: WakerSet,
    joiner: RefCell<Joiner>,
}

impl LargeMessages {
    /// Creates a channel for messages of up to 64 MiB. Nothing may have been read of the channel yet, and it is read from
    /// here on. Bytes arrive as [`Message::Binary`]: the channel's binary type is set, and must stay.
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        channel.set_binary_type(&BinaryType::ArrayBuffer);
        let reliable = channel.reliability() == Reliability::Reliable;
        let joiner = Joiner::new(channel.ordered(), reliable);
        let shared = Rc::new(Shared {
            limit: Cell::new(DEFAULT_LIMIT),
            next_id: Cell::default(),
            withdrawn: RefCell::default(),
            turns: WakerSet::default(),
            joiner: RefCell::new(joiner),
        });
        Self { messages: channel.js_messages(), channel, shared }
    }

    /// Returns the underlying channel. What is sent on it directly arrives as well, unless it begins like a piece of a message.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        &self.channel
    }

    /// Returns the limit in bytes of a message, and of all incomplete messages together: 64 MiB unless set.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.shared.limit.get()
    }

    /// Sets this limit, for both directions and all clones. What comes and is over it is an error `TooLarge` in place
    /// of the message, and the stream continues.
    pub fn set_limit(&self, bytes: u32) {
        self.shared.limit.set(bytes);
    }

    /// Sends text or bytes of any size, in turn, as [`DataChannel::send`] does. A blob is read piece by piece.
    ///
    /// Waits until the channel is open, for the messages before this one, and for the network; ends with `Closed` when
    /// the channel closes first.
    ///
    /// If the future is dropped before it resolves, the message is cancelled, and the peer does not receive it.
    ///
    /// # Errors
    /// `TooLarge` with the [limit](Self::set_limit), and nothing was sent; `Closed`; `NotReadable` where a blob's file
    /// has changed or cannot be read.
    pub async fn send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.send_in_turn(payload.into()).await
    }

    async fn send_in_turn(&self, payload: Payload<'_>) -> Result<()> {
        let payload = match payload {
            Payload::JsText(text) => String::from(text).into(),
            other => other,
        };
        let total = self.total(&payload)?;
        let _turn = self.turn().await;
        self.channel.opened().await?;
        self.withdraw().await?;
        let most = self.channel.max_message_size().unwrap_or(SMALL_PIECE).min(LARGEST_PIECE);
        if u64::from(total) <= most && travels_as_it_is(&payload)? {
            return self.channel.send(payload).await;
        }
        let piece = most.checked_sub(HEADER_BYTES as u64).and_then(|piece| u32::try_from(piece).ok());
        let fits = |piece: &u32| *piece > 0 && total.div_ceil(*piece) <= MAX_PIECES;
        let Some(piece) = piece.filter(fits) else {
            return Err(too_large(most));
        };
        self.send_pieces(&payload, total, piece).await
    }

    fn total(&self, payload: &Payload<'_>) -> Result<u32> {
        let bytes = payload.max_bytes();
        let limit = self.limit();
        if bytes > f64::from(limit) {
            return Err(too_large(limit.into()));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within a limit of 32 bits")]
        Ok(bytes as u32)
    }

    async fn turn(&self) -> Turn {
        let mut turn = self.shared.turns.turn();
        future::poll_fn(|cx| {
            if turn.is_first() {
                return Poll::Ready(());
            }
            turn.register(cx);
            Poll::Pending
        })
        .await;
        turn
    }

    /// Reports the cancelled messages to the peer.
    async fn withdraw(&self) -> Result<()> {
        loop {
            let Some(id) = self.shared.withdrawn.borrow().last().copied() else { return Ok(()) };
            self.channel.send(&Header::withdrawn(id).to_bytes()).await?;
            self.shared.withdrawn.borrow_mut().pop();
        }
    }

    async fn send_pieces(&self, payload: &Payload<'_>, total: u32, piece: u32) -> Result<()> {
        let id = self.shared.next_id.get();
        self.shared.next_id.set(id.wrapping_add(1));
        let kind = if payload.is_text() { Kind::Text } else { Kind::Binary };
        let mut unfinished = Unfinished { messages: self, id, begun: false };
        let mut frame = Vec::new();
        for head in split(kind, id, total, piece) {
            frame.clear();
            frame.extend_from_slice(&head.to_bytes());
            let range = head.range().unwrap_or_default();
            match payload {
                Payload::Text(text) => frame.extend_from_slice(text.as_bytes().get(range).unwrap_or_default()),
                Payload::Binary(bytes) => frame.extend_from_slice(bytes.get(range).unwrap_or_default()),
                Payload::Buffer(buffer) => frame.extend_from_slice(&part(buffer, range.start, range.len())?),
                Payload::View(view) => frame.extend_from_slice(&part(view, range.start, range.len())?),
                Payload::Blob(blob) => append(&mut frame, &self.read(blob, range.start, range.end).await?),
                Payload::JsText(_) => {}
            }
            unfinished.begun = true;
            self.channel.send(&frame).await?;
        }
        unfinished.begun = false;
        Ok(())
    }

    /// Reads a part of a blob.
    async fn read(&self, blob: &web_sys::Blob, start: usize, end: usize) -> Result<Uint8Array> {
        let channel_end = self.channel.close_signal();
        let read = settled("arrayBuffer", &channel_end, || {
            blob.unchecked_ref::<ReadableBlob>().slice(start as f64, end as f64)?.read()
        });
        Ok(Uint8Array::new(&read.await.map_err(Error::into_not_readable)?))
    }

    /// Takes a message of the channel. Returns `None` for a piece that completes no message.
    fn take(&self, message: JsMessage) -> Option<Result<Message>> {
        let mut joiner = self.shared.joiner.borrow_mut();
        let JsMessage::Binary(buffer) = message else {
            joiner.receive_other();
            return Some(Ok(message.into()));
        };
        let length = buffer.byte_length() as usize;
        let mut head = [0; HEADER_BYTES];
        let head = head.get_mut(..length.min(HEADER_BYTES)).unwrap_or_default();
        view(&buffer, 0, head.len()).copy_to(head);
        if !head.starts_with(&PREFIX) {
            joiner.receive_other();
            return Some(Ok(JsMessage::Binary(buffer).into()));
        }
        let Some(head) = Header::parse(head) else { return Some(Err(fault(JoinError::Malformed, 0))) };
        let size = length - HEADER_BYTES;
        let joined =
            joiner.receive_piece(head, size, self.limit(), |place| view(&buffer, HEADER_BYTES, size).copy_to(place));
        match joined {
            Ok(joined) => joined.map(|(kind, bytes)| match kind {
                Kind::Text => String::from_utf8(bytes).map(Message::Text).map_err(|_| fault(JoinError::Malformed, 0)),
                _ => Ok(Message::Binary(bytes)),
            }),
            Err(failure) => Some(Err(fault(failure, self.limit()))),
        }
    }
}

impl Stream for LargeMessages {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.messages).poll_next(cx)) {
                Some(Ok(message)) => {
                    let whole = self.take(message);
                    if whole.is_some() {
                        return Poll::Ready(whole);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let mut joiner = self.shared.joiner.borrow_mut();
                    let cut_off = joiner.close();
                    return Poll::Ready(cut_off.then(|| Err(self.channel.closed_error("message"))));
                }
            }
        }
    }
}

impl Clone for LargeMessages {
    fn clone(&self) -> Self {
        let channel = self.channel.clone();
        Self { messages: channel.js_messages(), channel, shared: self.shared.clone() }
    }
}

impl fmt::Debug for LargeMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LargeMessages").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// Withdraws a message that is not sent to its end.
struct Unfinished<'a> {
    messages: &'a LargeMessages,
    id: u32,
    begun: bool,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let LargeMessages { channel, shared, .. } = self.messages;
        if self.begun && channel.try_send(Header::withdrawn(self.id).to_bytes()).is_err() {
            shared.withdrawn.borrow_mut().push(self.id);
        }
    }
}

/// Returns whether the message can be sent unchanged, as it does not look like a piece of another. A blob cannot, as its
/// first bytes are not known before it is read.
fn travels_as_it_is(payload: &Payload<'_>) -> Result<bool> {
    let begins = |object: &JsValue| {
        let enough = payload.max_bytes() >= PREFIX.len() as f64;
        Ok::<_, Error>(enough && part(object, 0, PREFIX.len())? == PREFIX)
    };
    Ok(match payload {
        Payload::Text(_) | Payload::JsText(_) => true,
        Payload::Binary(bytes) => !bytes.starts_with(&PREFIX),
        Payload::Buffer(buffer) => !begins(buffer)?,
        Payload::View(view) => !begins(view)?,
        Payload::Blob(_) => payload.max_bytes() == 0.0,
    })
}

/// Copies a part of JavaScript's memory. It fails if the page has detached or shrunk the buffer.
fn part(object: &JsValue, start: usize, length: usize) -> Result<Vec<u8>> {
    data_channel::copied_part(object, start, length).during("send")
}

fn view(buffer: &ArrayBuffer, start: usize, length: usize) -> Uint8Array {
    Uint8Array::new_with_byte_offset_and_length(buffer, start as u32, length as u32)
}

fn append(frame: &mut Vec<u8>, bytes: &Uint8Array) {
    let start = frame.len();
    frame.resize(start + bytes.length() as usize, 0);
    bytes.copy_to(frame.get_mut(start..).unwrap_or_default());
}

fn too_large(limit: u64) -> Error {
    Error::new("send", ErrorKind::TooLarge { limit }, "the message exceeds the limit of its channel")
}

fn fault(error: JoinError, limit: u32) -> Error {
    let kind = match error {
        JoinError::Malformed => ErrorKind::InvalidData,
        JoinError::TooLarge => ErrorKind::TooLarge { limit: limit.into() },
        JoinError::TooManyIncomplete => ErrorKind::QuotaExceeded,
    };
    Error::new("message", kind, error.to_string())
}

identity!(LargeMessages, |this, other| Rc::ptr_eq(&this.shared, &other.shared));
