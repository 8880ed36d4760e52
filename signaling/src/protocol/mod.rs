//! The messages, and the words they are made of.

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
#[cfg(feature = "server")]
pub(crate) const ANY_VERSION: &str = "browser-rtc.v";

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
