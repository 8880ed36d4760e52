//! The client's side of the signaling protocol, frame by frame. A [`Room`](crate::room::Room) is easier.

mod socket;

pub use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, LeaveReason, MessageId, PATH, Peer, PeerId, ResumeToken, SUBPROTOCOL, ServerMessage,
};

pub use self::socket::SignalingSocket;
pub(crate) use self::socket::is_frame_error;
use crate::{Members, peer::IceServer, sys::global};

/// Where the signaling is when this page's own server carries it too: `wss://` or `ws://`, the page's host, and
/// [`PATH`]. None where there is no page, as in a test of a plain program.
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
