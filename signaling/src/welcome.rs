//! The `joined` frame.

use axum::extract::ws::Utf8Bytes;

use super::{config::Config, outbox::encode, turn::IceServers};
use browser_rtc_proto::signaling::{Joined, Peer, ResumeToken, ServerMessage};

/// The settings that a client receives when it joins.
#[derive(Debug)]
pub struct Welcome {
    /// True if seats can be resumed.
    pub resumes: bool,
    ice_servers: IceServers,
    heartbeat_ms: u32,
    max_frame_bytes: u32,
}

impl Welcome {
    pub fn new(config: &Config) -> Self {
        Self {
            resumes: !config.grace.is_zero(),
            ice_servers: IceServers::new(config.ice_servers.clone(), config.turn.clone()),
            heartbeat_ms: config.heartbeat_ms,
            max_frame_bytes: config.limits.stated_frame_bytes(),
        }
    }

    /// Returns the `joined` frame. `resumed` is the number of numbered frames received from a seat that is resumed, and
    /// `None` for a new seat.
    pub fn joined(&self, you: Peer, peers: Vec<Peer>, token: ResumeToken, resumed: Option<u32>) -> Utf8Bytes {
        let ice_servers = self.ice_servers.for_peer(&you.id);
        encode(&ServerMessage::Joined(
            Joined::new(you, self.heartbeat_ms)
                .peers(peers)
                .resume(self.resumes.then_some(token))
                .resumed(resumed.is_some())
                .received(resumed.unwrap_or(0))
                .ice_servers(ice_servers)
                .max_frame_bytes(self.max_frame_bytes),
        ))
    }
}
