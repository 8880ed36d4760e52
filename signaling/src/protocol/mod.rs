//! The messages, and the words they are made of.

mod client;
mod code;
mod data;
mod ice;
mod peer;
mod server;
#[cfg(test)]
mod tests;
mod wire;

pub use client::ClientMessage;
pub use code::{ErrorCode, LeaveReason};
pub use data::Data;
pub use ice::IceServer;
pub use peer::{Peer, PeerId, ResumeToken};
pub use server::ServerMessage;

/// The WebSocket subprotocol that a client has to offer, and the version of this protocol.
pub const SUBPROTOCOL: &str = "browser-rtc.v1";

/// The path of the WebSocket on the server.
pub const PATH: &str = "/signal";

/// The close codes that the server sends
/// ([RFC 6455, section 7.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.4)).
pub mod close {
    /// The client has left.
    pub const NORMAL: u16 = 1000;
    /// The server shuts down. Connecting again makes sense: another server may take over.
    pub const GOING_AWAY: u16 = 1001;
    /// The client did not join in time, or went on sending long after `rate_limited`.
    pub const POLICY: u16 = 1008;
    /// A frame was over the limit; an error frame with `too_large` came before.
    pub const TOO_LARGE: u16 = 1009;
    /// The client read so slowly that its queue overflowed. Connecting again makes sense.
    pub const TRY_AGAIN_LATER: u16 = 1013;
    /// Nothing came from the client for three heartbeats. Connecting again makes sense.
    pub const IDLE: u16 = 4000;
}
