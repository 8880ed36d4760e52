//! Perfect negotiation as a state machine without a browser.
//! [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    candidates::Candidates,
    delivery::{Arrival, Delivery},
    operation::{Action, Input, Operation, Politeness},
    signal::{Content, SessionId, Signal},
};
use crate::peer::{SdpType, SessionDescription, SignalingState};

/// How many time-outs pass at most before an offer that failed is made again; the first time it is one.
const LONGEST_PAUSE: u8 = 32;

/// The same for an offer that says nothing new.
const LONGEST_IDLE_PAUSE: u8 = 8;

/// What negotiation is at. An operation runs to its end before the next signal is looked at, so that whether an
/// offer collides is plain from the state, and there is no moment in between to be wrong about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

/// One side of a connection's negotiation: a value that takes [`Input`]s and gives [`Action`]s. It has neither a
/// browser nor a clock; a [`Session`](crate::session::Session) drives one with a real connection.
///
/// The polite side asks before it offers, and the impolite one then leaves it the turn: so offers collide only with a
/// peer that does not know of this. Rolling back is what browsers are worst at: a Chromium that rolls back its first
/// data channel may never open one again, and one that rolls back its first offer may show no picture any more.
///
/// Candidates that come before their description wait for it. Our own are sent after the description they belong to.
/// ICE is restarted when the peer can be reached over the link: an offer that lies about while the way heals by itself,
/// and is answered afterwards, would break it again. A candidate that fails is forgiven where it belongs to an offer
/// that we did not take. An offer that fails, here or there, is rolled back on both sides and made again later. Signals
/// that come twice, or are of an earlier session of either side, are passed over; lost ones are sent again.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Negotiator {
    politeness: Politeness,
    delivery: Delivery,
    state: State,
    running: Option<Operation>,
    negotiation_needed: bool,
    /// The pending offer, of whichever side, cannot become an agreement.
    roll_back: bool,
    turn: Turn,
    /// Of our latest offer, without its version, and how often it was made in a row: there are browsers that ask for
    /// one again and again, such as for a transceiver that was stopped before its first offer.
    last_offer: Option<u64>,
    idle_offers: u8,
    /// Numbers of the latest offers.
    our_offer: u32,
    their_offer: u32,
    inbox: VecDeque<(u32, Content)>,
    /// There was an agreement, and so there are descriptions for good.
    agreed: bool,
    candidates: Candidates,
    /// ICE is to be restarted when the peer is heard of.
    path_broken: bool,
    /// Time-outs until the next offer, after one that failed, and how long that was.
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
    Wanted,
    /// They have it, until they offer or pass.
    Theirs,
}

impl Negotiator {
    /// One side, at its beginning. No two have the same id.
    #[must_use]
    pub fn new(own: SessionId, politeness: Politeness) -> Self {
        Self::with(Delivery::new(own, false), politeness)
    }

    /// The same with a peer that speaks plain perfect negotiation: descriptions and candidates without
    /// [`Stamp`](super::Stamp)s, over a link that delivers in order and once.
    #[must_use]
    pub fn plain(politeness: Politeness) -> Self {
        Self::with(Delivery::new(SessionId::new(""), true), politeness)
    }

    fn with(delivery: Delivery, politeness: Politeness) -> Self {
        Self {
            politeness,
            delivery,
            state: State::Stable,
            running: None,
            negotiation_needed: false,
            roll_back: false,
            turn: Turn::Free,
            last_offer: None,
            idle_offers: 0,
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

    /// Whether there is something to do when a second has passed: tell it by [`Input::Timeout`] then.
    #[must_use]
    pub fn wants_timeout(&self) -> bool {
        self.pause > 0 || self.delivery.wants_timeout()
    }

    /// Takes what has happened and gives what is to be done.
    pub fn handle(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::LinkOpened => self.tell(Content::Hello, &mut actions),
            Input::NegotiationNeeded => self.negotiation_needed = true,
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
                actions.extend(self.delivery.timeout().into_iter().map(Action::Send));
            }
            Input::Closing => self.tell(Content::Bye, &mut actions),
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
        actions.extend(self.delivery.send(content).map(Action::Send));
    }

    fn tell(&mut self, content: Content, actions: &mut Vec<Action>) {
        actions.extend(self.delivery.tell(content).map(Action::Send));
    }

    fn receive(&mut self, signal: Signal, actions: &mut Vec<Action>) {
        if self.path_broken && self.delivery.is_from_peer(&signal) {
            self.path_broken = false;
            actions.push(Action::RestartIce);
        }
        let (arrival, answers) = self.delivery.receive(signal);
        actions.extend(answers.into_iter().map(Action::Send));
        match arrival {
            Arrival::New(number, content) => self.inbox.push_back((number, content)),
            Arrival::Nothing => {}
            Arrival::Closed => actions.push(Action::PeerClosed),
            Arrival::Restarted => actions.push(Action::PeerRestarted),
        }
    }

    fn done(&mut self, local: Option<SessionDescription>, actions: &mut Vec<Action>) {
        match self.running.take() {
            Some(Operation::SetLocalDescription) => {
                let Some(description) = local else { return };
                self.described(description, actions);
            }
            Some(Operation::SetRemoteDescription(description)) => {
                self.candidates.remote_description_set(&description);
                if description.kind == SdpType::Offer {
                    self.state = State::HaveRemoteOffer;
                    self.end_their_turn();
                    // The browser says so again if an offer is still due after our answer.
                    self.negotiation_needed = false;
                } else if description.kind == SdpType::Answer {
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

    fn described(&mut self, description: SessionDescription, actions: &mut Vec<Action>) {
        let is_offer = description.kind == SdpType::Offer;
        if is_offer {
            let offer = Some(hash(&description));
            let is_idle = self.last_offer == offer;
            self.idle_offers = if is_idle { self.idle_offers.saturating_add(1) } else { 0 };
            self.last_offer = offer;
        }
        let (earlier, ours) = self.candidates.described(&description);
        for candidate in earlier {
            self.send(Content::Candidate(candidate), actions);
        }
        self.send(Content::Description(description), actions);
        if is_offer {
            self.state = State::HaveLocalOffer;
            self.our_offer = self.delivery.last_number();
        } else {
            self.agree();
        }
        for candidate in ours {
            self.send(Content::Candidate(candidate), actions);
        }
    }

    fn agree(&mut self) {
        self.state = State::Stable;
        self.agreed = true;
        self.last_pause = 0;
        self.pause = if self.idle_offers < 2 { 0 } else { self.idle_offers.min(LONGEST_IDLE_PAUSE) };
    }

    fn failed(&mut self, state: &SignalingState, actions: &mut Vec<Action>) {
        let Some(operation) = self.running.take() else { return };
        if matches!(operation, Operation::AddIceCandidate(_)) {
            if !self.candidates.is_forgiven() {
                actions.push(Action::ReportFailure);
            }
            return;
        }
        actions.push(Action::ReportFailure);
        self.state = match state {
            SignalingState::HaveLocalOffer | SignalingState::HaveRemotePranswer => State::HaveLocalOffer,
            SignalingState::HaveRemoteOffer | SignalingState::HaveLocalPranswer => State::HaveRemoteOffer,
            _ => State::Stable,
        };
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
                self.negotiation_needed |= self.state == State::Stable && self.our_offer > 0;
                self.refuse(actions);
            }
            (Operation::SetLocalDescription, State::Stable) => {
                if self.asks_for_turns() {
                    self.send(Content::Pass, actions);
                }
                self.offer_later();
            }
            // A rollback that fails leaves nothing else to try.
            (Operation::RollBackLocalOffer | Operation::RollBackRemoteOffer, _) => self.state = State::Stable,
            (_, State::HaveLocalOffer | State::HaveRemoteOffer) => self.roll_back = true,
            (_, State::Stable) => {}
        }
    }

    /// Their offer could not be taken.
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

    /// Ours could not be made, or not become an agreement: once more after a while, longer each time.
    fn offer_later(&mut self) {
        self.state = State::Stable;
        // What the other side sends may belong to the answer that we could not take, and to the one to come.
        self.candidates.description_refused();
        self.candidates.forgive_waiting();
        self.negotiation_needed = true;
        self.last_pause = (self.last_pause * 2).clamp(1, LONGEST_PAUSE);
        self.pause = self.last_pause;
    }

    fn next_operation(&mut self, actions: &mut Vec<Action>) -> Option<Operation> {
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
                        actions.push(Action::ReportRefusal);
                        self.roll_back = true;
                    }
                }
                Some((_, Content::Ask)) if self.is_polite() => {}
                Some((_, Content::Ask)) => self.turn = Turn::Wanted,
                Some((_, Content::Grant)) => {
                    if self.negotiation_needed && self.pause == 0 {
                        self.turn = Turn::Ours;
                    } else {
                        self.turn = Turn::Free;
                        self.send(Content::Pass, actions);
                    }
                }
                Some((_, Content::Pass)) => self.end_their_turn(),
                Some((_, Content::Hello | Content::Seen | Content::Ping | Content::Bye)) => {}
                None => break,
            }
        }
        if self.state == State::Stable && self.has_turn(actions) {
            self.negotiation_needed = false;
            return Some(Operation::SetLocalDescription);
        }
        None
    }

    /// Whether to offer now.
    fn has_turn(&mut self, actions: &mut Vec<Action>) -> bool {
        let due = self.negotiation_needed && self.pause == 0;
        match self.turn {
            Turn::Wanted => {
                self.turn = Turn::Theirs;
                self.send(Content::Grant, actions);
                false
            }
            Turn::Free if due && self.asks_for_turns() => {
                self.turn = Turn::Asked;
                self.send(Content::Ask, actions);
                false
            }
            Turn::Asked if due && !self.is_polite() => {
                self.turn = Turn::Free;
                true
            }
            Turn::Ours if due => {
                self.turn = Turn::Free;
                true
            }
            Turn::Free => due,
            Turn::Asked | Turn::Ours | Turn::Theirs => false,
        }
    }

    fn accepts(&mut self, number: u32, description: &SessionDescription) -> bool {
        match description.kind {
            SdpType::Offer => {
                let collides = self.state != State::Stable;
                let taken = !collides || self.is_polite();
                if taken {
                    self.their_offer = number;
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
        self.is_polite() && !self.delivery.is_plain()
    }

    fn is_polite(&self) -> bool {
        match self.politeness {
            Politeness::Polite => true,
            Politeness::Impolite => false,
            // Until the lot has fallen, both are.
            Politeness::ByLot => self.delivery.is_before_peer(),
        }
    }
}

/// Of all but the line with the version.
fn hash(description: &SessionDescription) -> u64 {
    let mut hasher = DefaultHasher::new();
    for line in description.sdp.lines().filter(|line| !line.starts_with("o=")) {
        line.hash(&mut hasher);
    }
    hasher.finish()
}
