//! Rooms: who is here, and calls between them, over a signaling server.

mod address;
mod backoff;
mod call;
mod incoming;
mod join;
mod ledger;
mod leg;
mod message;
mod receive;
mod seat;
mod task;

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::{Rc, Weak},
};

use futures::{FutureExt, StreamExt, channel::mpsc, select_biased};
use gloo_timers::future::TimeoutFuture;
use serde::Serialize;

pub use self::{
    call::{Call, EndReason},
    incoming::IncomingCall,
    join::Join,
    message::DeclineReason,
};
use self::{
    leg::{Answer, Leg, Stage},
    message::{CallId, Word},
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{EventStream, Queue},
    media::MediaStream,
    peer::IceServer,
    random,
    signaling::{ClientMessage, Data, LeaveReason, MessageId, Peer, PeerId},
    wake::End,
};

/// How long a call rings before the caller gives up.
const RINGING_MS: u32 = 45_000;

/// What happens in a room.
#[derive(Debug)]
#[non_exhaustive]
pub enum RoomEvent {
    /// Somebody calls.
    Incoming(IncomingCall),
    /// Somebody came.
    PeerJoined(Peer),
    /// Somebody went, and why. Calls with them have ended, but for one whose connection is up: where they have not
    /// left but were lost to the server, it goes on.
    PeerLeft(Peer, LeaveReason),
    /// Somebody said something to everybody, with [`Room::say`].
    Said {
        /// Who.
        from: Peer,
        /// What.
        data: Data,
    },
    /// The server refused something, or sent what cannot be read.
    Refused(Error),
    /// The signaling server is not heard any more, and is tried for the `attempt`-th time, counted from 1. Calls that
    /// are up go on, and what is said waits.
    Reconnecting {
        /// Which try it is, since the server was last heard for a whole heartbeat.
        attempt: u32,
    },
    /// The server is back. Where it had kept the seat, nothing has been lost. Where it had not, because it was
    /// restarted or was away for too long, [`Room::me`] has another id, who came and went has been told, and what
    /// others said meanwhile is lost.
    Recovered,
    /// The server is gone for good, and the room with it: it let us in no more, or it was tried for as long as
    /// [`Join::give_up_after`] says. Calls that are up go on. No event follows.
    Lost {
        /// What the last try failed with.
        reason: Error,
    },
}

/// A seat in a room.
///
/// Clones share one seat. It is given up with [`leave`](Self::leave), which ends its calls, or when the last clone
/// and the last call are dropped.
///
/// Where the signaling server is lost, the room comes back by itself, to the same seat where the server has kept it:
/// see [`RoomEvent::Reconnecting`]. What is said and who is called meanwhile waits.
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
    /// The server hears us, as far as we know.
    seated: Cell<bool>,
    peers: RefCell<Vec<Peer>>,
    legs: RefCell<Vec<Weak<Leg>>>,
    events: Queue<RoomEvent>,
    outgoing: RefCell<mpsc::Sender<ClientMessage>>,
    /// Something speaks against the socket being alive.
    doubts: Queue<()>,
    /// No more words from or to the server.
    end: End,
}

impl Room {
    /// Takes a seat in a room. Cancel safe: dropped early, the seat is given back.
    ///
    /// # Errors
    /// `Signaling` with the server's code where it refuses, such as a name that is taken; `Timeout` where it does not
    /// answer; and what [`SignalingSocket::connect`](crate::signaling::SignalingSocket::connect) fails with.
    pub async fn join(url: &str, join: Join) -> Result<Self> {
        task::join(url, join).await
    }

    /// Oneself, with the id that the server gave: another one where it has been restarted.
    #[must_use]
    pub fn me(&self) -> Peer {
        self.0.me.borrow().clone()
    }

    /// Everybody else who is here now.
    #[must_use]
    pub fn peers(&self) -> Vec<Peer> {
        self.0.peers.borrow().clone()
    }

    /// The STUN and TURN servers that the signaling server names; calls use them.
    #[must_use]
    pub fn ice_servers(&self) -> Vec<IceServer> {
        self.0.ice_servers.borrow().clone()
    }

    /// What happens here, from the moment of joining on. All streams of a room share one queue, so that each event
    /// goes to one of them, and none is lost while nobody looks. It ends when the room has been left.
    pub fn events(&self) -> EventStream<RoomEvent> {
        EventStream::of(self.0.events.clone(), &self.0.end)
    }

    /// Calls somebody, sending `media` where there is some: `&camera`, or `None` to only watch and listen. Resolves
    /// when they have accepted. Cancel safe: dropped while it rings, the ringing ends.
    ///
    /// Where both call each other, be it that their call rings here already, both get the same call.
    ///
    /// # Errors
    /// `Declined`, `Busy`, `Timeout` where nobody answers within 45 seconds, `PeerLeft` where they are not or no
    /// longer here, `Closed` where the room has been left, or what the connection fails with.
    pub async fn call(&self, peer: &PeerId, media: impl Into<Option<&MediaStream>>) -> Result<Call> {
        const OPERATION: &str = "call";
        let media = media.into().cloned();
        let peer = self.0.peer(peer).ok_or_else(|| Error::new(OPERATION, ErrorKind::PeerLeft, "they are not here"))?;
        self.0.open(OPERATION)?;
        let rings_here = |leg: &Rc<Leg>| leg.stage() == Stage::RingingIn && leg.address.them() == peer.id;
        if let Some(theirs) = self.0.legs().into_iter().find(rings_here) {
            return Call::start(self, theirs, media, false).await;
        }
        let leg = self.0.leg(CallId::random(), peer, Stage::RingingOut);
        leg.tell(Word::Ring)?;
        let mut answers = leg.answers();
        let answer = select_biased! {
            answer = answers.next() => answer,
            () = TimeoutFuture::new(RINGING_MS).fuse() => {
                leg.give_up(EndReason::Unanswered);
                None
            }
        };
        match answer {
            Some(Answer::Accepted) => Call::start(self, leg, media, true).await,
            Some(Answer::Crossed(theirs)) => Call::start(self, theirs, media, false).await,
            None => Err(leg.error(OPERATION)),
        }
    }

    /// Says something to everybody else in the room.
    ///
    /// # Errors
    /// `Syntax` for a value that has no JSON, `Operation` where too much is waiting to be sent, `Closed`.
    pub fn say<T: Serialize + ?Sized>(&self, value: &T) -> Result<()> {
        let data =
            Data::from_serialize(value).map_err(|error| Error::new("say", ErrorKind::Syntax, error.to_string()))?;
        let id = MessageId::try_from(random::id())
            .map_err(|error| Error::new("say", ErrorKind::Syntax, error.to_string()))?;
        self.0.open("say")?;
        leg::send(&mut self.0.outgoing.borrow_mut(), ClientMessage::Say { id, data })
    }

    /// Resolves when the seat has been given up, or the signaling server is gone for good. Cancel safe.
    pub fn left(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.0.end.wait()
    }

    /// Gives up the seat. Its calls end, and so do its events.
    pub fn leave(&self) {
        self.0.leave();
    }
}

impl Inner {
    fn open(&self, operation: &'static str) -> Result<()> {
        if self.end.has_come() { Err(Error::closed(operation)) } else { Ok(()) }
    }

    fn peer(&self, id: &PeerId) -> Option<Peer> {
        self.peers.borrow().iter().find(|peer| peer.id == *id).cloned()
    }

    fn leg(self: &Rc<Self>, id: CallId, peer: Peer, stage: Stage) -> Rc<Leg> {
        let outgoing = self.outgoing.borrow().clone();
        let leg = Rc::new(Leg::new(id, peer, Rc::downgrade(self), outgoing, stage));
        let mut legs = self.legs.borrow_mut();
        legs.retain(|leg| leg.strong_count() > 0);
        legs.push(Rc::downgrade(&leg));
        leg
    }

    fn legs(&self) -> Vec<Rc<Leg>> {
        self.legs.borrow().iter().filter_map(Weak::upgrade).filter(|leg| !leg.end.has_come()).collect()
    }

    fn leave(&self) {
        for leg in self.legs() {
            leg.finish(EndReason::RoomClosed);
        }
        self.end.come();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("me", &self.me()).field("peers", &self.0.peers.borrow()).finish_non_exhaustive()
    }
}
