//! The background task of a room: it reads and writes the socket, and reconnects when the socket breaks.

use std::{future, rc::Rc, time::Duration};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::mpsc,
    future::{Fuse, FusedFuture},
    select_biased, stream,
};
use gloo_timers::future::{IntervalStream, TimeoutFuture};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::{
    backoff,
    connector::{Connector, Seat, is_final, last_error},
    events::RoomEvent,
    join::{Join, PROVIDER},
    kept_seat::{KeptSeat, UNKNOWN_COUNT},
    outgoing::{Frame, Outgoing, Refusal},
    receive::Receiver,
    resend_queue::ResendQueue,
    shared_room::SharedRoom,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream},
    signaling::{ClientMessage, ErrorCode, Ping, Pong, ServerError, ServerMessage, SignalingSocket, is_frame_error},
    timer,
    wake::CloseWait,
};

/// Time that the server may take to answer a join, as browsers have no timeout.
const JOINING_MS: u32 = 20_000;

/// Time that the server may take when the room reconnects: another attempt may succeed sooner.
const REJOINING_MS: u32 = 10_000;

/// Time that the server may take to answer when the connection of a call is broken: the path to the server may be broken
/// as well.
const HEALTH_CHECK_MS: u32 = 3_000;

/// Time before a frame that the server has refused temporarily is sent again; doubled each time.
const PAUSE_MS: u32 = 1_000;

/// Keeps a room connected, and carries frames in both directions.
pub(super) struct RoomDriver {
    receiver: Receiver,
    queue: mpsc::Receiver<Frame>,
    resend_queue: ResendQueue,
    health_checks: EventStream<()>,
    connector: Connector,
    kept_seat: Option<KeptSeat>,
    give_up_after: Duration,
    /// Number of attempts to reconnect since the server was last heard for a whole heartbeat, so that a server that gives
    /// a seat and drops it at once is asked less and less often as well.
    attempt: u32,
    pings: u32,
    /// The ping that the server has not answered yet.
    unanswered: Option<u32>,
    /// Signals of calls that the server has refused temporarily, to be sent again after a pause. Nothing else repeats a
    /// frame within a seat.
    refused: Vec<Frame>,
    pause: Fuse<TimeoutFuture>,
}

/// The reason why a socket is of no use any more.
enum Broken {
    Ended(Error),
    /// Nothing is received. A browser may take minutes to notice.
    Silent,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Ended(error)
    }
}

type Carried = std::result::Result<(), Broken>;

/// A socket that has a seat.
struct Connection {
    socket: SignalingSocket,
    max_frame_bytes: usize,
    heartbeat: stream::Fuse<IntervalStream>,
    /// True if anything was received since the last heartbeat.
    is_alive: bool,
    health_check: Fuse<TimeoutFuture>,
}

impl Connection {
    fn new(socket: SignalingSocket, heartbeat_ms: u32, max_frame_bytes: usize) -> Self {
        let heartbeat = IntervalStream::new(heartbeat_ms.clamp(1_000, timer::LONGEST_MS)).fuse();
        Self { socket, max_frame_bytes, heartbeat, is_alive: true, health_check: Fuse::terminated() }
    }

    fn is_heard(&mut self) {
        self.is_alive = true;
        self.health_check = Fuse::terminated();
    }
}

impl RoomDriver {
    /// Joins a room, and starts its driver.
    pub(super) async fn start(url: &str, join: Join, events: Broadcast<RoomEvent>) -> Result<Rc<SharedRoom>> {
        let give_up_after = join.give_up_after;
        let kept_seat = join.keeps_seat.then(|| KeptSeat::new(url, &join.room, &join.name));
        let mut connector = Connector::new(url, &join);
        let seat = take_seat(&mut connector, kept_seat.as_ref()).await?;
        let (outgoing, queue) = Outgoing::new();
        let room = SharedRoom::new(join, &seat, outgoing);
        let driver = Self {
            receiver: Receiver::new(&room, events),
            queue,
            resend_queue: ResendQueue::default(),
            health_checks: EventStream::from_queue(room.presence().health_checks(), room.end_signal()),
            connector,
            kept_seat,
            give_up_after,
            attempt: 0,
            pings: 0,
            unanswered: None,
            refused: Vec::new(),
            pause: Fuse::terminated(),
        };
        spawn_local(driver.run(seat, room.end_wait()));
        Ok(room)
    }

    /// Runs until the room is left or lost.
    async fn run(mut self, mut seat: Seat, mut end: CloseWait) {
        loop {
            self.resend_queue.set_token(seat.resume.take());
            self.keep_seat();
            let mut connection = Connection::new(seat.socket, seat.heartbeat_ms, seat.max_frame_bytes);
            let broken = select_biased! {
                () = (&mut end).fuse() => None,
                broken = self.carry(&mut connection).boxed_local().fuse() => Some(broken),
            };
            let Some(broken) = broken else { return self.leave(connection).await };
            let reason = self.reason(broken, connection.socket).await;
            if is_final(&reason) {
                self.forget_seat();
                return self.receiver.lost(reason);
            }
            let recovered = select_biased! {
                // The sockets are dropped and close, which gives up the seat.
                () = (&mut end).fuse() => return,
                recovered = self.recover(reason).boxed_local().fuse() => recovered,
            };
            seat = match recovered {
                Ok(seat) => seat,
                Err(reason) => return self.receiver.lost(reason),
            };
            self.receiver.recovered(&seat);
        }
    }

    /// Carries frames in both directions until the socket breaks.
    async fn carry(&mut self, connection: &mut Connection) -> Broken {
        self.unanswered = None;
        loop {
            if let Err(broken) = self.step(connection).await {
                return broken;
            }
        }
    }

    /// Sends what there is to send, and handles the next event.
    async fn step(&mut self, connection: &mut Connection) -> Carried {
        self.flush(connection).await?;
        if self.resend_queue.wants_to_ask(self.unanswered.is_some()) {
            self.ping(connection).await?;
        }
        let has_room = self.resend_queue.has_room();
        select_biased! {
            message = connection.socket.next().fuse() => self.receive(connection, message),
            () = self.health_checks.select_next_some() => self.check_health(connection).await,
            () = &mut connection.health_check => Err(Broken::Silent),
            () = &mut self.pause => { self.retry_refused(); Ok(()) }
            frame = next_if(has_room, &mut self.queue).boxed_local().fuse() => { self.resend_queue.push(frame); Ok(()) }
            () = connection.heartbeat.select_next_some() => self.beat(connection).await,
        }
    }

    /// Sends the frames that may be sent.
    async fn flush(&mut self, connection: &mut Connection) -> Result<()> {
        while let Some(frame) = self.resend_queue.next(connection.max_frame_bytes) {
            connection.socket.send(frame).await?;
        }
        Ok(())
    }

    async fn ping(&mut self, connection: &mut Connection) -> Result<()> {
        self.resend_queue.asked();
        self.pings = self.pings.wrapping_add(1);
        self.unanswered = Some(self.pings);
        let ping = ClientMessage::Ping(Ping::new(self.pings).received(self.resend_queue.received()));
        connection.socket.send(ping).await
    }

    async fn check_health(&mut self, connection: &mut Connection) -> Carried {
        connection.health_check = TimeoutFuture::new(HEALTH_CHECK_MS).fuse();
        Ok(self.ping(connection).await?)
    }

    /// Requires that something was received since the last heartbeat.
    async fn beat(&mut self, connection: &mut Connection) -> Carried {
        if !std::mem::take(&mut connection.is_alive) {
            return Err(Broken::Silent);
        }
        self.attempt = 0;
        Ok(self.ping(connection).await?)
    }

    fn receive(&mut self, connection: &mut Connection, message: Option<Result<ServerMessage>>) -> Carried {
        connection.is_heard();
        let message = message.ok_or_else(|| Error::closed("join"))?;
        self.count(&message);
        Ok(self.handle(message)?)
    }

    /// Counts a numbered frame. One that cannot be read is counted too: it may be a message of a newer server.
    fn count(&mut self, message: &Result<ServerMessage>) {
        let is_numbered = match message {
            Ok(ServerMessage::Joined(_) | ServerMessage::Pong(_)) => false,
            Ok(_) => true,
            Err(error) => is_frame_error(error),
        };
        if is_numbered {
            self.resend_queue.receive();
        }
    }

    /// Hands a message to the room, or to the owner of the frame that it refuses.
    fn handle(&mut self, message: Result<ServerMessage>) -> Result<()> {
        match message {
            Ok(ServerMessage::Joined(_)) => {}
            Ok(ServerMessage::Pong(Pong { id, received, resume, .. })) => {
                self.unanswered.take_if(|unanswered| *unanswered == id);
                self.resend_queue.receive_pong(received, resume.as_ref());
                if resume.is_some() {
                    self.keep_seat();
                }
            }
            Ok(ServerMessage::Error(ServerError { code, message, frame: Some(number), .. })) => {
                self.frame_refused(number, &code, message);
            }
            // A ping, which has no number.
            Ok(ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. })) if self.unanswered.is_some() => {
                if self.pause.is_terminated() {
                    self.pause = TimeoutFuture::new(PAUSE_MS).fuse();
                }
            }
            message => return self.receiver.receive(message),
        }
        Ok(())
    }

    fn frame_refused(&mut self, number: u32, code: &ErrorCode, message: String) {
        let refusal = match self.resend_queue.refuse(number) {
            Some(frame) => frame.refused(code, message),
            None => Refusal::Unreported(Error::signaling("signal", code, message)),
        };
        match refusal {
            Refusal::Reported => {}
            Refusal::Retry(frame) => self.retry(frame),
            Refusal::Unreported(error) => self.receiver.refused(error),
        }
    }

    /// Sends a frame again after a pause. Frames that are refused during the pause wait for its end too.
    fn retry(&mut self, frame: Frame) {
        if self.refused.is_empty() {
            let doublings = frame.attempts().saturating_sub(1);
            self.pause = TimeoutFuture::new(PAUSE_MS << doublings.min(5)).fuse();
        }
        self.refused.push(frame);
    }

    /// Sends the refused frames again.
    fn retry_refused(&mut self) {
        // It may have been the ping that was refused.
        if self.unanswered.take().is_some() {
            self.resend_queue.ask_again();
        }
        self.refused.drain(..).filter(Frame::is_wanted).for_each(|frame| self.resend_queue.push(frame));
    }

    /// Returns the reason as an error.
    async fn reason(&mut self, broken: Broken, mut socket: SignalingSocket) -> Error {
        match broken {
            Broken::Ended(error) => last_error(&mut socket, error).await,
            Broken::Silent => {
                self.connector.set_aside(socket);
                Error::new("join", ErrorKind::Timeout, "the signaling server does not answer pings")
            }
        }
    }

    /// Reconnects until there is a seat again, or an error that is final.
    async fn recover(&mut self, mut reason: Error) -> Result<Seat> {
        if self.give_up_after.is_zero() {
            return Err(reason);
        }
        let mut timeout = TimeoutFuture::new(timer::milliseconds(self.give_up_after)).fuse();
        loop {
            let rejoined = select_biased! {
                () = timeout => return Err(reason),
                rejoined = self.rejoin().boxed_local().fuse() => rejoined,
            };
            match rejoined {
                Ok(seat) => {
                    self.resume(&seat);
                    return Ok(seat);
                }
                Err(error) if is_final(&error) => return Err(error),
                Err(error) => {
                    if error.operation() == PROVIDER {
                        self.receiver.refused(error.clone());
                    }
                    reason = error;
                }
            }
        }
    }

    /// Makes one attempt to reconnect, after a delay.
    async fn rejoin(&mut self) -> Result<Seat> {
        self.attempt = self.attempt.saturating_add(1);
        self.receiver.reconnecting(self.attempt);
        let mut online = EventStream::listen(&js_sys::global().unchecked_into(), "online", |_| Some(()));
        select_biased! {
            () = TimeoutFuture::new(backoff::delay_ms(self.attempt, js_sys::Math::random())).fuse() => {}
            () = online.select_next_some() => {}
        }
        self.connector.enter(self.resend_queue.token().cloned(), self.resend_queue.received(), REJOINING_MS).await
    }

    /// Continues with a seat. In another one than before, frames for one peer are dropped, as that knows the local peer
    /// by its former id.
    fn resume(&mut self, seat: &Seat) {
        if seat.resumed {
            return self.resend_queue.resume(seat.received);
        }
        self.resend_queue.start_over();
        self.refused.drain(..).filter(Frame::is_say).for_each(|frame| self.resend_queue.push(frame));
        self.pause = Fuse::terminated();
        // The others are sent as there is room, and a signal to a former id is refused.
        while self.resend_queue.has_room()
            && let Ok(frame) = self.queue.try_recv()
        {
            if frame.is_say() {
                self.resend_queue.push(frame);
            }
        }
    }

    /// Stores the current token for a page that is opened again.
    fn keep_seat(&self) {
        if let Some(kept_seat) = &self.kept_seat {
            kept_seat.keep(self.resend_queue.token());
        }
    }

    /// Removes the token of a seat that has been given up, or taken over.
    fn forget_seat(&self) {
        if let Some(kept_seat) = &self.kept_seat {
            kept_seat.forget(self.resend_queue.token());
        }
    }

    /// Sends the last signals of the calls, which are still in the queue, and gives up the seat.
    async fn leave(mut self, mut connection: Connection) {
        self.queue.close();
        while let Some(frame) = self.queue.next().await {
            self.resend_queue.push(frame);
        }
        if self.flush(&mut connection).await.is_ok() && connection.socket.send(ClientMessage::Leave).await.is_ok() {
            self.forget_seat();
        }
    }
}

/// Takes the first seat, freeing the one that a former page of this tab had.
async fn take_seat(connector: &mut Connector, kept_seat: Option<&KeptSeat>) -> Result<Seat> {
    let former = kept_seat.and_then(KeptSeat::token);
    let received = former.as_ref().map_or(0, |_| UNKNOWN_COUNT);
    let mut seat = connector.enter(former, received, JOINING_MS).await?;
    if seat.resumed {
        // A server that checks no counts has given the former seat back, whose state is lost.
        seat.socket.send(ClientMessage::Leave).await?;
        seat = connector.enter(None, 0, JOINING_MS).await?;
    }
    Ok(seat)
}

/// Resolves to the next frame, if one may be taken. Cancel safe.
async fn next_if(may_take: bool, queue: &mut mpsc::Receiver<Frame>) -> Frame {
    if may_take && let Some(frame) = queue.next().await {
        return frame;
    }
    future::pending().await
}
