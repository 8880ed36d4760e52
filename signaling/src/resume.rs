//! The request to resume a seat.

use super::refusal::Refusal;
use browser_rtc_proto::signaling::ResumeToken;

/// A client's request to resume its seat.
#[derive(Debug)]
pub struct ResumeRequest {
    pub token: ResumeToken,
    /// The number of numbered frames that the client has received.
    pub received: u32,
    /// The refusal for a client that may resume a seat but not take a new one; `None` where it may.
    pub new_seat_denied: Option<Refusal>,
}
