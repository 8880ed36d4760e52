use std::borrow::Cow;

use super::{DEFAULT_MAX_FRAME_BYTES, Data, ErrorCode, IceServer, LeaveReason, MessageId, Peer, PeerId, ResumeToken};
use crate::json::{Object, ParseMessageError, Writer, nonzero};

/// A message from the server to a client.
///
/// [`from_json`](Self::from_json) ignores unknown fields and rejects unknown types. The enum is exhaustive, because a
/// client must handle every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// The client has a seat in the room. Messages about later events in the room follow.
    Joined(Joined),
    /// A peer has joined the room.
    PeerJoined(PeerJoined),
    /// A peer has left the room.
    PeerLeft(PeerLeft),
    /// A message of a peer to this client.
    Signal(SignalFrom),
    /// A message of a peer to all others in the room.
    Say(SayFrom),
    /// The answer to a [`Ping`](super::Ping).
    Pong(Pong),
    /// The server refuses a frame or the client.
    Error(ServerError),
}

/// The answer to a [`Join`](super::Join): the client's seat.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Joined {
    /// The client itself.
    pub you: Peer,
    /// All other peers in the room at this moment.
    pub peers: Vec<Peer>,
    /// The token that resumes the seat after the socket was lost, if the server supports that.
    pub resume: Option<ResumeToken>,
    /// True if the seat of the token was resumed. In that case, the numbered frames that the client has not
    /// received follow, and `peers` is to be ignored: those frames report who joined and left.
    pub resumed: bool,
    /// The number of numbered frames that the server has received from the client, which resends the later ones.
    pub received: u32,
    /// The ICE servers for calls in this room.
    pub ice_servers: Vec<IceServer>,
    /// The interval of the server's pings, in milliseconds. The server closes the socket of a client from which it
    /// receives neither a frame nor a WebSocket pong for three intervals.
    pub heartbeat_ms: u32,
    /// The maximum size of a frame of the client, in bytes; [`DEFAULT_MAX_FRAME_BYTES`] if the server sends none.
    pub max_frame_bytes: u32,
}

impl Joined {
    /// Creates the answer for a new seat in an empty room.
    #[must_use]
    pub fn new(you: Peer, heartbeat_ms: u32) -> Self {
        Self {
            you,
            peers: Vec::new(),
            resume: None,
            resumed: false,
            received: 0,
            ice_servers: Vec::new(),
            heartbeat_ms,
            max_frame_bytes: DEFAULT_MAX_FRAME_BYTES,
        }
    }

    /// Sets the other peers in the room.
    #[must_use]
    pub fn peers(mut self, peers: Vec<Peer>) -> Self {
        self.peers = peers;
        self
    }

    /// Sets the token that resumes the seat.
    #[must_use]
    pub fn resume(mut self, token: impl Into<Option<ResumeToken>>) -> Self {
        self.resume = token.into();
        self
    }

    /// Sets whether the seat was resumed.
    #[must_use]
    pub fn resumed(mut self, resumed: bool) -> Self {
        self.resumed = resumed;
        self
    }

    /// Sets the number of numbered frames that the server has received.
    #[must_use]
    pub fn received(mut self, frames: u32) -> Self {
        self.received = frames;
        self
    }

    /// Sets the ICE servers.
    #[must_use]
    pub fn ice_servers(mut self, servers: Vec<IceServer>) -> Self {
        self.ice_servers = servers;
        self
    }

    /// Sets the maximum size of a frame, in bytes.
    #[must_use]
    pub fn max_frame_bytes(mut self, bytes: u32) -> Self {
        self.max_frame_bytes = bytes;
        self
    }
}

/// The report that a peer has joined the room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerJoined {
    /// The new peer.
    pub peer: Peer,
}

impl PeerJoined {
    /// Creates a report.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self { peer }
    }
}

/// The report that a peer has left the room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerLeft {
    /// The id of the peer.
    pub id: PeerId,
    /// The reason.
    pub reason: LeaveReason,
}

impl PeerLeft {
    /// Creates a report.
    #[must_use]
    pub fn new(id: impl Into<PeerId>, reason: LeaveReason) -> Self {
        Self { id: id.into(), reason }
    }
}

/// A message of a peer to this client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalFrom {
    /// The sender, set by the server.
    pub from: PeerId,
    /// The content.
    pub data: Data,
}

impl SignalFrom {
    /// Creates a message.
    #[must_use]
    pub fn new(from: impl Into<PeerId>, data: Data) -> Self {
        Self { from: from.into(), data }
    }
}

/// A message of a peer to all others in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SayFrom {
    /// The sender, set by the server.
    pub from: PeerId,
    /// The id that the sender chose. A message with the same id from a sender of the same name is a copy, even if
    /// `from` differs: a sender with a new seat resends messages that were not acknowledged.
    pub id: MessageId,
    /// The content.
    pub data: Data,
}

impl SayFrom {
    /// Creates a message.
    #[must_use]
    pub fn new(from: impl Into<PeerId>, id: MessageId, data: Data) -> Self {
        Self { from: from.into(), id, data }
    }
}

/// The answer to a [`Ping`](super::Ping). A pong with a token may be sent without a ping.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pong {
    /// The id of the ping; 0 if there was none.
    pub id: u32,
    /// The number of numbered frames that the server has received: the client need not keep them any longer.
    pub received: u32,
    /// The new token that resumes the seat. It replaces the previous token, which does not cover the following frames.
    pub resume: Option<ResumeToken>,
}

impl Pong {
    /// Creates an answer.
    #[must_use]
    pub fn new(id: u32) -> Self {
        Self { id, received: 0, resume: None }
    }

    /// Sets the number of numbered frames that the server has received.
    #[must_use]
    pub fn received(mut self, frames: u32) -> Self {
        self.received = frames;
        self
    }

    /// Sets the new token that resumes the seat.
    #[must_use]
    pub fn resume(mut self, token: impl Into<Option<ResumeToken>>) -> Self {
        self.resume = token.into();
        self
    }
}

/// A refusal by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// The kind of the refusal.
    pub code: ErrorCode,
    /// A human-readable explanation.
    pub message: String,
    /// The number of the refused frame, if it is a numbered one: counted from 1 at the `joined` of the seat, wrapping
    /// as `received` does.
    pub frame: Option<u32>,
}

impl ServerError {
    /// Creates a refusal.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), frame: None }
    }

    /// Sets the number of the refused frame.
    #[must_use]
    pub fn frame(mut self, number: impl Into<Option<u32>>) -> Self {
        self.frame = number.into();
        self
    }
}

impl ServerMessage {
    /// Returns the frame of the message.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Writer::new();
        match self {
            Self::Joined(joined) => json
                .member("type", &"joined")
                .member("you", &joined.you)
                .member("peers", &joined.peers)
                .member("resume", &joined.resume)
                .member("resumed", &nonzero(joined.resumed))
                .member("received", &nonzero(joined.received))
                .member("ice_servers", &joined.ice_servers)
                .member("heartbeat_ms", &joined.heartbeat_ms)
                .member("max_frame_bytes", &joined.max_frame_bytes),
            Self::PeerJoined(joined) => json.member("type", &"peer_joined").member("peer", &joined.peer),
            Self::PeerLeft(left) => {
                json.member("type", &"peer_left").member("id", &left.id).member("reason", &left.reason)
            }
            Self::Signal(signal) => {
                json.member("type", &"signal").member("from", &signal.from).member("data", &signal.data)
            }
            Self::Say(say) => {
                json.member("type", &"say").member("from", &say.from).member("id", &say.id).member("data", &say.data)
            }
            Self::Pong(pong) => json
                .member("type", &"pong")
                .member("id", &pong.id)
                .member("received", &nonzero(pong.received))
                .member("resume", &pong.resume),
            Self::Error(error) => json
                .member("type", &"error")
                .member("code", &error.code)
                .member("message", &error.message)
                .member("frame", &error.frame),
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
            "joined" => Self::Joined(Joined {
                you: object.required("you")?,
                peers: object.required("peers")?,
                resume: object.optional("resume")?,
                resumed: object.optional("resumed")?.unwrap_or_default(),
                received: object.optional("received")?.unwrap_or_default(),
                ice_servers: object.optional("ice_servers")?.unwrap_or_default(),
                heartbeat_ms: object.required("heartbeat_ms")?,
                max_frame_bytes: object.optional("max_frame_bytes")?.unwrap_or(DEFAULT_MAX_FRAME_BYTES),
            }),
            "peer_joined" => Self::PeerJoined(PeerJoined { peer: object.required("peer")? }),
            "peer_left" => Self::PeerLeft(PeerLeft { id: object.required("id")?, reason: object.required("reason")? }),
            "signal" => Self::Signal(SignalFrom { from: object.required("from")?, data: object.required("data")? }),
            "say" => Self::Say(SayFrom {
                from: object.required("from")?,
                id: object.required("id")?,
                data: object.required("data")?,
            }),
            "pong" => Self::Pong(Pong {
                id: object.required("id")?,
                received: object.optional("received")?.unwrap_or_default(),
                resume: object.optional("resume")?,
            }),
            "error" => Self::Error(ServerError {
                code: object.required("code")?,
                message: object.optional("message")?.unwrap_or_default(),
                frame: object.optional("frame")?,
            }),
            unknown => return Err(ParseMessageError::unknown_type(unknown)),
        })
    }
}
