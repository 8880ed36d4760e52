//! The client's side of the signaling protocol, frame by frame. A [`Room`](crate::room::Room) is easier.

mod socket;

pub use browser_rtc_signaling::{
    ClientMessage, Data, ErrorCode, LeaveReason, Peer, PeerId, ResumeToken, SUBPROTOCOL, ServerMessage,
};

pub use self::socket::SignalingSocket;
use crate::peer::IceServer;

impl From<browser_rtc_signaling::IceServer> for IceServer {
    fn from(server: browser_rtc_signaling::IceServer) -> Self {
        Self { urls: server.urls, username: server.username, credential: server.credential }
    }
}
