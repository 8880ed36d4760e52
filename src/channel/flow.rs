//! What goes out: in turn, and no more at once than the browser's buffer is to hold.

use std::{
    cell::Cell,
    future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{FutureExt, Sink};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::{
    DataChannel, Message, Payload, UnderWay,
    life::{Inner, Life},
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::Listener,
    sys,
    wake::{Turn, Waiter, WakerSet},
};

const OPERATION: &str = "send";

/// How far the browser's buffer is filled, and who waits for room in it.
pub(super) struct Flow {
    high: Cell<u32>,
    low: Cell<u32>,
    /// No less than the browser's buffer holds: asking it costs more than counting.
    buffered: Cell<f64>,
    /// The largest message; nothing until it is known.
    largest: Cell<f64>,
    /// A blob may be in the buffer. In Chromium it is overtaken by text.
    blob: Cell<bool>,
    /// How often the buffer has fallen to the low mark.
    lows: Cell<u32>,
    pub(super) turns: WakerSet,
    pub(super) drained: WakerSet,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            high: Cell::new(1024 * 1024),
            low: Cell::new(256 * 1024),
            buffered: Cell::default(),
            largest: Cell::default(),
            blob: Cell::default(),
            lows: Cell::default(),
            turns: WakerSet::default(),
            drained: WakerSet::default(),
        }
    }
}

impl Flow {
    /// Below the high mark: there is room.
    fn low_mark(&self) -> u32 {
        self.low.get().min(self.high.get().saturating_sub(1))
    }
}

impl Life {
    /// Whether it is open. An error: no more.
    fn can_send(&self) -> Result<bool> {
        if self.closing.get() || self.closed.is_set() {
            return Err(Error::closed(OPERATION));
        }
        Ok(self.opened.get())
    }

    /// The transport's largest message, which an offer may change; none where the connection is not known.
    fn ask_largest(&self) -> Option<f64> {
        self.of_transport("maxMessageSize").as_f64()
    }

    fn check_size(&self, payload: &Payload<'_>, bytes: f64) -> Result<()> {
        if bytes > self.flow.largest.get() {
            self.flow.largest.set(self.ask_largest().unwrap_or(f64::INFINITY));
        }
        // How long JavaScript's text is in UTF-8 is left to the browser.
        let largest = self.flow.largest.get();
        if bytes <= largest || matches!(payload, Payload::JsText(_)) {
            return Ok(());
        }
        Err(too_large(largest))
    }

    /// Whether it may go into the buffer. A message over the high mark may, where nothing else is there.
    fn has_room(&self, payload: &Payload<'_>, bytes: f64) -> bool {
        let flow = &self.flow;
        let high = f64::from(flow.high.get());
        let behind_blob = payload.is_text() && flow.blob.get();
        if flow.buffered.get() + bytes <= high && !behind_blob {
            return true;
        }
        let buffered = self.ask_buffered();
        buffered == 0.0 || buffered + bytes <= high && !behind_blob
    }

    /// To how much the buffer must fall for this message.
    fn room_mark(&self, payload: &Payload<'_>) -> u32 {
        let flow = &self.flow;
        if payload.is_text() && flow.blob.get() {
            return 0;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
        let bytes = payload.most_bytes() as u32;
        flow.low_mark().min(flow.high.get().saturating_sub(bytes))
    }

    fn ask_buffered(&self) -> f64 {
        let buffered = self.raw.buffered_bytes();
        self.flow.buffered.set(buffered);
        if buffered == 0.0 {
            self.flow.blob.set(false);
        }
        buffered
    }

    /// Whether there is no room at all.
    fn is_full(&self) -> bool {
        let high = f64::from(self.flow.high.get());
        self.flow.buffered.get() >= high && self.ask_buffered() >= high
    }

    /// Whoever waits looks again.
    fn marks_changed(&self) {
        self.flow.turns.wake_first();
        self.flow.drained.wake_all();
    }

    fn hand_over(&self, payload: &Payload<'_>, bytes: f64) -> Result<()> {
        let raw = &self.raw;
        let sent = match payload {
            Payload::Text(text) => raw.send_text(text),
            Payload::Binary(bytes) => send_bytes(raw, bytes),
            // It would not be seen in the buffer.
            Payload::Blob(_) if bytes == 0.0 => send_bytes(raw, &[]),
            Payload::Blob(blob) => {
                self.flow.blob.set(true);
                raw.send_js(blob)
            }
            Payload::Buffer(buffer) => raw.send_js(buffer),
            Payload::View(view) => raw.send_js(view),
            Payload::JsText(text) => raw.send_js(text),
        };
        match sent.during(OPERATION) {
            Ok(()) => {
                self.flow.buffered.set(self.flow.buffered.get() + bytes);
                Ok(())
            }
            // A browser also throws a `TypeError` for memory that it does not read from: shared, or resizable.
            Err(error) => Err(match (error.kind(), self.ask_largest()) {
                (ErrorKind::InvalidState, _) => Error::closed(OPERATION),
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
    Error::new(OPERATION, ErrorKind::TooLarge { limit }, "the message is larger than the transport's largest")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and saturates")]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// Why a message cannot go now, and will later.
enum Hindrance {
    NotOpen,
    NoRoom,
}

impl Inner {
    fn attempt(&self, payload: &Payload<'_>, turn: Option<&Turn>) -> std::result::Result<Result<()>, Hindrance> {
        let life = &self.life;
        match life.can_send() {
            Ok(true) => {}
            Ok(false) => return Err(Hindrance::NotOpen),
            Err(closed) => return Ok(Err(closed)),
        }
        let bytes = payload.most_bytes();
        if let Err(too_large) = life.check_size(payload, bytes) {
            return Ok(Err(too_large));
        }
        let is_next = turn.map_or_else(|| life.flow.turns.is_empty(), Turn::is_first);
        if is_next && life.has_room(payload, bytes) {
            return Ok(life.hand_over(payload, bytes));
        }
        Err(Hindrance::NoRoom)
    }

    /// At once where it has room and nobody waits; or else in its turn.
    fn poll_send(&self, cx: &Context<'_>, payload: &Payload<'_>, turn: &mut Option<Turn>) -> Poll<Result<()>> {
        match self.attempt(payload, turn.as_ref()) {
            Ok(outcome) => {
                // The next one's turn.
                *turn = None;
                Poll::Ready(outcome)
            }
            Err(hindrance) => {
                let turn = turn.get_or_insert_with(|| self.life.flow.turns.turn());
                turn.register(cx);
                if matches!(hindrance, Hindrance::NoRoom) && turn.is_first() {
                    self.tell_when_low(self.life.room_mark(payload));
                }
                Poll::Pending
            }
        }
    }

    /// Whether the buffer is low, or was since the mark had been reached so many times.
    fn poll_low(&self, cx: &Context<'_>, lows: u32, waiter: &mut Waiter) -> Poll<Result<()>> {
        let flow = &self.life.flow;
        if flow.lows.get() != lows || self.life.ask_buffered() <= f64::from(flow.low_mark()) {
            return Poll::Ready(Ok(()));
        }
        if self.life.closed.is_set() {
            return Poll::Ready(Err(Error::closed("flush")));
        }
        waiter.register(cx);
        self.tell_when_low(flow.low_mark());
        Poll::Pending
    }

    /// Has the browser tell when its buffer has fallen to this.
    pub(super) fn tell_when_low(&self, mark: u32) {
        let life = &self.life;
        self.listeners.low.get_or_init(|| {
            let life = life.clone();
            Listener::new(&life.raw.clone(), "bufferedamountlow", move |_| {
                life.flow.lows.set(life.flow.lows.get().wrapping_add(1));
                life.flow.turns.wake_first();
                life.flow.drained.wake_all();
            })
        });
        // A close waits for the end of what is there.
        let mark = if life.closing.get() { 0 } else { mark };
        life.raw.set_buffered_amount_low_threshold(mark);
    }
}

/// Sending.
impl DataChannel {
    /// Sends text or bytes. It waits until the channel is open, until it is its turn (who came first is served first),
    /// and until the browser's buffer has room for the message below the [high mark](Self::set_high_water_mark), or is
    /// empty; hands it over; and resolves when there is room for the next.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-send)
    ///
    /// Dropped before its turn, nothing was sent, and the next one's turn comes. A message is sent whole or not at all.
    ///
    /// It waits without a limit for a connection that does not come up, and for a peer that is out of reach or whose
    /// browser takes no more data. The end of the channel or its connection ends the wait.
    ///
    /// A peer built on webrtc-rs announces no limit, and closes its channel on a message above 65,535 bytes: send it
    /// smaller ones.
    ///
    /// # Errors
    /// `TooLarge` with the transport's [largest](Self::max_message_size), and nothing was sent; `Closed` where the
    /// channel closes before its turn, be it by [`close`](Self::close).
    #[doc(alias = "RTCDataChannel.send")]
    pub async fn send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.send_in_turn(payload.into()).await
    }

    /// Apart, to be compiled once.
    async fn send_in_turn(&self, payload: Payload<'_>) -> Result<()> {
        let Life { flow, .. } = &*self.inner.life;
        let (mut turn, mut handed_over) = (None, None);
        future::poll_fn(|cx| {
            if handed_over.is_none() {
                ready!(self.inner.poll_send(cx, &payload, &mut turn))?;
                if !self.inner.life.is_full() {
                    return Poll::Ready(Ok(()));
                }
            }
            let (lows, waiter) = handed_over.get_or_insert_with(|| (flow.lows.get(), flow.drained.waiter()));
            // It has been handed over, whatever comes of the channel.
            self.inner.poll_low(cx, *lows, waiter).map(|_closed| Ok(()))
        })
        .await
    }

    /// Sends text or bytes at once.
    ///
    /// # Errors
    /// `WouldBlock` where there is no room, or others wait for it, or the other side's channel has come in this very turn
    /// (Chromium loses count of what is sent then); `InvalidState` where the channel is not yet open;
    /// `TooLarge` and `Closed` as [`send`](Self::send).
    pub fn try_send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.inner.attempt(&payload.into(), None).unwrap_or_else(|hindrance| {
            Err(match hindrance {
                Hindrance::NotOpen if !self.inner.life.is_new.get() => {
                    Error::new(OPERATION, ErrorKind::InvalidState, "the channel is not yet open")
                }
                Hindrance::NotOpen | Hindrance::NoRoom => {
                    Error::new(OPERATION, ErrorKind::WouldBlock, "there is no room now")
                }
            })
        })
    }

    /// Resolves when the browser's buffer is at or below the [low mark](Self::set_low_water_mark); at once where it is
    /// already. Cancel safe. It waits without a limit for a peer that is out of reach, as [`send`](Self::send).
    ///
    /// # Errors
    /// `Closed` where the channel closes first.
    ///
    /// # Cancel safety
    /// Cancel safe.
    #[doc(alias = "RTCDataChannel.onbufferedamountlow")]
    pub async fn flush(&self) -> Result<()> {
        let flow = &self.inner.life.flow;
        let mut waiter = flow.drained.waiter();
        let lows = flow.lows.get();
        future::poll_fn(|cx| self.inner.poll_low(cx, lows, &mut waiter)).await
    }

    /// How many bytes the browser's buffer is to hold at most: 1 MiB unless set. A larger message goes when the buffer
    /// is empty.
    #[must_use]
    pub fn high_water_mark(&self) -> u32 {
        self.inner.life.flow.high.get()
    }

    /// Sets this mark, for all handles of the channel. Chromium has room for 16 MiB, and refuses what goes beyond with
    /// `Operation`.
    pub fn set_high_water_mark(&self, bytes: u32) {
        self.inner.life.flow.high.set(bytes);
        self.inner.life.marks_changed();
    }

    /// To how many bytes the browser's buffer must fall, once it is full, before more is sent: 256 KiB unless set.
    #[doc(alias = "RTCDataChannel.bufferedAmountLowThreshold")]
    #[must_use]
    pub fn low_water_mark(&self) -> u32 {
        self.inner.life.flow.low.get()
    }

    /// Sets this mark, for all handles of the channel.
    pub fn set_low_water_mark(&self, bytes: u32) {
        self.inner.life.flow.low.set(bytes);
        self.inner.life.marks_changed();
    }

    /// The largest message in bytes that the transport takes, which the two sides have negotiated; none before the
    /// channel has opened, or where its connection is not known. Not every peer announces what it takes: see
    /// [`send`](Self::send).
    #[must_use]
    pub fn max_message_size(&self) -> Option<u64> {
        let life = &self.inner.life;
        let largest = life.ask_largest().filter(|_| life.opened.get() || life.is_new.get())?;
        Some(whole(largest))
    }
}

/// Each handle holds one message at most until there is room; dropped before it is flushed, that one is not sent.
/// Flushed is what [`flush`](DataChannel::flush) says. It closes as [`close`](DataChannel::close) does, and has closed
/// when the channel has.
impl Sink<Message> for DataChannel {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if matches!(self.under_way, UnderWay::Nothing) {
            return Poll::Ready(self.inner.life.can_send().map(drop));
        }
        self.under_way.poll_done(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<()> {
        self.inner.attempt(&(&message).into(), None).unwrap_or_else(|_hindrance| {
            let channel = self.clone();
            self.under_way.begin(async move { channel.send(&message).await });
            Ok(())
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let channel = self.clone();
        self.under_way.poll_flush(cx, || async move { channel.flush().await })
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.under_way.poll_done(cx))?;
        self.close();
        let closed = self.closed();
        self.under_way.begin(closed.map(Ok));
        self.under_way.poll_done(cx)
    }
}
