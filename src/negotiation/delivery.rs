//! Signals once and in order, over a link that may lose or repeat them, and between two sessions that may be replaced.

use std::collections::VecDeque;

use super::signal::{Content, SessionId, Signal, Stamp};

/// How many time-outs pass before unseen signals are sent again; doubled each time, up to the longest.
const PATIENCE: u8 = 2;
const LONGEST_PATIENCE: u8 = 32;

/// One side's book of what was sent and seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Delivery {
    own: SessionId,
    peer: Peer,
    sent: u32,
    /// What the peer has not said to have seen, the first first.
    unseen: VecDeque<Content>,
    seen: u32,
    /// Something has come since we last said what we have seen.
    owes_word: bool,
    /// A gap was found, and the peer asked to fill it; or it was greeted, as it takes us for another.
    asked: bool,
    waited: u8,
    patience: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Peer {
    Unknown,
    Known(SessionId),
    /// It stamps nothing, and understands no more than descriptions and candidates.
    Plain,
}

/// What a signal amounts to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// New, with its number, or 0 from a plain peer.
    New(u32, Content),
    /// Nothing to negotiate in it.
    Nothing,
    /// The peer's session has closed.
    Closed,
    /// Another session speaks in place of the one that we negotiated with.
    Restarted,
}

impl Delivery {
    /// Where a peer is plain, it will neither greet nor understand a greeting.
    pub(super) fn new(own: SessionId, is_plain: bool) -> Self {
        Self {
            own,
            peer: if is_plain { Peer::Plain } else { Peer::Unknown },
            sent: 0,
            unseen: VecDeque::new(),
            seen: 0,
            owes_word: false,
            asked: false,
            waited: 0,
            patience: PATIENCE,
        }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.peer == Peer::Plain
    }

    /// Whether the peer comes after us in an order that both sides see alike. True as long as there is none.
    pub(super) fn is_before_peer(&self) -> bool {
        match &self.peer {
            Peer::Known(peer) => self.own < *peer,
            Peer::Unknown | Peer::Plain => true,
        }
    }

    /// Whether it is from the one we negotiate with.
    pub(super) fn is_from_peer(&self, signal: &Signal) -> bool {
        signal.stamp.as_ref().is_some_and(|stamp| matches!(&self.peer, Peer::Known(peer) if *peer == stamp.from))
    }

    /// The number of the signal that is sent last.
    pub(super) fn last_number(&self) -> u32 {
        self.sent
    }

    /// For what has to arrive. Nothing is said to nobody: it waits for the first greeting.
    pub(super) fn send(&mut self, content: Content) -> Option<Signal> {
        if self.is_plain() {
            return Some(content.into());
        }
        self.sent += 1;
        self.unseen.push_back(content.clone());
        matches!(self.peer, Peer::Known(_)).then(|| self.stamped(content, self.sent))
    }

    /// For what need not. A plain peer would not understand.
    pub(super) fn tell(&mut self, content: Content) -> Option<Signal> {
        (!self.is_plain()).then(|| self.stamped(content, 0))
    }

    fn stamped(&mut self, content: Content, number: u32) -> Signal {
        self.owes_word = false;
        let to = match &self.peer {
            Peer::Known(peer) => Some(peer.clone()),
            Peer::Unknown | Peer::Plain => None,
        };
        Signal { content, stamp: Some(Stamp { from: self.own.clone(), to, number, seen: self.seen }) }
    }

    /// For whoever is there.
    fn greeting(&self) -> Signal {
        let stamp = Stamp { from: self.own.clone(), to: None, number: 0, seen: 0 };
        Signal { content: Content::Hello, stamp: Some(stamp) }
    }

    /// What the peer has not seen, again.
    fn again(&mut self) -> Vec<Signal> {
        let contents: Vec<Content> = self.unseen.iter().cloned().collect();
        (self.first_unseen()..).zip(contents).map(|(number, content)| self.stamped(content, number)).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "no more are kept than were numbered")]
    fn first_unseen(&self) -> u32 {
        self.sent - self.unseen.len() as u32 + 1
    }

    /// What came, and what is to be sent at once for it.
    pub(super) fn receive(&mut self, Signal { content, stamp }: Signal) -> (Arrival, Vec<Signal>) {
        let nothing = (Arrival::Nothing, Vec::new());
        let Some(stamp) = stamp else {
            self.peer = Peer::Plain;
            self.unseen.clear();
            return (Arrival::New(0, content), Vec::new());
        };
        let is_to_us = stamp.to.as_ref() == Some(&self.own);
        let is_greeting = content == Content::Hello && stamp.to.is_none();
        if !is_to_us && !is_greeting {
            // The speaker takes us for the session that was here before.
            let mistaken = stamp.to.is_some() && !self.asked;
            self.asked |= mistaken;
            return (Arrival::Nothing, mistaken.then(|| self.greeting()).into_iter().collect());
        }
        let is_known = self.peer == Peer::Known(stamp.from.clone());
        if !is_known {
            if self.is_touched() {
                // One who does not know us is new. One who does is late, or new as well, and its greeting was lost:
                // what is not for it makes it greet again.
                return if is_greeting {
                    (Arrival::Restarted, Vec::new())
                } else {
                    (Arrival::Nothing, vec![self.stamped(Content::Seen, 0)])
                };
            }
            self.peer = Peer::Known(stamp.from);
        }
        if is_to_us {
            self.forget_until(stamp.seen);
        }
        match content {
            Content::Hello => {
                let greeting = is_greeting.then(|| self.stamped(Content::Hello, 0));
                (Arrival::Nothing, greeting.into_iter().chain(self.again()).collect())
            }
            _ if !is_known => (Arrival::Nothing, self.again()),
            Content::Bye => (Arrival::Closed, Vec::new()),
            Content::Ping => (Arrival::Nothing, vec![self.stamped(Content::Seen, 0)]),
            _ if stamp.number == self.seen + 1 => {
                self.seen = stamp.number;
                self.owes_word = true;
                self.asked = false;
                (Arrival::New(stamp.number, content), Vec::new())
            }
            _ if stamp.number > self.seen && !self.asked => {
                self.asked = true;
                (Arrival::Nothing, vec![self.stamped(Content::Hello, 0)])
            }
            _ => {
                // The peer does not know yet that this has come.
                self.owes_word |= stamp.number > 0;
                nothing
            }
        }
    }

    /// Whether more than greetings has passed between us and the peer, so that no other can take its place.
    fn is_touched(&self) -> bool {
        matches!(self.peer, Peer::Known(_)) && (self.seen > 0 || self.first_unseen() > 1)
    }

    fn forget_until(&mut self, seen: u32) {
        while !self.unseen.is_empty() && self.first_unseen() <= seen {
            self.unseen.pop_front();
            (self.waited, self.patience) = (0, PATIENCE);
        }
    }

    pub(super) fn wants_timeout(&self) -> bool {
        self.peer == Peer::Unknown || self.owes_word || !self.unseen.is_empty()
    }

    pub(super) fn timeout(&mut self) -> Vec<Signal> {
        self.asked = false;
        let nobody = self.peer == Peer::Unknown;
        if nobody || !self.unseen.is_empty() {
            self.waited += 1;
            if self.waited >= self.patience {
                self.waited = 0;
                self.patience = (self.patience * 2).min(LONGEST_PATIENCE);
                return if nobody { vec![self.stamped(Content::Hello, 0)] } else { self.again() };
            }
        }
        if self.owes_word { vec![self.stamped(Content::Seen, 0)] } else { Vec::new() }
    }
}
