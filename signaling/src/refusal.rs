//! Refused joins.

use browser_rtc_proto::signaling::ErrorCode;

/// A refused join: the code and the message that the client receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: ErrorCode,
    pub message: &'static str,
}

impl Refusal {
    pub fn new(code: ErrorCode, message: &'static str) -> Self {
        Self { code, message }
    }

    pub fn name_taken() -> Self {
        Self::new(ErrorCode::NameTaken, "another peer in the room has this name")
    }

    pub fn room_full() -> Self {
        Self::new(ErrorCode::RoomFull, "the room is full")
    }

    pub fn server_full() -> Self {
        Self::new(ErrorCode::ServerFull, "the server cannot open another room")
    }

    /// The seat is held by a newer socket than the one that requests it.
    pub fn held_by_newer_socket() -> Self {
        Self::new(ErrorCode::AlreadyJoined, "the client is in the room on a newer socket")
    }

    /// Redis is unavailable, so that no seat can be assigned.
    #[cfg(feature = "redis")]
    pub fn unavailable() -> Self {
        Self::new(ErrorCode::Unavailable, "the server cannot assign seats at the moment: retry")
    }
}
