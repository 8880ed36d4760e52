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
//!
//! Without features this crate is these types alone, and small in WebAssembly. The feature
//! `server` adds the server, as a library and as the program `signaling-server`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod protocol;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod server;

pub use protocol::{
    ClientMessage, DEFAULT_MAX_FRAME_BYTES, Data, ErrorCode, IceServer, InvalidMessageId, LeaveReason, MessageId, PATH,
    Peer, PeerId, ResumeToken, SUBPROTOCOL, ServerMessage, close,
};
