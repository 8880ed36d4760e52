//! Entries in the log of a room.

use std::fmt;

use axum::extract::ws::Utf8Bytes;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::super::outbox::encode;
use browser_rtc_proto::signaling::{
    Data, ErrorCode, LeaveReason, MessageId, Peer, PeerId, PeerJoined, PeerLeft, SayFrom, ServerError, ServerMessage,
    SignalFrom,
};

/// The message of `unknown_peer`.
pub const UNKNOWN_PEER: &str = "the receiver is not in the room";

/// The id of an entry: a time, and a number within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(u64, u64);

/// The position of an entry in the log.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Position {
    pub id: EntryId,
    /// The id of the entry before this one.
    pub prev: EntryId,
}

/// An event in a room.
#[derive(Clone, Debug)]
pub struct Entry {
    pub position: Position,
    pub from: PeerId,
    /// The number of the frame of the sender; `None` if the entry is not a numbered frame.
    pub number: Option<u32>,
    pub event: Event,
    /// The frame that clients receive, if any.
    pub frame: Option<Utf8Bytes>,
}

/// The kind of an event. In the log, its data follows separately.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Joined {
        process: String,
        name: String,
    },
    /// A seat was resumed, on the same process or another.
    Moved {
        process: String,
        attempt: String,
    },
    Left {
        reason: LeaveReason,
    },
    Said {
        id: MessageId,
    },
    Signalled {
        to: PeerId,
    },
    /// A refused frame, reported only to its sender.
    Refused {
        code: ErrorCode,
        message: String,
    },
}

/// The first line of an entry in the log.
#[derive(Deserialize)]
struct Head {
    prev: EntryId,
    from: PeerId,
    number: Option<u32>,
    event: Event,
}

impl EntryId {
    pub fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        Some(Self(time.parse().ok()?, number.parse().ok()?))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl<'de> Deserialize<'de> for EntryId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Self::parse(text).ok_or_else(|| de::Error::custom("the id of an entry is not valid"))
    }
}

impl Entry {
    pub fn new(position: Position, from: PeerId, number: Option<u32>, event: Event, frame: Option<Utf8Bytes>) -> Self {
        Self { position, from, number, event, frame }
    }

    /// Parses an entry as it is published: its id, a JSON object, and the data of a frame in a line of its own.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, body) = text.split_once(' ')?;
        let (head, data) = body.split_once('\n')?;
        let Head { prev, from, number, event } = serde_json::from_str(head).ok()?;
        let data = (!data.is_empty()).then(|| Data::from_json(data)).transpose().ok()?;
        let frame = event.frame(&from, number, data);
        Some(Self::new(Position { id: EntryId::parse(id)?, prev }, from, number, event, frame))
    }

    /// Returns the approximate size in bytes.
    pub fn size(&self) -> usize {
        self.frame.as_ref().map_or(0, |frame| frame.len())
    }
}

impl Event {
    /// Returns the refusal of a signal to a peer that is not in the room.
    pub fn unknown_peer() -> Self {
        Self::Refused { code: ErrorCode::UnknownPeer, message: UNKNOWN_PEER.to_owned() }
    }

    /// Returns the frame that clients receive, if any.
    pub fn frame(&self, from: &PeerId, number: Option<u32>, data: Option<Data>) -> Option<Utf8Bytes> {
        let from = from.clone();
        Some(encode(&match self {
            Self::Joined { name, .. } => ServerMessage::PeerJoined(PeerJoined::new(Peer::new(from, name.clone()))),
            Self::Left { reason } => ServerMessage::PeerLeft(PeerLeft::new(from, reason.clone())),
            Self::Said { id } => ServerMessage::Say(SayFrom::new(from, id.clone(), data?)),
            Self::Signalled { .. } => ServerMessage::Signal(SignalFrom::new(from, data?)),
            Self::Refused { code, message } => {
                ServerMessage::Error(ServerError::new(code.clone(), message.clone()).frame(number))
            }
            Self::Moved { .. } => return None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(entry: &str) -> Option<String> {
        Some(Entry::parse(entry)?.frame.map_or(String::new(), |frame| frame.as_str().to_owned()))
    }

    #[test]
    fn entry_is_parsed() {
        let text = "12-3 {\"prev\":\"12-0\",\"from\":\"aa\",\"number\":7,\"event\":{\"signalled\":{\"to\":\"bb\"}}}\n{\"a\":\n 1}";
        let entry = Entry::parse(text).unwrap();
        assert_eq!((entry.position.id, entry.position.prev), (EntryId(12, 3), EntryId(12, 0)));
        assert_eq!(entry.number, Some(7));
        assert!(matches!(&entry.event, Event::Signalled { to } if to.as_str() == "bb"));
        assert_eq!(frame(text).unwrap(), "{\"type\":\"signal\",\"from\":\"aa\",\"data\":{\"a\":\n 1}}");
        assert!(EntryId::parse("9-9") < EntryId::parse("10-0"));
    }

    #[test]
    fn entry_contains_frame_of_its_event() {
        let entry = |event: &str, data: &str| {
            frame(&format!("1-0 {{\"prev\":\"0-0\",\"from\":\"aa\",\"number\":7,\"event\":{event}}}\n{data}"))
        };
        let joined = entry(r#"{"joined":{"process":"p","name":"Ada von \"L\""}}"#, "").unwrap();
        assert_eq!(joined, r#"{"type":"peer_joined","peer":{"id":"aa","name":"Ada von \"L\""}}"#);
        let error = entry(r#"{"refused":{"code":"too_large","message":"at most 1 byte"}}"#, "").unwrap();
        assert_eq!(error, r#"{"type":"error","code":"too_large","message":"at most 1 byte","frame":7}"#);
        assert_eq!(entry(r#"{"moved":{"process":"p","attempt":"x"}}"#, "").unwrap(), "");
        for (event, data) in [("{}", ""), (r#"{"said":{}}"#, "1"), (r#"{"said":{"id":"m"}}"#, "no JSON"), ("1", "1")] {
            assert!(entry(event, data).is_none(), "{event}");
        }
        for wrong in ["", "1-0", "1-0 \n", "1-0 {}\n", "1-0 {\"prev\":\"0-0\",\"from\":\"aa\"}"] {
            assert!(Entry::parse(wrong).is_none(), "{wrong}");
        }
    }
}
