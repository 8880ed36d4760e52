//! Sending in order, at the rate at which the browser's send buffer drains.

use std::{
    future::{self, Future},
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Sink};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::{
    data_channel::DataChannel,
    life::{Life, SharedChannel},
    message::{Message, Payload},
    sink_state::SinkState,
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    sys,
    wake::{Turn, Waiter},
};

const OPERATION: &str = "send";

impl Life {
    /// Returns whether the channel is open.
    ///
    /// # Errors
    /// `Closed` if it is closed or closing.
    fn can_send(&self) -> Result<bool> {
        if self.closing.get() || self.closed.is_set() {
            return Err(self.closed_error(OPERATION));
        }
        Ok(self.opened.get())
    }

    /// Returns the largest message of the transport, which a negotiation may change; `None` if the connection is not
    /// known.
    fn query_max_message_size(&self) -> Option<f64> {
        self.transport_member("maxMessageSize").as_f64()
    }

    fn check_size(&self, payload: &Payload<'_>, bytes: f64) -> Result<()> {
        if bytes > self.send_buffer.largest.get() {
            self.send_buffer.largest.set(self.query_max_message_size().unwrap_or(f64::INFINITY));
        }
        // The browser checks the length of JavaScript's text in UTF-8.
        let largest = self.send_buffer.largest.get();
        if bytes <= largest || matches!(payload, Payload::JsText(_)) {
            return Ok(());
        }
        Err(too_large(largest))
    }

    /// Returns whether the buffer has room for the message. An empty buffer has room for any message.
    fn has_room(&self, payload: &Payload<'_>, bytes: f64) -> bool {
        let buffer = &self.send_buffer;
        let high = f64::from(buffer.high.get());
        let behind_blob = payload.is_text() && buffer.blob.get();
        if buffer.buffered.get() + bytes <= high && !behind_blob {
            return true;
        }
        let buffered = self.query_buffered();
        buffered == 0.0 || buffered + bytes <= high && !behind_blob
    }

    /// Returns the level to which the buffer must fall to have room for the message.
    fn required_level(&self, payload: &Payload<'_>) -> u32 {
        let buffer = &self.send_buffer;
        if payload.is_text() && buffer.blob.get() {
            return 0;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value saturates")]
        let bytes = payload.max_bytes() as u32;
        buffer.low_mark().min(buffer.high.get().saturating_sub(bytes))
    }

    fn query_buffered(&self) -> f64 {
        let buffered = self.raw.buffered_bytes();
        self.send_buffer.buffered.set(buffered);
        if buffered == 0.0 {
            self.send_buffer.blob.set(false);
        }
        buffered
    }

    /// Returns whether the buffer is at the high mark or above.
    fn is_full(&self) -> bool {
        let high = f64::from(self.send_buffer.high.get());
        self.send_buffer.buffered.get() >= high && self.query_buffered() >= high
    }

    /// Resets a channel whose state the browser has reset to connecting, which Chromium may do with a new channel; the
    /// event `open` follows. Returns whether the channel was reset.
    fn reset_if_connecting(&self) -> bool {
        let is_connecting = self.raw.ready_state_name() == "connecting";
        if is_connecting {
            self.opened.set(false);
        }
        is_connecting
    }

    fn send_raw(&self, payload: &Payload<'_>, bytes: f64) -> Result<()> {
        let raw = &self.raw;
        let sent = match payload {
            Payload::Text(text) => raw.send_text(text),
            Payload::Binary(bytes) => send_bytes(raw, bytes),
            // An empty blob would not show in the buffered amount.
            Payload::Blob(_) if bytes == 0.0 => send_bytes(raw, &[]),
            Payload::Blob(blob) => {
                self.send_buffer.blob.set(true);
                raw.send_js(blob)
            }
            Payload::Buffer(buffer) => raw.send_js(buffer),
            Payload::View(view) => raw.send_js(view),
            Payload::JsText(text) => raw.send_js(text),
        };
        match sent.during(OPERATION) {
            Ok(()) => {
                self.send_buffer.buffered.set(self.send_buffer.buffered.get() + bytes);
                Ok(())
            }
            // Browsers also throw a `TypeError` for shared and for resizable memory.
            Err(error) => Err(match (error.kind(), self.query_max_message_size()) {
                (ErrorKind::InvalidState, _) => self.closed_error(OPERATION),
                (ErrorKind::Type, Some(largest)) if payload.exact_bytes() > largest => too_large(largest),
                _ => error,
            }),
        }
    }
}

/// Sends bytes from the memory of the program. The memory of a program with threads is shared, which browsers reject,
/// so that the bytes are copied first.
fn send_bytes(raw: &sys::data_channel::DataChannel, bytes: &[u8]) -> std::result::Result<(), JsValue> {
    if cfg!(target_feature = "atomics") { raw.send_js(&Uint8Array::from(bytes)) } else { raw.send_bytes(bytes) }
}

fn too_large(largest: f64) -> Error {
    let limit = to_whole(largest);
    Error::new(OPERATION, ErrorKind::TooLarge { limit }, "the message exceeds the largest message of the transport")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is not negative and saturates")]
fn to_whole(bytes: f64) -> u64 {
    bytes as u64
}

/// The reason for which a message has to wait.
enum Blocked {
    NotOpen,
    Full,
}

impl SharedChannel {
    /// Sends the message if the channel is open, has room, and no earlier sender waits.
    fn attempt(&self, payload: &Payload<'_>, turn: Option<&Turn>) -> std::result::Result<Result<()>, Blocked> {
        let life = &self.life;
        match life.can_send() {
            Ok(true) => {}
            Ok(false) => return Err(Blocked::NotOpen),
            Err(closed) => return Ok(Err(closed)),
        }
        let bytes = payload.max_bytes();
        if let Err(too_large) = life.check_size(payload, bytes) {
            return Ok(Err(too_large));
        }
        let is_next = turn.map_or_else(|| life.send_buffer.turns.is_empty(), Turn::is_first);
        if !is_next || !life.has_room(payload, bytes) {
            return Err(Blocked::Full);
        }
        let sent = life.send_raw(payload, bytes);
        if sent.is_err() && life.reset_if_connecting() { Err(Blocked::NotOpen) } else { Ok(sent) }
    }

    /// Sends immediately if there is room and no other sender waits, otherwise in the order of the calls.
    fn poll_send(&self, cx: &Context<'_>, payload: &Payload<'_>, turn: &mut Option<Turn>) -> Poll<Result<()>> {
        match self.attempt(payload, turn.as_ref()) {
            Ok(outcome) => {
                // The next sender may send.
                *turn = None;
                Poll::Ready(outcome)
            }
            Err(blocked) => {
                let turn = turn.get_or_insert_with(|| self.life.send_buffer.turns.turn());
                turn.register(cx);
                if matches!(blocked, Blocked::Full) && turn.is_first() {
                    self.notify_when_low(self.life.required_level(payload));
                }
                Poll::Pending
            }
        }
    }

    /// Resolves when the buffer is low, or has been low since the counter had the value `lows`.
    fn poll_low(&self, cx: &Context<'_>, lows: u32, waiter: &mut Waiter) -> Poll<Result<()>> {
        let buffer = &self.life.send_buffer;
        if buffer.lows.get() != lows || self.life.query_buffered() <= f64::from(buffer.low_mark()) {
            return Poll::Ready(Ok(()));
        }
        if self.life.closed.is_set() {
            return Poll::Ready(Err(self.life.closed_error("flush")));
        }
        waiter.register(cx);
        self.notify_when_low(buffer.low_mark());
        Poll::Pending
    }
}

/// Sending.
impl DataChannel {
    /// Sends text or bytes.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-send)
    ///
    /// The future waits until the channel is open, until the messages of earlier calls are sent, and until the
    /// browser's buffer is empty or has room for the message below the [high mark](Self::set_high_water_mark). It
    /// resolves when there is room for the next message.
    ///
    /// The wait has no timeout: it lasts while the connection is being established, while the remote peer is
    /// unreachable, and while the remote browser accepts no more data. It ends when the channel or its connection
    /// closes.
    ///
    /// A peer that is built on webrtc-rs does not announce its limit, and closes the channel when it receives
    /// a message of more than 65,535 bytes.
    ///
    /// # Errors
    /// - `TooLarge`, with the [largest message](Self::max_message_size) of the transport. Nothing is sent.
    /// - `Closed` if the channel closes before the message is sent, also by a local [`close`](Self::close).
    /// - `Type` for memory that browsers do not send from: shared or resizable.
    ///
    /// # Cancel safety
    /// This function is cancel safe: a message is sent whole or not at all. If the future is dropped before the message
    /// is in the browser's buffer, the message is not sent.
    #[doc(alias = "RTCDataChannel.send")]
    pub async fn send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.send_payload(payload.into()).await
    }

    /// Sends the payload. This part does not depend on the type of the argument, and so is compiled once.
    fn send_payload(&self, payload: Payload<'_>) -> impl Future<Output = Result<()>> {
        let Life { send_buffer: buffer, .. } = &*self.inner.life;
        let (mut turn, mut sent) = (None, None);
        future::poll_fn(move |cx| {
            if sent.is_none() {
                ready!(self.inner.poll_send(cx, &payload, &mut turn))?;
                if !self.inner.life.is_full() {
                    return Poll::Ready(Ok(()));
                }
            }
            let (lows, waiter) = sent.get_or_insert_with(|| (buffer.lows.get(), buffer.drained.waiter()));
            // The message is in the browser's buffer, even if the channel closes now.
            self.inner.poll_low(cx, *lows, waiter).map(|_closed| Ok(()))
        })
    }

    /// Sends text or bytes without waiting.
    ///
    /// # Errors
    /// - `WouldBlock` if the buffer has no room or other senders wait for it. Also for a moment after the channel has
    ///   been received from the remote peer: Chromium would lose the message.
    /// - `InvalidState` if the channel is not open yet.
    /// - `TooLarge`, `Closed` and `Type` as [`send`](Self::send).
    pub fn try_send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.inner.attempt(&payload.into(), None).unwrap_or_else(|blocked| {
            Err(match blocked {
                Blocked::NotOpen if !self.inner.life.is_new.get() => {
                    Error::new(OPERATION, ErrorKind::InvalidState, "the data channel is not open yet")
                }
                Blocked::NotOpen | Blocked::Full => {
                    Error::new(OPERATION, ErrorKind::WouldBlock, "the send buffer of the data channel is full")
                }
            })
        })
    }

    /// Resolves when the browser's buffer is at or below the [low mark](Self::set_low_water_mark), or immediately if it
    /// already is. Like [`send`](Self::send), the future waits without a timeout for an unreachable peer.
    ///
    /// # Errors
    /// `Closed` if the channel closes first.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    #[doc(alias = "RTCDataChannel.onbufferedamountlow")]
    pub async fn flush(&self) -> Result<()> {
        let buffer = &self.inner.life.send_buffer;
        let mut waiter = buffer.drained.waiter();
        let lows = buffer.lows.get();
        future::poll_fn(|cx| self.inner.poll_low(cx, lows, &mut waiter)).await
    }

    /// Returns the high mark: the maximum number of bytes in the browser's send buffer, 1 MiB by default. A message
    /// that is larger is sent when the buffer is empty.
    #[must_use]
    pub fn high_water_mark(&self) -> u32 {
        self.inner.life.send_buffer.high.get()
    }

    /// Sets the high mark in bytes, for all handles of the channel. The buffer of Chromium has room for 16 MiB; above
    /// it, sending fails with `Operation`.
    pub fn set_high_water_mark(&self, bytes: u32) {
        self.inner.life.send_buffer.high.set(bytes);
        self.inner.life.send_buffer.wake();
    }

    /// Returns the low mark: the number of bytes to which a full send buffer must drain before more is sent, 256 KiB by
    /// default.
    #[doc(alias = "RTCDataChannel.bufferedAmountLowThreshold")]
    #[must_use]
    pub fn low_water_mark(&self) -> u32 {
        self.inner.life.send_buffer.low.get()
    }

    /// Sets the low mark in bytes, for all handles of the channel.
    pub fn set_low_water_mark(&self, bytes: u32) {
        self.inner.life.send_buffer.low.set(bytes);
        self.inner.life.send_buffer.wake();
    }

    /// Returns the size in bytes of the largest message that the transport carries, as the two peers have negotiated
    /// it. `None` before the channel has opened, and if its [connection is not known](Self::from_raw). Not every peer
    /// announces its limit: see [`send`](Self::send).
    #[must_use]
    pub fn max_message_size(&self) -> Option<u64> {
        let life = &self.inner.life;
        let largest = life.query_max_message_size().filter(|_| life.opened.get() || life.is_new.get())?;
        Some(to_whole(largest))
    }
}

/// Sends messages as [`send`](DataChannel::send) does, for use with combinators such as `forward`.
///
/// Each handle holds at most one message that waits for room; if the handle is dropped before that message is flushed,
/// it is not sent. Flushing waits as [`flush`](DataChannel::flush) does. Closing the sink closes the channel as
/// [`close`](DataChannel::close) does, and is complete when the channel has closed.
impl Sink<Message> for DataChannel {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if matches!(self.sink, SinkState::Idle) {
            return Poll::Ready(self.inner.life.can_send().map(drop));
        }
        self.sink.poll_done(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<()> {
        self.inner.attempt(&(&message).into(), None).unwrap_or_else(|_blocked| {
            let channel = self.clone();
            self.sink.begin(async move { channel.send(&message).await });
            Ok(())
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let channel = self.clone();
        self.sink.poll_flush(cx, || async move { channel.flush().await })
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.sink.poll_done(cx))?;
        self.close();
        let closed = self.closed();
        self.sink.begin(closed.map(Ok));
        self.sink.poll_done(cx)
    }
}
