//! The connection of one client.

use std::{io, ops::ControlFlow, pin::pin, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    task::yield_now,
    time::{Instant, interval_at, sleep, sleep_until, timeout},
};

use super::{
    disconnect::DisconnectReason,
    json_depth::is_within_depth,
    metrics::{Limit, Metrics},
    outbox::{Outbox, OutboxReader, QueueClosed},
    rate_limit::{ClientRate, RateExceeded},
    resume::ResumeRequest,
    rooms::Seat,
    shared::Shared,
    socket::{ReadError, Received, Violation, WebSocket},
};
use browser_rtc_proto::signaling::{
    ClientMessage, ErrorCode, Join, Ping, Pong, Say, ServerError, ServerMessage, SignalTo, close,
};

/// Maximum number of frames of a client that are handled before other tasks run.
const MAX_FRAMES_AT_ONCE: u32 = 8;

/// A message of more than this multiple of the frame limit closes its socket. A smaller one over the limit is
/// discarded.
const MAX_DISCARDED_FRAMES: usize = 64;

/// Serves a socket until it ends. Returns the seat if the client may resume it.
///
/// One task reads and writes concurrently, so that reading never waits for writing.
pub async fn run(socket: WebSocket, (outbox, mut reader): (Outbox, OutboxReader), shared: &Shared) -> Option<Seat> {
    let limits = &shared.config.limits;
    let aborted = outbox.aborted().clone();
    let mut client = Client::new(shared, outbox.clone());

    let mut can_write = true;
    let (reason, seat) = {
        let mut writing = pin!(write(&socket, &mut reader, shared.config.heartbeat(), &shared.metrics));
        // The set has its own waker, so that these futures are not polled for each frame.
        let mut interrupts = FuturesUnordered::from_iter([async {
            tokio::select! {
                () = aborted.cancelled() => outbox.closed().map(DisconnectReason::from),
                () = shared.drain.closes_client() => Some(DisconnectReason::ShuttingDown),
            }
        }]);
        let mut reason = tokio::select! {
            reason = client.read(&socket) => Some(reason),
            _failed = &mut writing => {
                can_write = false;
                None
            }
            Some(reason) = interrupts.next() => reason,
        };
        if reason.is_none() && !client.handling {
            // Frames that were received before the end are read, such as the close frame of the client.
            reason = timeout(limits.close_timeout, client.read(&socket)).await.ok();
        }
        let reason = reason.unwrap_or(DisconnectReason::Broken);
        tracing::debug!(peer = client.id(), reason = reason.label(), "client disconnected");
        shared.metrics.client_disconnected(reason);
        let seat = client.leave(reason);
        can_write &= reason.flushes_queue();
        if can_write && seat.is_none() {
            // Writing ends when the pending frames are written. After a timeout, the socket is closed without them.
            outbox.close(QueueClosed::Ending);
            let _ = timeout(limits.close_timeout, writing).await;
        }
        (reason, seat)
    };
    if can_write && seat.is_some() {
        // The queue of a seat that is kept stays open. A slow socket is closed after the same timeout.
        let written = socket.write(&mut reader, |frames, bytes| shared.metrics.frames_sent(frames, bytes));
        let _ = timeout(limits.close_timeout, written).await;
    }
    // Some clients do not complete the closing handshake.
    let _ = timeout(limits.close_timeout, close_socket(&socket, reason)).await;
    seat
}

/// Keeps the seat of a disconnected client for the grace time. Frames for it are queued, within the limits of its
/// queue.
pub async fn keep_seat(seat: Seat, shared: &Shared) {
    let Ok(_permit) = shared.kept_seats.try_acquire() else {
        return;
    };
    let aborted = seat.outbox().aborted().clone();
    tokio::select! {
        () = sleep(shared.config.grace) => tracing::debug!(peer = %seat.id(), "the seat was not resumed within the grace time"),
        () = aborted.cancelled() => {}
        () = shared.stopping.cancelled() => seat.leave(None),
    }
}

/// Writes pending frames, and a WebSocket ping at each heartbeat. Browsers answer pings even for background pages,
/// whose timers they delay by a minute or more.
async fn write(
    socket: &WebSocket,
    reader: &mut OutboxReader,
    heartbeat: Duration,
    metrics: &Metrics,
) -> io::Result<()> {
    let mut heartbeats = interval_at(Instant::now() + heartbeat, heartbeat);
    loop {
        tokio::select! {
            readable = reader.readable() => if !readable { return Ok(()) },
            () = socket.replies_pending() => {}
            _ = heartbeats.tick() => socket.ping(),
        }
        // Other ready connections run first, so that the frames that they add are written together.
        yield_now().await;
        socket.write(reader, |frames, bytes| metrics.frames_sent(frames, bytes)).await?;
    }
}

/// Performs the closing handshake.
async fn close_socket(socket: &WebSocket, reason: DisconnectReason) -> io::Result<()> {
    let Some(frame) = reason.close_frame() else { return socket.reply_to_close().await };
    socket.close(frame).await?;
    while !matches!(socket.next().await, Ok((Received::Close(_), _)) | Err(_)) {}
    Ok(())
}

struct Client<'a> {
    shared: &'a Shared,
    outbox: Outbox,
    seat: Option<Seat>,
    rate: ClientRate,
    /// The number of consecutive frames that were refused because of the rate limit.
    throttled: u32,
    /// The number of discarded bytes of the current or last message over the limit.
    discarded: usize,
    /// Set while a frame is being handled. If handling is cancelled, no later frame may be handled.
    handling: bool,
}

impl<'a> Client<'a> {
    fn new(shared: &'a Shared, outbox: Outbox) -> Self {
        let rate = ClientRate::new(&shared.config.limits, Instant::now());
        Self { shared, outbox, seat: None, rate, throttled: 0, discarded: 0, handling: false }
    }

    fn id(&self) -> &str {
        self.seat.as_ref().map_or("", |seat| seat.id().as_str())
    }

    /// Returns the seat if it is kept, or releases it.
    fn leave(self, reason: DisconnectReason) -> Option<Seat> {
        let seat = self.seat?;
        let kept = reason.keeps_seat() && !self.shared.config.grace.is_zero();
        if kept && (!matches!(reason, DisconnectReason::Flood) || self.shared.floods.record(seat.id(), Instant::now()))
        {
            return Some(seat);
        }
        seat.leave(reason.leave_reason());
        None
    }

    async fn read(&mut self, socket: &WebSocket) -> DisconnectReason {
        let silence = self.shared.config.heartbeat() * 3;
        let mut deadline = Instant::now() + self.shared.config.limits.join_timeout;
        // The timer is reset only when it fires, because a reset for each frame would be expensive.
        let mut timer = pin!(sleep_until(deadline));
        let mut consecutive = 0;
        loop {
            let joined = self.seat.is_some();
            tokio::select! {
                biased;
                frame = socket.next() => match frame {
                    Ok((frame, bytes)) => {
                        self.handling = true;
                        let flow = self.receive(frame, bytes).await;
                        self.handling = false;
                        if let ControlFlow::Break(reason) = flow {
                            return reason;
                        }
                    }
                    Err(error) => return self.read_failed(&error),
                },
                () = &mut timer => {
                    if Instant::now() < deadline {
                        timer.as_mut().reset(deadline);
                        continue;
                    }
                    return if joined { DisconnectReason::Idle } else { DisconnectReason::NotJoined };
                }
            }
            if self.seat.is_some() {
                deadline = Instant::now() + silence;
                if deadline < timer.deadline() {
                    timer.as_mut().reset(deadline);
                }
            }
            // The frames of one packet are ready at the same time. Answers are written in between.
            consecutive = (consecutive + 1) % MAX_FRAMES_AT_ONCE;
            if consecutive == 0 {
                yield_now().await;
            }
        }
    }

    fn read_failed(&self, error: &ReadError) -> DisconnectReason {
        tracing::debug!(peer = self.id(), ?error, "cannot read from the socket");
        match error {
            ReadError::Io(_) => DisconnectReason::Broken,
            ReadError::Violation(Violation::Protocol) => DisconnectReason::Violation,
            ReadError::Violation(Violation::NotUtf8) => DisconnectReason::NotUtf8,
        }
    }

    async fn receive(&mut self, received: Received, bytes: usize) -> ControlFlow<DisconnectReason> {
        match received {
            Received::Close(Some(close::RESUMING)) => return ControlFlow::Break(DisconnectReason::Broken),
            Received::Close(_) => return ControlFlow::Break(DisconnectReason::Closed),
            Received::Discarded => return self.discard(bytes).await,
            Received::Text(_) | Received::Binary | Received::Control | Received::TooLarge | Received::NotUtf8 => {}
        }
        self.shared.metrics.frame_received(bytes);
        let exceeded = self.rate.take(bytes, Instant::now()).err();
        self.throttled = if exceeded.is_some() { self.throttled + 1 } else { 0 };
        if self.throttled > self.shared.config.limits.burst {
            return ControlFlow::Break(DisconnectReason::Flood);
        }
        match (received, exceeded) {
            (Received::Text(text), exceeded) => return self.receive_text(&text, exceeded).await,
            (Received::Binary, None) => {
                self.refuse(true, ErrorCode::BadMessage, "the frame is binary, not JSON text").await;
            }
            (Received::Binary, Some(exceeded)) => self.throttle(true, exceeded).await,
            (Received::Control, Some(exceeded)) => self.throttle(false, exceeded).await,
            // The rate is not checked, because a retry would be too large as well.
            (Received::TooLarge, _) => return self.refuse_too_large().await,
            (Received::NotUtf8, _) => self.refuse(true, ErrorCode::BadMessage, "the text frame is not UTF-8").await,
            // The socket answers control frames. They count as received for the heartbeat.
            (Received::Control, None) | (Received::Close(_) | Received::Discarded, _) => {}
        }
        ControlFlow::Continue(())
    }

    async fn receive_text(&mut self, text: &str, exceeded: Option<RateExceeded>) -> ControlFlow<DisconnectReason> {
        let message = ClientMessage::from_json(text);
        // A frame that cannot be parsed is numbered, because it may be a malformed `signal` or `say`.
        let unnumbered = matches!(message, Ok(ClientMessage::Join(_) | ClientMessage::Ping(_) | ClientMessage::Leave));
        let max_depth = self.shared.config.limits.json_depth;
        match (message, exceeded) {
            (_, Some(exceeded)) => self.throttle(!unnumbered, exceeded).await,
            (Err(error), None) => self.refuse(true, ErrorCode::BadMessage, &error.to_string()).await,
            (Ok(message), None) if is_within_depth(text, max_depth) => return self.handle(message).await,
            (Ok(_), None) => {
                let message = format!("the JSON of the frame exceeds the limit of {max_depth} levels");
                self.refuse(!unnumbered, ErrorCode::TooDeep, &message).await;
            }
        }
        ControlFlow::Continue(())
    }

    async fn throttle(&self, numbered: bool, exceeded: RateExceeded) {
        let (limit, message) = match exceeded {
            RateExceeded::Frames => (Limit::FramesPerSecond, "too many frames: the frame was dropped"),
            RateExceeded::Bytes => (Limit::BytesPerSecond, "too many bytes: the frame was dropped"),
        };
        self.shared.metrics.limit_exceeded(limit);
        self.refuse(numbered, ErrorCode::RateLimited, message).await;
    }

    /// Refuses a message over the limit when its header is received. Without a seat, that ends the connection.
    async fn refuse_too_large(&mut self) -> ControlFlow<DisconnectReason> {
        self.discarded = 0;
        let max = self.shared.config.limits.frame_bytes;
        self.refuse(true, ErrorCode::TooLarge, &format!("the frame exceeds the limit of {max} bytes")).await;
        if self.seat.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(DisconnectReason::TooLarge) }
    }

    /// Counts bytes of a message over the limit, and waits until the rate limit allows more.
    async fn discard(&mut self, bytes: usize) -> ControlFlow<DisconnectReason> {
        self.shared.metrics.bytes_discarded(bytes);
        self.discarded = self.discarded.saturating_add(bytes);
        if self.discarded > self.shared.config.limits.frame_bytes.saturating_mul(MAX_DISCARDED_FRAMES) {
            return ControlFlow::Break(DisconnectReason::TooLarge);
        }
        let wait = self.rate.discard(bytes, Instant::now());
        if !wait.is_zero() {
            self.shared.metrics.limit_exceeded(Limit::BytesPerSecond);
            // At most one heartbeat, because the client would be considered lost while its socket is not read.
            sleep(wait.min(self.shared.config.heartbeat())).await;
        }
        ControlFlow::Continue(())
    }

    async fn handle(&mut self, message: ClientMessage) -> ControlFlow<DisconnectReason> {
        match (message, &self.seat) {
            (ClientMessage::Leave, _) => return ControlFlow::Break(DisconnectReason::Left),
            (ClientMessage::Ping(Ping { id, received, .. }), Some(seat)) => seat.ping(id, received),
            (ClientMessage::Ping(Ping { id, .. }), None) => {
                self.outbox.send(&ServerMessage::Pong(Pong::new(id)));
            }
            (ClientMessage::Join(_), Some(_)) => {
                self.refuse(false, ErrorCode::AlreadyJoined, "the client is in a room already").await;
            }
            (ClientMessage::Join(_), None) if self.shared.drain.has_started() => {
                self.refuse(false, ErrorCode::Draining, "the server is shutting down: reconnect").await;
            }
            (ClientMessage::Join(Join { room, name, resume, received, token, .. }), None) => {
                let verifier = self.shared.config.jwt.as_ref();
                let denied = verifier.and_then(|verifier| verifier.verify(token.as_deref(), &room, &name).err());
                let resume = resume.map(|token| ResumeRequest { token, received, new_seat_denied: denied.clone() });
                let joined = match (denied, &resume) {
                    (Some(denied), None) => Err(denied),
                    _ => self.shared.rooms.join(&room, &name, resume.as_ref(), self.outbox.clone()).await,
                };
                match joined {
                    Ok(seat) => {
                        self.shared.metrics.client_joined();
                        self.seat = Some(seat);
                    }
                    Err(refusal) => self.refuse(false, refusal.code, refusal.message).await,
                }
            }
            (ClientMessage::Signal(SignalTo { to, data, .. }), Some(seat)) => seat.signal(&to, data).await,
            (ClientMessage::Say(Say { id, data, .. }), Some(seat)) => seat.say(id, data).await,
            (ClientMessage::Signal(_) | ClientMessage::Say(_), None) => {
                self.refuse(false, ErrorCode::NotJoined, "the client has not joined a room").await;
            }
        }
        ControlFlow::Continue(())
    }

    /// Refuses a frame. A numbered one is counted as received, so that the client does not send it again.
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
