use serde::{Deserialize, Serialize};

use super::wire::{self, Malformed, need, need_parsed, present};
use super::{Data, PeerId, ResumeToken};

/// What a client tells the server.
///
/// Fields that this version does not know are ignored when reading; an unknown type is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "Wire")]
pub enum ClientMessage {
    /// Take a seat in a room. Answered by [`Joined`](super::ServerMessage::Joined) or by an error.
    Join {
        /// The room's name: 1 to 64 characters.
        room: String,
        /// The name to appear under, unique in the room: 1 to 64 characters.
        name: String,
        /// Takes back the seat that the server gave this token for.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<ResumeToken>,
        /// The right to enter, where a server asks for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<String>,
    },
    /// Tell one peer in the room.
    Signal {
        /// The addressee.
        to: PeerId,
        /// What to tell it.
        data: Data,
    },
    /// Tell everybody else in the room.
    Say {
        /// What to tell them.
        data: Data,
    },
    /// Ask for a [`Pong`](super::ServerMessage::Pong), and show to be alive.
    Ping {
        /// Comes back in the answer.
        id: u32,
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

#[derive(Deserialize)]
#[serde(expecting = "a message")]
struct Wire {
    r#type: String,
    room: Option<String>,
    name: Option<String>,
    resume: Option<ResumeToken>,
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
                token: wire.token,
            },
            "signal" => Self::Signal { to: need("to", wire.to)?, data: need("data", wire.data)? },
            "say" => Self::Say { data: need("data", wire.data)? },
            "ping" => Self::Ping { id: need_parsed("id", wire.id)? },
            "leave" => Self::Leave,
            _ => return Err(Malformed::UnknownType(wire.r#type)),
        })
    }
}
