//! Reasons for the end of a call.

use std::fmt;

use super::{DeclineReason, HangUpReason};

/// The reason for the end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndReason {
    /// The local side hung up, or dropped the call.
    HungUp,
    /// The peer hung up.
    PeerHungUp,
    /// The peer declined the call.
    Declined,
    /// The peer is in another call.
    Busy,
    /// The call was not answered in time.
    Unanswered,
    /// The peer left the room, or its page was closed.
    PeerLeft,
    /// The connection between the peers could not be established, or has failed.
    ConnectionFailed,
    /// The local side left the room.
    RoomClosed,
}

impl EndReason {
    /// Returns the name of the reason, such as `connection-failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HungUp => "hung-up",
            Self::PeerHungUp => "peer-hung-up",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::Unanswered => "unanswered",
            Self::PeerLeft => "peer-left",
            Self::ConnectionFailed => "connection-failed",
            Self::RoomClosed => "room-closed",
        }
    }

    /// Returns the reason to send to the peer when the local side ends a call for this reason.
    #[must_use]
    pub const fn to_hang_up_reason(self) -> HangUpReason {
        match self {
            Self::Unanswered => HangUpReason::Unanswered,
            Self::ConnectionFailed => HangUpReason::ConnectionFailed,
            Self::PeerLeft => HangUpReason::PeerLeft,
            _ => HangUpReason::HungUp,
        }
    }
}

impl From<DeclineReason> for EndReason {
    fn from(reason: DeclineReason) -> Self {
        match reason {
            DeclineReason::Busy => Self::Busy,
            DeclineReason::Declined => Self::Declined,
        }
    }
}

/// Converts the received reason to the one that the receiving side reports.
impl From<HangUpReason> for EndReason {
    fn from(reason: HangUpReason) -> Self {
        match reason {
            HangUpReason::Unanswered => Self::Unanswered,
            HangUpReason::ConnectionFailed => Self::ConnectionFailed,
            HangUpReason::PeerLeft | HangUpReason::HungUp => Self::PeerHungUp,
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
