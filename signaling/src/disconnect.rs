//! The reasons why a connection ends, and their consequences.

use axum::extract::ws::{CloseFrame, Utf8Bytes};

use super::outbox::QueueClosed;
use browser_rtc_proto::signaling::{LeaveReason, close};

/// The reason why a connection ends.
#[derive(Clone, Copy, Debug)]
pub enum DisconnectReason {
    /// The client sent `leave`.
    Left,
    /// The client closed the socket, because its page was closed or reloaded.
    Closed,
    /// The socket failed, or the client assumes that it did. The client may resume its seat.
    Broken,
    /// Nothing was received for three heartbeats.
    Idle,
    /// The client did not join a room in time.
    NotJoined,
    /// A client without a seat sent a message over the limit, or any client sent one far over the limit.
    TooLarge,
    /// The client sent bytes that are not a valid WebSocket frame.
    Violation,
    /// The client sent a text frame that is not UTF-8.
    NotUtf8,
    /// The client kept sending long after it was rate-limited.
    Flood,
    /// The queue of the client overflowed.
    TooSlow,
    /// The client has resumed its seat on another socket.
    Replaced,
    /// Redis is unavailable, or has lost the seat.
    #[cfg(feature = "redis")]
    Unavailable,
    ShuttingDown,
}

impl DisconnectReason {
    /// Returns the reason to announce to the room. A shutdown ends all seats at the same time, and is not announced.
    pub fn leave_reason(self) -> Option<LeaveReason> {
        match self {
            // A page that was closed or reloaded does not resume its seat.
            Self::Left | Self::Closed => Some(LeaveReason::Left),
            Self::ShuttingDown => None,
            _ => Some(LeaveReason::Lost),
        }
    }

    /// Returns whether the client may resume its seat within the grace time. A violation concerns only one socket.
    pub fn keeps_seat(self) -> bool {
        matches!(self, Self::Broken | Self::TooLarge | Self::Violation | Self::NotUtf8 | Self::Flood)
    }

    /// Returns whether pending frames are still written.
    pub fn flushes_queue(self) -> bool {
        match self {
            Self::Closed | Self::Broken | Self::TooSlow | Self::Replaced => false,
            #[cfg(feature = "redis")]
            Self::Unavailable => false,
            _ => true,
        }
    }

    /// Returns the name for the log and the metrics.
    pub fn label(self) -> &'static str {
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
            #[cfg(feature = "redis")]
            Self::Unavailable => "unavailable",
            Self::ShuttingDown => "shutting_down",
        }
    }

    pub fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Closed | Self::Broken => return None,
            Self::Left => (close::NORMAL, ""),
            Self::Idle => (close::IDLE, "the client was silent for three heartbeats"),
            Self::NotJoined => (close::POLICY, "the client did not join a room in time"),
            Self::TooLarge => (close::TOO_LARGE, "the message is too large"),
            Self::Violation => (close::PROTOCOL, "the client sent an invalid WebSocket frame"),
            Self::NotUtf8 => (close::NOT_UTF8, "the text frame is not UTF-8"),
            Self::Flood => (close::POLICY, "the client sent too many frames"),
            Self::Replaced => (close::REPLACED, "the seat was resumed on another socket"),
            Self::TooSlow => (close::TRY_AGAIN_LATER, "the client reads too slowly"),
            #[cfg(feature = "redis")]
            Self::Unavailable => (close::TRY_AGAIN_LATER, "the rooms are unavailable at the moment: reconnect"),
            Self::ShuttingDown => (close::GOING_AWAY, "the server is shutting down"),
        };
        Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) })
    }
}

impl From<QueueClosed> for DisconnectReason {
    fn from(closed: QueueClosed) -> Self {
        match closed {
            QueueClosed::Replaced => Self::Replaced,
            #[cfg(feature = "redis")]
            QueueClosed::Unavailable => Self::Unavailable,
            QueueClosed::Overflow | QueueClosed::Ending => Self::TooSlow,
        }
    }
}
