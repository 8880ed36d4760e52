//! The handle of a channel.

use std::{
    fmt,
    future::{self, Future},
    rc::Rc,
    task::Poll,
};

use wasm_bindgen::JsCast;

use super::{
    init::Reliability,
    life::{Connection, Owner, SharedChannel},
    message::BinaryType,
    priority::PriorityType,
    sink_state::SinkState,
    state::ChannelState,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::EventStream,
    identity::{identity, same_object},
    sys::{self, global},
    wake::{CloseSignal, Waiter},
};

/// A WebRTC data channel: a [`Stream`](futures::Stream) of received messages, a [`Sink`](futures::Sink) of messages to
/// send, and [`send`](Self::send), which needs no `&mut`.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcdatachannel)
///
/// Clones share one channel; it closes when the last is dropped, after what was sent. A channel does not keep its
/// connection open.
///
/// Messages are kept from the first on until they are read, up to a [limit](Self::set_receive_limit). Each is for one
/// consumer: clones and [`js_messages`](Self::js_messages) read from the same queue. The stream waits for the peer's next message for any time while the channel is open, as do the streams of
/// [`LargeMessages`](super::LargeMessages), [`Packed`](super::Packed) and [`Typed`](super::Typed). It ends when the channel has closed, by either side or with its
/// connection, after all that had arrived.
///
/// Sent messages wait in the browser's buffer, which is never filled over a [mark](Self::set_high_water_mark), so that a
/// sender is as fast as the network.
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
    pub(super) inner: Rc<SharedChannel>,
    /// The wait of this clone for a message.
    pub(super) filled: Waiter,
    pub(super) sink: SinkState,
}

impl DataChannel {
    /// Returns a handle of a channel of this connection. All handles of a channel share one state.
    pub(crate) fn handle(raw: sys::data_channel::DataChannel, connection: Connection, owner: Owner) -> Self {
        Self::from_inner(SharedChannel::find_or_new(raw, Some(connection), owner))
    }

    pub(super) fn from_inner(inner: Rc<SharedChannel>) -> Self {
        Self { filled: inner.life.receive_queue.filled.waiter(), sink: SinkState::default(), inner }
    }

    /// Returns a handle of a channel that something else looks after. All handles of one channel share one state.
    ///
    /// Dropping the handle does not close the channel. The handle neither changes the channel nor keeps what arrives
    /// until it is read: by the first poll of the stream, by [`js_messages`](Self::js_messages), or by a type that
    /// wraps it and reads, such as [`LargeMessages`](super::LargeMessages). Earlier messages are lost to it. Bytes arrive as the channel's
    /// [`binary_type`](Self::binary_type) says. Over the [receive limit](Self::set_receive_limit) the reading ends with
    /// `QuotaExceeded`, and the channel stays open.
    ///
    /// The web's API does not tell which connection a channel belongs to. So the handle does not know the
    /// [largest message](Self::max_message_size), and learns of the connection's end from the browser alone:
    /// [`PeerConnection::data_channel_from_raw`](crate::peer::PeerConnection::data_channel_from_raw) gives one that
    /// does. While another handle of the channel knows its connection, so does this one.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcDataChannel) -> Self {
        Self::from_inner(SharedChannel::find_or_new(raw.unchecked_into(), None, Owner::Another))
    }

    /// Returns the browser's own object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcDataChannel {
        &self.inner.life.raw
    }

    /// Returns the browser's own object, which no drop closes any more.
    #[must_use]
    pub fn into_raw(self) -> web_sys::RtcDataChannel {
        self.inner.close_on_drop.set(false);
        self.inner.life.raw.clone().unchecked_into()
    }

    /// Returns the label that the channel was created with. It need not be unique.
    #[doc(alias = "RTCDataChannel.label")]
    #[must_use]
    pub fn label(&self) -> String {
        self.inner.life.raw.label()
    }

    /// Returns the sub-protocol that the channel was created with.
    #[doc(alias = "RTCDataChannel.protocol")]
    #[must_use]
    pub fn protocol(&self) -> String {
        self.inner.life.raw.protocol()
    }

    /// Returns the id, 0 to 65,534, once it is known.
    #[doc(alias = "RTCDataChannel.id")]
    #[must_use]
    pub fn id(&self) -> Option<u16> {
        self.inner.life.raw.id()
    }

    /// Returns whether messages arrive in the order in which they were sent.
    #[doc(alias = "RTCDataChannel.ordered")]
    #[must_use]
    pub fn ordered(&self) -> bool {
        self.inner.life.raw.ordered()
    }

    /// Returns whether both peers opened the channel by its id.
    #[doc(alias = "RTCDataChannel.negotiated")]
    #[must_use]
    pub fn negotiated(&self) -> bool {
        self.inner.life.raw.negotiated()
    }

    /// Returns the limit to the retransmission of a message.
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

    /// Returns the state of the channel.
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

    /// Returns the number of bytes in the browser's send buffer.
    #[doc(alias = "RTCDataChannel.bufferedAmount")]
    #[must_use]
    pub fn buffered_amount(&self) -> f64 {
        self.inner.life.raw.buffered_bytes()
    }

    /// Returns the type of the messages of received bytes: [`BinaryType::ArrayBuffer`] unless set.
    #[doc(alias = "RTCDataChannel.binaryType")]
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        BinaryType::from(&*self.inner.life.raw.binary_type_name())
    }

    /// Sets the type of the messages of bytes received from now on, for all handles of the channel. An unknown type changes
    /// nothing.
    pub fn set_binary_type(&self, binary_type: &BinaryType) {
        self.inner.life.raw.set_binary_type_name(binary_type.as_str());
    }

    /// Returns the priority, if the browser has one; Chromium and Firefox do not.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcdatachannel-priority)
    #[doc(alias = "RTCDataChannel.priority")]
    #[must_use]
    pub fn priority(&self) -> Option<PriorityType> {
        global::get(&self.inner.life.raw, "priority").as_string().map(|priority| priority.as_str().into())
    }

    /// Resolves when the channel can send, at once if it can already. Cancel safe.
    ///
    /// It waits for the connection, without a limit: race it with
    /// [`PeerConnection::connection_states`](crate::peer::PeerConnection::connection_states) or a timer. A channel that
    /// a peer announces opens at that peer at once, and here when the peer acknowledges it.
    ///
    /// # Errors
    /// - `Closed` if the channel is closed first, at either peer, or its connection is. If something else calls
    ///   `close()` on the raw object before it has opened, Firefox does not report that before the connection closes.
    /// - `Operation` if the browser has no stream for the id of a negotiated channel, some seconds after the
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
                return Poll::Ready(Err(life.closed_error("open")));
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

    /// Creates the error of an operation on the closed channel.
    pub(super) fn closed_error(&self, operation: &'static str) -> Error {
        self.inner.life.closed_error(operation)
    }

    /// Returns the signal that is set when the channel has closed.
    pub(super) fn close_signal(&self) -> CloseSignal {
        self.inner.life.closed.clone()
    }

    /// Closes the channel as soon as the browser has sent its buffer, so that these messages still arrive, unless the
    /// connection closes as well. Messages that wait in [`send`](Self::send) are not sent, which fails with `Closed`. See
    /// [`closed`](Self::closed).
    ///
    /// Chromium 156 loses messages on a channel that its peer created and closes within some milliseconds of the opening. A
    /// busy one sometimes does so on its own channels: where that matters, have the peer answer the last message.
    #[doc(alias = "RTCDataChannel.close")]
    pub fn close(&self) {
        self.inner.close();
    }

    /// Returns a stream of the channel's failures, with the browser's messages. It waits while there are none, and
    /// ends when the channel has closed.
    #[doc(alias = "RTCDataChannel.onerror")]
    pub fn errors(&self) -> EventStream<Error> {
        EventStream::new(&self.inner.life.closed)
            .on(&self.inner.life.raw, "error", |event| Some(Error::from_js("channel", global::get(&event, "error"))))
    }
}

impl Clone for DataChannel {
    fn clone(&self) -> Self {
        Self::from_inner(self.inner.clone())
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
