//! The background task of a room, which reads and writes the socket, and reconnects when the socket breaks.

use std::{future, rc::Rc, time::Duration};

use futures::{
    FutureExt, SinkExt, StreamExt,
    channel::mpsc,
    future::{Fuse, FusedFuture},
    select_biased,
};
use wasm_bindgen_futures::spawn_local;

use super::{
    backoff,
    connector::{Connector, Seat, is_final, last_error},
    events::RoomEvent,
    join::{Join, TOKEN_OPERATION},
    kept_seat::{KeptSeat, UNKNOWN_COUNT},
    outgoing::{Frame, Outgoing, Refusal},
    receive::Receiver,
    resend_queue::ResendQueue,
    shared_room::SharedRoom,
};
use crate::{
    error::{Error, ErrorKind, Result},
    event::{Broadcast, EventStream, online},
    log::{Variant, log},
    signaling::{
        ClientMessage, ErrorCode, Ping, Pong, ServerError, ServerMessage, SignalingSocket, is_frame_error,
        socket_closed,
    },
    timer::{self, Sleep},
    wake::CloseWait,
};

/// Time that the server may take to answer the first join. Browsers have no timeout.
const JOIN_TIMEOUT_MS: u32 = 20_000;

/// Time that the server may take to answer a join when the room reconnects. It is shorter, because another attempt
/// follows.
const REJOIN_TIMEOUT_MS: u32 = 10_000;

/// Time that the server may take to answer a ping when the connection of a call may be broken, because the path to the
/// server may be broken as well. A new socket resumes the seat, so that nothing is lost by a wrong guess.
const HEALTH_CHECK_TIMEOUT_MS: u32 = 1_000;

/// Delay before a frame that the server has refused temporarily is sent again. It doubles with each refusal.
const RETRY_DELAY_MS: u32 = 1_000;

/// Keeps a room connected, and transfers frames in both directions.
pub(super) struct RoomDriver {
    receiver: Receiver,
    queue: mpsc::Receiver<Frame>,
    resend_queue: ResendQueue,
    health_checks: EventStream<()>,
    connector: Connector,
    kept_seat: Option<KeptSeat>,
    give_up_after: Duration,
    /// Number of attempts to reconnect since a connection last survived a whole heartbeat. The delays therefore also grow
    /// for a server that drops each seat immediately.
    attempt: u32,
    /// Id of the last ping.
    ping_id: u32,
    /// The ping that the server has not answered yet.
    unanswered: Option<u32>,
    /// Frames that the server has refused temporarily, to be sent again after a delay. Nothing else repeats a frame within
    /// a seat.
    refused: Vec<Frame>,
    retry_delay: Fuse<Sleep>,
}

/// The reason for which a socket cannot be used any longer.
enum Broken {
    /// The socket has ended.
    Ended(Error),
    /// The server does not respond. The browser may take minutes to detect that.
    Unresponsive,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Ended(error)
    }
}

type SocketResult = std::result::Result<(), Broken>;

/// A socket that holds a seat.
struct Connection {
    socket: SignalingSocket,
    max_frame_bytes: usize,
    heartbeat_ms: u32,
    /// The timer of the next heartbeat.
    heartbeat: Fuse<Sleep>,
    /// True if anything was received since the last heartbeat.
    is_alive: bool,
    /// The timeout of a health check. It ends when anything is received.
    health_check: Fuse<Sleep>,
}

impl Connection {
    fn new(socket: SignalingSocket, heartbeat_ms: u32, max_frame_bytes: usize) -> Self {
        let heartbeat_ms = heartbeat_ms.clamp(1_000, timer::MAX_MS);
        Self {
            socket,
            max_frame_bytes,
            heartbeat_ms,
            heartbeat: Sleep::new(heartbeat_ms).fuse(),
            is_alive: true,
            health_check: Fuse::terminated(),
        }
    }

    fn mark_alive(&mut self) {
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
            ping_id: 0,
            unanswered: None,
            refused: Vec::new(),
            retry_delay: Fuse::terminated(),
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
                broken = self.transfer(&mut connection).boxed_local().fuse() => Some(broken),
            };
            let Some(broken) = broken else { return self.leave(connection).await };
            let reason = self.error(broken, connection.socket).await;
            log!(warn, "connection to the signaling server is lost: {reason}");
            if is_final(&reason) {
                self.forget_seat();
                return self.receiver.lost(reason);
            }
            let recovered = select_biased! {
                // Dropping the sockets closes them, which gives up the seat.
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

    /// Transfers frames in both directions until the socket breaks.
    async fn transfer(&mut self, connection: &mut Connection) -> Broken {
        self.unanswered = None;
        loop {
            if let Err(broken) = self.step(connection).await {
                return broken;
            }
        }
    }

    /// Sends all pending frames, and handles the next event.
    async fn step(&mut self, connection: &mut Connection) -> SocketResult {
        self.flush(connection).await?;
        if self.resend_queue.needs_ping(self.unanswered.is_some()) {
            self.ping(connection).await?;
        }
        let has_room = self.resend_queue.has_room();
        select_biased! {
            message = connection.socket.next().fuse() => self.receive(connection, message),
            () = self.health_checks.select_next_some() => self.check_health(connection).await,
            () = &mut connection.health_check => Err(Broken::Unresponsive),
            () = &mut self.retry_delay => { self.retry_refused(); Ok(()) }
            frame = next_if(has_room, &mut self.queue).boxed_local().fuse() => { self.resend_queue.push(frame); Ok(()) }
            () = &mut connection.heartbeat => self.send_heartbeat(connection).await,
        }
    }

    /// Sends all frames that have not been sent on this socket.
    async fn flush(&mut self, connection: &mut Connection) -> Result<()> {
        while let Some(frame) = self.resend_queue.next(connection.max_frame_bytes) {
            log!(trace, "sends {}", Variant(&frame));
            connection.socket.send(frame).await?;
        }
        Ok(())
    }

    async fn ping(&mut self, connection: &mut Connection) -> Result<()> {
        self.resend_queue.ping_sent();
        self.ping_id = self.ping_id.wrapping_add(1);
        self.unanswered = Some(self.ping_id);
        let ping = ClientMessage::Ping(Ping::new(self.ping_id).received(self.resend_queue.received()));
        connection.socket.send(ping).await
    }

    async fn check_health(&mut self, connection: &mut Connection) -> SocketResult {
        if !connection.health_check.is_terminated() {
            return Ok(());
        }
        connection.health_check = Sleep::new(HEALTH_CHECK_TIMEOUT_MS).fuse();
        Ok(self.ping(connection).await?)
    }

    /// Sends a ping. Fails if nothing was received since the last heartbeat.
    async fn send_heartbeat(&mut self, connection: &mut Connection) -> SocketResult {
        if !std::mem::take(&mut connection.is_alive) {
            return Err(Broken::Unresponsive);
        }
        self.attempt = 0;
        connection.heartbeat = Sleep::new(connection.heartbeat_ms).fuse();
        Ok(self.ping(connection).await?)
    }

    fn receive(&mut self, connection: &mut Connection, message: Option<Result<ServerMessage>>) -> SocketResult {
        connection.mark_alive();
        let message = message.ok_or_else(|| socket_closed("join"))?;
        self.count(&message);
        Ok(self.handle(message)?)
    }

    /// Counts a numbered frame. Unreadable frames count as well, because they may come from a newer server.
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

    /// Passes a message to the room, or a refusal to the owner of the refused frame.
    fn handle(&mut self, message: Result<ServerMessage>) -> Result<()> {
        match &message {
            Ok(message) => log!(trace, "received {}", Variant(message)),
            Err(error) => log!(warn, "{error}"),
        }
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
            // The refusal of a ping, which has no number.
            Ok(ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. })) if self.unanswered.is_some() => {
                if self.retry_delay.is_terminated() {
                    self.retry_delay = Sleep::new(RETRY_DELAY_MS).fuse();
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

    /// Sends a frame again after a delay, together with all frames that are refused until then.
    fn retry(&mut self, frame: Frame) {
        if self.refused.is_empty() {
            let doublings = frame.attempts().saturating_sub(1);
            self.retry_delay = Sleep::new(RETRY_DELAY_MS << doublings.min(5)).fuse();
        }
        self.refused.push(frame);
    }

    /// Sends the refused frames again.
    fn retry_refused(&mut self) {
        // The refused frame may have been the ping.
        if self.unanswered.take().is_some() {
            self.resend_queue.ping_refused();
        }
        self.refused.drain(..).filter(Frame::is_wanted).for_each(|frame| self.resend_queue.push(frame));
    }

    /// Returns the error with which the socket has broken.
    async fn error(&mut self, broken: Broken, mut socket: SignalingSocket) -> Error {
        match broken {
            Broken::Ended(error) => last_error(&mut socket, error).await,
            Broken::Unresponsive => {
                self.connector.set_aside(socket);
                Error::new("join", ErrorKind::Timeout, "the signaling server does not answer pings")
            }
        }
    }

    /// Reconnects until the room has a seat again, an error is final, or the time is over.
    async fn recover(&mut self, mut reason: Error) -> Result<Seat> {
        if self.give_up_after.is_zero() {
            return Err(reason);
        }
        let mut timeout = Sleep::new(timer::milliseconds(self.give_up_after)).fuse();
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
                    log!(info, "attempt {} to reconnect failed: {error}", self.attempt);
                    if error.operation() == TOKEN_OPERATION {
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
        let mut online = online();
        select_biased! {
            () = Sleep::new(backoff::delay_ms(self.attempt, js_sys::Math::random())).fuse() => {}
            () = online.select_next_some() => {}
        }
        self.connector.enter(self.resend_queue.token().cloned(), self.resend_queue.received(), REJOIN_TIMEOUT_MS).await
    }

    /// Continues with a seat. In a new seat, the signals of calls are dropped, because they are sent under the new id, which
    /// the peer does not recognize yet.
    fn resume(&mut self, seat: &Seat) {
        if seat.resumed {
            return self.resend_queue.resume(seat.received);
        }
        self.resend_queue.start_over();
        let is_resent = |frame: &Frame| frame.is_message() && frame.is_wanted();
        self.refused.drain(..).filter(is_resent).for_each(|frame| self.resend_queue.push(frame));
        self.retry_delay = Fuse::terminated();
        // Frames beyond the room in the resend queue are sent later. The server refuses signals to previous ids.
        while self.resend_queue.has_room()
            && let Ok(frame) = self.queue.try_recv()
        {
            if frame.is_message() {
                self.resend_queue.push(frame);
            }
        }
    }

    /// Stores the current resume token for a page that is reloaded.
    fn keep_seat(&self) {
        if let Some(kept_seat) = &self.kept_seat {
            kept_seat.keep(self.resend_queue.token());
        }
    }

    /// Removes the resume token of a seat that has been given up or taken over.
    fn forget_seat(&self) {
        if let Some(kept_seat) = &self.kept_seat {
            kept_seat.forget(self.resend_queue.token());
        }
    }

    /// Sends the queued frames, which include the last signals of the calls, and gives up the seat.
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

/// Takes the first seat, and frees the seat of the page that was loaded in this tab before.
async fn take_seat(connector: &mut Connector, kept_seat: Option<&KeptSeat>) -> Result<Seat> {
    let previous = kept_seat.and_then(KeptSeat::token);
    let received = previous.as_ref().map_or(0, |_| UNKNOWN_COUNT);
    let mut seat = connector.enter(previous, received, JOIN_TIMEOUT_MS).await?;
    if seat.resumed {
        // A server that does not check counts has resumed the previous seat, whose state is lost.
        seat.socket.send(ClientMessage::Leave).await?;
        seat = connector.enter(None, 0, JOIN_TIMEOUT_MS).await?;
    }
    Ok(seat)
}

/// Resolves to the next frame if `condition` is true. Stays pending otherwise. Cancel safe.
async fn next_if(condition: bool, queue: &mut mpsc::Receiver<Frame>) -> Frame {
    if condition && let Some(frame) = queue.next().await {
        return frame;
    }
    future::pending().await
}
