//! The request to resume a seat.

use super::refusal::Refusal;
use browser_rtc_proto::signaling::ResumeToken;

/// A client's request to resume its seat.
#[derive(Debug)]
pub struct ResumeRequest {
    pub token: ResumeToken,
    /// The number of numbered frames that the client has received.
    pub received: u32,
    /// The refusal for a client that may only resume a seat, or `None` if it may also take a new one.
    pub new_seat_denied: Option<Refusal>,
}
