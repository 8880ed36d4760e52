//! Sending: in turn, and no faster than the browser's send buffer drains.

use std::{
    future,
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

    /// Returns the transport's largest message, which an offer may change, if the connection is known.
    fn query_max_message_size(&self) -> Option<f64> {
        self.transport_member("maxMessageSize").as_f64()
    }

    fn check_size(&self, payload: &Payload<'_>, bytes: f64) -> Result<()> {
        if bytes > self.send_buffer.largest.get() {
            self.send_buffer.largest.set(self.query_max_message_size().unwrap_or(f64::INFINITY));
        }
        // How long JavaScript's text is in UTF-8 is left to the browser.
        let largest = self.send_buffer.largest.get();
        if bytes <= largest || matches!(payload, Payload::JsText(_)) {
            return Ok(());
        }
        Err(too_large(largest))
    }

    /// Returns whether the buffer has room for the message. An empty buffer has room for any.
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

    /// Returns the level to which the buffer must fall for this message.
    fn room_mark(&self, payload: &Payload<'_>) -> u32 {
        let buffer = &self.send_buffer;
        if payload.is_text() && buffer.blob.get() {
            return 0;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
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

    /// Returns whether the buffer has no room at all.
    fn is_full(&self) -> bool {
        let high = f64::from(self.send_buffer.high.get());
        self.send_buffer.buffered.get() >= high && self.query_buffered() >= high
    }

    /// Returns whether the browser has set the state back, as Chromium may for a new channel, until it reports it as open
    /// once more.
    fn is_connecting_again(&self) -> bool {
        let is_connecting = self.raw.ready_state_name() == "connecting";
        if is_connecting {
            self.opened.set(false);
        }
        is_connecting
    }

    fn give_to_browser(&self, payload: &Payload<'_>, bytes: f64) -> Result<()> {
        let raw = &self.raw;
        let sent = match payload {
            Payload::Text(text) => raw.send_text(text),
            Payload::Binary(bytes) => send_bytes(raw, bytes),
            // It would not be seen in the buffer.
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
            // A browser also throws a `TypeError` for memory that it does not read from: shared, or resizable.
            Err(error) => Err(match (error.kind(), self.query_max_message_size()) {
                (ErrorKind::InvalidState, _) => self.closed_error(OPERATION),
                (ErrorKind::Type, Some(largest)) if payload.exact_bytes() > largest => too_large(largest),
                _ => error,
            }),
        }
    }
}

/// Sends bytes from the program's memory. A program with threads has shared memory, from which no browser sends: there
/// the bytes are copied first.
fn send_bytes(raw: &sys::data_channel::DataChannel, bytes: &[u8]) -> std::result::Result<(), JsValue> {
    if cfg!(target_feature = "atomics") { raw.send_js(&Uint8Array::from(bytes)) } else { raw.send_bytes(bytes) }
}

fn too_large(largest: f64) -> Error {
    let limit = whole(largest);
    Error::new(OPERATION, ErrorKind::TooLarge { limit }, "the message exceeds the largest message of the transport")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and saturates")]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// The reason why a message must wait.
enum Blocked {
    NotOpen,
    Full,
}

impl SharedChannel {
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
        let sent = life.give_to_browser(payload, bytes);
        if sent.is_err() && life.is_connecting_again() { Err(Blocked::NotOpen) } else { Ok(sent) }
    }

    /// Sends at once if there is room and no other sender waits, otherwise in turn.
    fn poll_send(&self, cx: &Context<'_>, payload: &Payload<'_>, turn: &mut Option<Turn>) -> Poll<Result<()>> {
        match self.attempt(payload, turn.as_ref()) {
            Ok(outcome) => {
                // The next one's turn.
                *turn = None;
                Poll::Ready(outcome)
            }
            Err(blocked) => {
                let turn = turn.get_or_insert_with(|| self.life.send_buffer.turns.turn());
                turn.register(cx);
                if matches!(blocked, Blocked::Full) && turn.is_first() {
                    self.notify_when_low(self.life.room_mark(payload));
                }
                Poll::Pending
            }
        }
    }

    /// Resolves when the buffer is low, or has been since it had been low this many times.
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
    /// Sends text or bytes. It waits until the channel is open, until earlier senders are done, and until the browser's
    /// buffer has room for the message below the [high mark](Self::set_high_water_mark), or is empty. It resolves when there
    /// is room for the next message.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-send)
    ///
    /// If the future is dropped before its turn, nothing is sent. A message is sent whole or not at all.
    ///
    /// It waits without a limit for a connection that does not come up, and for a peer that is out of reach or whose
    /// browser takes no more data. The end of the channel or its connection ends the wait.
    ///
    /// A peer built on webrtc-rs announces no limit, and closes its channel on a message above 65,535 bytes: send it
    /// smaller ones.
    ///
    /// # Errors
    /// `TooLarge` with the transport's [largest](Self::max_message_size), and nothing was sent; `Closed` if the
    /// channel closes before its turn, also by [`close`](Self::close).
    #[doc(alias = "RTCDataChannel.send")]
    pub async fn send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.send_in_turn(payload.into()).await
    }

    /// Does not depend on the type of the payload, and so is compiled once.
    async fn send_in_turn(&self, payload: Payload<'_>) -> Result<()> {
        let Life { send_buffer: buffer, .. } = &*self.inner.life;
        let (mut turn, mut handed_over) = (None, None);
        future::poll_fn(|cx| {
            if handed_over.is_none() {
                ready!(self.inner.poll_send(cx, &payload, &mut turn))?;
                if !self.inner.life.is_full() {
                    return Poll::Ready(Ok(()));
                }
            }
            let (lows, waiter) = handed_over.get_or_insert_with(|| (buffer.lows.get(), buffer.drained.waiter()));
            // It has been handed over, whatever comes of the channel.
            self.inner.poll_low(cx, *lows, waiter).map(|_closed| Ok(()))
        })
        .await
    }

    /// Sends text or bytes at once.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room, if others wait for it, or if the peer's channel has arrived a moment ago (Chromium
    /// loses what is sent then); `InvalidState` where the channel is not yet open;
    /// `TooLarge` and `Closed` as [`send`](Self::send).
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

    /// Resolves when the browser's buffer is at or below the [low mark](Self::set_low_water_mark), at once if it is
    /// already. It waits without a limit for a peer that is out of reach, as [`send`](Self::send).
    ///
    /// # Errors
    /// `Closed` where the channel closes first.
    ///
    /// # Cancel safety
    /// Cancel safe.
    #[doc(alias = "RTCDataChannel.onbufferedamountlow")]
    pub async fn flush(&self) -> Result<()> {
        let buffer = &self.inner.life.send_buffer;
        let mut waiter = buffer.drained.waiter();
        let lows = buffer.lows.get();
        future::poll_fn(|cx| self.inner.poll_low(cx, lows, &mut waiter)).await
    }

    /// Returns the maximum number of bytes in the browser's send buffer: 1 MiB unless set. A larger message is sent when
    /// the buffer is empty.
    #[must_use]
    pub fn high_water_mark(&self) -> u32 {
        self.inner.life.send_buffer.high.get()
    }

    /// Sets this mark, for all handles of the channel. Chromium has room for 16 MiB, and refuses what goes beyond with
    /// `Operation`.
    pub fn set_high_water_mark(&self, bytes: u32) {
        self.inner.life.send_buffer.high.set(bytes);
        self.inner.life.send_buffer.wake();
    }

    /// Returns the number of bytes to which a full send buffer must fall before more is sent: 256 KiB unless set.
    #[doc(alias = "RTCDataChannel.bufferedAmountLowThreshold")]
    #[must_use]
    pub fn low_water_mark(&self) -> u32 {
        self.inner.life.send_buffer.low.get()
    }

    /// Sets this mark, for all handles of the channel.
    pub fn set_low_water_mark(&self, bytes: u32) {
        self.inner.life.send_buffer.low.set(bytes);
        self.inner.life.send_buffer.wake();
    }

    /// Returns the largest message in bytes that the transport takes, which the two peers have negotiated. `None` before
    /// the channel has opened, or if its connection is not known. Not every peer announces what it takes: see
    /// [`send`](Self::send).
    #[must_use]
    pub fn max_message_size(&self) -> Option<u64> {
        let life = &self.inner.life;
        let largest = life.query_max_message_size().filter(|_| life.opened.get() || life.is_new.get())?;
        Some(whole(largest))
    }
}

/// Each handle holds one message at most until there is room; dropped before it is flushed, that one is not sent.
/// Flushed is what [`flush`](DataChannel::flush) says. It closes as [`close`](DataChannel::close) does, and has closed
/// when the channel has.
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
