//! Rooms on a signaling server: their peers, messages, and calls between the peers.

mod backoff;
mod call;
mod call_state;
mod connector;
mod driver;
mod events;
mod heard;
mod incoming;
mod join;
mod kept_seat;
mod outgoing;
mod peer_route;
#[cfg(test)]
mod protocol_tests;
mod receive;
mod resend_queue;

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use browser_rtc_proto::call::CallId;
use futures::{FutureExt, StreamExt, channel::mpsc, select_biased};
use gloo_timers::future::TimeoutFuture;
use serde::Serialize;

pub use browser_rtc_proto::call::{DeclineReason, EndReason};

pub use self::{call::Call, incoming::IncomingCall, join::Join, outgoing::Delivery};
use self::{
    call_state::{Answer, CallState, Stage},
    connector::Seat,
    heard::Heard,
    outgoing::{Frame, Owner},
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream, Queue},
    identity::identity,
    media::MediaStream,
    peer::{Configuration, IceServer},
    random,
    session::Recovery,
    signaling::{ClientMessage, Data, LeaveReason, MessageId, Peer, PeerId, Say},
    timer,
    wake::CloseSignal,
};

/// The bytes of a frame that carries a signal, beside the signal: at most, as the ids of peers and calls are bounded.
const ENVELOPE_BYTES: usize = 1_024;

/// An event of a room.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RoomEvent {
    /// A peer calls. At most 16 calls ring at once, and one of each peer: further ones are declined as busy, and so are
    /// those that come when all streams of events have been dropped. Each subscriber gets a handle of the same call.
    Incoming(IncomingCall),
    /// A peer has joined.
    PeerJoined(Peer),
    /// A peer has left, and why. Calls with it have ended, except one whose connection is up if the peer has not left
    /// but was lost to the server.
    PeerLeft(Peer, LeaveReason),
    /// A peer said something to the room, with [`Room::say`]. Each message is reported once: copies that come after a
    /// peer had to reconnect are recognized among the latest 1,024 messages.
    Said {
        /// The sender.
        from: Peer,
        /// The message.
        data: Data,
    },
    /// The server refused something of which no operation reports the refusal, or sent a frame that cannot be read, or
    /// a peer that is not listed; or the [provider of tokens](Join::token_provider) failed.
    Refused(Error),
    /// The connection to the signaling server is lost, and this is an attempt to reconnect. Calls that are connected
    /// continue, and messages wait.
    Reconnecting {
        /// The number of the attempt, from 1, since the server was last heard for a whole heartbeat.
        attempt: u32,
    },
    /// The server is back. If it has kept the seat, nothing was lost. If it has not, because it was restarted or was
    /// away for too long, [`Room::me`] has another id, peers that came and went have been reported, and what others
    /// said meanwhile is lost.
    Recovered,
    /// Events were dropped, as the unread ones of this stream take 8 MiB, in which each counts as its data and 256
    /// bytes. Calls that no stream kept were declined as busy. [`Room::peers`] still lists all peers.
    Lagged {
        /// The number of events that were dropped here.
        missed: u64,
    },
    /// The room is lost: the server does not admit the client any more, the reconnection took longer than
    /// [`Join::give_up_after`], or the seat was taken over on another socket, such as by another tab, which is
    /// `Signaling` with [`ErrorCode::AlreadyJoined`](crate::signaling::ErrorCode::AlreadyJoined). Calls that are connected continue. No event follows.
    Lost {
        /// The last failure.
        reason: Error,
    },
}

/// A seat in a room.
///
/// Clones share one seat, and are equal. It is given up with [`leave`](Self::leave), which ends its calls, or when the
/// last clone and the last call are dropped.
///
/// If the connection to the signaling server is lost, the room reconnects by itself, to the same seat if the server has
/// kept it: see [`RoomEvent::Reconnecting`]. Messages and calls meanwhile wait.
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
pub struct Room(Rc<Inner>);

struct Inner {
    me: RefCell<Peer>,
    ice_servers: RefCell<Vec<IceServer>>,
    configuration: Configuration,
    recovery: Recovery,
    ring_ms: u32,
    /// The server's limit for a frame, and what that leaves for a signal. Sessions share the latter.
    max_frame_bytes: Cell<usize>,
    signal_limit: Rc<Cell<usize>>,
    /// Whether the connection to the server is up, as far as is known.
    seated: Cell<bool>,
    peers: RefCell<Vec<Peer>>,
    legs: RefCell<Vec<Weak<CallState>>>,
    events: Broadcast<RoomEvent>,
    heard: Heard,
    /// When the current interval of busy answers began, in milliseconds, and their number.
    busy_answers: Cell<(f64, u32)>,
    outgoing: RefCell<mpsc::Sender<Frame>>,
    /// Asks for a check that the socket is alive.
    health_checks: Queue<()>,
    /// No more messages from or to the server.
    end: CloseSignal,
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
        driver::join(url, join).await
    }

    /// Returns this client's peer, with the id that the server gave: another one after the server was restarted.
    #[must_use]
    pub fn me(&self) -> Peer {
        self.0.me.borrow().clone()
    }

    /// Returns all other peers in the room, at most 65,536.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.0.peers.borrow().clone()
    }

    /// Returns the STUN and TURN servers that the signaling server has stated, at most 32. Calls use them, after those
    /// of [`Join::configuration`].
    #[must_use]
    pub fn ice_servers(&self) -> Vec<IceServer> {
        self.0.ice_servers.borrow().clone()
    }

    /// Returns a new subscription to the events of the room. The first one begins with the events since the room was
    /// joined, each later one with the next event. Unread events wait, up to the limit of [`RoomEvent::Lagged`]. The
    /// stream ends when the room has been left or lost.
    pub fn events(&self) -> EventStream<RoomEvent> {
        self.0.events.subscribe(&self.0.end)
    }

    /// Calls a peer, sending `media` if there is any: `&camera`, or `None` to only watch and listen. Resolves when the
    /// peer has accepted. Cancel safe: dropped while it rings, the ringing ends.
    ///
    /// If both peers call each other, even if the other call rings here already, both get the same call.
    ///
    /// # Errors
    /// `Declined`; `Busy`; `Timeout` if the peer does not answer within [`Join::ring_time`], also while the room
    /// reconnects; `PeerLeft` if the peer is not or no longer in the room; `Signaling` with the server's code if it
    /// refuses the ring for another reason; `Closed` if the room has been left; or what the connection fails with.
    pub async fn call(&self, peer: &PeerId, media: impl Into<Option<&MediaStream>>) -> Result<Call> {
        const OPERATION: &str = "call";
        let media = media.into().cloned();
        let absent = || Error::new(OPERATION, ErrorKind::PeerLeft, format!("the peer {peer} is not in the room"));
        let peer = self.0.peer(peer).ok_or_else(absent)?;
        self.0.open(OPERATION)?;
        let rings_here =
            |call_state: &Rc<CallState>| call_state.stage() == Stage::RingingIn && call_state.route.them() == peer.id;
        if let Some(theirs) = self.0.legs().into_iter().find(rings_here) {
            return Call::start(self, &theirs, media.as_ref(), false);
        }
        let call_state = self.0.call_state(CallId::from_random(random::words()), peer, Stage::RingingOut);
        call_state.ring()?;
        let mut answers = call_state.answers();
        let answer = select_biased! {
            answer = answers.next() => answer,
            () = TimeoutFuture::new(self.0.ring_ms).fuse() => {
                call_state.give_up(EndReason::Unanswered);
                None
            }
        };
        match answer {
            Some(Answer::Accepted) => Call::start(self, &call_state, media.as_ref(), true),
            Some(Answer::Crossed(theirs)) => Call::start(self, &theirs, media.as_ref(), false),
            None => Err(call_state.error(OPERATION)),
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
        self.0.open(OPERATION)?;
        let (accepted, delivery) = Delivery::new();
        let frame = Frame::new(ClientMessage::Say(Say::new(id, data)), Owner::Say(accepted))?;
        frame.check_size(OPERATION, self.0.max_frame_bytes.get())?;
        outgoing::send(&mut self.0.outgoing.borrow_mut(), frame)?;
        Ok(delivery)
    }

    /// Resolves when the room has been left or lost, however long that takes. Cancel safe.
    pub fn left(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.0.end.wait()
    }

    /// Gives up the seat. Its calls end, and so do its events. The server is told in the background.
    pub fn leave(&self) {
        self.0.leave();
    }
}

impl Inner {
    fn new(join: Join, seat: &Seat, outgoing: mpsc::Sender<Frame>) -> Self {
        let this = Self {
            me: seat.you.clone().into(),
            ice_servers: seat.ice_servers.clone().into(),
            configuration: join.configuration,
            recovery: join.recovery,
            ring_ms: timer::milliseconds(join.ring_time),
            max_frame_bytes: Cell::default(),
            signal_limit: Rc::default(),
            seated: true.into(),
            peers: seat.peers.clone().into(),
            legs: RefCell::default(),
            events: Broadcast::default(),
            heard: Heard::default(),
            busy_answers: Cell::default(),
            outgoing: outgoing.into(),
            health_checks: Queue::default(),
            end: CloseSignal::default(),
        };
        this.set_max_frame_bytes(seat.max_frame_bytes);
        this
    }

    fn set_max_frame_bytes(&self, bytes: usize) {
        self.max_frame_bytes.set(bytes);
        self.signal_limit.set(bytes.saturating_sub(ENVELOPE_BYTES));
    }

    /// Returns the configuration of a call.
    fn configuration(&self) -> Configuration {
        let mut configuration = self.configuration.clone();
        configuration.ice_servers.extend_from_slice(&self.ice_servers.borrow());
        configuration
    }

    fn tell(&self, event: RoomEvent) {
        events::push(&self.events, event);
    }

    /// Asks for a check that the socket is alive.
    fn check_health(&self) {
        if self.health_checks.len() == 0 {
            self.health_checks.push(());
        }
    }

    fn open(&self, operation: &'static str) -> Result<()> {
        if self.end.is_set() { Err(Error::closed(operation)) } else { Ok(()) }
    }

    fn peer(&self, id: &PeerId) -> Option<Peer> {
        self.peers.borrow().iter().find(|peer| peer.id == *id).cloned()
    }

    fn call_state(self: &Rc<Self>, id: CallId, peer: Peer, stage: Stage) -> Rc<CallState> {
        let outgoing = self.outgoing.borrow().clone();
        let call_state = Rc::new(CallState::new(id, peer, Rc::downgrade(self), outgoing, stage));
        let mut legs = self.legs.borrow_mut();
        legs.retain(|call_state| call_state.strong_count() > 0);
        legs.push(Rc::downgrade(&call_state));
        call_state
    }

    fn legs(&self) -> Vec<Rc<CallState>> {
        self.legs.borrow().iter().filter_map(Weak::upgrade).filter(|call_state| !call_state.end.is_set()).collect()
    }

    fn leave(&self) {
        for call_state in self.legs() {
            call_state.finish(EndReason::RoomClosed);
        }
        self.end.set();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.leave();
    }
}

identity!(Room, |this, other| Rc::ptr_eq(&this.0, &other.0));

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("me", &self.me()).field("peers", &self.0.peers.borrow()).finish_non_exhaustive()
    }
}
