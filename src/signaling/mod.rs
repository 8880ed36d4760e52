//! The client side of the signaling protocol, frame by frame. A [`Room`](crate::room::Room) is easier to use.

mod socket;

use std::borrow::Cow;

pub use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, Join, Joined, LeaveReason, MessageId, PATH, Peer, PeerId, PeerJoined, PeerLeft,
    Ping, Pong, ResumeToken, SUBPROTOCOL, Say, SayFrom, ServerError, ServerMessage, SignalFrom, SignalTo,
};

pub use self::socket::SignalingSocket;
pub(crate) use self::socket::is_frame_error;
use crate::{
    error::{Error, ErrorKind, Result},
    members::Members,
    peer::IceServer,
    sys::global,
};

/// Returns the URL of a signaling server that also serves this page: `wss://` or `ws://`, the page's host, and [`PATH`].
///
/// # Errors
/// `NotSupported` if the page does not come from a server, such as a file.
pub fn url_of_this_page() -> Result<String> {
    let location = global::get(&js_sys::global(), "location");
    let part = |member| global::get(&location, member).as_string().unwrap_or_default();
    let host = part("host");
    let scheme = match &*part("protocol") {
        "https:" if !host.is_empty() => "wss://",
        "http:" if !host.is_empty() => "ws://",
        _ => {
            let message = "the page does not come from a server, so that it needs the URL of a signaling server";
            return Err(Error::new("urlOfThisPage", ErrorKind::NotSupported, message));
        }
    };
    Ok([scheme, &host, PATH].concat())
}

impl Error {
    /// Returns the code with which the signaling server refused, for the kind [`Signaling`](ErrorKind::Signaling).
    #[must_use]
    pub fn signaling_code(&self) -> Option<ErrorCode> {
        if *self.kind() == ErrorKind::Signaling { self.code().map(ErrorCode::from) } else { None }
    }

    /// Creates the error of a refusal by the signaling server.
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
