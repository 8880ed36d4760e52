//! The protocols of the servers.

use std::path::PathBuf;

/// A server and its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    SignalingServer,
    PeerServer,
    Matchbox,
}

/// The number of clients in a room.
pub const ROOM_CLIENTS: usize = 4;

impl Dialect {
    pub fn name(self) -> &'static str {
        match self {
            Self::SignalingServer => "browser-rtc",
            Self::PeerServer => "PeerServer",
            Self::Matchbox => "matchbox",
        }
    }

    /// Returns the program and its arguments, which raise all limits except those on memory.
    pub fn command(self, program: &str, port: u16) -> (PathBuf, Vec<String>) {
        let line = match self {
            Self::SignalingServer => format!(
                "--port {port} --max-clients 20000 --max-rooms 20000 --frames-per-second 1000000 --burst 1000000 \
                 --bytes-per-second 4000000000 --burst-bytes 4000000000"
            ),
            // The timeout of silent clients is longer than the run.
            Self::PeerServer => {
                format!("{program} --host 127.0.0.1 --port {port} --concurrent_limit 20000 --alive_timeout 3600000")
            }
            Self::Matchbox => format!("127.0.0.1:{port}"),
        };
        let program = if self == Self::PeerServer { "node" } else { program };
        (program.into(), line.split(' ').map(str::to_owned).collect())
    }

    pub fn path(self, client: usize) -> String {
        match self {
            Self::SignalingServer => "/signal".into(),
            Self::PeerServer => format!("/peerjs?key=peerjs&id={}&token=t{client}&version=1.5.5", peer_id(client)),
            Self::Matchbox => format!("/load-{}", client / ROOM_CLIENTS),
        }
    }

    pub fn subprotocol(self) -> Option<&'static str> {
        (self == Self::SignalingServer).then_some("browser-rtc.v1")
    }

    /// Returns the first frame of a client.
    pub fn hello(self, client: usize) -> Option<String> {
        let room = client / ROOM_CLIENTS;
        (self == Self::SignalingServer).then(|| format!(r#"{{"type":"join","room":"load-{room}","name":"{client}"}}"#))
    }

    /// Returns the id of the client if the frame admits it.
    pub fn id(self, client: usize, frame: &str) -> Option<String> {
        let value: serde_json::Value = serde_json::from_str(frame).ok()?;
        let id = match self {
            Self::SignalingServer => &value["you"]["id"],
            Self::PeerServer => return (value["type"] == "OPEN").then(|| peer_id(client)),
            Self::Matchbox => &value["IdAssigned"],
        };
        id.as_str().map(str::to_owned)
    }

    /// Returns a signal with `data`, which is JSON.
    pub fn signal(self, to: &str, data: &str) -> String {
        match self {
            Self::SignalingServer => format!(r#"{{"type":"signal","to":"{to}","data":{data}}}"#),
            Self::PeerServer => format!(r#"{{"type":"OFFER","dst":"{to}","payload":{data}}}"#),
            Self::Matchbox => format!(r#"{{"Signal":{{"receiver":"{to}","data":{data}}}}}"#),
        }
    }
}

fn peer_id(client: usize) -> String {
    format!("00000000-0000-4000-8000-{client:012}")
}
