//! Messages between two peers. [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-data-api)

mod init;
mod life;
mod message;

use std::{
    fmt,
    future::{self, Future},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::Stream;
use wasm_bindgen::JsCast;

pub(crate) use self::life::Channels;
use self::life::Inner;
pub use self::{
    init::{ChannelInit, Reliability},
    message::{BinaryType, Message, Payload},
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    event::EventStream,
    peer::PriorityType,
    spec_enum::spec_enum,
    sys::global,
    wake::{End, EndWait, Waiter},
};

spec_enum! {
    /// Whether a channel can send. [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannelstate)
    #[doc(alias = "RTCDataChannelState")]
    ChannelState {
        /// Not yet.
        #[doc(alias = "RTCDataChannelState.connecting")]
        Connecting = "connecting",
        /// Yes.
        #[doc(alias = "RTCDataChannelState.open")]
        Open = "open",
        /// No more; what was sent is still on its way.
        #[doc(alias = "RTCDataChannelState.closing")]
        Closing = "closing",
        /// No more.
        #[doc(alias = "RTCDataChannelState.closed")]
        Closed = "closed",
    }
}

/// Messages to and from one peer, as a [`Stream`] and with [`send`](Self::send).
/// [Specification](https://www.w3.org/TR/webrtc/#rtcdatachannel)
///
/// Clones share one channel; it closes when the last is dropped, after what was sent. Messages are kept from the first
/// on until they are taken, without a bound for now, and each goes to one clone. The stream ends when the channel has
/// closed, by either side or with its connection, after all that had arrived. A channel does not keep its connection
/// open.
///
/// ```no_run
/// # use browser_rtc::{channel::{ChannelInit, Message}, peer::PeerConnection, Result};
/// # use futures::StreamExt;
/// # async fn example(pc: PeerConnection) -> Result<()> {
/// let mut chat = pc.create_data_channel("chat", &ChannelInit::new())?;
/// chat.send("hello").await?;
/// while let Some(message) = chat.next().await {
///     if let Message::Text(line) = message? { /* … */ }
/// }
/// # Ok(()) }
/// ```
#[doc(alias = "RTCDataChannel")]
#[doc(alias = "RTCDataChannel.onmessage")]
pub struct DataChannel {
    inner: Rc<Inner>,
    /// Each clone waits for itself.
    filled: Waiter,
    closed: EndWait,
}

impl DataChannel {
    fn of(inner: Rc<Inner>) -> Self {
        Self { filled: inner.messages.waiter(), closed: inner.life.closed.wait(), inner }
    }

    /// A handle of a channel that something else looks after: dropping it does not close the channel. Messages that
    /// came before are lost to it.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcDataChannel) -> Self {
        let inner = Inner::new(raw.unchecked_into(), &End::default());
        inner.close_on_drop.set(false);
        Self::of(inner)
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcDataChannel {
        &self.inner.raw
    }

    /// The browser's own object, no longer closed by any drop.
    #[must_use]
    pub fn into_raw(self) -> web_sys::RtcDataChannel {
        self.inner.close_on_drop.set(false);
        self.inner.raw.clone().unchecked_into()
    }

    /// The name that it was created with; need not be unique.
    #[doc(alias = "RTCDataChannel.label")]
    #[must_use]
    pub fn label(&self) -> String {
        self.inner.raw.label()
    }

    /// The sub-protocol that it was created with.
    #[doc(alias = "RTCDataChannel.protocol")]
    #[must_use]
    pub fn protocol(&self) -> String {
        self.inner.raw.protocol()
    }

    /// Its id, 0 to 65,534; none until it is known.
    #[doc(alias = "RTCDataChannel.id")]
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        self.inner.raw.id()
    }

    /// Whether messages come in the order they were sent.
    #[doc(alias = "RTCDataChannel.ordered")]
    #[must_use]
    pub fn ordered(&self) -> bool {
        self.inner.raw.ordered()
    }

    /// Whether both sides opened it by its id.
    #[doc(alias = "RTCDataChannel.negotiated")]
    #[must_use]
    pub fn negotiated(&self) -> bool {
        self.inner.raw.negotiated()
    }

    /// How long a message is tried.
    #[doc(alias = "RTCDataChannel.maxRetransmits")]
    #[doc(alias = "RTCDataChannel.maxPacketLifeTime")]
    #[must_use]
    pub fn reliability(&self) -> Reliability {
        match (self.inner.raw.max_retransmits(), self.inner.raw.max_packet_life_time()) {
            (Some(sends), _) => Reliability::MaxRetransmits(sends),
            (None, Some(ms)) => Reliability::MaxPacketLifeTime(ms),
            (None, None) => Reliability::Reliable,
        }
    }

    /// Whether it can send.
    #[doc(alias = "RTCDataChannel.readyState")]
    #[must_use]
    pub fn state(&self) -> ChannelState {
        self.inner.life.state(&self.inner.raw)
    }

    /// Whether it can send: now, then each change, `Closed` last.
    #[doc(alias = "RTCDataChannel.onclosing")]
    pub fn states(&self) -> EventStream<ChannelState> {
        let (life, raw) = (self.inner.life.clone(), self.inner.raw.clone());
        let events = &["open", "closing", "close"];
        EventStream::of_states(&self.inner.life.closed, &self.inner.raw, events, move || life.state(&raw))
    }

    /// Bytes that the browser has yet to send.
    #[doc(alias = "RTCDataChannel.bufferedAmount")]
    #[must_use]
    pub fn buffered_amount(&self) -> f64 {
        self.inner.raw.buffered_bytes()
    }

    /// The amount, in bytes, at or below which [`buffered_amount_low`](Self::buffered_amount_low) tells; 0 at first.
    #[doc(alias = "RTCDataChannel.bufferedAmountLowThreshold")]
    #[must_use]
    pub fn buffered_amount_low_threshold(&self) -> u32 {
        self.inner.raw.buffered_amount_low_threshold()
    }

    /// Sets this amount, in bytes.
    pub fn set_buffered_amount_low_threshold(&self, bytes: u32) {
        self.inner.raw.set_buffered_amount_low_threshold(bytes);
    }

    /// That the buffered amount has fallen to the threshold, once each time that it does.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-onbufferedamountlow)
    #[doc(alias = "RTCDataChannel.onbufferedamountlow")]
    pub fn buffered_amount_low(&self) -> EventStream<()> {
        EventStream::new(&self.inner.life.closed).on(&self.inner.raw, "bufferedamountlow", |_| Some(()))
    }

    /// As what bytes arrive: as [`BinaryType::ArrayBuffer`] unless set.
    #[doc(alias = "RTCDataChannel.binaryType")]
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        BinaryType::from(&*self.inner.raw.binary_type_name())
    }

    /// Has bytes arrive as this from now on, for all handles of the channel. An unknown type changes nothing.
    pub fn set_binary_type(&self, binary_type: &BinaryType) {
        self.inner.raw.set_binary_type_name(binary_type.as_str());
    }

    /// Whose messages go first; none where the browser has no such thing, as neither Chromium nor Firefox.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcdatachannel-priority)
    #[doc(alias = "RTCDataChannel.priority")]
    #[must_use]
    pub fn priority(&self) -> Option<PriorityType> {
        global::get(&self.inner.raw, "priority").as_string().map(|priority| priority.as_str().into())
    }

    /// Resolves when the channel can send; at once where it can already. Cancel safe.
    ///
    /// # Errors
    /// `Closed` where the channel or its connection closes first.
    #[doc(alias = "RTCDataChannel.onopen")]
    pub fn opened(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let life = self.inner.life.clone();
        let mut opening = life.opening.waiter();
        let mut closed = life.closed.wait();
        future::poll_fn(move |cx| {
            if Pin::new(&mut closed).poll(cx).is_ready() {
                return Poll::Ready(Err(Error::closed("open")));
            }
            if life.opened.get() {
                return Poll::Ready(Ok(()));
            }
            opening.register(cx);
            Poll::Pending
        })
    }

    /// Resolves when the channel has closed, by either side or with its connection. Cancel safe.
    #[doc(alias = "RTCDataChannel.onclose")]
    pub fn closed(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.inner.life.closed.wait()
    }

    /// Sends text or bytes, waiting for the channel to open first. It resolves when the browser has taken the message
    /// over. Cancel safe: dropped before it resolves, nothing was sent.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannel-send)
    ///
    /// # Errors
    /// `Closed` where the channel has closed, `Type` for a message over the transport's largest, `Operation` where
    /// the browser's buffer is full, which in Chromium holds 16 MiB.
    #[doc(alias = "RTCDataChannel.send")]
    pub async fn send<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        self.opened().await?;
        self.send_now(payload)
    }

    /// Sends text or bytes at once.
    ///
    /// # Errors
    /// As [`send`](Self::send), and `InvalidState` where the channel is not yet open.
    pub fn send_now<'a>(&self, payload: impl Into<Payload<'a>>) -> Result<()> {
        const OPERATION: &str = "send";
        match self.state() {
            ChannelState::Connecting => {
                return Err(Error::new(OPERATION, ErrorKind::InvalidState, "the channel is not yet open"));
            }
            ChannelState::Closing | ChannelState::Closed => return Err(Error::closed(OPERATION)),
            ChannelState::Open | ChannelState::Unknown(_) => {}
        }
        match payload.into() {
            Payload::Text(text) => self.inner.raw.send_text(text),
            Payload::Binary(bytes) => self.inner.raw.send_bytes(bytes),
            Payload::Blob(blob) => self.inner.raw.send_blob(blob),
        }
        .during(OPERATION)
    }

    /// Closes the channel as soon as what was sent is on its way, so that it still arrives, unless the connection
    /// closes as well. See [`closed`](Self::closed).
    #[doc(alias = "RTCDataChannel.close")]
    pub fn close(&self) {
        self.inner.close();
    }

    /// The channel's failures, with the browser's words.
    #[doc(alias = "RTCDataChannel.onerror")]
    pub fn errors(&self) -> EventStream<Error> {
        EventStream::new(&self.inner.life.closed)
            .on(&self.inner.raw, "error", |event| Some(Error::from_js("channel", global::get(&event, "error"))))
    }
}

impl Stream for DataChannel {
    type Item = Result<Message>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(message) = self.inner.messages.pop() {
            return Poll::Ready(Some(message));
        }
        self.filled.register(cx);
        Pin::new(&mut self.closed).poll(cx).map(|()| None)
    }
}

impl Clone for DataChannel {
    fn clone(&self) -> Self {
        Self::of(self.inner.clone())
    }
}

impl fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataChannel")
            .field("label", &self.label())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
