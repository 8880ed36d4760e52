//! Perfect negotiation as a state machine without a browser.
//! [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)

use std::{collections::VecDeque, mem};

use super::{
    candidates::Candidates,
    delivery::{Delivery, Received, Unsendable},
    failures::Failures,
    operation::{Action, Input, Operation, Politeness},
    parts::{TooLarge, UNLIMITED},
    repetition::Repetition,
    signal::{Content, SessionId, Signal},
};
use crate::sdp::{SdpType, SessionDescription, SignalingState};

/// Maximum number of timeouts before an offer that failed is made again; the first time it is one.
const LONGEST_PAUSE: u8 = 32;

/// Maximum number of signals that wait while an operation runs. What exceeds it is as lost as on the link.
const MAX_INBOX: usize = 1_024;

/// What negotiation is at. An operation runs to its end before the next signal is looked at, so that whether an
/// offer collides is plain from the state, and there is no moment in between to be wrong about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

/// One side of a connection's negotiation: a value that takes [`Input`]s and returns [`Action`]s. It has neither a
/// browser nor a clock; `browser_rtc::session::Session` drives one with a real connection.
///
/// The polite side asks before it offers, and the impolite one then leaves it the turn: so offers collide only with a
/// peer that does not know of this. Rolling back is what browsers are worst at: a Chromium that rolls back its first
/// data channel may never open one again, one that rolls back its first offer may show no picture any more, and a
/// Firefox that rolls back a later offer receives no media until the next negotiation succeeds. For the same reason no
/// offer is made while the peer is unknown and may be about to offer: for one timeout, or two on the polite side. After
/// that the peer is taken for a plain one that waits. A plain peer cannot be asked for the turn, so the polite side
/// waits one timeout with its first offer to it.
///
/// Candidates that arrive before their description wait for it. Our own are sent after the description they belong to.
/// ICE is restarted when the peer can be reached over the link: an offer that is pending while the path heals by itself,
/// and is answered afterwards, would break it again. A candidate that fails is forgiven where it belongs to an offer
/// that was not accepted. An offer that fails, on either side, is rolled back on both sides and made again later, at most
/// six times without a change. Signals that arrive twice, or are of an earlier session of either side, are ignored; lost
/// ones are sent again.
///
/// An offer that does not fit into the [signal limit](Self::set_signal_limit), split neither, is not made; where that is
/// found out too late, it is rolled back. It is reported once, and made when it fits: after a change, or with another
/// limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Negotiator {
    politeness: Politeness,
    answer_only: bool,
    looks_ahead: bool,
    delivery: Delivery,
    state: State,
    running: Option<Operation>,
    negotiation_needed: bool,
    /// Timeouts until the first offer to a peer that is not known to leave turns.
    first_offer_delay: u8,
    /// The pending offer, of whichever side, cannot become an agreement.
    roll_back: bool,
    turn: Turn,
    repetition: Repetition,
    /// The offer that has just been created fits into the limit, and is to be set.
    checked: bool,
    failures: Failures,
    /// Numbers of the latest offers.
    our_offer: u32,
    their_offer: u32,
    inbox: VecDeque<(u32, Content)>,
    /// There was an agreement, and so there are current descriptions.
    agreed: bool,
    candidates: Candidates,
    /// ICE is to be restarted when the peer is heard of.
    path_broken: bool,
    /// Timeouts until the next offer, after one that failed, and how long that was.
    pause: u8,
    last_pause: u8,
}

/// Who may offer next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Turn {
    /// The impolite side.
    Free,
    /// We have asked for it.
    Asked,
    Ours,
    /// They have asked for it, and get it when negotiation is stable.
    Requested,
    /// They have it, until they offer or pass.
    Theirs,
}

impl Negotiator {
    /// Creates one side. No two have the same id.
    #[must_use]
    pub fn new(own: SessionId, politeness: Politeness) -> Self {
        let delay = if politeness == Politeness::Impolite { 1 } else { 2 };
        Self::with(Delivery::new(own), politeness, delay)
    }

    /// Creates one side whose peer is plain: it sends and understands descriptions and candidates without
    /// [`Header`](super::Header)s, over a link that delivers in order and once.
    ///
    /// [`new`](Self::new) finds out by itself whether the peer is plain; this sends no greetings.
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
            checked: false,
            failures: Failures::default(),
            our_offer: 0,
            their_offer: 0,
            inbox: VecDeque::new(),
            agreed: false,
            candidates: Candidates::new(),
            path_broken: false,
            pause: 0,
            last_pause: 0,
        }
    }

    /// Makes this side answer only: it never offers, and never asks to.
    #[must_use]
    pub fn answer_only(mut self) -> Self {
        self.answer_only = true;
        self
    }

    /// Has later offers that may be too large or have failed too often created before they are set, as the first ones are,
    /// so that no rollback is needed. Only for browsers in which creating an offer has no effect: a Chromium keeps the sections that it gave to
    /// transceivers, and refuses offers of the peer that use them otherwise.
    pub fn look_ahead(&mut self) {
        self.looks_ahead = true;
    }

    /// Sets the limit of the JSON text of one signal, in bytes; unlimited by default. Larger descriptions are split into
    /// at most 256 parts, whenever they are sent.
    pub fn set_signal_limit(&mut self, bytes: usize) {
        if bytes != self.delivery.limit() {
            self.delivery.set_limit(bytes);
            self.failures.candidate = false;
            if self.failures.too_large.is_some() {
                self.pause = 0;
            }
        }
    }

    /// Returns whether there is something to do when a second has passed: pass an [`Input::Timeout`] then.
    #[must_use]
    pub fn wants_timeout(&self) -> bool {
        self.pause > 0 || self.waits_for_peer() || self.delivery.wants_timeout()
    }

    /// Takes an event and returns what is to be done.
    pub fn handle(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::LinkOpened => self.tell(Content::Hello, &mut actions),
            Input::NegotiationNeeded => {
                self.negotiation_needed = true;
                // Without looking ahead, each rollback has the browser say so again.
                if self.may_look_ahead() && self.failures.too_large.is_some() {
                    self.pause = 0;
                }
            }
            Input::LocalCandidate(candidate) => {
                let is_describing = self.running == Some(Operation::SetLocalDescription);
                if let Some(candidate) = self.candidates.found(candidate, is_describing) {
                    self.send(Content::Candidate(candidate), &mut actions);
                }
            }
            Input::Received(signal) => self.receive(signal, &mut actions),
            Input::Done(local) => self.done(local, &mut actions),
            Input::Failed(state) => self.failed(&state, &mut actions),
            Input::PathBroken if self.delivery.is_plain() => actions.push(Action::RestartIce),
            Input::PathBroken => {
                self.path_broken = true;
                self.tell(Content::Ping, &mut actions);
            }
            Input::Timeout => {
                self.pause = self.pause.saturating_sub(1);
                self.first_offer_delay = self.first_offer_delay.saturating_sub(1);
                actions.extend(self.delivery.timeout().into_iter().map(Action::Send));
            }
            Input::Closing => self.tell(Content::Bye, &mut actions),
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
            // Descriptions have a way of their own, and others no size.
            Err(error) => actions.push(report(error)),
        }
    }

    fn candidate_is_too_large(&mut self, error: TooLarge, actions: &mut Vec<Action>) {
        if !mem::replace(&mut self.failures.candidate, true) {
            actions.push(report(error));
        }
    }

    /// Signals that did fit when they were sent first, and got lost.
    fn take_unsendable(&mut self, actions: &mut Vec<Action>) {
        for Unsendable { number, content, error } in self.delivery.take_unsendable() {
            match content {
                Content::Description(offer) if offer.kind == SdpType::Offer => {
                    if self.state == State::HaveLocalOffer && number == self.our_offer {
                        self.offer_is_too_large(&offer, error, actions);
                        self.pass_turn(actions);
                        self.roll_back = true;
                    }
                }
                Content::Description(_) => self.answer_is_too_large(error, actions),
                _ => self.candidate_is_too_large(error, actions),
            }
        }
    }

    fn offer_is_too_large(&mut self, offer: &SessionDescription, error: TooLarge, actions: &mut Vec<Action>) {
        let shape = offer.shape();
        if self.failures.too_large.replace(shape) != Some(shape) {
            actions.push(report(error));
        }
    }

    /// The answer is in force here, and the peer will not get it.
    fn answer_is_too_large(&mut self, error: TooLarge, actions: &mut Vec<Action>) {
        if self.failures.theirs_failed() {
            actions.push(report(error));
        }
        self.refuse(actions);
    }

    fn tell(&mut self, content: Content, actions: &mut Vec<Action>) {
        actions.extend(self.delivery.tell(content).map(Action::Send));
    }

    fn receive(&mut self, signal: Signal, actions: &mut Vec<Action>) {
        if self.inbox.len() >= MAX_INBOX {
            return;
        }
        let (was_plain, is_from_peer) = (self.delivery.is_plain(), self.delivery.is_from_peer(&signal));
        let (arrival, answers) = self.delivery.receive(signal);
        let is_found_plain = self.delivery.is_plain() && !was_plain;
        if is_found_plain {
            // It knows of no turns.
            self.turn = Turn::Free;
        }
        if self.path_broken && (is_from_peer || is_found_plain) {
            self.path_broken = false;
            actions.push(Action::RestartIce);
        }
        actions.extend(answers.into_iter().map(Action::Send));
        match arrival {
            Received::New(number, content) => self.inbox.push_back((number, content)),
            Received::Nothing => {}
            Received::Closed => actions.push(Action::PeerClosed),
            Received::Restarted => actions.push(Action::PeerRestarted),
        }
    }

    fn done(&mut self, local: Option<SessionDescription>, actions: &mut Vec<Action>) {
        match self.running.take() {
            Some(Operation::SetLocalDescription) => {
                let Some(description) = local else { return };
                self.described(&description, actions);
            }
            Some(Operation::CreateOffer) => {
                if let Some(offer) = local {
                    self.offer_created(&offer, actions);
                }
            }
            Some(Operation::SetRemoteDescription(description)) => {
                self.candidates.remote_description_set(&description);
                if description.kind == SdpType::Offer {
                    self.state = State::HaveRemoteOffer;
                    self.end_their_turn();
                    // The browser says so again if an offer is still due after our answer.
                    self.negotiation_needed = false;
                } else if description.kind == SdpType::Answer {
                    self.failures.ours = None;
                    self.agree();
                }
            }
            Some(Operation::RollBackLocalOffer) => self.offer_later(),
            Some(Operation::RollBackRemoteOffer) => {
                self.state = State::Stable;
                self.refuse(actions);
            }
            Some(Operation::AddIceCandidate(_)) | None => {}
        }
        if self.state == State::Stable {
            self.roll_back = false;
        }
    }

    /// The next offer is known, and nothing is set yet.
    fn offer_created(&mut self, offer: &SessionDescription, actions: &mut Vec<Action>) {
        if let Err(error) = self.delivery.check(offer) {
            self.offer_is_too_large(offer, error, actions);
        } else {
            self.failures.too_large = None;
            self.checked = !self.failures.has_given_up(Some(offer.shape()));
        }
        if !self.checked {
            self.wait_with_offer(actions);
        }
    }

    fn described(&mut self, description: &SessionDescription, actions: &mut Vec<Action>) {
        let is_offer = description.kind == SdpType::Offer;
        self.repetition.described(description);
        if is_offer {
            self.failures.our_offer = description.shape();
            self.failures.making = false;
        }
        let (earlier, ours) = self.candidates.described(description);
        for candidate in earlier {
            self.send(Content::Candidate(candidate), actions);
        }
        let sent = self.delivery.send(Content::Description(description.clone()));
        match sent {
            Ok(signals) => actions.extend(signals.into_iter().map(Action::Send)),
            Err(error) if is_offer => {
                self.state = State::HaveLocalOffer;
                self.roll_back = true;
                self.pass_turn(actions);
                return self.offer_is_too_large(description, error, actions);
            }
            Err(error) => {
                self.answer_is_too_large(error, actions);
                return self.agree();
            }
        }
        if is_offer {
            self.state = State::HaveLocalOffer;
            self.our_offer = self.delivery.last_number();
        } else {
            self.failures.theirs = None;
            self.agree();
        }
        for candidate in ours {
            self.send(Content::Candidate(candidate), actions);
        }
    }

    fn agree(&mut self) {
        self.state = State::Stable;
        self.agreed = true;
        // The same offer may now do.
        self.failures.ours = self.failures.ours.map(|(shape, _)| (shape, 0));
        (self.failures.our_offer, self.failures.their_offer) = (0, 0);
        self.last_pause = 0;
        self.pause = self.repetition.pause();
    }

    fn failed(&mut self, state: &SignalingState, actions: &mut Vec<Action>) {
        let Some(operation) = self.running.take() else { return };
        if matches!(operation, Operation::AddIceCandidate(_)) {
            if !self.candidates.is_forgiven() {
                actions.push(Action::ReportFailure);
            }
            return;
        }
        let before = self.state;
        self.state = match state {
            SignalingState::HaveLocalOffer | SignalingState::HaveRemotePranswer => State::HaveLocalOffer,
            SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer => State::HaveRemoteOffer,
            _ => State::Stable,
        };
        let is_news = match &operation {
            Operation::SetLocalDescription if before == State::HaveRemoteOffer => self.failures.theirs_failed(),
            Operation::SetLocalDescription | Operation::CreateOffer => !mem::replace(&mut self.failures.making, true),
            Operation::SetRemoteDescription(description) if description.kind == SdpType::Offer => {
                self.failures.theirs_failed()
            }
            Operation::SetRemoteDescription(_) => self.failures.ours_failed(),
            _ => true,
        };
        if is_news {
            actions.push(Action::ReportFailure);
        }
        if operation == Operation::SetLocalDescription {
            // They are of the description that stays.
            for candidate in self.candidates.take_unsent() {
                if self.agreed {
                    self.send(Content::Candidate(candidate), actions);
                }
            }
        }
        match (operation, self.state) {
            (Operation::SetRemoteDescription(description), State::Stable | State::HaveLocalOffer)
                if description.kind == SdpType::Offer =>
            {
                // Where ours was rolled back for theirs, it is due again.
                self.negotiation_needed |= before == State::HaveLocalOffer && self.state == State::Stable;
                self.refuse(actions);
            }
            (Operation::SetLocalDescription, State::Stable) => {
                self.pass_turn(actions);
                self.offer_later();
            }
            (Operation::CreateOffer, _) => self.wait_with_offer(actions),
            // A rollback that fails leaves nothing else to try.
            (Operation::RollBackLocalOffer | Operation::RollBackRemoteOffer, _) => self.state = State::Stable,
            (_, State::HaveLocalOffer | State::HaveRemoteOffer) => self.roll_back = true,
            (_, State::Stable) => {}
        }
    }

    /// The next offer is not to be made, or cannot be: it is looked at again after a while.
    fn wait_with_offer(&mut self, actions: &mut Vec<Action>) {
        self.lengthen_pause();
        if self.turn == Turn::Ours {
            self.turn = Turn::Free;
            self.pass_turn(actions);
        }
    }

    /// Gives back the turn that was taken for an offer that is not made.
    fn pass_turn(&mut self, actions: &mut Vec<Action>) {
        if self.asks_for_turns() {
            self.send(Content::Release, actions);
        }
    }

    /// The peer's offer could not be accepted.
    fn refuse(&mut self, actions: &mut Vec<Action>) {
        self.end_their_turn();
        self.candidates.description_refused();
        if !self.delivery.is_plain() {
            let offer = self.their_offer;
            self.send(Content::Refuse { offer }, actions);
        }
    }

    fn end_their_turn(&mut self) {
        if self.turn == Turn::Theirs {
            self.turn = Turn::Free;
        }
    }

    /// Our offer could not be made, or not become an agreement: once more after a while, longer each time.
    fn offer_later(&mut self) {
        self.state = State::Stable;
        // What the peer sends may belong to the answer that was not accepted, and to the one to come.
        self.candidates.description_refused();
        self.candidates.forgive_waiting();
        self.negotiation_needed = true;
        self.lengthen_pause();
    }

    fn lengthen_pause(&mut self) {
        self.last_pause = (self.last_pause * 2).clamp(1, LONGEST_PAUSE);
        self.pause = self.last_pause;
    }

    fn next_operation(&mut self, actions: &mut Vec<Action>) -> Option<Operation> {
        // Nothing may come between an offer that has been created and its being set.
        if mem::take(&mut self.checked) {
            return Some(self.offer());
        }
        loop {
            match self.state {
                State::HaveRemoteOffer if self.roll_back => return Some(Operation::RollBackRemoteOffer),
                State::HaveRemoteOffer => return Some(Operation::SetLocalDescription),
                State::HaveLocalOffer if self.roll_back => return Some(Operation::RollBackLocalOffer),
                State::HaveLocalOffer | State::Stable => {}
            }
            if let Some(candidate) = self.candidates.next() {
                return Some(Operation::AddIceCandidate(candidate));
            }
            match self.inbox.pop_front() {
                Some((number, Content::Description(description))) => {
                    self.candidates.description_arrived(&description);
                    if self.accepts(number, &description) {
                        return Some(Operation::SetRemoteDescription(description));
                    }
                }
                Some((_, Content::Candidate(candidate))) => {
                    self.candidates.arrived(candidate);
                }
                Some((_, Content::Refuse { offer })) => {
                    if self.state == State::HaveLocalOffer && offer == self.our_offer {
                        if self.failures.ours_failed() {
                            actions.push(Action::ReportRefusal);
                        }
                        self.roll_back = true;
                    }
                }
                Some((_, Content::Request)) if self.is_polite() => {}
                Some((_, Content::Request)) => self.turn = Turn::Requested,
                Some((_, Content::Grant)) => {
                    if self.is_due() {
                        self.turn = Turn::Ours;
                    } else {
                        self.turn = Turn::Free;
                        self.send(Content::Release, actions);
                    }
                }
                Some((_, Content::Release)) => self.end_their_turn(),
                Some((_, Content::Hello | Content::Ack | Content::Ping | Content::Bye)) => {}
                None => break,
            }
        }
        if self.state != State::Stable {
            return None;
        }
        if !self.has_turn(actions) {
            return None;
        }
        Some(if self.needs_check() { Operation::CreateOffer } else { self.offer() })
    }

    fn offer(&mut self) -> Operation {
        if matches!(self.turn, Turn::Asked | Turn::Ours) {
            self.turn = Turn::Free;
        }
        self.negotiation_needed = false;
        Operation::SetLocalDescription
    }

    /// Returns whether there is something to offer and nothing to wait for but the turn.
    fn is_due(&self) -> bool {
        self.negotiation_needed
            && !self.answer_only
            && self.pause == 0
            && !self.waits_for_peer()
            && !self.delivery.is_behind()
    }

    /// Returns whether the peer may still turn out to leave turns, or be about to offer.
    fn waits_for_peer(&self) -> bool {
        self.first_offer_delay > 0 && !self.agreed && !self.delivery.is_known()
    }

    /// Returns whether to look at the offer before it is made, as it may be too large or have failed too often.
    fn needs_check(&self) -> bool {
        let may_be_too_large = self.delivery.limit() != UNLIMITED || self.failures.too_large.is_some();
        self.may_look_ahead() && (may_be_too_large || self.failures.has_given_up(None))
    }

    /// Returns whether an offer can be created before it is set. The first one can in every browser: no section is in use,
    /// and a Chromium that rolls it back may never open a data channel.
    fn may_look_ahead(&self) -> bool {
        self.looks_ahead || !self.agreed
    }

    /// Returns whether to offer now.
    fn has_turn(&mut self, actions: &mut Vec<Action>) -> bool {
        let due = self.is_due();
        match self.turn {
            Turn::Requested => {
                self.turn = Turn::Theirs;
                self.send(Content::Grant, actions);
                false
            }
            Turn::Free if due && self.asks_for_turns() => {
                self.turn = Turn::Asked;
                self.send(Content::Request, actions);
                false
            }
            Turn::Asked => due && !self.is_polite(),
            Turn::Ours | Turn::Free => due,
            Turn::Theirs => false,
        }
    }

    fn accepts(&mut self, number: u32, description: &SessionDescription) -> bool {
        match description.kind {
            SdpType::Offer => {
                let collides = self.state != State::Stable;
                let taken = !collides || self.is_polite();
                if taken {
                    self.their_offer = number;
                    self.failures.their_offer = description.shape();
                } else {
                    self.candidates.offer_ignored();
                }
                taken
            }
            // An answer that nobody waits for is to an offer that was taken back.
            SdpType::Answer | SdpType::Pranswer => self.state == State::HaveLocalOffer,
            SdpType::Rollback | SdpType::Unknown(_) => false,
        }
    }

    /// A plain peer would not understand.
    fn asks_for_turns(&self) -> bool {
        self.is_polite() && self.delivery.is_known()
    }

    fn is_polite(&self) -> bool {
        match self.politeness {
            Politeness::Polite => true,
            Politeness::Impolite => false,
            // Until the lot has fallen, both are.
            Politeness::Auto => self.delivery.is_before_peer(),
        }
    }
}

fn report(TooLarge { size, limit }: TooLarge) -> Action {
    Action::ReportTooLarge { size, limit }
}
