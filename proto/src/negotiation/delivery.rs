//! Exactly-once delivery of signals in order, over a link that may lose or duplicate them.
//!
//! This layer retransmits signals that the peer has not acknowledged, split by the limit at the time of sending, and
//! drops duplicates. Links need not retransmit.

use std::{collections::VecDeque, mem};

use super::{
    parts::{self, Reassembly, TooLarge, UNLIMITED},
    signal::{Content, Header, SessionId, Signal},
};
use crate::sdp::SessionDescription;

/// Number of timeouts until unacknowledged signals are sent again. It doubles each time, up to the maximum.
const MIN_RESEND_DELAY: u8 = 2;
const MAX_RESEND_DELAY: u8 = 32;

/// The state of sent and received signals of one side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Delivery {
    own: SessionId,
    peer: Peer,
    /// True if the peer was declared as plain, so that headers are ignored.
    always_plain: bool,
    sent: u32,
    /// Signals that the peer has not acknowledged, in their order.
    unacknowledged: VecDeque<Content>,
    /// The highest number that was sent without an addressee, while the peer was unknown.
    sent_unaddressed: u32,
    received: u32,
    /// The highest number that the peer has announced.
    announced: u32,
    reassembly: Option<Reassembly>,
    /// True if a signal was received since the last acknowledgement.
    ack_pending: bool,
    /// True if the peer was asked to fill a gap, or was greeted because it addressed an earlier session, since the last
    /// timeout.
    resend_requested: bool,
    elapsed: u8,
    resend_delay: u8,
    /// Maximum size of the JSON text of a signal, in bytes.
    limit: usize,
    unsendable: Vec<Unsendable>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Peer {
    /// The peer has sent nothing yet. If a greeting is `unanswered`, it may be a plain peer that waits.
    Unknown {
        unanswered: bool,
    },
    Known(SessionId),
    /// The peer sends no headers, and supports only descriptions and candidates.
    Plain,
}

/// A signal that cannot be retransmitted because it exceeds the current limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unsendable {
    pub number: u32,
    pub content: Content,
    pub error: TooLarge,
}

/// The result of receiving a signal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Received {
    /// New content with its number, or with 0 from a plain peer.
    New(u32, Content),
    /// No content to negotiate.
    Nothing,
    /// The peer's session has closed.
    Closed,
    /// Another session has replaced the known peer.
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
            reassembly: None,
            ack_pending: false,
            resend_requested: false,
            elapsed: 0,
            resend_delay: MIN_RESEND_DELAY,
            limit: UNLIMITED,
            unsendable: Vec::new(),
        }
    }

    /// Creates the state for a plain peer, which neither sends nor supports greetings.
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
    pub(super) fn awaits_announced(&self) -> bool {
        self.announced > self.received
    }

    /// Returns whether the local id is lower than the peer's. True while the peer is unknown.
    pub(super) fn has_lower_id(&self) -> bool {
        match &self.peer {
            Peer::Known(peer) => self.own < *peer,
            Peer::Unknown { .. } | Peer::Plain => true,
        }
    }

    /// Returns whether a signal is from the known peer.
    pub(super) fn is_from_peer(&self, signal: &Signal) -> bool {
        match (&signal.header, &self.peer) {
            (Some(header), Peer::Known(peer)) => *peer == header.from,
            (None, Peer::Plain) => true,
            _ => false,
        }
    }

    /// Returns the number of the signal that was sent last.
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

    /// Sends a numbered signal, or queues it until the peer is known.
    pub(super) fn send(&mut self, content: Content) -> Result<Vec<Signal>, TooLarge> {
        let signals = self.signals(content.clone(), self.sent + 1)?;
        self.ack_pending &= self.is_plain();
        if self.is_plain() {
            return Ok(signals);
        }
        self.sent += 1;
        self.unacknowledged.push_back(content);
        Ok(match self.peer {
            Peer::Known(_) => signals,
            Peer::Unknown { unanswered: true } => self.send_unaddressed(),
            Peer::Unknown { unanswered: false } | Peer::Plain => Vec::new(),
        })
    }

    /// Returns a signal without a number, or `None` for a plain peer, which does not support it.
    pub(super) fn send_unnumbered(&mut self, content: Content) -> Option<Signal> {
        (!self.is_plain()).then(|| {
            self.ack_pending = false;
            self.with_header(content, 0)
        })
    }

    /// Returns one signal, or the parts of a description that exceeds the limit.
    fn signals(&self, content: Content, number: u32) -> Result<Vec<Signal>, TooLarge> {
        let has_size = matches!(content, Content::Description(_) | Content::Candidate(_));
        let signal = if self.is_plain() { content.into() } else { self.with_header(content, number) };
        if has_size { parts::split(signal, self.limit) } else { Ok(vec![signal]) }
    }

    fn with_header(&self, content: Content, number: u32) -> Signal {
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

    /// Returns a greeting without an addressee.
    fn greeting(&self) -> Signal {
        Signal { content: Content::Hello, header: Some(Header::new(self.own.clone())) }
    }

    /// Returns a signal without a number, which also acknowledges received signals.
    fn unnumbered(&mut self, content: Content) -> Vec<Signal> {
        self.ack_pending = false;
        vec![self.with_header(content, 0)]
    }

    /// Returns the signals that the peer has not acknowledged.
    fn retransmit(&mut self) -> Vec<Signal> {
        self.ack_pending &= self.unacknowledged.is_empty();
        let contents: Vec<Content> = self.unacknowledged.iter().cloned().collect();
        let mut signals = Vec::new();
        for (number, content) in (self.first_unacknowledged()..).zip(contents) {
            signals
                .extend(self.signals(content, number).unwrap_or_else(|error| self.replace_unsendable(number, error)));
        }
        signals
    }

    /// Replaces a signal that exceeds the limit with an `ack` with the same number.
    fn replace_unsendable(&mut self, number: u32, error: TooLarge) -> Vec<Signal> {
        let first = self.first_unacknowledged();
        let unsendable = (first..).zip(&mut self.unacknowledged).find(|(unacknowledged, _)| *unacknowledged == number);
        let content = unsendable.map(|(_, content)| mem::replace(content, Content::Ack));
        self.unsendable.extend(content.map(|content| Unsendable { number, content, error }));
        vec![self.with_header(Content::Ack, number)]
    }

    /// Returns the signals that could not be retransmitted because they exceed the limit.
    pub(super) fn take_unsendable(&mut self) -> Vec<Unsendable> {
        mem::take(&mut self.unsendable)
    }

    /// Returns the signals that a plain peer supports, each once, for a peer that is still unknown. A peer with headers
    /// ignores signals without an addressee, and receives them again once it has answered a greeting.
    fn send_unaddressed(&mut self) -> Vec<Signal> {
        let mut signals = Vec::new();
        for (number, content) in self.not_sent_unaddressed() {
            let is_supported = matches!(content, Content::Description(_) | Content::Candidate(_));
            match self.signals(content, number).as_deref() {
                Ok([signal]) => signals.extend(is_supported.then(|| signal.clone())),
                // A plain peer cannot join parts.
                _ => break,
            }
            self.sent_unaddressed = number;
        }
        signals
    }

    fn not_sent_unaddressed(&self) -> Vec<(u32, Content)> {
        let unacknowledged = (self.first_unacknowledged()..).zip(self.unacknowledged.iter().cloned());
        unacknowledged.filter(|(number, _)| *number > self.sent_unaddressed).collect()
    }

    /// Switches to a plain peer, and returns the signals that it has not received.
    fn become_plain(&mut self) -> Vec<Signal> {
        let pending = self.not_sent_unaddressed();
        self.peer = Peer::Plain;
        (self.ack_pending, self.announced) = (false, 0);
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

    #[expect(clippy::cast_possible_truncation, reason = "not more than `sent`, which is a u32")]
    fn first_unacknowledged(&self) -> u32 {
        self.sent - self.unacknowledged.len() as u32 + 1
    }

    /// Receives a signal. Returns the result and the signals to send immediately.
    pub(super) fn receive(&mut self, Signal { content, header }: Signal) -> (Received, Vec<Signal>) {
        let nothing = (Received::Nothing, Vec::new());
        let Some(header) = header.filter(|_| !self.always_plain) else { return self.receive_plain(content) };
        let is_to_us = header.to.as_ref() == Some(&self.own);
        let is_greeting = content == Content::Hello && header.to.is_none();
        if header.from == self.own {
            // The link echoes.
            return nothing;
        }
        if self.is_plain() {
            return (if is_greeting { Received::Restarted } else { Received::Nothing }, Vec::new());
        }
        if !is_to_us && !is_greeting {
            // The signal is for an earlier session of this side.
            let is_for_former_session = header.to.is_some() && !self.resend_requested;
            self.resend_requested |= is_for_former_session;
            return (Received::Nothing, is_for_former_session.then(|| self.greeting()).into_iter().collect());
        }
        let is_known = self.peer == Peer::Known(header.from.clone());
        if !is_known {
            if self.has_exchanged_signals() {
                // A greeting is from a new session. Any other signal is late, or from a new session whose greeting was
                // lost. The signal to the known peer makes a new session greet again.
                return if is_greeting {
                    (Received::Restarted, Vec::new())
                } else {
                    (Received::Nothing, self.unnumbered(Content::Ack))
                };
            }
            self.peer = Peer::Known(header.from.clone());
            (self.announced, self.sent_unaddressed) = (0, 0);
            // The pauses between greetings do not delay the retransmission of the first signals.
            (self.elapsed, self.resend_delay) = (0, MIN_RESEND_DELAY);
            // Earlier parts were sent by another session.
            self.reassembly = None;
        }
        if is_to_us {
            self.acknowledge(header.received);
            if header.sent > self.received {
                self.announced = self.announced.max(header.sent);
            }
        }
        match content {
            Content::Hello => {
                let mut answer = if is_greeting { self.unnumbered(Content::Hello) } else { Vec::new() };
                answer.extend(self.retransmit());
                (Received::Nothing, answer)
            }
            _ if !is_known => (Received::Nothing, self.retransmit()),
            Content::Bye => (Received::Closed, Vec::new()),
            Content::Ping => (Received::Nothing, self.unnumbered(Content::Ack)),
            content if header.number == self.received + 1 => {
                let Some(content) = Reassembly::add(&mut self.reassembly, &header, content) else { return nothing };
                self.received = header.number;
                if !self.awaits_announced() {
                    self.announced = 0;
                }
                self.ack_pending = true;
                self.resend_requested = false;
                (Received::New(header.number, content), Vec::new())
            }
            _ if header.number > self.received && !self.resend_requested => {
                self.resend_requested = true;
                (Received::Nothing, self.unnumbered(Content::Hello))
            }
            _ => {
                // The acknowledgement may have been lost.
                self.ack_pending |= header.number > 0;
                nothing
            }
        }
    }

    /// Receives a signal without a header.
    fn receive_plain(&mut self, content: Content) -> (Received, Vec<Signal>) {
        // A plain peer sends no other kinds of signals.
        let is_supported = matches!(content, Content::Description(_) | Content::Candidate(_));
        if !is_supported || self.has_exchanged_signals() {
            return (Received::Nothing, Vec::new());
        }
        let pending = if self.is_plain() { Vec::new() } else { self.become_plain() };
        (Received::New(0, content), pending)
    }

    /// Returns whether signals other than greetings were exchanged with the known peer. After that, no other peer can
    /// replace it.
    fn has_exchanged_signals(&self) -> bool {
        self.is_known() && (self.received > 0 || self.first_unacknowledged() > 1)
    }

    fn acknowledge(&mut self, received: u32) {
        while !self.unacknowledged.is_empty() && self.first_unacknowledged() <= received {
            self.unacknowledged.pop_front();
            (self.elapsed, self.resend_delay) = (0, MIN_RESEND_DELAY);
        }
    }

    pub(super) fn wants_timeout(&self) -> bool {
        matches!(self.peer, Peer::Unknown { .. }) || self.ack_pending || !self.unacknowledged.is_empty()
    }

    pub(super) fn timeout(&mut self) -> Vec<Signal> {
        self.resend_requested = false;
        let mut signals = Vec::new();
        let is_unknown = matches!(self.peer, Peer::Unknown { .. });
        if is_unknown {
            self.peer = Peer::Unknown { unanswered: true };
            signals = self.send_unaddressed();
        }
        if is_unknown || !self.unacknowledged.is_empty() {
            self.elapsed += 1;
            if self.elapsed >= self.resend_delay {
                self.elapsed = 0;
                self.resend_delay = (self.resend_delay * 2).min(MAX_RESEND_DELAY);
                signals.extend(if is_unknown { self.unnumbered(Content::Hello) } else { self.retransmit() });
                return signals;
            }
        }
        if self.ack_pending {
            signals.extend(self.unnumbered(Content::Ack));
        }
        signals
    }
}
