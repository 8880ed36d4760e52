//! One client, from its first frame to its last.

use std::io;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::task::yield_now;
use tokio::time::{Instant, interval_at, sleep, sleep_until, timeout};

use super::Shared;
use super::end::End;
use super::limits::{Pace, TooFast, is_shallow};
use super::metrics::{Bound, Metrics};
use super::outbox::{Closed, Outbox, Outgoing};
use super::rooms::Resume;
use super::seating::Seat;
use super::socket::{Ended, Received, Violation, WebSocket};
use crate::{ClientMessage, ErrorCode, Join, Ping, Pong, Say, ServerError, ServerMessage, SignalTo, close};

/// Frames of a client that are dealt with before its answers, and others, have their turn.
const AT_ONCE: u32 = 8;

/// A message of more than this many times the limit ends its socket. Up to there it is discarded.
const DISCARDED_LIMITS: usize = 64;

/// Serves the socket until it ends, one way or the other. What is left is the seat of a client that may come back.
///
/// One task reads and writes, side by side: reading never waits for writing.
pub async fn run(socket: WebSocket, (outbox, mut outgoing): (Outbox, Outgoing), shared: &Shared) -> Option<Seat> {
    let limits = &shared.config.limits;
    let cut = outbox.cut().clone();
    let mut client = Client::new(shared, outbox.clone());

    let mut can_write = true;
    let (end, seat) = {
        let mut writing = pin!(write(&socket, &mut outgoing, shared.config.heartbeat(), &shared.metrics));
        // With a waker of its own: these are not asked at every frame.
        let mut orders = FuturesUnordered::from_iter([async {
            tokio::select! {
                () = cut.cancelled() => outbox.closed().map(End::from),
                () = shared.drain.turn() => Some(End::ShuttingDown),
            }
        }]);
        let mut end = tokio::select! {
            end = client.read(&socket) => Some(end),
            _failed = &mut writing => {
                can_write = false;
                None
            }
            Some(end) = orders.next() => end,
        };
        if end.is_none() && !client.busy {
            // What came in before can still be read: most of all, whether the client closed the socket itself.
            end = timeout(limits.close, client.read(&socket)).await.ok();
        }
        let end = end.unwrap_or(End::Broken);
        tracing::debug!(peer = client.id(), end = end.word(), "connection ends");
        shared.metrics.ended(end);
        let seat = client.leave(end);
        can_write &= end.drains();
        if can_write && seat.is_none() {
            // Writing ends when what waits is written.
            outbox.close(Closed::Ending);
            let _ = timeout(limits.close, writing).await;
        }
        (end, seat)
    };
    if can_write && seat.is_some() {
        // The queue of a seat that is kept stays open.
        let written = socket.write(&mut outgoing, |frames, bytes| shared.metrics.sent(frames, bytes));
        let _ = timeout(limits.close, written).await;
    }
    let _ = timeout(limits.close, say_goodbye(&socket, end)).await;
    seat
}

/// Keeps the seat of a client that is away. What it is told meanwhile waits for it, within the bounds of its queue.
pub async fn keep(seat: Seat, shared: &Shared) {
    let Ok(_counted) = shared.absences.try_acquire() else {
        return;
    };
    let cut = seat.outbox().cut().clone();
    tokio::select! {
        () = sleep(shared.config.grace) => tracing::debug!(peer = %seat.id(), "did not come back"),
        () = cut.cancelled() => {}
        () = shared.stopping.cancelled() => seat.leave(None),
    }
}

/// Each heartbeat asks for a sign of life that browsers give by themselves, also for a page in the background, whose
/// timers they hold back by a minute and more.
async fn write(socket: &WebSocket, outgoing: &mut Outgoing, heartbeat: Duration, metrics: &Metrics) -> io::Result<()> {
    let mut heartbeats = interval_at(Instant::now() + heartbeat, heartbeat);
    loop {
        tokio::select! {
            waits = outgoing.waits() => if !waits { return Ok(()) },
            () = socket.answers() => {}
            _ = heartbeats.tick() => socket.ping(),
        }
        // Everybody else who is ready to read has a turn before: what they add goes out together.
        yield_now().await;
        socket.write(outgoing, |frames, bytes| metrics.sent(frames, bytes)).await?;
    }
}

/// The closing handshake, as far as the other side plays along.
async fn say_goodbye(socket: &WebSocket, end: End) -> io::Result<()> {
    let Some(frame) = end.close_frame() else { return socket.answer_close().await };
    socket.close(frame).await?;
    while !matches!(socket.next().await, Ok((Received::Close(_), _)) | Err(_)) {}
    Ok(())
}

struct Client<'a> {
    shared: &'a Shared,
    outbox: Outbox,
    seat: Option<Seat>,
    pace: Pace,
    /// Frames refused for their rate since the last that was not.
    refused: u32,
    /// Bytes of the message over the limit that is being discarded, or was last.
    discarded: usize,
    /// A frame is being dealt with: where that was broken off, none after it may be.
    busy: bool,
}

impl<'a> Client<'a> {
    fn new(shared: &'a Shared, outbox: Outbox) -> Self {
        let pace = Pace::new(&shared.config.limits, Instant::now());
        Self { shared, outbox, seat: None, pace, refused: 0, discarded: 0, busy: false }
    }

    fn id(&self) -> &str {
        self.seat.as_ref().map_or("", |seat| seat.id().as_str())
    }

    /// Gives the seat up, unless it is to be kept.
    fn leave(self, end: End) -> Option<Seat> {
        let seat = self.seat?;
        let kept = end.keeps_seat() && !self.shared.config.grace.is_zero();
        if kept && (!matches!(end, End::Flood) || self.shared.floods.forgives(seat.id(), Instant::now())) {
            return Some(seat);
        }
        seat.leave(end.announced());
        None
    }

    async fn read(&mut self, socket: &WebSocket) -> End {
        let silence = self.shared.config.heartbeat() * 3;
        let mut deadline = Instant::now() + self.shared.config.limits.join;
        // Set anew only when it goes off: frames are many, and a timer is dear.
        let mut timer = pin!(sleep_until(deadline));
        let mut in_a_row = 0;
        loop {
            let joined = self.seat.is_some();
            tokio::select! {
                biased;
                frame = socket.next() => match frame {
                    Ok((frame, bytes)) => {
                        self.busy = true;
                        let went = self.receive(frame, bytes).await;
                        self.busy = false;
                        if let ControlFlow::Break(end) = went {
                            return end;
                        }
                    }
                    Err(ended) => return self.broken(&ended),
                },
                () = &mut timer => {
                    if Instant::now() < deadline {
                        timer.as_mut().reset(deadline);
                        continue;
                    }
                    return if joined { End::Idle } else { End::NotJoined };
                }
            }
            if self.seat.is_some() {
                deadline = Instant::now() + silence;
                if deadline < timer.deadline() {
                    timer.as_mut().reset(deadline);
                }
            }
            // Frames that came in one packet are all ready at once: let their answers out now and then.
            in_a_row = (in_a_row + 1) % AT_ONCE;
            if in_a_row == 0 {
                yield_now().await;
            }
        }
    }

    fn broken(&self, ended: &Ended) -> End {
        tracing::debug!(peer = self.id(), ?ended, "socket failed");
        match ended {
            Ended::Broken(_) => End::Broken,
            Ended::Violated(Violation::Protocol) => End::Violation,
            Ended::Violated(Violation::NotUtf8) => End::NotUtf8,
        }
    }

    async fn receive(&mut self, received: Received, bytes: usize) -> ControlFlow<End> {
        match received {
            Received::Close(Some(close::RESUMING)) => return ControlFlow::Break(End::Broken),
            Received::Close(_) => return ControlFlow::Break(End::Closed),
            Received::Discarded => return self.discard(bytes).await,
            Received::Text(_) | Received::Binary | Received::Control | Received::TooLarge | Received::NotUtf8 => {}
        }
        self.shared.metrics.received(bytes);
        let too_fast = self.pace.take(bytes, Instant::now()).err();
        self.refused = if too_fast.is_some() { self.refused + 1 } else { 0 };
        if self.refused > self.shared.config.limits.burst {
            return ControlFlow::Break(End::Flood);
        }
        match (received, too_fast) {
            (Received::Text(text), too_fast) => return self.receive_text(&text, too_fast).await,
            (Received::Binary, None) => self.refuse(true, ErrorCode::BadMessage, "frames are JSON text").await,
            (Received::Binary, Some(too_fast)) => self.throttle(true, too_fast).await,
            (Received::Control, Some(too_fast)) => self.throttle(false, too_fast).await,
            // Refused as what it is even if it comes too fast: a slower copy would be refused as well.
            (Received::TooLarge, _) => return self.refuse_too_large().await,
            (Received::NotUtf8, _) => self.refuse(true, ErrorCode::BadMessage, "text frames are UTF-8").await,
            // Control frames are answered by the socket, and are a sign of life.
            (Received::Control, None) | (Received::Close(_) | Received::Discarded, _) => {}
        }
        ControlFlow::Continue(())
    }

    async fn receive_text(&mut self, text: &str, too_fast: Option<TooFast>) -> ControlFlow<End> {
        let message = ClientMessage::from_json(text);
        // A frame that cannot be read is numbered: its sender may have meant a `signal` or a `say`.
        let unnumbered = matches!(message, Ok(ClientMessage::Join(_) | ClientMessage::Ping(_) | ClientMessage::Leave));
        let max_depth = self.shared.config.limits.json_depth;
        match (message, too_fast) {
            (_, Some(too_fast)) => self.throttle(!unnumbered, too_fast).await,
            (Err(error), None) => self.refuse(true, ErrorCode::BadMessage, &error.to_string()).await,
            (Ok(message), None) if is_shallow(text, max_depth) => return self.obey(message).await,
            (Ok(_), None) => {
                let why = format!("a frame has at most {max_depth} levels");
                self.refuse(!unnumbered, ErrorCode::TooDeep, &why).await;
            }
        }
        ControlFlow::Continue(())
    }

    async fn throttle(&self, numbered: bool, too_fast: TooFast) {
        let (bound, why) = match too_fast {
            TooFast::Frames => (Bound::FramesPerSecond, "too many frames: this one was dropped"),
            TooFast::Bytes => (Bound::BytesPerSecond, "too many bytes: this frame was dropped"),
        };
        self.shared.metrics.limit(bound);
        self.refuse(numbered, ErrorCode::RateLimited, why).await;
    }

    /// Refuses a message over the limit at its beginning. Without a seat, that ends the connection.
    async fn refuse_too_large(&mut self) -> ControlFlow<End> {
        self.discarded = 0;
        let max = self.shared.config.limits.frame_bytes;
        self.refuse(true, ErrorCode::TooLarge, &format!("a frame has at most {max} bytes")).await;
        if self.seat.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(End::TooLarge) }
    }

    /// Counts bytes of a message over the limit, and waits until the rate of the client allows for more.
    async fn discard(&mut self, bytes: usize) -> ControlFlow<End> {
        self.shared.metrics.discarded(bytes);
        self.discarded = self.discarded.saturating_add(bytes);
        if self.discarded > self.shared.config.limits.frame_bytes.saturating_mul(DISCARDED_LIMITS) {
            return ControlFlow::Break(End::TooLarge);
        }
        let wait = self.pace.discard(bytes, Instant::now());
        if !wait.is_zero() {
            self.shared.metrics.limit(Bound::BytesPerSecond);
            // A socket that is not read cannot show that its client is there.
            sleep(wait.min(self.shared.config.heartbeat())).await;
        }
        ControlFlow::Continue(())
    }

    async fn obey(&mut self, message: ClientMessage) -> ControlFlow<End> {
        match (message, &self.seat) {
            (ClientMessage::Leave, _) => return ControlFlow::Break(End::Left),
            (ClientMessage::Ping(Ping { id, received, .. }), Some(seat)) => seat.ping(id, received),
            (ClientMessage::Ping(Ping { id, .. }), None) => {
                self.outbox.send(&ServerMessage::Pong(Pong::new(id)));
            }
            (ClientMessage::Join(_), Some(_)) => {
                self.refuse(false, ErrorCode::AlreadyJoined, "in a room already").await;
            }
            (ClientMessage::Join(_), None) if self.shared.drain.has_begun() => {
                self.refuse(false, ErrorCode::Draining, "the server is about to shut down: connect again").await;
            }
            (ClientMessage::Join(Join { room, name, resume, received, token, .. }), None) => {
                let tokens = self.shared.config.tokens.as_ref();
                let denied = tokens.and_then(|tokens| tokens.check(token.as_deref(), &room, &name).err());
                let resume = resume.map(|token| Resume { token, received, or_else: denied.clone() });
                let joined = match (denied, &resume) {
                    (Some(denied), None) => Err(denied),
                    _ => self.shared.rooms.join(&room, &name, resume.as_ref(), self.outbox.clone()).await,
                };
                match joined {
                    Ok(seat) => {
                        self.shared.metrics.joined();
                        self.seat = Some(seat);
                    }
                    Err(refusal) => self.refuse(false, refusal.code, refusal.message).await,
                }
            }
            (ClientMessage::Signal(SignalTo { to, data, .. }), Some(seat)) => seat.signal(&to, data).await,
            (ClientMessage::Say(Say { id, data, .. }), Some(seat)) => seat.say(id, data).await,
            (ClientMessage::Signal(_) | ClientMessage::Say(_), None) => {
                self.refuse(false, ErrorCode::NotJoined, "join a room first").await;
            }
        }
        ControlFlow::Continue(())
    }

    /// Refuses a frame. One that is numbered is counted: it has come, and is not to be sent again.
    async fn refuse(&self, numbered: bool, code: ErrorCode, message: &str) {
        match &self.seat {
            Some(seat) if numbered => seat.refuse_numbered(code, message).await,
            Some(seat) => seat.refuse(code, message).await,
            None => {
                self.shared.metrics.error(&code);
                self.outbox.send(&ServerMessage::Error(ServerError::new(code, message.to_owned())));
            }
        }
    }
}
