//! Messages that exceed the largest message of the transport.

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

/// The default limit of a message, in bytes.
const DEFAULT_LIMIT: u32 = 64 * 1024 * 1024;

/// The maximum size of a piece, in bytes. Larger messages are split even if the transport would accept them, so that
/// the send buffer stays below its mark.
const MAX_PIECE: u64 = 256 * 1024;

/// The maximum size of a piece while the largest message of the transport is not known. Every browser accepts it.
const FALLBACK_PIECE: u64 = 16 * 1024;

/// A [`DataChannel`] for messages of any size. Messages that are larger than the [largest
/// message](DataChannel::max_message_size) of the transport, or than 256 KiB, are split by the sender and joined by the
/// receiver.
///
/// Both peers wrap their ends of one channel, with the same [limit](Self::set_limit). Clones share one channel. The
/// stream returns complete messages; it waits without a timeout while the channel is open.
///
/// ```no_run
/// # use browser_rtc::{channel::{DataChannel, LargeMessages, Message}, Result};
/// # use futures::StreamExt;
/// # async fn example(channel: DataChannel, image: Vec<u8>) -> Result<()> {
/// let mut messages = LargeMessages::new(channel);
/// messages.send(&image).await?; // several megabytes
/// while let Some(message) = messages.next().await {
///     match message? {
///         Message::Binary(image) => { /* … */ }
///         _ => {}
///     }
/// }
/// # Ok(()) }
/// ```
///
/// # Compatibility
/// A message that need not be split is sent unchanged, without overhead. The pieces of a large message are binary
/// messages with a header of 24 bytes. Nothing is negotiated: a peer that does not wrap its channel receives the
/// pieces, and the sender is not notified.
///
/// If the largest message of the transport is not known, as for a channel of [`DataChannel::from_raw`], messages above
/// 16 KiB are split. A channel of
/// [`PeerConnection::data_channel_from_raw`](crate::peer::PeerConnection::data_channel_from_raw) does not have this
/// limitation.
///
/// # Incomplete messages
/// A message is discarded when its sender cancels it. On an ordered channel, it is also discarded when the next message
/// begins; on an unordered one, the oldest is discarded when more than 64 are incomplete or their bytes exceed the
/// limit. On a reliable channel, such a discarded message is the error `QuotaExceeded`. On an unreliable channel, the
/// loss of a piece is the loss of its message.
pub struct LargeMessages {
    channel: DataChannel,
    messages: JsMessages,
    shared: Rc<SharedMessages>,
}

struct SharedMessages {
    limit: Cell<u32>,
    next_id: Cell<u32>,
    /// The ids of partly sent messages that were cancelled and of which the remote peer is not yet notified.
    withdrawn: RefCell<Vec<u32>>,
    /// The waiting senders. Messages are sent one after the other, which keeps their order.
    turns: WakerSet,
    joiner: RefCell<Joiner>,
}

impl LargeMessages {
    /// Wraps a channel, for messages of up to 64 MiB.
    ///
    /// The channel must not have been read before, and is read from now on. Its binary type is set to
    /// [`BinaryType::ArrayBuffer`] and must not be changed.
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        channel.set_binary_type(&BinaryType::ArrayBuffer);
        let reliable = channel.reliability() == Reliability::Reliable;
        let joiner = Joiner::new(channel.ordered(), reliable);
        let shared = Rc::new(SharedMessages {
            limit: Cell::new(DEFAULT_LIMIT),
            next_id: Cell::default(),
            withdrawn: RefCell::default(),
            turns: WakerSet::default(),
            joiner: RefCell::new(joiner),
        });
        Self { messages: channel.js_messages(), channel, shared }
    }

    /// Returns the underlying channel. Messages that are sent directly on it also arrive, unless they start with the
    /// prefix of a piece.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        &self.channel
    }

    /// Returns the limit in bytes of a message, and of all incomplete messages together: 64 MiB by default.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.shared.limit.get()
    }

    /// Sets the limit in bytes, for both directions and for all clones. A received message above it is the error
    /// `TooLarge` in the stream, which then continues.
    pub fn set_limit(&self, bytes: u32) {
        self.shared.limit.set(bytes);
    }

    /// Sends text or bytes of any size. A blob is read piece by piece.
    ///
    /// The future waits until the channel is open, until the messages of earlier calls are sent, and for the network,
    /// as [`DataChannel::send`] does.
    ///
    /// # Errors
    /// - `TooLarge`, with the [limit](Self::set_limit). Nothing is sent.
    /// - `Closed` if the channel closes first.
    /// - `NotReadable` if the file of a blob has changed or cannot be read.
    ///
    /// # Cancel safety
    /// This function is cancel safe: if the future is dropped before it resolves, the message is cancelled, and the
    /// remote peer does not receive it.
    pub async fn send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.send_payload(payload.into()).await
    }

    async fn send_payload(&self, payload: Payload<'_>) -> Result<()> {
        let payload = match payload {
            Payload::JsText(text) => String::from(text).into(),
            other => other,
        };
        let total = self.total(&payload)?;
        let _turn = self.turn().await;
        self.channel.opened().await?;
        self.withdraw().await?;
        let largest = self.channel.max_message_size().unwrap_or(FALLBACK_PIECE).min(MAX_PIECE);
        if u64::from(total) <= largest && can_send_unsplit(&payload)? {
            return self.channel.send(payload).await;
        }
        let piece = largest.checked_sub(HEADER_BYTES as u64).and_then(|piece| u32::try_from(piece).ok());
        let fits = |piece: &u32| *piece > 0 && total.div_ceil(*piece) <= MAX_PIECES;
        let Some(piece) = piece.filter(fits) else {
            return Err(too_large(largest));
        };
        self.send_pieces(&payload, total, piece).await
    }

    fn total(&self, payload: &Payload<'_>) -> Result<u32> {
        let bytes = payload.max_bytes();
        let limit = self.limit();
        if bytes > f64::from(limit) {
            return Err(too_large(limit.into()));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the limit has 32 bits")]
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

    /// Notifies the remote peer of cancelled messages.
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
        let mut guard = WithdrawOnDrop { messages: self, id, armed: false };
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
            guard.armed = true;
            self.channel.send(&frame).await?;
        }
        guard.armed = false;
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

    /// Handles a message of the channel. Returns `None` for a piece that completes no message.
    fn receive(&self, message: JsMessage) -> Option<Result<Message>> {
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
        let Some(head) = Header::parse(head) else { return Some(Err(join_error(JoinError::Malformed, 0))) };
        let size = length - HEADER_BYTES;
        let joined =
            joiner.receive_piece(head, size, self.limit(), |place| view(&buffer, HEADER_BYTES, size).copy_to(place));
        match joined {
            Ok(joined) => joined.map(|(kind, bytes)| match kind {
                Kind::Text => {
                    String::from_utf8(bytes).map(Message::Text).map_err(|_| join_error(JoinError::Malformed, 0))
                }
                _ => Ok(Message::Binary(bytes)),
            }),
            Err(failure) => Some(Err(join_error(failure, self.limit()))),
        }
    }
}

impl Stream for LargeMessages {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.messages).poll_next(cx)) {
                Some(Ok(message)) => {
                    let complete = self.receive(message);
                    if complete.is_some() {
                        return Poll::Ready(complete);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    let mut joiner = self.shared.joiner.borrow_mut();
                    let was_incomplete = joiner.close();
                    return Poll::Ready(was_incomplete.then(|| Err(self.channel.closed_error("message"))));
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

/// Cancels a message at the remote peer, unless the whole message was sent.
struct WithdrawOnDrop<'a> {
    messages: &'a LargeMessages,
    id: u32,
    armed: bool,
}

impl Drop for WithdrawOnDrop<'_> {
    fn drop(&mut self) {
        let LargeMessages { channel, shared, .. } = self.messages;
        if self.armed && channel.try_send(Header::withdrawn(self.id).to_bytes()).is_err() {
            shared.withdrawn.borrow_mut().push(self.id);
        }
    }
}

/// Returns whether the message can be sent without a header, because it does not start with the prefix of a piece. The
/// first bytes of a blob are not known before it is read.
fn can_send_unsplit(payload: &Payload<'_>) -> Result<bool> {
    let has_prefix = |object: &JsValue| {
        let is_long_enough = payload.max_bytes() >= PREFIX.len() as f64;
        Ok::<_, Error>(is_long_enough && part(object, 0, PREFIX.len())? == PREFIX)
    };
    Ok(match payload {
        Payload::Text(_) | Payload::JsText(_) => true,
        Payload::Binary(bytes) => !bytes.starts_with(&PREFIX),
        Payload::Buffer(buffer) => !has_prefix(buffer)?,
        Payload::View(view) => !has_prefix(view)?,
        Payload::Blob(_) => payload.max_bytes() == 0.0,
    })
}

/// Copies a part of JavaScript's memory.
///
/// # Errors
/// The page has detached or shrunk the buffer.
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
    Error::new("send", ErrorKind::TooLarge { limit }, "the message exceeds the limit of large messages on this channel")
}

fn join_error(error: JoinError, limit: u32) -> Error {
    let kind = match error {
        JoinError::Malformed => ErrorKind::InvalidData,
        JoinError::TooLarge => ErrorKind::TooLarge { limit: limit.into() },
        JoinError::TooManyIncomplete => ErrorKind::QuotaExceeded,
    };
    Error::new("message", kind, error.to_string())
}

identity!(LargeMessages, |this, other| Rc::ptr_eq(&this.shared, &other.shared));
