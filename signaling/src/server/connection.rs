//! One client, from its first frame to its last.

use std::error::Error as _;
use std::ops::ControlFlow;
use std::pin::pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{Instant, interval_at, timeout, timeout_at};

use super::Shared;
use super::limits::TokenBucket;
use super::outbox::{Outbox, Outgoing, queue};
use super::rooms::Seat;
use crate::{ClientMessage, ErrorCode, LeaveReason, ServerMessage, close};

/// Serves the socket until it ends, one way or the other.
///
/// One task reads and writes, side by side: reading never waits for writing.
pub async fn run(socket: WebSocket, shared: &Shared) {
    let limits = &shared.config.limits;
    let (mut sink, mut stream) = socket.split();
    let (outbox, outgoing) = queue(limits);
    let overflow = outbox.overflow().clone();
    let mut client = Client::new(shared, outbox);

    let end = {
        let mut writing = pin!(write(&mut sink, outgoing, shared.config.heartbeat()));
        let end = tokio::select! {
            end = client.read(&mut stream) => end,
            _failed = &mut writing => End::Gone,
            () = overflow.cancelled() => End::TooSlow,
            () = shared.stopping.cancelled() => End::ShuttingDown,
        };
        tracing::debug!(peer = client.id(), ?end, "connection ends");
        client.leave(end.announced());
        // The last senders of the queue are gone: writing ends when it has drained.
        if end.drains() {
            let _ = timeout(limits.close, writing).await;
        }
        end
    };
    let _ = timeout(limits.close, say_goodbye(sink, stream, end)).await;
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The client said `leave`.
    Left,
    /// The socket closed or broke.
    Gone,
    /// Nothing came for three heartbeats.
    Idle,
    /// No seat was taken in time.
    NotJoined,
    /// A frame over the limit.
    TooLarge,
    /// Went on long after it was told to slow down.
    Flood,
    /// The queue overflowed.
    TooSlow,
    ShuttingDown,
}

impl End {
    /// What the room is told. A shutdown ends every seat at once: no news to anybody.
    fn announced(self) -> Option<LeaveReason> {
        match self {
            Self::Left => Some(LeaveReason::Left),
            Self::ShuttingDown => None,
            _ => Some(LeaveReason::Lost),
        }
    }

    /// Whether what waits for the client is still sent.
    fn drains(self) -> bool {
        !matches!(self, Self::Gone | Self::TooSlow)
    }

    fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Gone => return None,
            Self::Left => (close::NORMAL, ""),
            Self::Idle => (close::IDLE, "nothing heard for three heartbeats"),
            Self::NotJoined => (close::POLICY, "no room joined in time"),
            Self::TooLarge => (close::TOO_LARGE, "frame too large"),
            Self::Flood => (close::POLICY, "too many frames"),
            Self::TooSlow => (close::TRY_AGAIN_LATER, "reading too slowly"),
            Self::ShuttingDown => (close::GOING_AWAY, "the server shuts down"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

/// Each heartbeat asks for a sign of life that browsers give by themselves, also for a page in the background, whose
/// timers they hold back by a minute and more.
async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    mut outgoing: Outgoing,
    heartbeat: Duration,
) -> Result<(), axum::Error> {
    let mut heartbeats = interval_at(Instant::now() + heartbeat, heartbeat);
    loop {
        tokio::select! {
            frame = outgoing.next() => {
                let Some(frame) = frame else { return Ok(()) };
                sink.feed(Message::Text(frame)).await?;
                while let Some(frame) = outgoing.ready() {
                    sink.feed(Message::Text(frame)).await?;
                }
            }
            _ = heartbeats.tick() => sink.feed(Message::Ping(Bytes::new())).await?,
        }
        sink.flush().await?;
    }
}

/// The closing handshake, as far as the other side plays along.
async fn say_goodbye(mut sink: SplitSink<WebSocket, Message>, mut stream: SplitStream<WebSocket>, end: End) {
    match end.close_frame() {
        Some(frame) => {
            if sink.send(Message::Close(Some(frame))).await.is_err() {
                return;
            }
        }
        // Answers the close frame of the client, if there was one.
        None => {
            let _ = sink.close().await;
            return;
        }
    }
    // To read on after a frame that is too large would be to take it in after all.
    if !matches!(end, End::TooLarge) {
        while let Some(Ok(_)) = stream.next().await {}
    }
}

struct Client<'a> {
    shared: &'a Shared,
    outbox: Outbox,
    seat: Option<Seat>,
    bucket: TokenBucket,
    /// Frames refused for their rate since the last that was not.
    refused: u32,
}

impl<'a> Client<'a> {
    fn new(shared: &'a Shared, outbox: Outbox) -> Self {
        let limits = &shared.config.limits;
        Self {
            shared,
            outbox,
            seat: None,
            bucket: TokenBucket::new(limits.frames_per_second, limits.burst, Instant::now()),
            refused: 0,
        }
    }

    fn id(&self) -> &str {
        self.seat.as_ref().map_or("", |seat| seat.id().as_str())
    }

    fn leave(mut self, announce: Option<LeaveReason>) {
        if let Some(seat) = self.seat.take() {
            seat.leave(announce);
        }
    }

    async fn read(&mut self, stream: &mut SplitStream<WebSocket>) -> End {
        let silence = self.shared.config.heartbeat() * 3;
        let mut deadline = Instant::now() + self.shared.config.limits.join;
        loop {
            let frame = match timeout_at(deadline, stream.next()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => return self.broken(&error),
                Ok(None) => return End::Gone,
                Err(_) if self.seat.is_some() => return End::Idle,
                Err(_) => return End::NotJoined,
            };
            if let ControlFlow::Break(end) = self.receive(frame) {
                return end;
            }
            if self.seat.is_some() {
                deadline = Instant::now() + silence;
            }
            // Frames that came in one packet are all ready at once: let their answers out.
            tokio::task::yield_now().await;
        }
    }

    /// A socket that failed. Too large a frame is the one failure that can still be told.
    fn broken(&self, error: &axum::Error) -> End {
        let source = error.source().and_then(|source| source.downcast_ref());
        if let Some(tungstenite::Error::Capacity(_)) = source {
            let max = self.shared.config.limits.frame_bytes;
            self.refuse(ErrorCode::TooLarge, format!("a frame has at most {max} bytes"));
            return End::TooLarge;
        }
        tracing::debug!(peer = self.id(), %error, "socket failed");
        End::Gone
    }

    fn receive(&mut self, frame: Message) -> ControlFlow<End> {
        if !self.bucket.take(Instant::now()) {
            self.refused += 1;
            if self.refused > self.shared.config.limits.burst {
                return ControlFlow::Break(End::Flood);
            }
            self.refuse(ErrorCode::RateLimited, "too many frames: this one was dropped");
            return ControlFlow::Continue(());
        }
        self.refused = 0;
        match frame {
            Message::Text(text) => match ClientMessage::from_json(&text) {
                Ok(message) => return self.obey(message),
                Err(error) => self.refuse(ErrorCode::BadMessage, error.to_string()),
            },
            Message::Binary(_) => self.refuse(ErrorCode::BadMessage, "frames are JSON text"),
            // Answered by the library; they count as a sign of life.
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return ControlFlow::Break(End::Gone),
        }
        ControlFlow::Continue(())
    }

    fn obey(&mut self, message: ClientMessage) -> ControlFlow<End> {
        match (message, &self.seat) {
            (ClientMessage::Leave, _) => return ControlFlow::Break(End::Left),
            (ClientMessage::Ping { id }, _) => self.outbox.send(&ServerMessage::Pong { id }),
            (ClientMessage::Join { .. }, Some(_)) => {
                self.refuse(ErrorCode::AlreadyJoined, "in a room already");
            }
            (ClientMessage::Join { room, name, .. }, None) => {
                let joined = self.shared.rooms.join(&room, &name, self.outbox.clone());
                match joined {
                    Ok(seat) => self.seat = Some(seat),
                    Err(refusal) => self.refuse(refusal.code, refusal.message),
                }
            }
            (ClientMessage::Signal { to, data }, Some(seat)) => {
                if let Err(refusal) = seat.signal(&to, data) {
                    self.refuse(refusal.code, refusal.message);
                }
            }
            (ClientMessage::Say { data }, Some(seat)) => seat.say(data),
            (ClientMessage::Signal { .. } | ClientMessage::Say { .. }, None) => {
                self.refuse(ErrorCode::NotJoined, "join a room first");
            }
        }
        ControlFlow::Continue(())
    }

    fn refuse(&self, code: ErrorCode, message: impl Into<String>) {
        let message = message.into();
        self.outbox.send(&ServerMessage::Error { code, message });
    }
}
