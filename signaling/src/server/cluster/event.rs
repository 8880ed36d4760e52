//! The entries of a room's log.

use std::fmt;

use axum::extract::ws::Utf8Bytes;

use crate::server::outbox::encode;
use crate::{
    Data, ErrorCode, LeaveReason, MessageId, Peer, PeerId, PeerJoined, PeerLeft, SayFrom, ServerError, ServerMessage,
    SignalFrom,
};

/// The id of an entry: a time and a number within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryId(u64, u64);

/// What happened in a room.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: EntryId,
    /// The entry before: whoever has that has everything.
    pub prev: EntryId,
    pub from: PeerId,
    /// Which frame of the sender it is; 0 where it is none.
    pub n: u32,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Joined {
        proc: String,
        name: String,
    },
    /// As above, after Redis had lost its data.
    Registered {
        proc: String,
        name: String,
    },
    Moved {
        proc: String,
        attempt: String,
    },
    Left(LeaveReason),
    Said(Utf8Bytes),
    Signalled {
        to: PeerId,
        frame: Utf8Bytes,
    },
    /// Told to the sender of the frame alone.
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

impl Event {
    /// Reads an entry as it is published: its id, and what is in the log.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, body) = text.split_once(' ')?;
        Self::of_entry(EntryId::parse(id)?, body)
    }

    pub fn of_entry(id: EntryId, body: &str) -> Option<Self> {
        let (head, payload) = body.split_once('\n')?;
        let mut head = head.splitn(5, ' ');
        let prev = EntryId::parse(head.next()?)?;
        let (kind, from, n, arg) = (head.next()?, PeerId::from(head.next()?), head.next()?.parse().ok()?, head.next()?);
        let (text, data) = (|| payload.to_owned(), || Data::from_json(payload).ok());
        let what = match kind {
            "j" => What::Joined { proc: arg.to_owned(), name: text() },
            "r" => What::Registered { proc: arg.to_owned(), name: text() },
            "m" => What::Moved { proc: arg.to_owned(), attempt: text() },
            "l" => What::Left(arg.into()),
            "a" => What::Said(say(&from, arg.parse().ok()?, data()?)),
            "s" => What::Signalled { to: arg.into(), frame: signal(&from, data()?) },
            "e" => What::Refused { code: arg.into(), message: text() },
            _ => return None,
        };
        Some(Self { id, prev, from, n, what })
    }

    /// How many bytes it has, but for a few.
    pub fn size(&self) -> usize {
        match &self.what {
            What::Said(frame) | What::Signalled { frame, .. } => frame.len(),
            What::Refused { message, .. } => message.len(),
            What::Joined { .. } | What::Registered { .. } | What::Moved { .. } | What::Left(_) => 0,
        }
    }

    /// The frame that a seat is told by this, if it is.
    pub fn frame(&self) -> Option<Utf8Bytes> {
        Some(match &self.what {
            What::Joined { name, .. } => joined(&self.from, name),
            What::Left(reason) => left(&self.from, reason),
            What::Said(frame) | What::Signalled { frame, .. } => frame.clone(),
            What::Refused { code, message } => refusal(code.clone(), message, self.n),
            What::Registered { .. } | What::Moved { .. } => return None,
        })
    }
}

pub fn joined(id: &PeerId, name: &str) -> Utf8Bytes {
    encode(&ServerMessage::PeerJoined(PeerJoined::new(Peer::new(id.clone(), name.to_owned()))))
}

pub fn left(id: &PeerId, reason: &LeaveReason) -> Utf8Bytes {
    encode(&ServerMessage::PeerLeft(PeerLeft::new(id.clone(), reason.clone())))
}

pub fn say(from: &PeerId, id: MessageId, data: Data) -> Utf8Bytes {
    encode(&ServerMessage::Say(SayFrom::new(from.clone(), id, data)))
}

pub fn signal(from: &PeerId, data: Data) -> Utf8Bytes {
    encode(&ServerMessage::Signal(SignalFrom::new(from.clone(), data)))
}

/// Returns the frame of a refusal of frame `n` of its sender; 0 stands for a frame that is not numbered.
pub fn refusal(code: ErrorCode, message: &str, n: u32) -> Utf8Bytes {
    let frame = (n != 0).then_some(n);
    encode(&ServerMessage::Error(ServerError::new(code, message.to_owned()).frame(frame)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let event = Event::parse("12-3 12-0 s aa 7 bb\n{\"a\":\n 1}").unwrap();
        assert_eq!((event.id, event.prev, event.n), (EntryId(12, 3), EntryId(12, 0), 7));
        let What::Signalled { to, frame } = &event.what else { panic!("{event:?}") };
        assert_eq!(to.as_str(), "bb");
        assert_eq!(frame.as_str(), "{\"type\":\"signal\",\"from\":\"aa\",\"data\":{\"a\":\n 1}}");
        let event = Event::parse("12-3 0-0 j aa 0 proc\nAda von L.").unwrap();
        assert!(matches!(event.what, What::Joined { proc, name } if proc == "proc" && name == "Ada von L."));
        let event = Event::parse("1-0 0-0 a aa 1 m\nnull").unwrap();
        assert!(matches!(event.what, What::Said(_)));
        let event = Event::parse("1-0 0-0 e aa 7 too_large\nat most 1 byte").unwrap();
        let told = r#"{"type":"error","code":"too_large","message":"at most 1 byte","frame":7}"#;
        assert_eq!(event.frame().unwrap().as_str(), told);
        for wrong in
            ["", "1-0", "1-0 0-0 a aa 1 m\nno JSON", "1-0 0-0 a aa 1 \n1", "1-0 0-0 ? aa 1 x\n", "1-0 0-0 a aa x x\n1"]
        {
            assert!(Event::parse(wrong).is_none(), "{wrong}");
        }
        assert!(EntryId::parse("9-9") < EntryId::parse("10-0"));
    }
}
