//! Entries in the log of a room.

use std::fmt;

use axum::extract::ws::Utf8Bytes;

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

/// An event in a room.
#[derive(Clone, Debug)]
pub struct Entry {
    pub id: EntryId,
    /// The id of the entry before this one.
    pub prev: EntryId,
    pub from: PeerId,
    /// The number of the frame of the sender, or 0 if the entry is not a numbered frame.
    pub number: u32,
    pub kind: EntryKind,
}

#[derive(Clone, Debug)]
pub enum EntryKind {
    Joined {
        process: String,
        name: String,
    },
    /// A seat that was registered again after Redis lost its data.
    Registered {
        process: String,
        name: String,
    },
    Moved {
        process: String,
        attempt: String,
    },
    Left(LeaveReason),
    Said(Utf8Bytes),
    Signalled {
        to: PeerId,
        frame: Utf8Bytes,
    },
    /// A refused frame, reported only to its sender.
    Refused {
        code: ErrorCode,
        message: String,
    },
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

impl Entry {
    /// Parses a published entry, which consists of the id and the body in the log.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, body) = text.split_once(' ')?;
        Self::from_body(EntryId::parse(id)?, body)
    }

    /// Parses the body of an entry in the log.
    pub fn from_body(id: EntryId, body: &str) -> Option<Self> {
        let (head, payload) = body.split_once('\n')?;
        let mut head = head.splitn(5, ' ');
        let prev = EntryId::parse(head.next()?)?;
        let (kind, from, number, arg) =
            (head.next()?, PeerId::from(head.next()?), head.next()?.parse().ok()?, head.next()?);
        let (text, data) = (|| payload.to_owned(), || Data::from_json(payload).ok());
        let kind = match kind {
            "j" => EntryKind::Joined { process: arg.to_owned(), name: text() },
            "r" => EntryKind::Registered { process: arg.to_owned(), name: text() },
            "m" => EntryKind::Moved { process: arg.to_owned(), attempt: text() },
            "l" => EntryKind::Left(arg.into()),
            "a" => EntryKind::Said(say_frame(&from, arg.parse().ok()?, data()?)),
            "s" => EntryKind::Signalled { to: arg.into(), frame: signal_frame(&from, data()?) },
            "e" => EntryKind::Refused { code: arg.into(), message: text() },
            _ => return None,
        };
        Some(Self { id, prev, from, number, kind })
    }

    /// Returns the approximate size in bytes.
    pub fn size(&self) -> usize {
        match &self.kind {
            EntryKind::Said(frame) | EntryKind::Signalled { frame, .. } => frame.len(),
            EntryKind::Refused { message, .. } => message.len(),
            EntryKind::Joined { .. } | EntryKind::Registered { .. } | EntryKind::Moved { .. } | EntryKind::Left(_) => 0,
        }
    }

    /// Returns the frame that clients receive for this entry, if any.
    pub fn frame(&self) -> Option<Utf8Bytes> {
        Some(match &self.kind {
            EntryKind::Joined { name, .. } => peer_joined_frame(&self.from, name),
            EntryKind::Left(reason) => peer_left_frame(&self.from, reason),
            EntryKind::Said(frame) | EntryKind::Signalled { frame, .. } => frame.clone(),
            EntryKind::Refused { code, message } => error_frame(code.clone(), message, self.number),
            EntryKind::Registered { .. } | EntryKind::Moved { .. } => return None,
        })
    }
}

impl EntryKind {
    /// Returns the refusal of a signal to a peer that is not in the room.
    pub fn unknown_peer() -> Self {
        Self::Refused { code: ErrorCode::UnknownPeer, message: UNKNOWN_PEER.to_owned() }
    }
}

pub fn peer_joined_frame(id: &PeerId, name: &str) -> Utf8Bytes {
    encode(&ServerMessage::PeerJoined(PeerJoined::new(Peer::new(id.clone(), name.to_owned()))))
}

pub fn peer_left_frame(id: &PeerId, reason: &LeaveReason) -> Utf8Bytes {
    encode(&ServerMessage::PeerLeft(PeerLeft::new(id.clone(), reason.clone())))
}

pub fn say_frame(from: &PeerId, id: MessageId, data: Data) -> Utf8Bytes {
    encode(&ServerMessage::Say(SayFrom::new(from.clone(), id, data)))
}

pub fn signal_frame(from: &PeerId, data: Data) -> Utf8Bytes {
    encode(&ServerMessage::Signal(SignalFrom::new(from.clone(), data)))
}

/// Returns the error frame for a refused frame. `number` is the number of that frame, or 0 if it is not numbered.
pub fn error_frame(code: ErrorCode, message: &str, number: u32) -> Utf8Bytes {
    let frame = (number != 0).then_some(number);
    encode(&ServerMessage::Error(ServerError::new(code, message.to_owned()).frame(frame)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_is_parsed() {
        let entry = Entry::parse("12-3 12-0 s aa 7 bb\n{\"a\":\n 1}").unwrap();
        assert_eq!((entry.id, entry.prev, entry.number), (EntryId(12, 3), EntryId(12, 0), 7));
        let EntryKind::Signalled { to, frame } = &entry.kind else { panic!("{entry:?}") };
        assert_eq!(to.as_str(), "bb");
        assert_eq!(frame.as_str(), "{\"type\":\"signal\",\"from\":\"aa\",\"data\":{\"a\":\n 1}}");
        let entry = Entry::parse("12-3 0-0 j aa 0 proc\nAda von L.").unwrap();
        assert!(matches!(entry.kind, EntryKind::Joined { process, name } if process == "proc" && name == "Ada von L."));
        let entry = Entry::parse("1-0 0-0 a aa 1 m\nnull").unwrap();
        assert!(matches!(entry.kind, EntryKind::Said(_)));
        let entry = Entry::parse("1-0 0-0 e aa 7 too_large\nat most 1 byte").unwrap();
        let frame = r#"{"type":"error","code":"too_large","message":"at most 1 byte","frame":7}"#;
        assert_eq!(entry.frame().unwrap().as_str(), frame);
        for wrong in
            ["", "1-0", "1-0 0-0 a aa 1 m\nno JSON", "1-0 0-0 a aa 1 \n1", "1-0 0-0 ? aa 1 x\n", "1-0 0-0 a aa x x\n1"]
        {
            assert!(Entry::parse(wrong).is_none(), "{wrong}");
        }
        assert!(EntryId::parse("9-9") < EntryId::parse("10-0"));
    }
}
