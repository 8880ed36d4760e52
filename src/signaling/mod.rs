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
    error::{Error, ErrorKind},
    members::Members,
    peer::IceServer,
    sys::global,
};

/// Returns the URL of a signaling server that also serves this page: `wss://` or `ws://`, the page's host, and [`PATH`].
/// Returns `None` if there is no page.
#[must_use]
pub fn url_of_this_page() -> Option<String> {
    let location = global::get(&js_sys::global(), "location");
    let part = |member| global::get(&location, member).as_string();
    let scheme = if part("protocol")? == "https:" { "wss://" } else { "ws://" };
    Some([scheme, &part("host")?, PATH].concat())
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
