//! A seat that a client of this process has.

use std::collections::{HashMap, VecDeque};

use axum::extract::ws::Utf8Bytes;

use super::Welcome;
use super::token::Words;
use crate::server::outbox::Outbox;
use crate::server::rooms::Secret;
use crate::{PeerId, Pong, ResumeToken, ServerMessage};

/// Pings that wait.
const PONGS: usize = 16;

/// A seat that a client of this process has.
#[derive(Debug)]
pub struct Local {
    pub attempt: String,
    pub secret: Secret,
    pub words: Words,
    /// Whether its client can come back at all.
    resumes: bool,
    pub outbox: Outbox,
    /// Numbered frames that have come from it, and how many of them are known to Redis.
    pub n: u32,
    pub applied: u32,
    /// Numbered frames that it was told.
    pub told: u32,
    /// Until which frame of others it was told without Redis.
    pub alone: HashMap<PeerId, u32>,
    /// Pings whose answers wait for so many frames.
    pub pongs: VecDeque<(u32, u32)>,
}

/// What Redis said of a seat: where it is new, nothing.
#[derive(Debug, Default)]
pub struct Again {
    pub n: u32,
    pub told: u32,
    pub words: Words,
    /// What its client has missed; none where only the process that has the seat may know.
    pub frames: Option<VecDeque<Utf8Bytes>>,
}

impl Local {
    pub fn new(welcome: &Welcome, attempt: String, secret: Secret, outbox: Outbox, again: Again) -> Self {
        let Again { n, told, words, .. } = again;
        let (resumes, alone, pongs) = (welcome.resumes, HashMap::new(), VecDeque::new());
        Self { attempt, secret, words, resumes, outbox, n, applied: n, told, alone, pongs }
    }

    /// Whether this frame of another came while Redis was away.
    pub fn has_heard_alone(&mut self, from: &PeerId, n: u32) -> bool {
        let had = self.alone.get(from).is_some_and(|until| !after(n, *until));
        if !had {
            self.alone.remove(from);
        }
        had
    }

    pub fn token(&self) -> ResumeToken {
        self.words.token(self.secret)
    }

    /// Comes before all that its client is told and Redis does not know of.
    pub fn stray(&mut self) {
        if self.words.stray(&self.attempt) && self.resumes {
            let resume = Some(self.token());
            self.outbox.send(&ServerMessage::Pong(Pong::new(0).received(self.applied).resume(resume)));
        }
    }

    /// An answer comes after what was said before, as on one process: unless there are many of them.
    pub fn ping(&mut self, id: u32) {
        self.pongs.push_back((self.n, id));
        if self.pongs.len() > PONGS {
            self.pongs.drain(..).for_each(|(_, id)| {
                self.outbox.send(&ServerMessage::Pong(Pong::new(id).received(self.applied)));
            });
        }
        self.answer_pings();
    }

    pub fn answer_pings(&mut self) {
        while let Some((number, id)) = self.pongs.front().copied()
            && !after(number, self.applied)
        {
            self.pongs.pop_front();
            self.outbox.send(&ServerMessage::Pong(Pong::new(id).received(self.applied)));
        }
    }

    pub fn tell(&mut self, frame: Utf8Bytes) {
        self.outbox.push(frame);
        self.told = self.told.wrapping_add(1);
    }
}

/// Counts start anew after the last `u32`.
pub fn after(n: u32, other: u32) -> bool {
    n != other && n.wrapping_sub(other) < u32::MAX / 2
}
