//! The signaling protocol of `browser-rtc`, version 1.
//!
//! Peers that want to call each other meet in a *room* on a server, each over one WebSocket at
//! [`PATH`] with the subprotocol [`SUBPROTOCOL`]. Every frame is one JSON text: a
//! [`ClientMessage`] on the way up, a [`ServerMessage`] on the way down. What peers tell each
//! other travels as [`Data`], which the server carries without reading it.
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
//! Without features this crate is these types alone, and small in WebAssembly. The feature
//! `server` adds the server, as a library and as the program `signaling-server`.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod protocol;
#[cfg(feature = "server")]
#[cfg_attr(docsrs, doc(cfg(feature = "server")))]
pub mod server;

pub use protocol::{
    ClientMessage, Data, ErrorCode, IceServer, LeaveReason, PATH, Peer, PeerId, ResumeToken, SUBPROTOCOL,
    ServerMessage, close,
};
