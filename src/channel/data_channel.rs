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

/// A WebRTC data channel.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcdatachannel)
///
/// A channel is a [`Stream`](futures::Stream) of received messages and a [`Sink`](futures::Sink) of messages to send;
/// [`send`](Self::send) sends without `&mut`. Clones share one channel. When the last clone is dropped, the channel
/// closes once its sent messages have left. A channel does not keep its connection open.
///
/// Received messages, including the first one, are buffered until they are read, up to a
/// [limit](Self::set_receive_limit). Clones and [`js_messages`](Self::js_messages) read from one queue, so that each
/// message goes to one of them. The stream waits without a timeout while the channel is open. It ends after the last
/// received message once the channel has closed: at either peer or with its connection.
///
/// Sent messages wait in the browser's buffer. [`send`](Self::send) fills that buffer up to a
/// [mark](Self::set_high_water_mark), and then waits for the network.
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
    /// Waits for the next message on behalf of this clone.
    pub(super) filled: Waiter,
    pub(super) sink: SinkState,
}

impl DataChannel {
    /// Returns a handle of a channel of `connection`. All handles of a channel share one state.
    pub(crate) fn handle(raw: sys::data_channel::DataChannel, connection: Connection, owner: Owner) -> Self {
        Self::from_inner(SharedChannel::find_or_new(raw, Some(connection), owner))
    }

    pub(super) fn from_inner(inner: Rc<SharedChannel>) -> Self {
        Self { filled: inner.life.receive_queue.filled.waiter(), sink: SinkState::default(), inner }
    }

    /// Returns a handle of a channel that belongs to other code. All handles of one channel share one state.
    ///
    /// Dropping the handle does not close the channel. Messages are queued from the first poll of the stream on, from
    /// [`js_messages`](Self::js_messages) on, or from the creation of a type that wraps the channel and reads, such as
    /// [`LargeMessages`](super::LargeMessages); the handle does not receive earlier ones. Bytes arrive in the type that
    /// the channel [has](Self::binary_type). If the [receive limit](Self::set_receive_limit) is exceeded, reading ends
    /// with `QuotaExceeded`, and the channel stays open.
    ///
    /// A raw channel does not refer to its connection. So [`max_message_size`](Self::max_message_size) is `None`, and
    /// the handle detects the end of the connection only by the event that the browser fires on the channel.
    /// [`PeerConnection::data_channel_from_raw`](crate::peer::PeerConnection::data_channel_from_raw) has neither
    /// limitation, nor does this handle while another one with a connection exists.
    #[must_use]
    pub fn from_raw(raw: web_sys::RtcDataChannel) -> Self {
        Self::from_inner(SharedChannel::find_or_new(raw.unchecked_into(), None, Owner::Other))
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcDataChannel {
        &self.inner.life.raw
    }

    /// Returns the underlying browser object. Dropping the remaining handles no longer closes the channel.
    #[must_use]
    pub fn into_raw(self) -> web_sys::RtcDataChannel {
        self.inner.close_on_drop.set(false);
        self.inner.life.raw.clone().unchecked_into()
    }

    /// Returns the label that the channel was created with. Labels need not be unique.
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

    /// Returns the id, 0 to 65,534; `None` until the connection has been negotiated, unless the channel is
    /// [negotiated](Self::negotiated).
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

    /// Returns whether both peers created the channel by its id, with [`ChannelInit::negotiated`](super::ChannelInit).
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

    /// Returns a stream of the channel's states: the current one, then each change. It ends after `Closed`.
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

    /// Returns the type in which received bytes arrive: [`BinaryType::ArrayBuffer`] by default.
    #[doc(alias = "RTCDataChannel.binaryType")]
    #[must_use]
    pub fn binary_type(&self) -> BinaryType {
        BinaryType::from(&*self.inner.life.raw.binary_type_name())
    }

    /// Sets the type in which bytes arrive from now on, for all handles of the channel. An unknown type is ignored.
    pub fn set_binary_type(&self, binary_type: &BinaryType) {
        self.inner.life.raw.set_binary_type_name(binary_type.as_str());
    }

    /// Returns the priority; `None` in Chromium and Firefox, which do not report it.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcdatachannel-priority)
    #[doc(alias = "RTCDataChannel.priority")]
    #[must_use]
    pub fn priority(&self) -> Option<PriorityType> {
        global::get(&self.inner.life.raw, "priority").as_string().map(|priority| priority.as_str().into())
    }

    /// Resolves when the channel is open, or immediately if it already is.
    ///
    /// The future waits without a timeout for the connection. To limit the wait, race it with a timer or with
    /// [`PeerConnection::connection_states`](crate::peer::PeerConnection::connection_states). A channel that the remote
    /// peer has created opens within milliseconds after it is received; a channel that was created here opens once the
    /// remote peer has acknowledged it.
    ///
    /// # Errors
    /// - `Closed` if the channel or its connection is closed first, at either peer. If other code calls `close()` on
    ///   the raw object before the channel has opened, Firefox does not report that until the connection closes.
    /// - `Operation` if the browser has no stream for the id of a negotiated channel: Firefox 153 has streams for the
    ///   ids below 2048. The error is reported, and the channel closed, a few seconds after the connection is
    ///   established.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
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

    /// Resolves when the channel has closed: at either peer or with its connection.
    ///
    /// The future waits without a timeout while the channel is open. After [`close`](Self::close) it waits until the
    /// send buffer is empty and the remote browser has answered, or until the connection ends. A channel that has not
    /// opened closes immediately.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
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

    /// Closes the channel once the browser has sent its buffer. The messages in the buffer are still delivered, unless
    /// the connection closes too. Pending calls of [`send`](Self::send) fail with `Closed`. [`closed`](Self::closed)
    /// resolves when the channel has closed.
    ///
    /// Chromium 156 loses received messages on a channel that the remote peer closes within a few milliseconds of its
    /// opening, and sometimes, under load, on channels that Chromium has created. Firefox 153 may lose an empty message
    /// after a `Blob` if the channel is closed at once, because neither counts as buffered while Firefox reads the blob. If
    /// that matters, have the remote peer acknowledge the last message.
    #[doc(alias = "RTCDataChannel.close")]
    pub fn close(&self) {
        self.inner.close();
    }

    /// Returns a stream of the failures of the channel, with the browser's messages. It ends when the channel has
    /// closed.
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
