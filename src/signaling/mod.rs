//! A low-level client of the signaling protocol, which sends and receives single messages.
//!
//! The signaling server connects the clients in a room: it lists them, relays messages between them, and provides ICE
//! servers. A [`SignalingSocket`] is one WebSocket to the server, for programs that implement calls or other
//! communication themselves. It neither pings nor reconnects. [`Room`](crate::room::Room) does both, and adds calls; most
//! programs only need the types of this module that a room uses, such as [`Peer`] and [`ErrorCode`].
//!
//! ```no_run
//! use browser_rtc::{
//!     Error, Result,
//!     signaling::{ClientMessage, Data, Join, ServerError, ServerMessage, SignalTo, SignalingSocket},
//! };
//! use futures::{SinkExt, StreamExt};
//!
//! // Joins a room, and sends a greeting to each peer that joins later.
//! async fn greet_peers(url: &str) -> Result<()> {
//!     let greeting = Data::from_serialize("hello").map_err(|error| Error::other("greet", error))?;
//!     let mut socket = SignalingSocket::connect(url).await?;
//!     socket.send(ClientMessage::Join(Join::new("lobby", "Ada"))).await?;
//!     while let Some(message) = socket.next().await {
//!         match message? {
//!             ServerMessage::PeerJoined(joined) => {
//!                 let signal = SignalTo::new(joined.peer.id, greeting.clone());
//!                 socket.send(ClientMessage::Signal(signal)).await?;
//!             }
//!             ServerMessage::Error(ServerError { message, .. }) => return Err(Error::other("greet", message)),
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Types
//!
//! | Type | Purpose |
//! |---|---|
//! | [`SignalingSocket`] | A WebSocket to the server: a stream of [`ServerMessage`]s and a sink for [`ClientMessage`]s |
//! | [`ClientMessage`] | A message to the server: [`Join`], [`SignalTo`], [`Say`], [`Ping`], or leave |
//! | [`ServerMessage`] | A message from the server: [`Joined`], [`PeerJoined`], [`PeerLeft`], [`SignalFrom`], [`SayFrom`], [`Pong`], or [`ServerError`] |
//! | [`Peer`], [`PeerId`] | A client in the room with its name, and its id |
//! | [`Data`] | The content of a message between clients: JSON that the server relays without reading it |
//! | [`MessageId`] | The id of a message to the room, by which receivers detect copies |
//! | [`ResumeToken`] | The token with which a client resumes its seat on another socket |
//! | [`ErrorCode`], [`LeaveReason`] | The reason for an error of the server, and the reason why a peer has left |
//!
//! [`url_of_this_page`] returns the URL of a server that also serves the page.
//!
//! # Protocol
//!
//! Each message is one text frame with a JSON object. `signaling/PROTOCOL.md` in the repository specifies the protocol with
//! an example of each message, including the resumption of seats.

mod socket;

use std::borrow::Cow;

pub use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, Join, Joined, LeaveReason, MessageId, PATH, ParseMessageError, Peer, PeerId,
    PeerJoined, PeerLeft, Ping, Pong, ResumeToken, SUBPROTOCOL, Say, SayFrom, ServerError, ServerMessage, SignalFrom,
    SignalTo,
};

pub use self::socket::SignalingSocket;
pub(crate) use self::socket::{closed as socket_closed, is_frame_error};
use crate::{
    error::{Error, ErrorKind, Result},
    members::Members,
    peer::IceServer,
    sys::global,
};

/// Returns the URL of the signaling server on the host that serves this page, such as `wss://example.org/signal`.
///
/// The scheme is `wss` on a page with `https` and `ws` otherwise; the path is [`PATH`].
///
/// # Errors
/// `NotSupported` if the page was not loaded from a web server, for example from a local file.
pub fn url_of_this_page() -> Result<String> {
    let location = global::get(&js_sys::global(), "location");
    let component = |member| global::get(&location, member).as_string().unwrap_or_default();
    let host = component("host");
    let scheme = match &*component("protocol") {
        "https:" if !host.is_empty() => "wss://",
        "http:" if !host.is_empty() => "ws://",
        _ => {
            let message = "the page was not loaded from a web server, so the URL of the signaling server is unknown";
            return Err(Error::new("urlOfThisPage", ErrorKind::NotSupported, message));
        }
    };
    Ok([scheme, &host, PATH].concat())
}

impl Error {
    /// Returns the signaling server's error code, if the kind is [`Signaling`](ErrorKind::Signaling).
    #[must_use]
    pub fn signaling_code(&self) -> Option<ErrorCode> {
        if *self.kind() == ErrorKind::Signaling { self.code().map(ErrorCode::from) } else { None }
    }

    /// Creates an error from an error code of the signaling server.
    pub(crate) fn signaling(operation: &'static str, code: &ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(operation, ErrorKind::Signaling, message).with_code(code.as_str())
    }
}

impl From<browser_rtc_proto::signaling::IceServer> for IceServer {
    fn from(server: browser_rtc_proto::signaling::IceServer) -> Self {
        let (username, credential) = (server.username, server.credential);
        Self { urls: server.urls, username, credential, other: Members::default() }
    }
}
