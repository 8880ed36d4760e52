use serde::{Deserialize, Serialize};

use super::wire::{self, Malformed, need, need_parsed, parsed, present};
use super::{DEFAULT_MAX_FRAME_BYTES, Data, ErrorCode, IceServer, LeaveReason, MessageId, Peer, PeerId, ResumeToken};

/// What the server tells a client.
///
/// Fields that this version does not know are ignored when reading; an unknown type is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Wire")]
pub enum ServerMessage {
    /// The client has its seat. Everything that happens in the room from now on follows.
    Joined {
        /// The client itself.
        you: Peer,
        /// Everybody else, as of this moment.
        peers: Vec<Peer>,
        /// Takes the seat back after the socket was lost, where the server offers it.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<ResumeToken>,
        /// Whether the seat that was asked for by its token was taken back. The numbered frames that the client
        /// has not had follow, and `peers` is to be passed over: those frames tell who came and went.
        #[serde(skip_serializing_if = "wire::is_false")]
        resumed: bool,
        /// How many numbered frames of the client have come; it sends those after them again.
        #[serde(skip_serializing_if = "wire::is_zero")]
        received: u32,
        /// The ICE servers to use for calls in this room.
        ice_servers: Vec<IceServer>,
        /// The server pings this often, in milliseconds. A client of which it hears nothing for three such times,
        /// be it a frame or a WebSocket pong, counts as lost.
        heartbeat_ms: u32,
        /// The number of bytes that a frame of the client may have. [`DEFAULT_MAX_FRAME_BYTES`] where it is missing.
        max_frame_bytes: u32,
    },
    /// Somebody came.
    PeerJoined {
        /// Who.
        peer: Peer,
    },
    /// Somebody went.
    PeerLeft {
        /// Who.
        id: PeerId,
        /// Why.
        reason: LeaveReason,
    },
    /// A peer tells this client.
    Signal {
        /// Who speaks; stamped by the server.
        from: PeerId,
        /// What it tells.
        data: Data,
    },
    /// A message of a peer to all others.
    Say {
        /// Who speaks; stamped by the server.
        from: PeerId,
        /// Chosen by the sender. A message whose id has come before is a copy, also where `from` is another.
        id: MessageId,
        /// What it tells.
        data: Data,
    },
    /// The answer to [`Ping`](super::ClientMessage::Ping). One that brings a token may come unasked.
    Pong {
        /// The id of the ping; 0 where there was none.
        id: u32,
        /// How many numbered frames of the client have come: it need not keep them any longer.
        #[serde(skip_serializing_if = "wire::is_zero")]
        received: u32,
        /// From here on, this takes the seat back, and not the token before: that knows nothing of what follows.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<ResumeToken>,
    },
    /// The server refused something.
    Error {
        /// What kind of refusal.
        code: ErrorCode,
        /// The reason, for a person to read.
        message: String,
        /// The number of the frame that was refused, if it is a numbered one: counted from 1 at the `joined` that began
        /// the seat, wrapping as `received` does.
        #[serde(skip_serializing_if = "Option::is_none")]
        frame: Option<u32>,
    },
}

impl ServerMessage {
    /// The message as a frame.
    ///
    /// # Errors
    /// None for the messages of this version.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// When the frame is not JSON, of an unknown type, or lacks a field.
    pub fn from_json(frame: &str) -> Result<Self, serde_json::Error> {
        wire::read(frame)
    }
}

#[derive(Deserialize)]
#[serde(expecting = "a message")]
struct Wire {
    r#type: String,
    // Fields are read when the type is known, so that an error names the one that is wrong.
    you: Option<Data>,
    peers: Option<Data>,
    resume: Option<Data>,
    resumed: Option<Data>,
    received: Option<Data>,
    ice_servers: Option<Data>,
    heartbeat_ms: Option<Data>,
    max_frame_bytes: Option<Data>,
    peer: Option<Data>,
    // The id of a peer or of a message, or the number of a ping.
    #[serde(default, deserialize_with = "present")]
    id: Option<Data>,
    reason: Option<Data>,
    from: Option<Data>,
    #[serde(default, deserialize_with = "present")]
    data: Option<Data>,
    code: Option<Data>,
    message: Option<Data>,
    frame: Option<Data>,
}

impl TryFrom<Wire> for ServerMessage {
    type Error = Malformed;

    fn try_from(wire: Wire) -> Result<Self, Malformed> {
        Ok(match wire.r#type.as_str() {
            "joined" => Self::Joined {
                you: need_parsed("you", wire.you)?,
                peers: need_parsed("peers", wire.peers)?,
                resume: parsed("resume", wire.resume)?,
                resumed: parsed("resumed", wire.resumed)?.unwrap_or_default(),
                received: parsed("received", wire.received)?.unwrap_or_default(),
                ice_servers: parsed("ice_servers", wire.ice_servers)?.unwrap_or_default(),
                heartbeat_ms: need_parsed("heartbeat_ms", wire.heartbeat_ms)?,
                max_frame_bytes: parsed("max_frame_bytes", wire.max_frame_bytes)?.unwrap_or(DEFAULT_MAX_FRAME_BYTES),
            },
            "peer_joined" => Self::PeerJoined { peer: need_parsed("peer", wire.peer)? },
            "peer_left" => {
                Self::PeerLeft { id: need_parsed("id", wire.id)?, reason: need_parsed("reason", wire.reason)? }
            }
            "signal" => Self::Signal { from: need_parsed("from", wire.from)?, data: need("data", wire.data)? },
            "say" => Self::Say {
                from: need_parsed("from", wire.from)?,
                id: need_parsed("id", wire.id)?,
                data: need("data", wire.data)?,
            },
            "pong" => Self::Pong {
                id: need_parsed("id", wire.id)?,
                received: parsed("received", wire.received)?.unwrap_or_default(),
                resume: parsed("resume", wire.resume)?,
            },
            "error" => Self::Error {
                code: need_parsed("code", wire.code)?,
                message: parsed("message", wire.message)?.unwrap_or_default(),
                frame: parsed("frame", wire.frame)?,
            },
            _ => return Err(Malformed::UnknownType(wire.r#type)),
        })
    }
}
