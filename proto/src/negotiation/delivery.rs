//! Delivery of signals once and in order, over a link that may lose or repeat them, and between two sessions that may be
//! replaced.
//!
//! This layer owns the retries of signals: those that the peer has not acknowledged are sent again here, split by the
//! limit of that moment, and nowhere else. A link need not repeat a signal that it has lost. What a link delivers twice
//! is dropped here.

use std::{collections::VecDeque, mem};

use super::{
    parts::{self, Joining, TooLarge, UNLIMITED},
    signal::{Content, Header, SessionId, Signal},
};
use crate::sdp::SessionDescription;

/// Timeouts until unacknowledged signals are sent again; doubled each time, up to the longest.
const PATIENCE: u8 = 2;
const LONGEST_PATIENCE: u8 = 32;

/// One side's record of the signals that were sent and received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Delivery {
    own: SessionId,
    peer: Peer,
    /// The peer was declared to be plain, whatever it sends.
    always_plain: bool,
    sent: u32,
    /// The signals that the peer has not acknowledged, in their order.
    unacknowledged: VecDeque<Content>,
    /// The highest number that an unknown peer was sent, which a plain one has understood.
    sent_unaddressed: u32,
    received: u32,
    /// The highest number that the peer has announced.
    announced: u32,
    joining: Option<Joining>,
    /// Something has arrived since the last acknowledgement.
    owes_ack: bool,
    /// A gap was found, and the peer asked to fill it; or it was greeted, as it takes us for another.
    asked: bool,
    waited: u8,
    patience: u8,
    /// Limit of one signal's JSON text, in bytes.
    limit: usize,
    unsendable: Vec<Unsendable>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Peer {
    /// It has sent nothing yet. Where a greeting was `unanswered` for a while, it may be a plain peer that waits.
    Unknown {
        unanswered: bool,
    },
    Known(SessionId),
    /// It sends no headers, and understands no more than descriptions and candidates.
    Plain,
}

/// A signal that was to be sent again and no longer can be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unsendable {
    pub number: u32,
    pub content: Content,
    pub error: TooLarge,
}

/// The meaning of a signal that has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
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
    pub(super) fn new(own: SessionId) -> Self {
        Self {
            own,
            peer: Peer::Unknown { unanswered: false },
            always_plain: false,
            sent: 0,
            unacknowledged: VecDeque::new(),
            sent_unaddressed: 0,
            received: 0,
            announced: 0,
            joining: None,
            owes_ack: false,
            asked: false,
            waited: 0,
            patience: PATIENCE,
            limit: UNLIMITED,
            unsendable: Vec::new(),
        }
    }

    /// Creates the record for a peer that is plain: it neither greets nor understands a greeting.
    pub(super) fn plain() -> Self {
        Self { peer: Peer::Plain, always_plain: true, ..Self::new(SessionId::new("")) }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.peer == Peer::Plain
    }

    pub(super) fn is_known(&self) -> bool {
        matches!(self.peer, Peer::Known(_))
    }

    /// Returns whether the peer has announced signals that have not arrived yet.
    pub(super) fn is_behind(&self) -> bool {
        self.announced > self.received
    }

    /// Returns whether our id is less than the peer's, which both sides see alike. True while the peer has none.
    pub(super) fn is_before_peer(&self) -> bool {
        match &self.peer {
            Peer::Known(peer) => self.own < *peer,
            Peer::Unknown { .. } | Peer::Plain => true,
        }
    }

    /// Returns whether a signal is from the session that we negotiate with.
    pub(super) fn is_from_peer(&self, signal: &Signal) -> bool {
        match (&signal.header, &self.peer) {
            (Some(header), Peer::Known(peer)) => *peer == header.from,
            (None, Peer::Plain) => true,
            _ => false,
        }
    }

    /// The number of the signal that was sent last.
    pub(super) fn last_number(&self) -> u32 {
        self.sent
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Returns whether a description can be sent.
    pub(super) fn check(&self, description: &SessionDescription) -> Result<(), TooLarge> {
        if self.limit == UNLIMITED {
            return Ok(());
        }
        self.signals(Content::Description(description.clone()), self.sent + 1).map(drop)
    }

    /// Sends what has to arrive. It waits for an unknown peer's first greeting.
    pub(super) fn send(&mut self, content: Content) -> Result<Vec<Signal>, TooLarge> {
        let signals = self.signals(content.clone(), self.sent + 1)?;
        self.owes_ack &= self.is_plain();
        if self.is_plain() {
            return Ok(signals);
        }
        self.sent += 1;
        self.unacknowledged.push_back(content);
        Ok(match self.peer {
            Peer::Known(_) => signals,
            Peer::Unknown { unanswered: true } => self.unaddressed(),
            Peer::Unknown { unanswered: false } | Peer::Plain => Vec::new(),
        })
    }

    /// Sends what need not arrive. A plain peer would not understand it.
    pub(super) fn tell(&mut self, content: Content) -> Option<Signal> {
        (!self.is_plain()).then(|| {
            self.owes_ack = false;
            self.stamped(content, 0)
        })
    }

    /// One signal, or the parts of a description that is larger than the limit.
    fn signals(&self, content: Content, number: u32) -> Result<Vec<Signal>, TooLarge> {
        let has_size = matches!(content, Content::Description(_) | Content::Candidate(_));
        let signal = if self.is_plain() { content.into() } else { self.stamped(content, number) };
        if has_size { parts::split(signal, self.limit) } else { Ok(vec![signal]) }
    }

    fn stamped(&self, content: Content, number: u32) -> Signal {
        let to = match &self.peer {
            Peer::Known(peer) => Some(peer.clone()),
            Peer::Unknown { .. } | Peer::Plain => None,
        };
        let announces = content == Content::Hello && to.is_some() && !self.unacknowledged.is_empty();
        let sent = if announces { self.sent } else { 0 };
        Signal {
            content,
            header: Some(Header { to, number, received: self.received, sent, ..Header::new(self.own.clone()) }),
        }
    }

    /// A greeting for whoever is there.
    fn greeting(&self) -> Signal {
        Signal { content: Content::Hello, header: Some(Header::new(self.own.clone())) }
    }

    /// A signal without a number of its own, which acknowledges as well.
    fn word(&mut self, content: Content) -> Vec<Signal> {
        self.owes_ack = false;
        vec![self.stamped(content, 0)]
    }

    /// The signals that the peer has not acknowledged, again.
    fn again(&mut self) -> Vec<Signal> {
        self.owes_ack &= self.unacknowledged.is_empty();
        let contents: Vec<Content> = self.unacknowledged.iter().cloned().collect();
        let mut again = Vec::new();
        for (number, content) in (self.first_unacknowledged()..).zip(contents) {
            again.extend(self.signals(content, number).unwrap_or_else(|error| self.give_up(number, error)));
        }
        again
    }

    /// Has the peer receive a signal without meaning in place of one that no longer fits.
    fn give_up(&mut self, number: u32, error: TooLarge) -> Vec<Signal> {
        let first = self.first_unacknowledged();
        let given_up = (first..).zip(&mut self.unacknowledged).find(|(unacknowledged, _)| *unacknowledged == number);
        let content = given_up.map(|(_, content)| mem::replace(content, Content::Ack));
        self.unsendable.extend(content.map(|content| Unsendable { number, content, error }));
        vec![self.stamped(Content::Ack, number)]
    }

    /// Takes the signals that were to be sent again and no longer fit into the limit.
    pub(super) fn take_unsendable(&mut self) -> Vec<Unsendable> {
        mem::take(&mut self.unsendable)
    }

    /// What an unknown peer may understand if it is plain, each once. A peer of our kind ignores what is not addressed
    /// to it, and gets it again once it has answered our greeting.
    fn unaddressed(&mut self) -> Vec<Signal> {
        let mut signals = Vec::new();
        for (number, content) in self.not_sent_plainly() {
            let understood = matches!(content, Content::Description(_) | Content::Candidate(_));
            match self.signals(content, number).as_deref() {
                Ok([signal]) => signals.extend(understood.then(|| signal.clone())),
                // A plain peer cannot join parts.
                _ => break,
            }
            self.sent_unaddressed = number;
        }
        signals
    }

    fn not_sent_plainly(&self) -> Vec<(u32, Content)> {
        let unacknowledged = (self.first_unacknowledged()..).zip(self.unacknowledged.iter().cloned());
        unacknowledged.filter(|(number, _)| *number > self.sent_unaddressed).collect()
    }

    /// The peer turns out to be plain: sends what it has not had yet.
    fn become_plain(&mut self) -> Vec<Signal> {
        let pending = self.not_sent_plainly();
        self.peer = Peer::Plain;
        (self.owes_ack, self.announced) = (false, 0);
        self.unacknowledged.clear();
        let mut signals = Vec::new();
        for (number, content) in pending {
            if !matches!(content, Content::Description(_) | Content::Candidate(_)) {
                continue;
            }
            match self.signals(content.clone(), number) {
                Ok(fitting) => signals.extend(fitting),
                Err(error) => self.unsendable.push(Unsendable { number, content, error }),
            }
        }
        signals
    }

    #[expect(clippy::cast_possible_truncation, reason = "no more are kept than were numbered")]
    fn first_unacknowledged(&self) -> u32 {
        self.sent - self.unacknowledged.len() as u32 + 1
    }

    /// Takes a signal that has arrived, and returns its meaning and what is to be sent at once for it.
    pub(super) fn receive(&mut self, Signal { content, header }: Signal) -> (Received, Vec<Signal>) {
        let nothing = (Received::Nothing, Vec::new());
        let Some(header) = header.filter(|_| !self.always_plain) else { return self.receive_plain(content) };
        let is_to_us = header.to.as_ref() == Some(&self.own);
        let is_greeting = content == Content::Hello && header.to.is_none();
        if header.from == self.own {
            // A link that echoes.
            return nothing;
        }
        if self.is_plain() {
            return (if is_greeting { Received::Restarted } else { Received::Nothing }, Vec::new());
        }
        if !is_to_us && !is_greeting {
            // The sender takes us for the session that was here before.
            let mistaken = header.to.is_some() && !self.asked;
            self.asked |= mistaken;
            return (Received::Nothing, mistaken.then(|| self.greeting()).into_iter().collect());
        }
        let is_known = self.peer == Peer::Known(header.from.clone());
        if !is_known {
            if self.is_touched() {
                // A sender that does not know us is new. One that does is late, or new as well, and its greeting was
                // lost: a signal that is not for it makes it greet again.
                return if is_greeting {
                    (Received::Restarted, Vec::new())
                } else {
                    (Received::Nothing, self.word(Content::Ack))
                };
            }
            self.peer = Peer::Known(header.from.clone());
            (self.announced, self.sent_unaddressed) = (0, 0);
            // What came before was of another session.
            self.joining = None;
        }
        if is_to_us {
            self.forget_until(header.received);
            if header.sent > self.received {
                self.announced = self.announced.max(header.sent);
            }
        }
        match content {
            Content::Hello => {
                let mut answer = if is_greeting { self.word(Content::Hello) } else { Vec::new() };
                answer.extend(self.again());
                (Received::Nothing, answer)
            }
            _ if !is_known => (Received::Nothing, self.again()),
            Content::Bye => (Received::Closed, Vec::new()),
            Content::Ping => (Received::Nothing, self.word(Content::Ack)),
            content if header.number == self.received + 1 => {
                let Some(content) = Joining::add(&mut self.joining, &header, content) else { return nothing };
                self.received = header.number;
                if !self.is_behind() {
                    self.announced = 0;
                }
                self.owes_ack = true;
                self.asked = false;
                (Received::New(header.number, content), Vec::new())
            }
            _ if header.number > self.received && !self.asked => {
                self.asked = true;
                (Received::Nothing, self.word(Content::Hello))
            }
            _ => {
                // The peer does not know yet that this has arrived.
                self.owes_ack |= header.number > 0;
                nothing
            }
        }
    }

    /// Takes a signal without a header.
    fn receive_plain(&mut self, content: Content) -> (Received, Vec<Signal>) {
        // What a peer of our kind sends has a header.
        let understood = matches!(content, Content::Description(_) | Content::Candidate(_));
        if !understood || self.is_touched() {
            return (Received::Nothing, Vec::new());
        }
        let pending = if self.is_plain() { Vec::new() } else { self.become_plain() };
        (Received::New(0, content), pending)
    }

    /// Returns whether more than greetings has passed between us and the peer, so that no other can take its place.
    fn is_touched(&self) -> bool {
        self.is_known() && (self.received > 0 || self.first_unacknowledged() > 1)
    }

    fn forget_until(&mut self, received: u32) {
        while !self.unacknowledged.is_empty() && self.first_unacknowledged() <= received {
            self.unacknowledged.pop_front();
            (self.waited, self.patience) = (0, PATIENCE);
        }
    }

    pub(super) fn wants_timeout(&self) -> bool {
        matches!(self.peer, Peer::Unknown { .. }) || self.owes_ack || !self.unacknowledged.is_empty()
    }

    pub(super) fn timeout(&mut self) -> Vec<Signal> {
        self.asked = false;
        let mut signals = Vec::new();
        let is_unknown = matches!(self.peer, Peer::Unknown { .. });
        if is_unknown {
            self.peer = Peer::Unknown { unanswered: true };
            signals = self.unaddressed();
        }
        if is_unknown || !self.unacknowledged.is_empty() {
            self.waited += 1;
            if self.waited >= self.patience {
                self.waited = 0;
                self.patience = (self.patience * 2).min(LONGEST_PATIENCE);
                signals.extend(if is_unknown { self.word(Content::Hello) } else { self.again() });
                return signals;
            }
        }
        if self.owes_ack {
            signals.extend(self.word(Content::Ack));
        }
        signals
    }
}
