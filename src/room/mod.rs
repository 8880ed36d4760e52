//! Rooms on a signaling server: their peers, messages, and calls between the peers.

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
mod outgoing;
mod presence;
mod receive;
mod resend_queue;
mod shared_call;
mod shared_room;
mod signal_link;
mod unclaimed;

use std::{fmt, rc::Rc};

use futures::StreamExt;
use serde::Serialize;

pub use browser_rtc_proto::call::{DeclineReason, EndReason};

pub use self::{
    call::Call, events::RoomEvent, incoming::IncomingCall, join::Join, media::CallMedia, outgoing::Delivery,
};
use self::{driver::RoomDriver, outgoing::Frame, shared_room::SharedRoom};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    identity::identity,
    peer::IceServer,
    random,
    signaling::{Data, MessageId, Peer, PeerId},
};

/// A seat in a room.
///
/// Clones share one seat, and are equal. It is given up with [`leave`](Self::leave), which ends its calls, or when the
/// last clone and the last call are dropped.
///
/// If the connection to the signaling server is lost, the room reconnects by itself, to the same seat if the server has
/// kept it: see [`RoomEvent::Reconnecting`]. Messages and calls wait until then.
///
/// ```no_run
/// # use browser_rtc::{media::{self, Constraints}, room::{Join, Room, RoomEvent}, Result};
/// # use futures::StreamExt;
/// # async fn example() -> Result<()> {
/// let room = Room::join("wss://example.org/signal", Join::new("lobby", "Ada")).await?;
/// let camera = media::get_user_media(&Constraints::new().audio(true).video(true)).await?;
/// let mut events = room.events();
/// while let Some(event) = events.next().await {
///     if let RoomEvent::Incoming(call) = event {
///         let call = call.accept(&camera).await?;
///         call.ended().await;
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Room {
    shared: Rc<SharedRoom>,
    events: Broadcast<RoomEvent>,
}

impl Room {
    /// Takes a seat in a room. It waits for the server for 20 seconds at most. Cancel safe: dropped early, the seat is
    /// given back.
    ///
    /// # Errors
    /// `Signaling` with the server's code if it refuses, such as for a name that is taken; `Timeout` if it does not
    /// answer; `Syntax` if its answer cannot be read; what the [provider of tokens](Join::token_provider) fails with; and
    /// what [`SignalingSocket::connect`](crate::signaling::SignalingSocket::connect) fails with.
    pub async fn join(url: &str, join: Join) -> Result<Self> {
        let events = Broadcast::default();
        let shared = RoomDriver::start(url, join, events.clone()).await?;
        Ok(Self { shared, events })
    }

    /// Returns this client's peer, with the id that the server gave: another one after the server was restarted.
    #[must_use]
    pub fn me(&self) -> Peer {
        self.shared.presence().me()
    }

    /// Returns all other peers in the room, at most 65,536.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.shared.presence().peers()
    }

    /// Returns the STUN and TURN servers that the signaling server has stated, at most 32. Calls use them, after those
    /// of [`Join::configuration`].
    #[must_use]
    pub fn ice_servers(&self) -> Vec<IceServer> {
        self.shared.ice_servers()
    }

    /// Returns a new subscription to the events of the room. The first one begins with the events since the room was
    /// joined, each later one with the next event. Unread events wait, up to the limit of [`RoomEvent::Lagged`]. The
    /// stream ends when the room has been left or lost.
    pub fn events(&self) -> EventStream<RoomEvent> {
        self.events.subscribe(self.shared.end_signal())
    }

    /// Calls a peer, sending `media` if there is any: `&camera`, `None` to only watch and listen, or a
    /// [future](CallMedia::from_future) of media. Resolves when the peer has accepted. Cancel safe: dropped while it
    /// rings, the ringing ends.
    ///
    /// With a future, the peer rings once the media is there. If the call ends before, the future is dropped, which
    /// releases the camera.
    ///
    /// If both peers call each other, both get the same call, also if the other one rings here already, or begins to
    /// ring while the media is pending.
    ///
    /// # Errors
    /// `Declined`; `Busy`; `Timeout` if the peer does not answer within [`Join::ring_time`], also while the room
    /// reconnects; `PeerLeft` if the peer is not or no longer in the room; `Signaling` with the server's code if it
    /// refuses the ring for another reason; `Closed` if the room has been left; the error of the future; or what the
    /// connection fails with.
    pub async fn call(&self, peer: &PeerId, media: impl Into<CallMedia<'_>>) -> Result<Call> {
        const OPERATION: &str = "call";
        let absent = || Error::new(OPERATION, ErrorKind::PeerLeft, format!("the peer {peer} is not in the room"));
        let peer = self.shared.presence().peer(peer).ok_or_else(absent)?;
        self.shared.check_open(OPERATION)?;
        let call = self.shared.call_to(peer);
        Call::establish(OPERATION, self.shared.clone(), call, media.into()).await
    }

    /// Returns the next call of a peer, and waits for it however long that takes: for a program that takes one call at a
    /// time. A program that shows other events as well reads its calls from [`events`](Self::events).
    ///
    /// Between two calls of this function, calls of peers are declined as busy unless a stream of events takes them.
    ///
    /// ```no_run
    /// # use browser_rtc::{room::Room, Result};
    /// # async fn example(room: Room) -> Result<()> {
    /// let call = room.next_call().await?.accept(None).await?;
    /// call.ended().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The error that the room was lost with; `Closed` if it has been left, or was lost before.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn next_call(&self) -> Result<IncomingCall> {
        let mut events = self.events();
        loop {
            match events.next().await {
                Some(RoomEvent::Incoming(call)) => return Ok(call),
                Some(RoomEvent::Lost { reason }) => return Err(reason),
                Some(_) => {}
                None => return Err(Error::closed("nextCall")),
            }
        }
    }

    /// Sends a message to all other peers in the room. The returned [`Delivery`] resolves when the server has accepted
    /// it, and may be dropped.
    ///
    /// While the room reconnects, the message waits. If the seat was lost, it is sent again in the new one, under the
    /// same id, so that each peer that stayed in the room gets it once.
    ///
    /// # Errors
    /// `Type` for a value that has no JSON; `TooLarge` with the number of bytes that the JSON may have; `Operation` if
    /// too many frames wait to be sent; `Closed` if the room has been left or lost.
    pub fn say<T: Serialize + ?Sized>(&self, value: &T) -> Result<Delivery> {
        const OPERATION: &str = "say";
        let wrong = |error: &dyn fmt::Display| Error::new(OPERATION, ErrorKind::Type, error.to_string());
        let data = Data::from_serialize(value).map_err(|error| wrong(&error))?;
        let id = MessageId::try_from(random::id()).map_err(|error| wrong(&error))?;
        self.shared.check_open(OPERATION)?;
        let (frame, delivery) = Frame::say(id, data)?;
        self.shared.send(OPERATION, frame)?;
        Ok(delivery)
    }

    /// Resolves when the room has been left or lost, however long that takes. Cancel safe.
    pub fn left(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.shared.end_wait()
    }

    /// Gives up the seat. Its calls end, and so do its events. The server is notified in the background.
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
