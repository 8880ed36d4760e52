//! The signaling protocol of `browser-rtc`, version 1.
//!
//! Peers that want to call each other meet in a *room* on a server, each over one WebSocket at
//! [`PATH`] with the subprotocol [`SUBPROTOCOL`]. Every frame is one JSON text: a
//! [`ClientMessage`] on the way up, a [`ServerMessage`] on the way down. What peers tell each
//! other travels as [`Data`], which the server carries without reading it. PROTOCOL.md, beside this crate's manifest, has
//! an example of each frame and each error.
//!
//! ```
//! use browser_rtc_signaling::{ClientMessage, Data, PeerId};
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
//! # Coming back
//!
//! A socket that breaks takes nothing with it. [`Joined`](ServerMessage::Joined) hands out a token, and both sides count
//! *numbered* frames: to a client all but `joined` and `pong`, from a client `signal` and `say`, each from the `joined`
//! that began the seat, and from 0 again after the last `u32`.
//!
//! - A client that [joins](ClientMessage::Join) the same room with the token has its seat back, with its id and its
//!   name; the name in that join is passed over, but has to be one. `resumed` says so. Both sides then send what the
//!   other has not had, in order. The token stays the same: a client that never saw the answer tries again with it.
//! - The seat is kept for a time of grace, if the socket ended without a close frame or with
//!   [`RESUMING`](close::RESUMING). Nobody is told of the absence, unless it lasts longer or too much is missed
//!   ([`Lost`](LeaveReason::Lost)). After any other close frame, after [`Leave`](ClientMessage::Leave), and after three
//!   heartbeats of silence the seat is free at once, as it is when the server closes the socket for its own reasons.
//! - A socket that still seems well is no obstacle: the newer one takes the seat, and the older is closed with
//!   [`REPLACED`](close::REPLACED). So is an older socket whose join comes late.
//! - A token that the server does not know, or knows in another room, is no error: the client gets a new seat by the
//!   ordinary rules, and both counts begin at 0. The same goes for a count that cannot be: of more frames than were
//!   sent, or of so few that those after them are no longer kept. In that case the others are told that the old seat
//!   was [`Replaced`](LeaveReason::Replaced), before they are told who came.
//! - A frame of a client that was refused has come, and is counted, also one that was dropped as one too many.
//! - [`Ping`](ClientMessage::Ping) and [`Pong`](ServerMessage::Pong) tell what has come, so that it need not be kept.
//!   A client may do without tokens and counts: it loses no more than its way back.
//!
//! Without features this crate is these types alone, and small in WebAssembly. The feature
//! `server` adds the server, as a library and as the program `signaling-server`.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod json;
mod protocol;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod server;

pub use protocol::{
    ClientMessage, Data, ErrorCode, IceServer, LeaveReason, PATH, Peer, PeerId, ResumeToken, SUBPROTOCOL,
    ServerMessage, close,
};
