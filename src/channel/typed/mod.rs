//! Messages of typed values.

mod carrier;
mod codec;

use std::{
    cell::RefCell,
    fmt,
    marker::PhantomData,
    mem,
    pin::Pin,
    str,
    task::{Context, Poll, ready},
};

use futures::{Sink, Stream};
use serde::{Serialize, de::DeserializeOwned};

pub use self::carrier::Carrier;
#[cfg(feature = "postcard")]
pub use self::codec::Postcard;
pub use self::codec::{Codec, CodecError, Json};
use super::{data_channel::DataChannel, message::Payload, sink_state::SinkState};
use crate::error::{Error, ErrorKind, Result};

/// Values of a [`serde`] type as the messages of a [`DataChannel`]: a [`Stream`] of received values, and
/// [`send`](Self::send) or a [`Sink`] to send.
///
/// `C` is the [`Codec`]: [`Json`], `Postcard` behind the feature of this name, or one of your own. `Out` is what goes,
/// where that is another type than what comes. `S` is what it goes over: a [`DataChannel`], or
/// [`Packed`](super::Packed) for many small values. Both ends use the same codec over the same, and each the other's
/// types. Clones share one channel, as those of a [`DataChannel`] do.
///
/// ```no_run
/// # use browser_rtc::{channel::{DataChannel, Typed}, Result};
/// # use futures::StreamExt;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// enum Move {
///     Step { x: i32, y: i32 },
///     Say(String),
/// }
///
/// # async fn example(channel: DataChannel) -> Result<()> {
/// let mut moves: Typed<Move> = Typed::new(channel);
/// moves.send(&Move::Step { x: 1, y: 0 }).await?;
/// while let Some(theirs) = moves.next().await {
///     match theirs {
///         Ok(Move::Step { x, y }) => { /* … */ }
///         Ok(Move::Say(line)) => { /* … */ }
///         Err(malformed) => { /* this one message; the next may be a move */ }
///     }
/// }
/// # Ok(()) }
/// ```
///
/// Questions go one way and answers the other, many of them in a frame:
///
/// ```no_run
/// # use browser_rtc::channel::{DataChannel, Json, Packed, Typed};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Question;
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Answer;
/// # fn example(channel: DataChannel) {
/// let asking: Typed<Answer, Json, Question, Packed> = Typed::new(Packed::new(channel));
/// # }
/// ```
///
/// A message that cannot be read is an error `InvalidData` in its place, and the stream continues. A peer that uses another
/// codec or none is recognized by that: nothing is negotiated with it, and nothing waits for its program.
pub struct Typed<In, C = Json, Out = In, S = DataChannel> {
    carrier: S,
    codec: C,
    /// The last message's memory, for the next.
    message: RefCell<Vec<u8>>,
    /// The pending operation of the sink.
    sink: SinkState,
    values: PhantomData<fn(Out) -> In>,
}

impl<In, C: Codec, Out, S: Carrier> Typed<In, C, Out, S> {
    /// Wraps a channel, which need not be open yet.
    #[must_use]
    pub fn new(carrier: S) -> Self
    where
        C: Default,
    {
        Self::with_codec(carrier, C::default())
    }

    /// Wraps a channel, with a codec that has a state.
    #[must_use]
    pub fn with_codec(carrier: S, codec: C) -> Self {
        Self { carrier, codec, message: RefCell::default(), sink: SinkState::default(), values: PhantomData }
    }

    /// Returns the underlying channel.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        self.carrier.underlying()
    }

    /// Returns the carrier that it was created with.
    #[must_use]
    pub fn carrier(&self) -> &S {
        &self.carrier
    }

    /// Sends a value, waiting for room as [`DataChannel::send`] does. Cancel safe: dropped before it resolves, nothing
    /// was sent, or all of it.
    ///
    /// # Errors
    /// `Type` for a value that the codec cannot write, and those of [`DataChannel::send`].
    pub async fn send(&self, value: &Out) -> Result<()>
    where
        Out: Serialize,
    {
        let message = self.encode(value)?;
        let sent = self.carrier.give(payload::<C>(&message)?).await;
        self.message.replace(message);
        sent
    }

    /// Sends a value at once.
    ///
    /// # Errors
    /// As [`send`](Self::send) and [`DataChannel::try_send`].
    pub fn try_send(&self, value: &Out) -> Result<()>
    where
        Out: Serialize,
    {
        let message = self.encode(value)?;
        let sent = self.carrier.try_give(payload::<C>(&message)?);
        self.message.replace(message);
        sent
    }

    /// Resolves when the browser's buffer is low, as [`DataChannel::flush`] does. Waits for the network, never for the
    /// peer's program.
    ///
    /// # Errors
    /// `Closed` where the channel closes first.
    pub async fn flush(&self) -> Result<()> {
        self.carrier.empty().await
    }

    /// Closes the channel once what was sent is on its way, as [`DataChannel::close`] does.
    pub fn close(&self) {
        self.carrier.end();
    }

    fn encode(&self, value: &Out) -> Result<Vec<u8>>
    where
        Out: Serialize,
    {
        let mut message = mem::take(&mut *self.message.borrow_mut());
        message.clear();
        match self.codec.encode(value, &mut message) {
            Ok(()) => Ok(message),
            Err(error) => Err(Error::from_source("send", ErrorKind::Type, error)),
        }
    }
}

/// The message as the codec's kind.
fn payload<C: Codec>(message: &[u8]) -> Result<Payload<'_>> {
    if !C::TEXT {
        return Ok(message.into());
    }
    let text = str::from_utf8(message);
    text.map(Payload::from).map_err(|_| Error::new("send", ErrorKind::Type, "the codec's text is not UTF-8"))
}

impl<In: DeserializeOwned, C: Codec, Out, S: Carrier> Typed<In, C, Out, S> {
    /// Returns the next value if one has arrived, without waiting, as [`DataChannel::try_receive`] does.
    ///
    /// # Errors
    /// `InvalidData` for a message that cannot be read, after which the next call continues with the next message; and
    /// those of [`DataChannel::try_receive`].
    pub fn try_receive(&self) -> Result<Option<In>> {
        self.carrier.try_carried()?.map(|carried| self.decode(&carried)).transpose()
    }

    fn decode(&self, carried: &carrier::Carried) -> Result<In> {
        const OPERATION: &str = "Typed";
        let bytes = carried.bytes(C::TEXT).ok_or_else(|| {
            let message = if C::TEXT { "the message is not text" } else { "the message is not bytes" };
            Error::new(OPERATION, ErrorKind::InvalidData, message)
        })?;
        self.codec.decode(bytes).map_err(|error| Error::from_source(OPERATION, ErrorKind::InvalidData, error))
    }
}

impl<In, C, Out, S: Unpin> Unpin for Typed<In, C, Out, S> {}

impl<In: DeserializeOwned, C: Codec, Out, S: Carrier> Stream for Typed<In, C, Out, S> {
    type Item = Result<In>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let carried = ready!(self.carrier.poll_carried(cx));
        Poll::Ready(carried.map(|carried| self.decode(&carried?)))
    }
}

/// Sends as [`send`](Typed::send) does, for streams that are forwarded.
impl<In, C: Codec, Out: Serialize, S: Carrier> Sink<Out> for Typed<In, C, Out, S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.sink.poll_done(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, value: Out) -> Result<()> {
        let message = self.encode(&value)?;
        match self.carrier.try_give(payload::<C>(&message)?) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::InvalidState) => {
                let carrier = self.carrier.clone();
                self.sink.begin(async move { carrier.give(payload::<C>(&message)?).await });
                Ok(())
            }
            settled => {
                self.message.replace(message);
                settled
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let carrier = self.carrier.clone();
        self.sink.poll_flush(cx, || async move { carrier.empty().await })
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.sink.poll_done(cx))?;
        self.close();
        Poll::Ready(Ok(()))
    }
}

impl<In, C: Codec + Clone, Out, S: Carrier> Clone for Typed<In, C, Out, S> {
    fn clone(&self) -> Self {
        Self::with_codec(self.carrier.clone(), self.codec.clone())
    }
}

impl<In, C: Codec, Out, S: Carrier> fmt::Debug for Typed<In, C, Out, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").field("channel", self.channel()).finish_non_exhaustive()
    }
}

/// Equal where the carriers are, as those of clones.
impl<In, C, Out, S: PartialEq> PartialEq for Typed<In, C, Out, S> {
    fn eq(&self, other: &Self) -> bool {
        self.carrier == other.carrier
    }
}

impl<In, C, Out, S: Eq> Eq for Typed<In, C, Out, S> {}
