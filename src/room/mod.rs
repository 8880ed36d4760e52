//! Rooms: presence, messages, requests, and calls between two peers.
//!
//! A room is a set of clients that are connected to one signaling server. A client joins under a name, sees the other
//! peers join and leave, sends messages to one or all of them, and calls any of them. A call is a WebRTC connection to one peer,
//! with media, data channels and telephone tones. Ringing, negotiation and recovery from network failures are automatic.
//! The signaling server relays signals and messages only: media and channels connect the two peers directly, or through
//! a TURN server.
//!
//! ```no_run
//! use browser_rtc::{
//!     Result,
//!     media::{self, Constraints},
//!     room::{Call, Join, Room, RoomEvent},
//! };
//! use futures::StreamExt;
//! use web_sys::HtmlMediaElement;
//!
//! async fn run(video: &HtmlMediaElement) -> Result<()> {
//!     let room = Room::join("wss://example.org/signal", Join::new("lobby", "Ada")).await?;
//!     let mut events = room.events();
//!     let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
//!
//!     // Call the first peer. In an empty room, wait for a call.
//!     if let Some(peer) = room.peers().first() {
//!         let call = room.call(&peer.id, &camera).await?;
//!         show(call, video).await?;
//!     }
//!     while let Some(event) = events.next().await {
//!         match event {
//!             RoomEvent::Incoming(incoming) => {
//!                 // The caller may hang up before the call is accepted.
//!                 let Ok(call) = incoming.accept(&camera).await else { continue };
//!                 show(call, video).await?;
//!             }
//!             RoomEvent::Lost { reason, .. } => return Err(reason),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//!
//! // Shows the remote video until the call ends.
//! async fn show(call: Call, video: &HtmlMediaElement) -> Result<()> {
//!     if let Ok(stream) = call.remote_stream().await {
//!         let _attachment = media::show(video, &stream)?;
//!         call.ended().await;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Types
//!
//! | Type | Purpose |
//! |---|---|
//! | [`Room`] | The membership in a room: lists the peers, sends messages, and starts calls |
//! | [`Join`] | The options of [`Room::join`]: room, name, token, timeouts, configuration of the calls |
//! | [`RoomEvent`] | An event of a room: peers, messages, incoming calls, and the state of the connection to the server |
//! | [`IncomingCall`] | A ringing call from a peer, to accept or to decline |
//! | [`Call`] | An established call: media, channels, tones, and the underlying connection |
//! | [`CallOptions`] | The options of a call or an answer: media, metadata, ring time, configuration |
//! | [`CallMedia`] | The media that a call begins with: a stream, a future of a stream, or none |
//! | [`IncomingRequest`] | A request from a peer, to answer |
//! | [`Delivery`] | The server's acknowledgement of a message |
//! | [`DeclineReason`], [`EndReason`] | The reasons for which a call is declined, and for which it ends |
//!
//! The events of a call's connection are [`SessionEvent`](crate::session::SessionEvent)s. Peers and their ids are those
//! of [`signaling`](crate::signaling).
//!
//! # Connection to the server
//!
//! A client that has joined holds a *seat* in the room, which has a name and an id. If the connection to the server is
//! lost, the room reconnects, and emits [`RoomEvent::Reconnecting`] for each attempt. Messages and signals are queued in
//! the meantime, and connected calls continue.
//!
//! The server keeps the seat for a few seconds. If the room reconnects in time, it resumes the seat, and nothing is
//! lost or duplicated. Otherwise, or after a restart of the server, it gets a new seat with a new id. Both end with
//! [`RoomEvent::Recovered`]. If the room does not reconnect within [`Join::give_up_after`], or the server rejects it,
//! [`RoomEvent::Lost`] is the last event.
//!
//! # Calls
//!
//! [`Room::call`] rings the peer, which receives [`RoomEvent::Incoming`]. The call is established when the peer has
//! accepted it. If two peers call each other at the same time, both get the same call.
//!
//! | Condition | Timeout | The call ends with |
//! |---|---|---|
//! | The callee does not answer | [`CallOptions::ring_time`] or [`Join::ring_time`], 45 seconds by default | [`EndReason::Unanswered`] |
//! | The caller's cancellation is lost while the call rings | The ring time and 15 seconds | [`EndReason::Unanswered`] |
//! | The peers cannot connect after the call was accepted | 45 seconds | [`EndReason::ConnectionFailed`] |
//! | The connection breaks later and does not recover | [`Join::recovery`], six attempts of 10 seconds by default | [`EndReason::ConnectionFailed`] |
//!
//! Dropping the last clone of an [`IncomingCall`] declines it, and dropping the last clone of a [`Call`] hangs up. A room is
//! left when the last clones of the [`Room`] and of all its calls have been dropped.
//!
//! # Messages and requests
//!
//! Peers exchange JSON values through the server without a call: [`Room::say`] sends a message to all peers, and
//! [`Room::send`] to one of them. [`Room::request`] sends a request to one peer and waits for its reply. The peer answers
//! the requests of [`Room::requests`]. Larger or frequent messages belong on a [channel](Call::channel) of a call.

mod backoff;
mod call;
mod connector;
mod control_channel;
mod driver;
mod events;
mod incoming;
mod join;
mod kept_seat;
mod media;
mod messages;
mod options;
mod outgoing;
mod presence;
mod receive;
mod request;
mod requests;
mod resend_queue;
mod shared_call;
mod shared_room;
mod signal_link;

use std::{fmt, rc::Rc};

use futures::StreamExt;

pub use browser_rtc_proto::call::{DeclineReason, EndReason};

pub use self::{
    call::Call, events::RoomEvent, incoming::IncomingCall, join::Join, media::CallMedia, options::CallOptions,
    outgoing::Delivery, request::IncomingRequest,
};
use self::{driver::RoomDriver, outgoing::room_closed, shared_room::SharedRoom};
use crate::{
    error::Result,
    event::{Broadcast, EventStream},
    identity::identity,
    peer::IceServer,
    signaling::{Peer, PeerId},
};

/// The membership of this client in a room.
///
/// Clones share one membership and compare equal. The room is left with [`leave`](Self::leave), which ends its calls, or
/// when the last clone of the room and the last of its calls have been dropped.
///
/// If the connection to the signaling server is lost, the room [reconnects](self#connection-to-the-server). Messages and
/// new calls wait until then.
///
/// # Examples
/// A list of the peers that follows joins and leaves:
///
/// ```no_run
/// # use browser_rtc::{room::{Join, Room, RoomEvent}, Result};
/// # use futures::StreamExt;
/// # async fn example() -> Result<()> {
/// let room = Room::join("wss://example.org/signal", Join::new("lobby", "Ada")).await?;
/// let mut events = room.events();
/// let mut peers = room.peers();
/// while let Some(event) = events.next().await {
///     if let RoomEvent::PeerJoined(_) | RoomEvent::PeerLeft(..) = event {
///         peers = room.peers();
///     }
/// }
/// # drop(peers); Ok(()) }
/// ```
#[derive(Clone)]
pub struct Room {
    shared: Rc<SharedRoom>,
    events: Broadcast<RoomEvent>,
}

impl Room {
    /// Joins a room on the signaling server at `url`, such as `wss://example.org/signal`.
    ///
    /// The server has 20 seconds to answer. A [token provider](Join::token_provider) has 20 seconds before that.
    ///
    /// # Errors
    /// - `Signaling` if the server rejects the join, such as because the name is taken.
    ///   [`Error::signaling_code`](crate::Error::signaling_code) returns the reason.
    /// - `Timeout` if the server or the token provider does not answer in time.
    /// - `Syntax` if `url` is malformed, or the server's answer cannot be parsed.
    /// - `Security` if the page may not connect to `url`.
    /// - `Network` if the server cannot be reached, and `Closed` if it closes the socket.
    /// - The error of the token provider.
    ///
    /// # Cancel safety
    /// This function is cancel safe. If the future is dropped, the socket is closed and the seat is free again.
    pub async fn join(url: &str, join: Join) -> Result<Self> {
        let events = Broadcast::default();
        let shared = RoomDriver::start(url, join, events.clone()).await?;
        Ok(Self { shared, events })
    }

    /// Returns the local peer: the name of this client, and the id that the server has assigned to it.
    ///
    /// The id changes when the room gets a new seat, such as after a restart of the server.
    #[must_use]
    pub fn me(&self) -> Peer {
        self.shared.presence().me()
    }

    /// Returns the other peers in the room, at most 65,536.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.shared.presence().peers()
    }

    /// Returns the STUN and TURN servers that the signaling server has provided, at most 32.
    ///
    /// Calls use them in addition to those of [`Join::configuration`].
    #[must_use]
    pub fn ice_servers(&self) -> Vec<IceServer> {
        self.shared.ice_servers()
    }

    /// Subscribes to the events of the room.
    ///
    /// The first subscriber receives all events since the room was joined. Each later subscriber receives the events from
    /// its subscription on. Unread events are buffered up to the limit that [`RoomEvent::Lagged`] describes. The stream
    /// ends when the room has been left or lost.
    pub fn events(&self) -> EventStream<RoomEvent> {
        self.events.subscribe(self.shared.end_signal())
    }

    /// Calls a peer and waits until it accepts.
    ///
    /// `media` is sent to the peer: `&camera`, `None` to only receive, or a [future](CallMedia::from_future) of a stream.
    /// With a future, the peer begins to ring when the future has resolved. If the call ends before that, the future is
    /// dropped, which releases the camera.
    ///
    /// If the peer calls this client at the same time, both get the same call. This also applies if its call rings here
    /// already, or begins to ring while `media` is pending.
    ///
    /// # Errors
    /// - `Declined` or `Busy` if the peer declines the call.
    /// - `Timeout` if the peer does not answer within [`CallOptions::ring_time`] or [`Join::ring_time`]. The time includes
    ///   reconnections of the room.
    /// - `PeerLeft` if the peer is not in the room, or leaves it.
    /// - `Signaling` if the server rejects the ring for another reason, which
    ///   [`Error::signaling_code`](crate::Error::signaling_code) returns.
    /// - `Operation` if too many messages wait to be sent.
    /// - `Closed` if the room has been left or lost, or the call was ended.
    /// - The error of the future, or the error with which the browser refuses the connection or the media.
    ///
    /// # Cancel safety
    /// If the future is dropped while the peer rings, the call ends and the peer stops ringing. Calling again starts a new
    /// call.
    pub fn call<'a>(&self, peer: &PeerId, media: impl Into<CallMedia<'a>>) -> impl Future<Output = Result<Call>> {
        self.call_with(peer, CallOptions::new(media))
    }

    /// Calls a peer as [`call`](Self::call) does, with options.
    ///
    /// If the call of the peer rings here already, it is accepted with these options.
    ///
    /// # Errors
    /// The same errors as [`call`](Self::call).
    ///
    /// # Cancel safety
    /// The same as [`call`](Self::call).
    pub async fn call_with(&self, peer: &PeerId, options: CallOptions<'_>) -> Result<Call> {
        const OPERATION: &str = "call";
        let peer = self.shared.recipient(OPERATION, peer)?;
        let call = self.shared.call_to(peer);
        Call::establish(OPERATION, self.shared.clone(), call, options).await
    }

    /// Waits for the next incoming call, for programs that take one call at a time and show no other events. There is no
    /// timeout.
    ///
    /// Each call of this function subscribes to the [events](Self::events) of the room, so that the first one also returns a
    /// call that has arrived before. If several calls have arrived, the first is returned and the others are declined. Calls
    /// that arrive later while neither this function nor a stream of events waits are declined as busy.
    ///
    /// # Examples
    /// ```no_run
    /// # use browser_rtc::{room::Room, Result};
    /// # async fn example(room: Room) -> Result<()> {
    /// let call = room.next_call().await?.accept(None).await?;
    /// call.ended().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// - The reason of [`RoomEvent::Lost`] if the room is lost.
    /// - `Closed` if the room has been left, or was lost before.
    ///
    /// # Cancel safety
    /// If the future is dropped, a call that has arrived but has not been returned yet is declined.
    pub async fn next_call(&self) -> Result<IncomingCall> {
        let mut events = self.events();
        loop {
            match events.next().await {
                Some(RoomEvent::Incoming(call)) => return Ok(call),
                Some(RoomEvent::Lost { reason }) => return Err(reason),
                Some(_) => {}
                None => return Err(room_closed("nextCall")),
            }
        }
    }

    /// Resolves when the room has been left or lost. There is no timeout.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn left(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.shared.end_wait()
    }

    /// Leaves the room, and ends its calls and its events. The server is notified in the background.
    pub fn leave(&self) {
        self.shared.leave();
    }
}

identity!(Room, |this, other| Rc::ptr_eq(&this.shared, &other.shared));

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("me", &self.me()).field("peers", &self.peers()).finish_non_exhaustive()
    }
}
