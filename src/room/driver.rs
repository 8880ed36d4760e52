//! The background task of a room, which reads and writes its socket, and finds another when it breaks.

use std::{
    convert::Infallible,
    future,
    rc::{Rc, Weak},
    time::Duration,
};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::mpsc,
    future::{Fuse, FusedFuture},
    select_biased,
};
use gloo_timers::future::{IntervalStream, TimeoutFuture};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::{
    Inner, Join, Room, backoff,
    connector::{Connector, Seat, is_final, last_error},
    join::PROVIDER,
    kept_seat::{KeptSeat, UNKNOWN_COUNT},
    outgoing::{Frame, Refusal},
    receive::is_of_one_frame,
    resend_queue::ResendQueue,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::EventStream,
    signaling::{ClientMessage, ErrorCode, Ping, Pong, ServerError, ServerMessage, SignalingSocket},
    timer,
    wake::CloseWait,
};

/// How long the server may take to answer, for a browser waits for ever.
const JOINING_MS: u32 = 20_000;

/// The same when we come back: another try may do better.
const COMING_BACK_MS: u32 = 10_000;

/// How long a server may take to answer where a call's way to the other side is broken: the way to the server may be
/// so too.
const HEALTH_CHECK_MS: u32 = 3_000;

/// The number of frames that may wait for the socket; it takes them in the next turn.
const OUTGOING_FRAMES: usize = 256;

/// The pause before a frame is sent again that the server has refused for the moment; doubled each time.
const PAUSE_MS: u32 = 1_000;

pub(super) async fn join(url: &str, join: Join) -> Result<Room> {
    let give_up_after = join.give_up_after;
    let kept_seat = join.keeps_seat.then(|| KeptSeat::new(url, &join.room, &join.name));
    let mut connector = Connector::new(url, &join);
    let former = kept_seat.as_ref().and_then(KeptSeat::token);
    let received = former.as_ref().map_or(0, |_| UNKNOWN_COUNT);
    let mut seat = connector.enter(former, received, JOINING_MS).await?;
    if seat.resumed {
        // A server that checks no counts has given the former seat back, whose state is lost.
        seat.socket.send(ClientMessage::Leave).await?;
        seat = connector.enter(None, 0, JOINING_MS).await?;
    }
    let (outgoing, queue) = mpsc::channel(OUTGOING_FRAMES);
    let inner = Rc::new(Inner::new(join, &seat, outgoing));
    let driver = RoomDriver {
        queue,
        resend_queue: ResendQueue::default(),
        health_checks: EventStream::from_queue(inner.health_checks.clone(), &inner.end),
        room: Rc::downgrade(&inner),
        connector,
        kept_seat,
        give_up_after,
        attempt: 0,
        pings: 0,
        unanswered: None,
        refused: Vec::new(),
        pause: Fuse::terminated(),
    };
    spawn_local(driver.serve(seat, inner.end.wait()));
    Ok(Room(inner))
}

/// Keeps the room connected, and carries frames in both directions.
struct RoomDriver {
    queue: mpsc::Receiver<Frame>,
    resend_queue: ResendQueue,
    health_checks: EventStream<()>,
    room: Weak<Inner>,
    connector: Connector,
    kept_seat: Option<KeptSeat>,
    give_up_after: Duration,
    /// The number of attempts to reconnect since the server was last heard for a whole heartbeat: a server that gives a
    /// seat and drops it at once is asked less and less often too.
    attempt: u32,
    pings: u32,
    /// The ping that the server has not answered yet.
    unanswered: Option<u32>,
    /// Words of calls that the server has refused for the moment, to be sent again after a pause. This is the only place
    /// where a frame is repeated within a seat.
    refused: Vec<Frame>,
    pause: Fuse<TimeoutFuture>,
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

impl RoomDriver {
    /// Runs until the room is left, or lost.
    async fn serve(mut self, mut seat: Seat, mut end: CloseWait) {
        loop {
            self.resend_queue.set_token(seat.resume.take());
            self.keep_seat();
            let mut socket = seat.socket;
            let broken = select_biased! {
                () = (&mut end).fuse() => return self.take_leave(socket, seat.max_frame_bytes).await,
                broken = self.carry(&mut socket, seat.heartbeat_ms, seat.max_frame_bytes).boxed_local().fuse() => broken,
            };
            let reason = match broken {
                Ok(never) => match never {},
                Err(Broken::Ended(error)) => last_error(&mut socket, error).await,
                Err(Broken::Silent) => {
                    self.connector.set_aside(socket);
                    Error::new("join", ErrorKind::Timeout, "the signaling server does not answer pings")
                }
            };
            if is_final(&reason) {
                self.forget_seat();
                if let Some(room) = self.room.upgrade() {
                    room.lost(reason);
                }
                return;
            }
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

    /// Carries frames in both directions until the socket breaks.
    async fn carry(
        &mut self,
        socket: &mut SignalingSocket,
        heartbeat_ms: u32,
        max_frame_bytes: usize,
    ) -> std::result::Result<Infallible, Broken> {
        let mut heartbeat = IntervalStream::new(heartbeat_ms.clamp(1_000, timer::LONGEST_MS)).fuse();
        let mut heard = true;
        let mut doubt = Fuse::<TimeoutFuture>::terminated();
        self.unanswered = None;
        loop {
            while let Some(frame) = self.resend_queue.next(max_frame_bytes) {
                socket.send(frame).await?;
            }
            if self.resend_queue.wants_to_ask(self.unanswered.is_some()) {
                self.ping(socket).await?;
            }
            let has_room = self.resend_queue.has_room();
            select_biased! {
                message = socket.next().fuse() => {
                    heard = true;
                    doubt = Fuse::terminated();
                    self.receive(message.ok_or_else(|| Error::closed("join"))?)?;
                }
                () = self.health_checks.select_next_some() => {
                    doubt = TimeoutFuture::new(HEALTH_CHECK_MS).fuse();
                    self.ping(socket).await?;
                }
                () = doubt => return Err(Broken::Silent),
                () = &mut self.pause => {
                    // It may have been the ping that was refused.
                    if self.unanswered.take().is_some() {
                        self.resend_queue.ask_again();
                    }
                    self.refused.drain(..).filter(Frame::is_wanted).for_each(|frame| self.resend_queue.push(frame));
                }
                frame = taken_if(has_room, &mut self.queue).boxed_local().fuse() => self.resend_queue.push(frame),
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
        self.resend_queue.asked();
        self.pings = self.pings.wrapping_add(1);
        self.unanswered = Some(self.pings);
        socket.send(ClientMessage::Ping(Ping::new(self.pings).received(self.resend_queue.received()))).await
    }

    /// Counts a frame, and hands it to the room or to the owner of what it refuses. A frame that cannot be read is
    /// counted too: it may be a message of a newer server.
    fn receive(&mut self, message: Result<ServerMessage>) -> Result<()> {
        let message = match message {
            Ok(ServerMessage::Pong(Pong { id, received, resume, .. })) => {
                self.unanswered.take_if(|unanswered| *unanswered == id);
                self.resend_queue.receive_pong(received, resume.as_ref());
                if resume.is_some() {
                    self.keep_seat();
                }
                return Ok(());
            }
            Ok(ServerMessage::Joined(_)) => return Ok(()),
            Ok(ServerMessage::Error(ServerError { code, message, frame: Some(number), .. })) => {
                self.resend_queue.receive();
                match self.resend_queue.refuse(number).map(|frame| frame.refused(code.clone(), message.clone())) {
                    Some(Refusal::Reported) => return Ok(()),
                    Some(Refusal::Retry(frame)) => {
                        self.retry(frame);
                        return Ok(());
                    }
                    Some(Refusal::Unreported(error)) => {
                        self.report(error);
                        return Ok(());
                    }
                    None => Ok(ServerMessage::Error(ServerError::new(code, message).frame(number))),
                }
            }
            // A ping, which has no number.
            Ok(ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. })) if self.unanswered.is_some() => {
                self.resend_queue.receive();
                if self.pause.is_terminated() {
                    self.pause = TimeoutFuture::new(PAUSE_MS).fuse();
                }
                return Ok(());
            }
            Ok(message) => {
                self.resend_queue.receive();
                Ok(message)
            }
            Err(error) => {
                if is_of_one_frame(&error) {
                    self.resend_queue.receive();
                }
                Err(error)
            }
        };
        // Without a room, the end has come and is seen to.
        self.room.upgrade().map_or(Ok(()), |room| room.receive(message))
    }

    /// Reports a refusal that nobody else reports.
    fn report(&self, error: Error) {
        if let Some(room) = self.room.upgrade() {
            room.refused(error);
        }
    }

    /// Sends a frame again after a pause. Those that are refused meanwhile wait for the same one.
    fn retry(&mut self, frame: Frame) {
        if self.refused.is_empty() {
            let doublings = frame.attempts().saturating_sub(1);
            self.pause = TimeoutFuture::new(PAUSE_MS << doublings.min(5)).fuse();
        }
        self.refused.push(frame);
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
                    self.resend_queue.resume(seat.received);
                    return Ok(seat);
                }
                Ok(seat) => {
                    self.start_over();
                    return Ok(seat);
                }
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    if error.operation() == PROVIDER {
                        self.report(error.clone());
                    }
                    reason = error;
                }
            }
        }
    }

    async fn try_again(&mut self) -> Result<Seat> {
        let mut online = EventStream::listen(&js_sys::global().unchecked_into(), "online", |_| Some(()));
        select_biased! {
            () = TimeoutFuture::new(backoff::before(self.attempt, js_sys::Math::random())).fuse() => {}
            () = online.select_next_some() => {}
        }
        self.connector.enter(self.resend_queue.token().cloned(), self.resend_queue.received(), COMING_BACK_MS).await
    }

    /// Drops what waits for one peer, which knows this one by the id of the former seat.
    fn start_over(&mut self) {
        self.resend_queue.start_over();
        self.refused.drain(..).filter(Frame::is_say).for_each(|frame| self.resend_queue.push(frame));
        self.pause = Fuse::terminated();
        // The rest goes out as there is room, and what is for a peer by its former id is refused.
        while self.resend_queue.has_room()
            && let Ok(frame) = self.queue.try_recv()
        {
            if frame.is_say() {
                self.resend_queue.push(frame);
            }
        }
    }

    /// Keeps the token of now for a page that is opened again.
    fn keep_seat(&self) {
        if let Some(kept_seat) = &self.kept_seat {
            kept_seat.keep(self.resend_queue.token());
        }
    }

    /// Sends the last words of the calls, which are still in the queue, and gives the seat up.
    async fn take_leave(mut self, mut socket: SignalingSocket, max_frame_bytes: usize) {
        self.queue.close();
        while let Some(frame) = self.queue.next().await {
            self.resend_queue.push(frame);
        }
        while let Some(frame) = self.resend_queue.next(max_frame_bytes) {
            if socket.send(frame).await.is_err() {
                return;
            }
        }
        if socket.send(ClientMessage::Leave).await.is_ok() {
            self.forget_seat();
        }
    }

    /// Removes the token of a seat that has been given up, or taken over.
    fn forget_seat(&self) {
        if let Some(kept_seat) = &self.kept_seat {
            kept_seat.forget(self.resend_queue.token());
        }
    }
}

/// Returns the next frame, when it can be taken. Cancel safe.
async fn taken_if(can_be: bool, queue: &mut mpsc::Receiver<Frame>) -> Frame {
    if can_be && let Some(frame) = queue.next().await {
        return frame;
    }
    future::pending().await
}
