//! Why a connection ends, and what follows from it.

use axum::extract::ws::{CloseFrame, Utf8Bytes};

use super::outbox::Closed;
use crate::{LeaveReason, close};

/// Why a connection ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// The client said `leave`.
    Left,
    /// The client closed the socket: a page that was left or is loaded again.
    Closed,
    /// The socket broke, or the client thinks so: it may come back.
    Broken,
    /// Nothing came for three heartbeats.
    Idle,
    /// No seat was taken in time.
    NotJoined,
    /// A message over the limit from a client without a seat, or one that is far over it.
    TooLarge,
    /// What came is no WebSocket frame.
    Violation,
    /// A text frame that is not UTF-8.
    NotUtf8,
    /// Went on long after it was told to slow down.
    Flood,
    /// The queue overflowed.
    TooSlow,
    /// The client came back on another socket, and has its seat there.
    Replaced,
    ShuttingDown,
}

impl End {
    /// What the room is told. A shutdown ends every seat at once: no news to anybody.
    pub fn announced(self) -> Option<LeaveReason> {
        match self {
            // A page that is closed, or loaded again, has left: nobody needs to wait for it.
            Self::Left | Self::Closed => Some(LeaveReason::Left),
            Self::ShuttingDown => None,
            _ => Some(LeaveReason::Lost),
        }
    }

    /// Whether the client may resume its seat within the grace time. What it did wrong, if anything, is of one socket.
    pub fn keeps_seat(self) -> bool {
        matches!(self, Self::Broken | Self::TooLarge | Self::Violation | Self::NotUtf8 | Self::Flood)
    }

    /// Whether what waits for the client is still sent.
    pub fn drains(self) -> bool {
        !matches!(self, Self::Closed | Self::Broken | Self::TooSlow | Self::Replaced)
    }

    /// For the log and the metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Closed => "closed",
            Self::Broken => "broken",
            Self::Idle => "idle",
            Self::NotJoined => "not_joined",
            Self::TooLarge => "too_large",
            Self::Violation => "violation",
            Self::NotUtf8 => "not_utf8",
            Self::Flood => "flood",
            Self::TooSlow => "too_slow",
            Self::Replaced => "replaced",
            Self::ShuttingDown => "shutting_down",
        }
    }

    pub fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Closed | Self::Broken => return None,
            Self::Left => (close::NORMAL, ""),
            Self::Idle => (close::IDLE, "nothing heard for three heartbeats"),
            Self::NotJoined => (close::POLICY, "no room joined in time"),
            Self::TooLarge => (close::TOO_LARGE, "message too large"),
            Self::Violation => (close::PROTOCOL, "invalid WebSocket frame"),
            Self::NotUtf8 => (close::NOT_UTF8, "text frames are UTF-8"),
            Self::Flood => (close::POLICY, "too many frames"),
            Self::Replaced => (close::REPLACED, "the seat was taken back on another socket"),
            Self::TooSlow => (close::TRY_AGAIN_LATER, "reading too slowly"),
            Self::ShuttingDown => (close::GOING_AWAY, "the server shuts down"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

impl From<Closed> for End {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Replaced => Self::Replaced,
            Closed::Overflow | Closed::Ending => Self::TooSlow,
        }
    }
}
