//! The client side of the signaling protocol, frame by frame. A [`Room`](crate::room::Room) is easier to use.

mod socket;

pub use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, LeaveReason, MessageId, PATH, Peer, PeerId, ResumeToken, SUBPROTOCOL, ServerMessage,
};

pub use self::socket::SignalingSocket;
pub(crate) use self::socket::is_frame_error;
use crate::{Members, peer::IceServer, sys::global};

/// Returns the URL of a signaling server that also serves this page: `wss://` or `ws://`, the page's host, and [`PATH`].
/// Returns `None` if there is no page.
#[must_use]
pub fn url_of_this_page() -> Option<String> {
    let location = global::get(&js_sys::global(), "location");
    let part = |member| global::get(&location, member).as_string();
    let scheme = if part("protocol")? == "https:" { "wss://" } else { "ws://" };
    Some([scheme, &part("host")?, PATH].concat())
}

impl From<browser_rtc_proto::signaling::IceServer> for IceServer {
    fn from(server: browser_rtc_proto::signaling::IceServer) -> Self {
        let (username, credential) = (server.username, server.credential);
        Self { urls: server.urls, username, credential, other: Members::default() }
    }
}
