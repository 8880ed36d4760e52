//! A seat whose client is connected to this process.

use std::collections::{HashMap, VecDeque};

use axum::extract::ws::Utf8Bytes;

use super::{
    super::{outbox::Outbox, secret::Secret},
    branch::Branches,
};
use browser_rtc_proto::signaling::{PeerId, Pong, ResumeToken, ServerMessage};

/// Maximum number of pings that wait for their answers.
const MAX_PONGS: usize = 16;

/// A seat whose client is connected to this process, or was last connected to it.
#[derive(Debug)]
pub struct HostedSeat {
    /// The id of the join by which the seat was taken.
    pub attempt: String,
    pub secret: Secret,
    pub branches: Branches,
    /// True if the client can resume its seat.
    resumes: bool,
    pub outbox: Outbox,
    /// The number of numbered frames received from the client.
    pub received: u32,
    /// The number of received frames that are in Redis.
    pub applied: u32,
    /// The number of numbered frames sent to the client.
    pub sent: u32,
    /// The number of the last frame that was delivered without Redis, for each other sender.
    pub unlogged: HashMap<PeerId, u32>,
    /// Pings that wait for an answer: the number of frames that must be applied before, and the id.
    pub pongs: VecDeque<(u32, u32)>,
}

/// The state of a seat in Redis; the default for a new seat.
#[derive(Debug, Default)]
pub struct StoredSeat {
    pub received: u32,
    pub sent: u32,
    pub branches: Branches,
    /// The frames that the client has missed, or `None` if only the process that has the seat has them.
    pub missed: Option<VecDeque<Utf8Bytes>>,
}

impl HostedSeat {
    pub fn new(resumes: bool, attempt: String, secret: Secret, outbox: Outbox, stored: StoredSeat) -> Self {
        let StoredSeat { received, sent, branches, .. } = stored;
        let (unlogged, pongs) = (HashMap::new(), VecDeque::new());
        Self { attempt, secret, branches, resumes, outbox, received, applied: received, sent, unlogged, pongs }
    }

    /// Returns whether this frame of another seat was delivered while Redis was unavailable.
    pub fn has_received_unlogged(&mut self, from: &PeerId, number: u32) -> bool {
        let received = self.unlogged.get(from).is_some_and(|last| !is_after(number, *last));
        if !received {
            self.unlogged.remove(from);
        }
        received
    }

    pub fn token(&self) -> ResumeToken {
        self.branches.token(self.secret)
    }

    /// Starts a new branch if needed. Called before a frame that is not in Redis is sent to the client.
    pub fn diverge(&mut self) {
        if self.branches.diverge(&self.attempt) && self.resumes {
            let resume = Some(self.token());
            self.outbox.send(&ServerMessage::Pong(Pong::new(0).received(self.applied).resume(resume)));
        }
    }

    /// Answers a ping once all frames before it are applied, as in rooms of one process. If too many pings wait, all
    /// are answered immediately.
    pub fn ping(&mut self, id: u32) {
        self.pongs.push_back((self.received, id));
        if self.pongs.len() > MAX_PONGS {
            self.pongs.drain(..).for_each(|(_, id)| {
                self.outbox.send(&ServerMessage::Pong(Pong::new(id).received(self.applied)));
            });
        }
        self.answer_pings();
    }

    pub fn answer_pings(&mut self) {
        while let Some((number, id)) = self.pongs.front().copied()
            && !is_after(number, self.applied)
        {
            self.pongs.pop_front();
            self.outbox.send(&ServerMessage::Pong(Pong::new(id).received(self.applied)));
        }
    }

    pub fn send(&mut self, frame: Utf8Bytes) {
        self.outbox.push(frame);
        self.sent = self.sent.wrapping_add(1);
    }
}

/// Returns whether a frame number is after another one. Numbers wrap after the last `u32`.
pub fn is_after(number: u32, other: u32) -> bool {
    number != other && number.wrapping_sub(other) < u32::MAX / 2
}
