//! Perfect negotiation as a state machine without I/O.
//! [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)

mod decision;
mod outcome;

use std::collections::VecDeque;

use super::{
    candidates::Candidates,
    delivery::{Delivery, Received},
    failures::Failures,
    operation::{Action, Input, Operation, Politeness},
    parts::TooLarge,
    repetition::Repetition,
    signal::{Content, SessionId, Signal},
};

/// Maximum number of signals that are queued while an operation runs. Further signals are dropped, as if the link had
/// lost them.
const MAX_INBOX: usize = 1_024;

/// The signaling state. Signals are handled only between operations, so that this state alone determines whether an
/// offer collides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

/// One side of the negotiation of a connection: a state machine that takes [`Input`]s and returns [`Action`]s. It has
/// neither a connection nor a clock. `browser_rtc::session::Session` is a driver for the connections of browsers, and
/// the [crate documentation](crate#examples) has an example of a driver.
///
/// # Turns
///
/// The polite side requests the turn before it offers, and the impolite side makes no offer while it has granted the
/// turn. Offers therefore collide only with a peer that does not support turns. Collisions are avoided because rollback
/// has defects in browsers: after Chromium has rolled back its first offer, it may never open a data channel or show
/// remote video, and after Firefox has rolled back a later offer, it receives no media until the next negotiation.
///
/// For the same reason, no offer is made while the peer is unknown and may be about to offer: for one timeout, or for
/// two on the polite side. After that, the peer is treated as a plain peer that waits. Turns cannot be requested from a
/// plain peer, so the polite side delays its first offer by one timeout.
///
/// # Candidates, restarts and failures
///
/// - Remote candidates are added after their description, and local candidates are sent after theirs. A failed
///   candidate is not reported if it may belong to an offer that was not accepted.
/// - ICE is restarted when a signal of the peer has arrived, because a pending offer would break a path that recovers
///   before the answer.
/// - An offer that fails on either side is rolled back on both sides and repeated later, at most six times without a
///   change.
/// - Repeated signals, and those of an earlier session of either side, are ignored. Lost signals are sent again.
/// - An offer that exceeds the [signal limit](Self::set_signal_limit) even in parts is not made, or is rolled back if
///   that is detected too late. It is reported once, and made when the limit allows it: after a change, or with another
///   limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Negotiator {
    politeness: Politeness,
    answer_only: bool,
    looks_ahead: bool,
    delivery: Delivery,
    state: State,
    running: Option<Operation>,
    negotiation_needed: bool,
    /// Timeouts until the first offer to a peer that is not known to support turns.
    first_offer_delay: u8,
    /// True if the pending offer has failed and must be rolled back.
    roll_back: bool,
    turn: Turn,
    repetition: Repetition,
    /// True if the offer that has just been created may be set.
    offer_checked: bool,
    failures: Failures,
    /// Numbers of the latest offers.
    local_offer: u32,
    remote_offer: u32,
    inbox: VecDeque<(u32, Content)>,
    /// True if a negotiation has completed, so that there are current descriptions.
    has_completed: bool,
    candidates: Candidates,
    /// True if ICE must be restarted when a signal of the peer arrives.
    path_broken: bool,
    /// Timeouts until the next offer after a failed one, and their initial number.
    pause: u8,
    back_off_pause: u8,
}

/// The side that may make the next offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Turn {
    /// The impolite side may offer.
    Free,
    /// The local side has requested the turn.
    RequestedByLocal,
    /// The local side has the turn.
    Local,
    /// The peer has requested the turn, which is granted when negotiation is stable.
    RequestedByRemote,
    /// The peer has the turn, until it makes an offer or releases the turn.
    Remote,
}

impl Negotiator {
    /// Creates one side of a negotiation. Each side needs a unique id.
    #[must_use]
    pub fn new(own: SessionId, politeness: Politeness) -> Self {
        let delay = if politeness == Politeness::Impolite { 1 } else { 2 };
        Self::with(Delivery::new(own), politeness, delay)
    }

    /// Creates one side whose peer is plain: the peer supports only descriptions and candidates without
    /// [`Header`](super::Header)s, over a link that delivers exactly once and in order.
    ///
    /// [`new`](Self::new) detects a plain peer as well. This constructor sends no greetings.
    #[must_use]
    pub fn plain(politeness: Politeness) -> Self {
        let delay = if politeness == Politeness::Impolite { 0 } else { 1 };
        Self::with(Delivery::plain(), politeness, delay)
    }

    fn with(delivery: Delivery, politeness: Politeness, first_offer_delay: u8) -> Self {
        Self {
            politeness,
            answer_only: false,
            looks_ahead: false,
            delivery,
            state: State::Stable,
            running: None,
            negotiation_needed: false,
            first_offer_delay,
            roll_back: false,
            turn: Turn::Free,
            repetition: Repetition::default(),
            offer_checked: false,
            failures: Failures::default(),
            local_offer: 0,
            remote_offer: 0,
            inbox: VecDeque::new(),
            has_completed: false,
            candidates: Candidates::new(),
            path_broken: false,
            pause: 0,
            back_off_pause: 0,
        }
    }

    /// Restricts this side to answers: it never offers, and never requests the turn.
    #[must_use]
    pub fn answer_only(mut self) -> Self {
        self.answer_only = true;
        self
    }

    /// Enables look-ahead for later offers: like first offers, they are created before they are set if they may be too
    /// large or have failed too often, so that no rollback is needed. Only for stacks in which creating an offer has no
    /// effect: Chromium keeps the sections that it assigned to transceivers, and refuses offers of the peer that use
    /// them differently.
    pub fn look_ahead(&mut self) {
        self.looks_ahead = true;
    }

    /// Sets the limit of the JSON text of one signal, in bytes. Default: unlimited. Larger descriptions are sent in at
    /// most 256 parts.
    pub fn set_signal_limit(&mut self, bytes: usize) {
        if bytes != self.delivery.limit() {
            self.delivery.set_limit(bytes);
            self.failures.candidate = false;
            if self.failures.too_large.is_some() {
                self.pause = 0;
            }
        }
    }

    /// Returns whether the driver must pass an [`Input::Timeout`] in a second.
    #[must_use]
    pub fn wants_timeout(&self) -> bool {
        self.pause > 0 || self.waits_for_peer() || self.delivery.wants_timeout()
    }

    /// Handles an input. Returns the actions to take, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::LinkOpened => self.send_unnumbered(Content::Hello, &mut actions),
            Input::NegotiationNeeded => {
                self.negotiation_needed = true;
                // Without look-ahead, each rollback causes this input again.
                if self.may_look_ahead() && self.failures.too_large.is_some() {
                    self.pause = 0;
                }
            }
            Input::LocalCandidate(candidate) => {
                let sets_description = self.running == Some(Operation::SetLocalDescription);
                if let Some(candidate) = self.candidates.gathered(candidate, sets_description) {
                    self.send(Content::Candidate(candidate), &mut actions);
                }
            }
            Input::Received(signal) => self.receive(signal, &mut actions),
            Input::Done(local) => self.done(local, &mut actions),
            Input::Failed(state) => self.failed(&state, &mut actions),
            Input::PathBroken if self.delivery.is_plain() => actions.push(Action::RestartIce),
            Input::PathBroken => {
                self.path_broken = true;
                self.send_unnumbered(Content::Ping, &mut actions);
            }
            Input::Timeout => {
                self.pause = self.pause.saturating_sub(1);
                self.first_offer_delay = self.first_offer_delay.saturating_sub(1);
                actions.extend(self.delivery.timeout().into_iter().map(Action::Send));
            }
            Input::Closing => self.send_unnumbered(Content::Bye, &mut actions),
        }
        self.take_unsendable(&mut actions);
        if !self.waits_for_peer() {
            self.first_offer_delay = 0;
        }
        if self.running.is_none()
            && let Some(operation) = self.next_operation(&mut actions)
        {
            self.running = Some(operation.clone());
            actions.push(Action::Perform(operation));
        }
        actions
    }

    fn send(&mut self, content: Content, actions: &mut Vec<Action>) {
        let is_candidate = matches!(content, Content::Candidate(_));
        match self.delivery.send(content) {
            Ok(signals) => actions.extend(signals.into_iter().map(Action::Send)),
            Err(error) if is_candidate => self.candidate_is_too_large(error, actions),
            // Descriptions are sent elsewhere, and other signals are small.
            Err(error) => actions.push(report(error)),
        }
    }

    fn send_unnumbered(&mut self, content: Content, actions: &mut Vec<Action>) {
        actions.extend(self.delivery.send_unnumbered(content).map(Action::Send));
    }

    fn receive(&mut self, signal: Signal, actions: &mut Vec<Action>) {
        if self.inbox.len() >= MAX_INBOX {
            return;
        }
        let (was_plain, is_from_peer) = (self.delivery.is_plain(), self.delivery.is_from_peer(&signal));
        let (received, answers) = self.delivery.receive(signal);
        let turned_plain = self.delivery.is_plain() && !was_plain;
        if turned_plain {
            // A plain peer does not support turns.
            self.turn = Turn::Free;
        }
        if self.path_broken && (is_from_peer || turned_plain) {
            self.path_broken = false;
            actions.push(Action::RestartIce);
        }
        actions.extend(answers.into_iter().map(Action::Send));
        match received {
            Received::New(number, content) => self.inbox.push_back((number, content)),
            Received::Nothing => {}
            Received::Closed => actions.push(Action::PeerClosed),
            Received::Restarted => actions.push(Action::PeerRestarted),
        }
    }
}

fn report(TooLarge { size, limit }: TooLarge) -> Action {
    Action::ReportTooLarge { size, limit }
}
