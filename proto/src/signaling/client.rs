use std::{borrow::Cow, fmt};

use super::{Data, MessageId, PeerId, ResumeToken};
use crate::json::{Object, ParseMessageError, Writer, nonzero};

/// A message from a client to the server.
///
/// [`from_json`](Self::from_json) ignores unknown fields and rejects unknown types. The enum is exhaustive, because a
/// server must handle every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Takes a seat in a room.
    Join(Join),
    /// Sends a message to one peer in the room.
    Signal(SignalTo),
    /// Sends a message to all other peers in the room.
    Say(Say),
    /// Requests a [`Pong`](super::Pong).
    Ping(Ping),
    /// Gives up the seat. The server closes the socket with [`NORMAL`](super::close::NORMAL).
    Leave,
}

/// A request for a seat in a room, answered by [`Joined`](super::Joined) or by an error.
///
/// `Debug` hides the tokens.
///
/// ```
/// use browser_rtc_proto::signaling::{ClientMessage, Join};
///
/// let join = ClientMessage::Join(Join::new("lobby", "Ada"));
/// assert_eq!(join.to_json(), r#"{"type":"join","room":"lobby","name":"Ada"}"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Join {
    /// The room's name: 1 to 64 characters.
    pub room: String,
    /// The display name, unique in the room: 1 to 64 characters.
    pub name: String,
    /// The token of the seat to resume. The server assigns a new seat if the token is unknown.
    pub resume: Option<ResumeToken>,
    /// With `resume`: the number of numbered frames that the client has received in the seat. The server sends those
    /// after them. Every frame to a client is numbered except `joined` and `pong`; the count starts with the seat.
    pub received: u32,
    /// The proof that the client may join, if the server requires one.
    pub token: Option<String>,
}

impl Join {
    /// Creates a request for a new seat, without a token.
    #[must_use]
    pub fn new(room: impl Into<String>, name: impl Into<String>) -> Self {
        Self { room: room.into(), name: name.into(), resume: None, received: 0, token: None }
    }

    /// Sets the token of the seat to resume.
    #[must_use]
    pub fn resume(mut self, token: impl Into<Option<ResumeToken>>) -> Self {
        self.resume = token.into();
        self
    }

    /// Sets the number of numbered frames that the client has received in the seat.
    #[must_use]
    pub fn received(mut self, frames: u32) -> Self {
        self.received = frames;
        self
    }

    /// Sets the proof that the client may join.
    #[must_use]
    pub fn token(mut self, token: impl Into<Option<String>>) -> Self {
        self.token = token.into();
        self
    }
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join")
            .field("room", &self.room)
            .field("name", &self.name)
            .field("resume", &self.resume)
            .field("received", &self.received)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .finish()
    }
}

/// A message to one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalTo {
    /// The receiver.
    pub to: PeerId,
    /// The content.
    pub data: Data,
}

impl SignalTo {
    /// Creates a message.
    #[must_use]
    pub fn new(to: impl Into<PeerId>, data: Data) -> Self {
        Self { to: to.into(), data }
    }
}

/// A message to all other peers in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Say {
    /// The id, chosen by the sender and unique per message. The server relays it, and receivers deduplicate by the
    /// sender's name and this id.
    pub id: MessageId,
    /// The content.
    pub data: Data,
}

impl Say {
    /// Creates a message.
    #[must_use]
    pub fn new(id: MessageId, data: Data) -> Self {
        Self { id, data }
    }
}

/// A request for a [`Pong`](super::Pong), which also shows that the client is alive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ping {
    /// The id that the answer repeats.
    pub id: u32,
    /// The number of numbered frames that the client has received: the server need not keep them any longer.
    pub received: u32,
}

impl Ping {
    /// Creates a request.
    #[must_use]
    pub fn new(id: u32) -> Self {
        Self { id, received: 0 }
    }

    /// Sets the number of numbered frames that the client has received.
    #[must_use]
    pub fn received(mut self, frames: u32) -> Self {
        self.received = frames;
        self
    }
}

impl ClientMessage {
    /// Returns the frame of the message.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Writer::new();
        match self {
            Self::Join(join) => json
                .member("type", &"join")
                .member("room", &join.room)
                .member("name", &join.name)
                .member("resume", &join.resume)
                .member("received", &nonzero(join.received))
                .member("token", &join.token),
            Self::Signal(signal) => {
                json.member("type", &"signal").member("to", &signal.to).member("data", &signal.data)
            }
            Self::Say(say) => json.member("type", &"say").member("id", &say.id).member("data", &say.data),
            Self::Ping(ping) => {
                json.member("type", &"ping").member("id", &ping.id).member("received", &nonzero(ping.received))
            }
            Self::Leave => json.member("type", &"leave"),
        };
        json.finish()
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// Returns an error if the frame is not a JSON object, has an unknown type, or lacks a field.
    pub fn from_json(frame: &str) -> Result<Self, ParseMessageError> {
        let object = Object::parse(frame)?;
        Ok(match &*object.required::<Cow<str>>("type")? {
            "join" => Self::Join(Join {
                room: object.required("room")?,
                name: object.required("name")?,
                resume: object.optional("resume")?,
                received: object.optional("received")?.unwrap_or_default(),
                token: object.optional("token")?,
            }),
            "signal" => Self::Signal(SignalTo { to: object.required("to")?, data: object.required("data")? }),
            "say" => Self::Say(Say { data: object.required("data")?, id: object.required("id")? }),
            "ping" => Self::Ping(Ping {
                id: object.required("id")?,
                received: object.optional("received")?.unwrap_or_default(),
            }),
            "leave" => Self::Leave,
            unknown => return Err(ParseMessageError::unknown_type(unknown)),
        })
    }
}
