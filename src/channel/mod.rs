//! Messages between two peers. [Specification](https://www.w3.org/TR/webrtc/#peer-to-peer-data-api)

mod byte_stream;
mod flow;
mod init;
mod large;
mod life;
mod message;
mod outbox;
mod packed;
mod priority;
#[cfg(test)]
mod protocol_tests;
mod receive;
mod typed;
mod under_way;
#[cfg(feature = "streams")]
mod web_streams;
pub(crate) use std::{
    fmt,
    future::{self, Future},
    rc::Rc,
    task::Poll,
};

use browser_rtc_proto::spec_enum;
use wasm_bindgen::JsCast;

#[cfg(feature = "postcard")]
pub use self::typed::Postcard;
pub use self::{
    byte_stream::ByteStream,
    init::{ChannelInit, Reliability},
    large::LargeMessages,
    message::{BinaryType, JsMessage, Message, Payload},
    packed::Packed,
    priority::PriorityType,
    receive::JsMessages,
    typed::{Carrier, Codec, CodecError, Json, Typed},
};
use self::{life::Inner, under_way::UnderWay};
pub(crate) use self::{
    life::{Connection, Owner, end_of, exist_of},
    receive::DEFAULT_RECEIVE_LIMIT,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::EventStream,
    identity::{identity, same_object},
    sys::{self, global},
    wake::{CloseSignal, Waiter},
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

/// Messages to and from one peer: a [`Stream`](futures::Stream) of what comes, a [`Sink`](futures::Sink) of what goes,
/// and [`send`](Self::send), which needs no `&mut`.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcdatachannel)
///
/// Clones share one channel; it closes when the last is dropped, after what was sent. A channel does not keep its
/// connection open.
///
/// Messages are kept from the first on until they are taken, up to a [limit](Self::set_receive_limit), and each goes to
/// one clone. The stream waits for the peer's next message for any time while the channel is open, as do the streams of
/// [`LargeMessages`], [`Packed`] and [`Typed`]. It ends when the channel has closed, by either side or with its
/// connection, after all that had arrived.
///
/// What is sent waits in the browser's buffer, which is never filled over a [mark](Self::set_high_water_mark): so a
/// sender is as fast as the network, and no faster.
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
    /// By the sink.
    under_way: UnderWay,
}

impl DataChannel {
    /// Returns a handle of this channel: all share one state.
    pub(crate) fn handle(raw: sys::data_channel::DataChannel, connection: Connection, owner: Owner) -> Self {
        Self::of(Inner::of(raw, Some(connection), owner))
    }

    fn of(inner: Rc<Inner>) -> Self {
        Self { filled: inner.life.arrivals.filled.waiter(), under_way: UnderWay::default(), inner }
    }

    /// Returns a handle of a channel that something else looks after. All handles of one channel share one state.
    ///
    /// Dropping the handle does not close the channel. The handle neither changes the channel nor keeps what arrives
    /// until it is read: by the first poll of the stream, by [`js_messages`](Self::js_messages), or by a type that
    /// wraps it and reads, such as [`LargeMessages`]. Earlier messages are lost to it. Bytes arrive as the channel's
    /// [`binary_type`](Self::binary_type) says. Over the [receive limit](Self::set_receive_limit) the reading ends with
    /// `QuotaExceeded`, and the channel stays open.
    ///
    /// The web's API does not tell which connection a channel belongs to. So the handle does not know the
    /// [largest message](Self::max_message_size), and learns of the connection's end from the browser alone:
    /// [`PeerConnection::data_channel_from_raw`](crate::peer::PeerConnection::data_channel_from_raw) gives one that
    /// does. While another handle of the channel knows its connection, so does this one.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcDataChannel) -> Self {
        Self::of(Inner::of(raw.unchecked_into(), None, Owner::Another))
    }

    /// The browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcDataChannel {
        &self.inner.life.raw
    }

    /// The browser's own object, no longer closed by any drop.
    #[must_use]
    pub fn into_raw(self) -> web_sys::RtcDataChannel {
        self.inner.close_on_drop.set(false);
        self.inner.life.raw.clone().unchecked_into()
    }

    /// The name that it was created with; need not be unique.
    #[doc(alias = "RTCDataChannel.label")]
    #[must_use]
    pub fn label(&self) -> String {
        self.inner.life.raw.label()
    }

    /// The sub-protocol that it was created with.
    #[doc(alias = "RTCDataChannel.protocol")]
    #[must_use]
    pub fn protocol(&self) -> String {
        self.inner.life.raw.protocol()
    }

    /// Its id, 0 to 65,534; none until it is known.
    #[doc(alias = "RTCDataChannel.id")]
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        self.inner.life.raw.id()
    }

    /// Whether messages come in the order they were sent.
    #[doc(alias = "RTCDataChannel.ordered")]
    #[must_use]
    pub fn ordered(&self) -> bool {
        self.inner.life.raw.ordered()
    }

    /// Whether both sides opened it by its id.
    #[doc(alias = "RTCDataChannel.negotiated")]
    #[must_use]
    pub fn negotiated(&self) -> bool {
        self.inner.life.raw.negotiated()
    }

    /// How long a message is tried.
    #[doc(alias = "RTCDataChannel.maxRetransmits")]
    #[doc(alias = "RTCDataChannel.maxPacketLifeTime")]
    #[must_use]
    pub fn reliability(&self) -> Reliability {
        match (self.inner.life.raw.max_retransmits(), self.inner.life.raw.max_packet_life_time()) {
            (Some(sends), _) => Reliability::MaxRetransmits(sends),
            (None, Some(ms)) => Reliability::MaxPacketLifeTime(ms),
            (None, None) => Reliability::Reliable,
        }
    }

    /// Whether it can send.
    #[doc(alias = "RTCDataChannel.readyState")]
    #[must_use]
    pub fn state(&self) -> ChannelState {
        self.inner.life.state()
    }

    /// Returns a stream of the channel's states: the present one, then each change, `Closed` last. Waits for any time
    /// while the channel stays in one state.
    #[doc(alias = "RTCDataChannel.onclosing")]
    pub fn states(&self) -> EventStream<ChannelState> {
        let life = self.inner.life.clone();
        let events = &["open", "closing", "close"];
        EventStream::from_states(&self.inner.life.closed, &self.inner.life.raw, events, move || life.state())
    }

    /// Bytes that the browser has yet to send.
    #[doc(alias = "RTCDataChannel.bufferedAmount")]
    #[must_use]
    pub fn buffered_amount(&self) -> f64 {
        self.inner.life.raw.buffered_bytes()
    }

    /// As what bytes arrive: as [`BinaryType::ArrayBuffer`] unless set.
    #[doc(alias = "RTCDataChannel.binaryType")]
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        BinaryType::from(&*self.inner.life.raw.binary_type_name())
    }

    /// Has bytes arrive as this from now on, for all handles of the channel. An unknown type changes nothing.
    pub fn set_binary_type(&self, binary_type: &BinaryType) {
        self.inner.life.raw.set_binary_type_name(binary_type.as_str());
    }

    /// Whose messages go first; none where the browser has no such thing, as neither Chromium nor Firefox.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcdatachannel-priority)
    #[doc(alias = "RTCDataChannel.priority")]
    #[must_use]
    pub fn priority(&self) -> Option<PriorityType> {
        global::get(&self.inner.life.raw, "priority").as_string().map(|priority| priority.as_str().into())
    }

    /// Resolves when the channel can send; at once where it can already. Cancel safe.
    ///
    /// It waits for the connection, without a limit: race it with
    /// [`PeerConnection::connection_states`](crate::peer::PeerConnection::connection_states) or a timer. A channel that
    /// a peer announces opens at that peer at once, and here when the peer acknowledges it.
    ///
    /// # Errors
    /// - `Closed` where the channel is closed first, at either peer, or its connection is. Where something else calls
    ///   `close()` on the raw object before it has opened, Firefox tells nobody before the connection closes.
    /// - `Operation` where the browser has no stream for the id of a negotiated channel, some seconds after the
    ///   connection is up: Firefox 153 has them below 2048. The channel is closed then.
    #[doc(alias = "RTCDataChannel.onopen")]
    pub fn opened(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let life = self.inner.life.clone();
        let mut opening = life.opening.waiter();
        future::poll_fn(move |cx| {
            if life.refused.get() {
                let id = life.raw.id().unwrap_or_default();
                let refused = format!("the browser has no stream for the data channel id {id}");
                return Poll::Ready(Err(Error::new("open", ErrorKind::Operation, refused)));
            }
            if life.closed.is_set() || life.closing.get() {
                return Poll::Ready(Err(Error::closed("open")));
            }
            if life.opened.get() {
                return Poll::Ready(Ok(()));
            }
            opening.register(cx);
            Poll::Pending
        })
    }

    /// Resolves when the channel has closed, at either peer or with its connection; at once where a channel is closed
    /// that has not opened. Cancel safe.
    ///
    /// It waits for as long as the channel is open. After [`close`](Self::close) it waits for the buffer to drain and
    /// for the peer's browser to answer, or for the end of the connection.
    #[doc(alias = "RTCDataChannel.onclose")]
    pub fn closed(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.inner.life.closed.wait()
    }

    /// What waits on the channel also waits on this.
    fn end(&self) -> CloseSignal {
        self.inner.life.closed.clone()
    }

    /// Closes the channel as soon as what was sent is on its way, so that it still arrives, unless the connection
    /// closes as well. What still waits in [`send`](Self::send) is not sent: it gets `Closed`. See
    /// [`closed`](Self::closed).
    ///
    /// A Chromium 156 to which a channel comes loses what was sent over it where the close follows within some
    /// milliseconds of the opening, and a busy one now and then does so at the other side too: have the last word
    /// answered there.
    #[doc(alias = "RTCDataChannel.close")]
    pub fn close(&self) {
        self.inner.close();
    }

    /// Returns a stream of the channel's failures, with the browser's words. Waits for any time while there are none, and
    /// ends when the channel has closed.
    #[doc(alias = "RTCDataChannel.onerror")]
    pub fn errors(&self) -> EventStream<Error> {
        EventStream::new(&self.inner.life.closed)
            .on(&self.inner.life.raw, "error", |event| Some(Error::from_js("channel", global::get(&event, "error"))))
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

identity!(DataChannel, |this, other| same_object(&this.inner.life.raw, &other.inner.life.raw));
