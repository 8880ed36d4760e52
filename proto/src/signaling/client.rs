use std::fmt;

use serde::{Deserialize, Serialize};

use super::wire::{self, Malformed, need, need_parsed, present};
use super::{Data, MessageId, PeerId, ResumeToken};

/// What a client tells the server.
///
/// Fields that this version does not know are ignored when reading; an unknown type is an error. `Debug` shows no token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Wire")]
pub enum ClientMessage {
    /// Take a seat in a room. Answered by [`Joined`](super::ServerMessage::Joined) or by an error.
    Join {
        /// The room's name: 1 to 64 characters.
        room: String,
        /// The name to appear under, unique in the room: 1 to 64 characters.
        name: String,
        /// Takes back the seat that the server gave this token for, or else a new one.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<ResumeToken>,
        /// With `resume`: how many numbered frames the client has received in the seat. The server sends those after
        /// them. Every frame to a client is numbered but `joined` and `pong`; the count begins with the seat.
        #[serde(skip_serializing_if = "wire::is_zero")]
        received: u32,
        /// The right to enter, where a server asks for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// A message to one peer in the room.
    Signal {
        /// The addressee.
        to: PeerId,
        /// What to tell it.
        data: Data,
    },
    /// A message to all other peers in the room.
    Say {
        /// Chosen by the sender, unique per message. The server relays it, and receivers deduplicate by it.
        id: MessageId,
        /// What to tell them.
        data: Data,
    },
    /// Ask for a [`Pong`](super::ServerMessage::Pong), and show to be alive.
    Ping {
        /// Comes back in the answer.
        id: u32,
        /// How many numbered frames have come: the server need not keep them any longer.
        #[serde(skip_serializing_if = "wire::is_zero")]
        received: u32,
    },
    /// Give the seat up. The server closes the socket with [`NORMAL`](super::close::NORMAL).
    Leave,
}

impl ClientMessage {
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

impl fmt::Debug for ClientMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join { room, name, resume, received, token } => f
                .debug_struct("Join")
                .field("room", room)
                .field("name", name)
                .field("resume", resume)
                .field("received", received)
                .field("token", &token.as_ref().map(|_| "…"))
                .finish(),
            Self::Signal { to, data } => f.debug_struct("Signal").field("to", to).field("data", data).finish(),
            Self::Say { id, data } => f.debug_struct("Say").field("id", id).field("data", data).finish(),
            Self::Ping { id, received } => f.debug_struct("Ping").field("id", id).field("received", received).finish(),
            Self::Leave => f.write_str("Leave"),
        }
    }
}

#[derive(Deserialize)]
#[serde(expecting = "a message")]
struct Wire {
    r#type: String,
    room: Option<String>,
    name: Option<String>,
    resume: Option<ResumeToken>,
    #[serde(default)]
    received: u32,
    token: Option<String>,
    to: Option<PeerId>,
    #[serde(default, deserialize_with = "present")]
    data: Option<Data>,
    #[serde(default, deserialize_with = "present")]
    id: Option<Data>,
}

impl TryFrom<Wire> for ClientMessage {
    type Error = Malformed;

    fn try_from(wire: Wire) -> Result<Self, Malformed> {
        Ok(match wire.r#type.as_str() {
            "join" => Self::Join {
                room: need("room", wire.room)?,
                name: need("name", wire.name)?,
                resume: wire.resume,
                received: wire.received,
                token: wire.token,
            },
            "signal" => Self::Signal { to: need("to", wire.to)?, data: need("data", wire.data)? },
            "say" => Self::Say { id: need_parsed("id", wire.id)?, data: need("data", wire.data)? },
            "ping" => Self::Ping { id: need_parsed("id", wire.id)?, received: wire.received },
            "leave" => Self::Leave,
            _ => return Err(Malformed::UnknownType(wire.r#type)),
        })
    }
}
