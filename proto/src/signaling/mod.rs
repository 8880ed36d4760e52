//! The signaling protocol of `browser-rtc`, version 1.
//!
//! Peers meet in a *room* on a server. Each peer has one WebSocket at [`PATH`], with the subprotocol [`SUBPROTOCOL`].
//! Every frame is one JSON text: a [`ClientMessage`] to the server, or a [`ServerMessage`] to a client. Messages
//! between peers are [`Data`], which the server relays without reading it. `signaling/PROTOCOL.md` in the repository
//! has an example of each frame and each error.
//!
//! ```
//! use browser_rtc_proto::signaling::{ClientMessage, Data, SignalTo};
//!
//! let data = Data::from_serialize(&["any", "JSON"])?;
//! let message = ClientMessage::Signal(SignalTo::new("b7", data));
//! let frame = message.to_json();
//! assert_eq!(frame, r#"{"type":"signal","to":"b7","data":["any","JSON"]}"#);
//! assert_eq!(ClientMessage::from_json(&frame)?, message);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Resuming
//!
//! A client whose socket breaks can continue on another socket without losing frames. [`Joined`] has a token, and both
//! sides count *numbered* frames, starting at the first `joined` of the seat and wrapping after the last `u32`: all
//! frames to a client except `joined` and `pong`, and every text or binary message of a client that is not a valid
//! [`Join`], [`Ping`] or [`Leave`](ClientMessage::Leave).
//!
//! - A client that [joins](Join) the same room with the token resumes its seat, with its id and its name. The name in
//!   that join is ignored, but must be valid. `resumed` is true in that case. Both sides then send the frames that the
//!   other one has not received, in order. The answer may contain another token: a client that did not receive the
//!   answer retries with its current token.
//! - The seat is kept for the grace time if the socket ended without a close frame of the client, with
//!   [`RESUMING`](close::RESUMING), or with a [code](close) of the server that keeps it. The absence is not reported to
//!   other peers unless it lasts longer or too many frames are missed ([`Lost`](LeaveReason::Lost)). After any other
//!   close frame, after [`Leave`](ClientMessage::Leave), and after three heartbeats of silence the seat is free at
//!   once.
//! - A seat can be resumed while its socket still seems to work: the newer socket takes over the seat, and the older
//!   one is closed with [`REPLACED`](close::REPLACED). An older socket whose join arrives late is closed as well.
//! - A token that is unknown, or belongs to another room, is not an error: the server assigns a new seat by the usual
//!   rules, and both counts start at 0. An impossible count has the same effect: of more frames than were sent, or of
//!   so few that the frames after them are no longer stored. In that case, the other peers receive a `peer_left` of the
//!   old seat, with [`Replaced`](LeaveReason::Replaced), before the `peer_joined` of the new seat.
//! - A frame of a client that was refused is counted, and the [error](ServerError) has its number.
//! - [`Ping`] and [`Pong`] acknowledge frames, which then need not be stored. A client may ignore tokens and counts,
//!   and then cannot resume.

mod client;
mod code;
mod data;
#[cfg(test)]
mod document_tests;
mod ice;
mod message_id;
mod peer;
mod server;
#[cfg(test)]
mod tests;

pub use crate::json::ParseMessageError;
pub use client::{ClientMessage, Join, Ping, Say, SignalTo};
pub use code::{ErrorCode, LeaveReason};
pub use data::Data;
pub use ice::IceServer;
pub use message_id::{InvalidMessageId, MessageId};
pub use peer::{Peer, PeerId, ResumeToken};
pub use server::{Joined, PeerJoined, PeerLeft, Pong, SayFrom, ServerError, ServerMessage, SignalFrom};

/// The WebSocket subprotocol that a client has to offer, and the version of this protocol.
pub const SUBPROTOCOL: &str = "browser-rtc.v1";

/// The prefix of the subprotocols of all versions.
pub const ANY_VERSION: &str = "browser-rtc.v";

/// The limit that a client assumes if the server does not send [`max_frame_bytes`](Joined::max_frame_bytes).
pub const DEFAULT_MAX_FRAME_BYTES: u32 = 64 * 1024;

/// The path of the WebSocket on the server.
pub const PATH: &str = "/signal";

/// The close codes that the server sends, and one that a client may send
/// ([RFC 6455, section 7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)).
pub mod close {
    /// The client has left.
    pub const NORMAL: u16 = 1000;
    /// The server shuts down. The client should reconnect, because another server may take over.
    pub const GOING_AWAY: u16 = 1001;
    /// The received bytes are not a WebSocket frame. The seat is kept for the grace time.
    pub const PROTOCOL: u16 = 1002;
    /// A text frame is not UTF-8; an error frame with `bad_message` was sent before. The seat is kept for the grace
    /// time.
    pub const NOT_UTF8: u16 = 1007;
    /// The client did not join in time, or kept sending long after `rate_limited`. The seat is kept for the grace time,
    /// unless this happens more than three times in a minute.
    pub const POLICY: u16 = 1008;
    /// A frame was far over the limit, or its sender has no seat; an error frame with `too_large` was sent before. The
    /// seat is kept for the grace time.
    pub const TOO_LARGE: u16 = 1009;
    /// The client read so slowly that its queue overflowed, or too many clients connect from its address. The seat is
    /// free, because frames for it were dropped.
    pub const TRY_AGAIN_LATER: u16 = 1013;
    /// Nothing was received from the client for three heartbeats. The client should reconnect.
    pub const IDLE: u16 = 4000;
    /// The client has resumed its seat on another socket. The client must not reconnect.
    pub const REPLACED: u16 = 4001;
    /// Sent by a client that abandons a socket on which nothing is received any longer, to reconnect on another one:
    /// its seat is kept as if the socket had broken. After any other close frame of a client, its seat is free
    /// immediately.
    pub const RESUMING: u16 = 4002;
    /// The server does not support the client's version of the protocol; an error frame with `unsupported_version`
    /// was sent before. The client must not reconnect.
    pub const UNSUPPORTED_VERSION: u16 = 4003;
}
