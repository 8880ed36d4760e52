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

/// A [`DataChannel`] whose messages are values of a [`serde`] type: a [`Stream`] of received values, with
/// [`send`](Self::send) and a [`Sink`] to send values.
///
/// The parameters are:
/// - `In`, the type of received values.
/// - `C`, the [`Codec`]: [`Json`], `Postcard` behind the feature of that name, or a custom codec.
/// - `Out`, the type of sent values, by default that of received ones.
/// - `S`, the [`Carrier`]: a [`DataChannel`], or a [`Packed`](super::Packed) for many small values.
///
/// Both peers use the same codec and carrier, and each the other's types. Clones share one channel.
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
/// while let Some(received) = moves.next().await {
///     match received {
///         Ok(Move::Step { x, y }) => { /* … */ }
///         Ok(Move::Say(line)) => { /* … */ }
///         Err(error) => { /* this message is not a move; the next one may be */ }
///     }
/// }
/// # Ok(()) }
/// ```
///
/// A client that sends questions and receives answers, in packed messages:
///
/// ```no_run
/// # use browser_rtc::channel::{DataChannel, Json, Packed, Typed};
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Question;
/// # #[derive(serde::Serialize, serde::Deserialize)] struct Answer;
/// # fn example(channel: DataChannel) {
/// let client: Typed<Answer, Json, Question, Packed> = Typed::new(Packed::new(channel));
/// # }
/// ```
///
/// A received message that cannot be decoded is the error `InvalidData` in the stream, which then continues. Nothing is
/// negotiated with the remote peer: the messages of a peer that uses another codec, or none, are such errors.
pub struct Typed<In, C = Json, Out = In, S = DataChannel> {
    carrier: S,
    codec: C,
    /// The memory of the last message, which is reused for the next.
    message: RefCell<Vec<u8>>,
    /// The pending operation of the sink.
    sink: SinkState,
    values: PhantomData<fn(Out) -> In>,
}

impl<In, C: Codec, Out, S: Carrier> Typed<In, C, Out, S> {
    /// Wraps a channel, with the default codec. The channel need not be open yet.
    #[must_use]
    pub fn new(carrier: S) -> Self
    where
        C: Default,
    {
        Self::with_codec(carrier, C::default())
    }

    /// Wraps a channel, with a codec that has state or options.
    #[must_use]
    pub fn with_codec(carrier: S, codec: C) -> Self {
        Self { carrier, codec, message: RefCell::default(), sink: SinkState::default(), values: PhantomData }
    }

    /// Returns the underlying channel.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        self.carrier.data_channel()
    }

    /// Returns the carrier.
    #[must_use]
    pub fn carrier(&self) -> &S {
        &self.carrier
    }

    /// Sends a value. The future waits for room as [`DataChannel::send`] does.
    ///
    /// # Errors
    /// `Type` for a value that the codec cannot encode, and the errors of [`DataChannel::send`].
    ///
    /// # Cancel safety
    /// This function is cancel safe: the value is sent whole or not at all.
    pub async fn send(&self, value: &Out) -> Result<()>
    where
        Out: Serialize,
    {
        let message = self.encode(value)?;
        let sent = self.carrier.carry(payload::<C>(&message)?).await;
        self.message.replace(message);
        sent
    }

    /// Sends a value without waiting.
    ///
    /// # Errors
    /// The same errors as [`send`](Self::send) and [`DataChannel::try_send`].
    pub fn try_send(&self, value: &Out) -> Result<()>
    where
        Out: Serialize,
    {
        let message = self.encode(value)?;
        let sent = self.carrier.try_carry(payload::<C>(&message)?);
        self.message.replace(message);
        sent
    }

    /// Resolves when the browser's buffer is low, as [`DataChannel::flush`] does.
    ///
    /// # Errors
    /// `Closed` if the channel closes first.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub async fn flush(&self) -> Result<()> {
        self.carrier.flush_carried().await
    }

    /// Closes the channel once the sent values have left, as [`DataChannel::close`] does.
    pub fn close(&self) {
        self.carrier.close_carrier();
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

/// Returns the payload of an encoded message, of the codec's kind.
fn payload<C: Codec>(message: &[u8]) -> Result<Payload<'_>> {
    if !C::TEXT {
        return Ok(message.into());
    }
    let text = str::from_utf8(message);
    text.map(Payload::from).map_err(|_| Error::new("send", ErrorKind::Type, "the text of the codec is not UTF-8"))
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
            let message = if C::TEXT {
                "the codec of the channel requires text messages"
            } else {
                "the codec of the channel requires binary messages"
            };
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

/// Sends values as [`send`](Typed::send) does, for use with combinators such as `forward`.
impl<In, C: Codec, Out: Serialize, S: Carrier> Sink<Out> for Typed<In, C, Out, S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.sink.poll_done(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, value: Out) -> Result<()> {
        let message = self.encode(&value)?;
        match self.carrier.try_carry(payload::<C>(&message)?) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::InvalidState) => {
                let carrier = self.carrier.clone();
                self.sink.begin(async move { carrier.carry(payload::<C>(&message)?).await });
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
        self.sink.poll_flush(cx, || async move { carrier.flush_carried().await })
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

/// Compares the carriers. Clones are equal.
impl<In, C, Out, S: PartialEq> PartialEq for Typed<In, C, Out, S> {
    fn eq(&self, other: &Self) -> bool {
        self.carrier == other.carrier
    }
}

impl<In, C, Out, S: Eq> Eq for Typed<In, C, Out, S> {}
