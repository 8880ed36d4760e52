//! The signaling protocol of `browser-rtc`, version 1.
//!
//! Peers that want to call each other meet in a *room* on a server, each over one WebSocket at
//! [`PATH`] with the subprotocol [`SUBPROTOCOL`]. Every frame is one JSON text: a
//! [`ClientMessage`] on the way up, a [`ServerMessage`] on the way down. What peers tell each
//! other travels as [`Data`], which the server carries without reading it. PROTOCOL.md, beside this crate's manifest, has
//! an example of each frame and each error.
//!
//! ```
//! use browser_rtc_proto::signaling::{ClientMessage, Data, PeerId};
//!
//! let message = ClientMessage::Signal {
//!     to: PeerId::from("b7"),
//!     data: Data::from_serialize(&["any", "JSON"])?,
//! };
//! let frame = message.to_json()?;
//! assert_eq!(frame, r#"{"type":"signal","to":"b7","data":["any","JSON"]}"#);
//! assert_eq!(ClientMessage::from_json(&frame)?, message);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Resuming
//!
//! A socket that breaks costs a client nothing. [`Joined`](ServerMessage::Joined) hands out a token, and both sides count
//! *numbered* frames, each from the `joined` that began the seat, and from 0 again after the last `u32`: to a client all
//! but `joined` and `pong`, from a client every text or binary message that is not a valid [`Join`](ClientMessage::Join),
//! [`Ping`](ClientMessage::Ping) or [`Leave`](ClientMessage::Leave).
//!
//! - A client that [joins](ClientMessage::Join) the same room with the token gets its seat back, with its id and its
//!   name; the name in that join is ignored, but has to be valid. `resumed` says so. Both sides then send what the other
//!   has not received, in order. The answer may contain another token: a client that never got the answer retries with
//!   the one that it has.
//! - The seat is kept for the grace time if the socket ended without a close frame of the client, with
//!   [`RESUMING`](close::RESUMING), or with a [code](close) of the server that keeps it. Other peers are not told of the
//!   absence, unless it lasts longer or too much is missed ([`Lost`](LeaveReason::Lost)). After any other close frame,
//!   after [`Leave`](ClientMessage::Leave), and after three heartbeats of silence the seat is free at once.
//! - A socket that seems to work is no obstacle: the newer one takes the seat, and the older is closed with
//!   [`REPLACED`](close::REPLACED). So is an older socket whose join comes late.
//! - A token that the server does not know, or knows in another room, is no error: the client gets a new seat by the
//!   ordinary rules, and both counts begin at 0. The same goes for an impossible count: of more frames than were sent, or
//!   of so few that those after them are no longer kept. In that case the others are told that the old seat was
//!   [`Replaced`](LeaveReason::Replaced), before they are told of the new peer.
//! - A frame of a client that was refused has come and is counted, and the [error](ServerMessage::Error) has its number.
//! - [`Ping`](ClientMessage::Ping) and [`Pong`](ServerMessage::Pong) tell what has come, so that it need not be kept.
//!   A client may ignore tokens and counts: it only loses the possibility to resume.

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
mod wire;

pub use client::ClientMessage;
pub use code::{ErrorCode, LeaveReason};
pub use data::Data;
pub use ice::IceServer;
pub use message_id::{InvalidMessageId, MessageId};
pub use peer::{Peer, PeerId, ResumeToken};
pub use server::ServerMessage;

/// The WebSocket subprotocol that a client has to offer, and the version of this protocol.
pub const SUBPROTOCOL: &str = "browser-rtc.v1";

/// How the subprotocols of all versions begin.
pub const ANY_VERSION: &str = "browser-rtc.v";

/// The limit that a client assumes where `joined` does not state
/// [`max_frame_bytes`](ServerMessage::Joined::max_frame_bytes).
pub const DEFAULT_MAX_FRAME_BYTES: u32 = 64 * 1024;

/// The path of the WebSocket on the server.
pub const PATH: &str = "/signal";

/// The close codes that the server sends, and one that a client may send
/// ([RFC 6455, section 7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)).
pub mod close {
    /// The client has left.
    pub const NORMAL: u16 = 1000;
    /// The server shuts down. Connecting again makes sense: another server may take over.
    pub const GOING_AWAY: u16 = 1001;
    /// What came is not a WebSocket frame. The seat is kept for the grace time.
    pub const PROTOCOL: u16 = 1002;
    /// A text frame is not UTF-8; an error frame with `bad_message` came before. The seat is kept for the grace time.
    pub const NOT_UTF8: u16 = 1007;
    /// The client did not join in time, or kept sending long after `rate_limited`. The seat is kept for the grace time,
    /// unless this happens more than three times in a minute.
    pub const POLICY: u16 = 1008;
    /// A frame was far over the limit, or its sender has no seat; an error frame with `too_large` came before. The seat
    /// is kept for the grace time.
    pub const TOO_LARGE: u16 = 1009;
    /// The client read so slowly that its queue overflowed, or too many came from its address. The seat is free, since
    /// frames for it were dropped.
    pub const TRY_AGAIN_LATER: u16 = 1013;
    /// Nothing came from the client for three heartbeats. Connecting again makes sense.
    pub const IDLE: u16 = 4000;
    /// The client has its seat on another socket, which it took back there. Connecting again makes no sense.
    pub const REPLACED: u16 = 4001;
    /// Sent by a client that gives a socket up to come back on another, because nothing comes through any longer: its
    /// seat is kept as if the socket had broken. After any other close frame of a client, its seat is free at once.
    pub const RESUMING: u16 = 4002;
    /// The client speaks a version of the protocol that the server does not; an error frame with `unsupported_version`
    /// came before. Connecting again makes no sense.
    pub const UNSUPPORTED_VERSION: u16 = 4003;
}
