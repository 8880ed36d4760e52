//! What runs in the background of a room: the one that reads and writes its socket, and finds another when it breaks.

use std::{
    convert::Infallible,
    future,
    rc::{Rc, Weak},
    time::Duration,
};

use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, future::Fuse, select_biased};
use gloo_timers::future::{IntervalStream, TimeoutFuture};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::{
    Inner, Join, Room, backoff,
    ledger::Ledger,
    seat::{Door, Seat, is_final},
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::EventStream,
    signaling::{ClientMessage, ErrorCode, ServerMessage, SignalingSocket},
    timer,
    wake::EndWait,
};

/// How long the server may take to answer, for a browser waits for ever.
const JOINING_MS: u32 = 20_000;

/// The same when we come back: another try may do better.
const COMING_BACK_MS: u32 = 10_000;

/// How long a server may take to answer where a call's way to the other side is broken: the way to the server may be
/// so too.
const DOUBT_MS: u32 = 3_000;

/// How many frames may wait for the socket; it takes them in the next turn.
const OUTGOING_FRAMES: usize = 256;

pub(super) async fn join(url: &str, join: Join) -> Result<Room> {
    let give_up_after = join.give_up_after;
    let mut door = Door::new(url, join);
    let seat = door.enter(None, 0, JOINING_MS).await?;
    let (outgoing, queue) = mpsc::channel(OUTGOING_FRAMES);
    let inner = Rc::new(Inner {
        me: seat.you.clone().into(),
        ice_servers: seat.ice_servers.clone().into(),
        seated: true.into(),
        peers: seat.peers.clone().into(),
        legs: Default::default(),
        events: Default::default(),
        outgoing: outgoing.into(),
        doubts: Default::default(),
        end: Default::default(),
    });
    let room = Rc::downgrade(&inner);
    let doubts = EventStream::of(inner.doubts.clone(), &inner.end);
    let ledger = Ledger::default();
    let clerk = Clerk { queue, ledger, doubts, room, door, give_up_after, attempt: 0, pings: 0 };
    spawn_local(clerk.serve(seat, inner.end.wait()));
    Ok(Room(inner))
}

/// Sees to it that the room has a socket, and that frames go both ways.
struct Clerk {
    queue: mpsc::Receiver<ClientMessage>,
    ledger: Ledger,
    doubts: EventStream<()>,
    room: Weak<Inner>,
    door: Door,
    give_up_after: Duration,
    /// How often it was tried to come back since the server was last heard for a whole heartbeat: one that gives a
    /// seat and drops it at once is asked more and more seldom too.
    attempt: u32,
    pings: u32,
}

/// Why a socket is of no use any more.
enum Broken {
    Ended(Error),
    /// Nothing is heard. A browser may take minutes to notice.
    Silent,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Ended(error)
    }
}

impl Clerk {
    /// Until the room is left, or lost.
    async fn serve(mut self, mut seat: Seat, mut end: EndWait) {
        loop {
            self.ledger.set_token(seat.resume.take());
            let mut socket = seat.socket;
            let broken = select_biased! {
                () = (&mut end).fuse() => return self.take_leave(socket).await,
                broken = self.carry(&mut socket, seat.heartbeat_ms).boxed_local().fuse() => broken,
            };
            let reason = match broken {
                Ok(never) => match never {},
                Err(Broken::Ended(error)) => error,
                Err(Broken::Silent) => {
                    self.door.set_aside(socket);
                    Error::new("join", ErrorKind::Timeout, "the signaling server has fallen silent")
                }
            };
            let outcome = select_biased! {
                // What is left of the sockets closes, and that gives up the seat.
                () = (&mut end).fuse() => return,
                outcome = self.come_back(reason).boxed_local().fuse() => outcome,
            };
            let Some(room) = self.room.upgrade() else { return };
            seat = match outcome {
                Ok(seat) => seat,
                Err(reason) => return room.lost(reason),
            };
            room.recovered(&seat);
        }
    }

    /// Carries frames both ways until the socket breaks.
    async fn carry(
        &mut self,
        socket: &mut SignalingSocket,
        heartbeat_ms: u32,
    ) -> std::result::Result<Infallible, Broken> {
        let mut heartbeat = IntervalStream::new(heartbeat_ms.clamp(1_000, timer::LONGEST_MS)).fuse();
        let mut heard = true;
        let mut doubt = Fuse::<TimeoutFuture>::terminated();
        loop {
            while let Some(frame) = self.ledger.next() {
                socket.send(frame).await?;
            }
            if self.ledger.wants_to_ask() {
                self.ping(socket).await?;
            }
            let has_room = self.ledger.has_room();
            select_biased! {
                message = socket.next().fuse() => {
                    heard = true;
                    doubt = Fuse::terminated();
                    self.receive(message.ok_or_else(|| Error::closed("join"))?)?;
                }
                () = self.doubts.select_next_some() => {
                    doubt = TimeoutFuture::new(DOUBT_MS).fuse();
                    self.ping(socket).await?;
                }
                () = doubt => return Err(Broken::Silent),
                frame = taken_if(has_room, &mut self.queue).boxed_local().fuse() => self.ledger.push(frame),
                () = heartbeat.select_next_some() => {
                    if !heard {
                        return Err(Broken::Silent);
                    }
                    heard = false;
                    self.attempt = 0;
                    self.ping(socket).await?;
                }
            }
        }
    }

    async fn ping(&mut self, socket: &mut SignalingSocket) -> Result<()> {
        self.ledger.asked();
        self.pings = self.pings.wrapping_add(1);
        socket.send(ClientMessage::Ping { id: self.pings, received: self.ledger.received() }).await
    }

    /// What cannot be read is counted too: it may be the word of a newer server.
    fn receive(&mut self, message: Result<ServerMessage>) -> Result<()> {
        match &message {
            Ok(ServerMessage::Pong { received, resume, .. }) => self.ledger.receive_pong(*received, resume.as_ref()),
            Ok(ServerMessage::Joined { .. }) => {}
            Ok(ServerMessage::Error { code: ErrorCode::TooLarge, .. }) => {
                self.ledger.receive();
                self.ledger.drop_largest();
            }
            Ok(_) => self.ledger.receive(),
            Err(error) if *error.kind() == ErrorKind::Syntax => self.ledger.receive(),
            Err(_) => {}
        }
        // Without a room, the end has come and is seen to.
        self.room.upgrade().map_or(Ok(()), |room| room.receive(message))
    }

    /// Tries until there is a seat again, or no hope of one.
    async fn come_back(&mut self, mut reason: Error) -> Result<Seat> {
        if self.give_up_after.is_zero() {
            return Err(reason);
        }
        let mut over = TimeoutFuture::new(timer::milliseconds(self.give_up_after)).fuse();
        loop {
            self.attempt = self.attempt.saturating_add(1);
            if let Some(room) = self.room.upgrade() {
                room.reconnecting(self.attempt);
            }
            let entered = select_biased! {
                () = over => return Err(reason),
                entered = self.try_again().boxed_local().fuse() => entered,
            };
            match entered {
                Ok(seat) if seat.resumed => {
                    self.ledger.resume(seat.received);
                    return Ok(seat);
                }
                Ok(seat) => {
                    self.start_over();
                    return Ok(seat);
                }
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => reason = error,
            }
        }
    }

    async fn try_again(&mut self) -> Result<Seat> {
        let mut online = EventStream::listen(&js_sys::global().unchecked_into(), "online", |_| Some(()));
        select_biased! {
            () = TimeoutFuture::new(backoff::before(self.attempt, js_sys::Math::random())).fuse() => {}
            () = online.select_next_some() => {}
        }
        self.door.enter(self.ledger.token().cloned(), self.ledger.received(), COMING_BACK_MS).await
    }

    /// In another seat, what waits for one of those who knew us in the old one is for nobody.
    fn start_over(&mut self) {
        self.ledger.start_over();
        while let Ok(frame) = self.queue.try_recv() {
            if matches!(frame, ClientMessage::Say { .. }) {
                self.ledger.push(frame);
            }
        }
    }

    /// The last words of the calls are in the queue still.
    async fn take_leave(mut self, mut socket: SignalingSocket) {
        self.queue.close();
        while let Some(frame) = self.queue.next().await {
            self.ledger.push(frame);
        }
        while let Some(frame) = self.ledger.next() {
            if socket.send(frame).await.is_err() {
                return;
            }
        }
        let _left = socket.send(ClientMessage::Leave).await;
    }
}

/// The next frame, when it can be taken. Cancel safe.
async fn taken_if(can_be: bool, queue: &mut mpsc::Receiver<ClientMessage>) -> ClientMessage {
    if can_be && let Some(frame) = queue.next().await {
        return frame;
    }
    future::pending().await
}
