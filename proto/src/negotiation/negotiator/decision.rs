//! The choice of the next operation: received signals, turns and offers.

use std::mem;

use super::{Negotiator, State, Turn};
use crate::{
    negotiation::{
        operation::{Action, Operation, Politeness},
        parts::UNLIMITED,
        signal::Content,
    },
    sdp::{SdpType, SessionDescription},
};

impl Negotiator {
    pub(super) fn next_operation(&mut self, actions: &mut Vec<Action>) -> Option<Operation> {
        // No operation may run between creating and setting an offer.
        if mem::take(&mut self.offer_checked) {
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
                    self.candidates.remote_description_received(&description);
                    if self.accepts(number, &description) {
                        return Some(Operation::SetRemoteDescription(description));
                    }
                }
                Some((_, Content::Candidate(candidate))) => {
                    self.candidates.received(candidate);
                }
                Some((_, Content::Refuse { offer })) => {
                    if self.state == State::HaveLocalOffer && offer == self.local_offer {
                        if self.failures.local_offer_failed() {
                            actions.push(Action::ReportRefusal);
                        }
                        self.roll_back = true;
                    }
                }
                Some((_, Content::Request)) if self.is_polite() => {}
                Some((_, Content::Request)) => self.turn = Turn::RequestedByRemote,
                Some((_, Content::Grant)) => {
                    if self.may_offer() {
                        self.turn = Turn::Local;
                    } else {
                        self.turn = Turn::Free;
                        self.send(Content::Release, actions);
                    }
                }
                Some((_, Content::Release)) => self.end_remote_turn(),
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
        if matches!(self.turn, Turn::RequestedByLocal | Turn::Local) {
            self.turn = Turn::Free;
        }
        self.negotiation_needed = false;
        Operation::SetLocalDescription
    }

    /// Returns whether an offer is due and can be made, apart from the turn.
    fn may_offer(&self) -> bool {
        self.negotiation_needed
            && !self.answer_only
            && self.pause == 0
            && !self.waits_for_peer()
            && !self.delivery.awaits_announced()
    }

    /// Returns whether the peer may support turns, or be about to offer.
    pub(super) fn waits_for_peer(&self) -> bool {
        self.first_offer_delay > 0 && !self.has_completed && !self.delivery.is_known()
    }

    /// Returns whether the offer must be checked before it is set, because it may be too large or have failed too
    /// often.
    fn needs_check(&self) -> bool {
        let may_be_too_large = self.delivery.limit() != UNLIMITED || self.failures.too_large.is_some();
        self.may_look_ahead() && (may_be_too_large || self.failures.has_given_up(None))
    }

    /// Returns whether an offer may be created before it is set. That is possible for the first offer in every browser,
    /// because no section is in use yet, and necessary, because Chromium may never open a data channel after it
    /// has rolled back the first offer.
    pub(super) fn may_look_ahead(&self) -> bool {
        self.looks_ahead || !self.has_completed
    }

    /// Returns whether this side may offer now. Requests or grants the turn if that is due.
    fn has_turn(&mut self, actions: &mut Vec<Action>) -> bool {
        let may_offer = self.may_offer();
        match self.turn {
            Turn::RequestedByRemote => {
                self.turn = Turn::Remote;
                self.send(Content::Grant, actions);
                false
            }
            Turn::Free if may_offer && self.requests_turns() => {
                self.turn = Turn::RequestedByLocal;
                self.send(Content::Request, actions);
                false
            }
            Turn::RequestedByLocal => may_offer && !self.is_polite(),
            Turn::Local | Turn::Free => may_offer,
            Turn::Remote => false,
        }
    }

    fn accepts(&mut self, number: u32, description: &SessionDescription) -> bool {
        match description.kind {
            SdpType::Offer => {
                let collides = self.state != State::Stable;
                let is_accepted = !collides || self.is_polite();
                if is_accepted {
                    self.remote_offer = number;
                    self.failures.remote_offer = description.shape();
                } else {
                    self.candidates.remote_offer_ignored();
                }
                is_accepted
            }
            // An unexpected answer belongs to an offer that was rolled back.
            SdpType::Answer | SdpType::Pranswer => self.state == State::HaveLocalOffer,
            SdpType::Rollback | SdpType::Unknown(_) => false,
        }
    }

    /// Returns whether this side requests turns. A plain peer does not support them.
    pub(super) fn requests_turns(&self) -> bool {
        self.is_polite() && self.delivery.is_known()
    }

    fn is_polite(&self) -> bool {
        match self.politeness {
            Politeness::Polite => true,
            Politeness::Impolite => false,
            // Until the peer's id is known, both sides are polite.
            Politeness::Auto => self.delivery.has_lower_id(),
        }
    }
}
