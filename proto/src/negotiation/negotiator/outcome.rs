//! The outcome of operations: completed, failed and refused offers, and signals that exceed the limit.

use std::mem;

use super::{Negotiator, State, Turn, report};
use crate::{
    negotiation::{
        delivery::Unsendable,
        operation::{Action, Operation},
        parts::TooLarge,
        signal::Content,
    },
    sdp::{SdpType, SessionDescription, SignalingState},
};

/// Maximum number of timeouts before a failed offer is repeated. The first pause is one timeout.
const MAX_PAUSE: u8 = 32;

impl Negotiator {
    pub(super) fn done(&mut self, local: Option<SessionDescription>, actions: &mut Vec<Action>) {
        match self.running.take() {
            Some(Operation::SetLocalDescription) => {
                let Some(description) = local else { return };
                self.local_description_set(&description, actions);
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
                    self.end_remote_turn();
                    // The connection needs negotiation again if an offer is still due after the answer.
                    self.negotiation_needed = false;
                } else if description.kind == SdpType::Answer {
                    self.failures.local = None;
                    self.complete();
                }
            }
            Some(Operation::RollBackLocalOffer) => self.retry_offer_later(),
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

    /// Checks an offer that was created and not set yet.
    fn offer_created(&mut self, offer: &SessionDescription, actions: &mut Vec<Action>) {
        if let Err(error) = self.delivery.check(offer) {
            self.offer_is_too_large(offer, error, actions);
        } else {
            self.failures.too_large = None;
            self.offer_checked = !self.failures.has_given_up(Some(offer.shape()));
        }
        if !self.offer_checked {
            self.postpone_offer(actions);
        }
    }

    fn local_description_set(&mut self, description: &SessionDescription, actions: &mut Vec<Action>) {
        let is_offer = description.kind == SdpType::Offer;
        self.repetition.local_description_set(description);
        if is_offer {
            self.failures.local_offer = description.shape();
            self.failures.creating = false;
        }
        let (earlier, current) = self.candidates.local_description_set(description);
        for candidate in earlier {
            self.send(Content::Candidate(candidate), actions);
        }
        let sent = self.delivery.send(Content::Description(description.clone()));
        match sent {
            Ok(signals) => actions.extend(signals.into_iter().map(Action::Send)),
            Err(error) if is_offer => {
                self.state = State::HaveLocalOffer;
                self.roll_back = true;
                self.release_turn(actions);
                return self.offer_is_too_large(description, error, actions);
            }
            Err(error) => {
                self.answer_is_too_large(error, actions);
                return self.complete();
            }
        }
        if is_offer {
            self.state = State::HaveLocalOffer;
            self.local_offer = self.delivery.last_number();
        } else {
            self.failures.remote = None;
            self.complete();
        }
        for candidate in current {
            self.send(Content::Candidate(candidate), actions);
        }
    }

    fn complete(&mut self) {
        self.state = State::Stable;
        self.has_completed = true;
        // The same offer may now succeed.
        self.failures.local = self.failures.local.map(|(shape, _)| (shape, 0));
        (self.failures.local_offer, self.failures.remote_offer) = (0, 0);
        self.back_off_pause = 0;
        self.pause = self.repetition.pause();
    }

    pub(super) fn failed(&mut self, state: &SignalingState, actions: &mut Vec<Action>) {
        let Some(operation) = self.running.take() else { return };
        if matches!(operation, Operation::AddIceCandidate(_)) {
            if !self.candidates.failure_is_expected() {
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
        let is_new = match &operation {
            Operation::SetLocalDescription if before == State::HaveRemoteOffer => self.failures.remote_offer_failed(),
            Operation::SetLocalDescription | Operation::CreateOffer => !mem::replace(&mut self.failures.creating, true),
            Operation::SetRemoteDescription(description) if description.kind == SdpType::Offer => {
                self.failures.remote_offer_failed()
            }
            Operation::SetRemoteDescription(_) => self.failures.local_offer_failed(),
            _ => true,
        };
        if is_new {
            actions.push(Action::ReportFailure);
        }
        if operation == Operation::SetLocalDescription {
            // The candidates belong to the description that stays.
            for candidate in self.candidates.take_unsent() {
                if self.has_completed {
                    self.send(Content::Candidate(candidate), actions);
                }
            }
        }
        match (operation, self.state) {
            (Operation::SetRemoteDescription(description), State::Stable | State::HaveLocalOffer)
                if description.kind == SdpType::Offer =>
            {
                // The local offer that was rolled back for the remote one is due again.
                self.negotiation_needed |= before == State::HaveLocalOffer && self.state == State::Stable;
                self.refuse(actions);
            }
            (Operation::SetLocalDescription, State::Stable) => {
                self.release_turn(actions);
                self.retry_offer_later();
            }
            (Operation::CreateOffer, _) => self.postpone_offer(actions),
            // No other operation can repair a failed rollback.
            (Operation::RollBackLocalOffer | Operation::RollBackRemoteOffer, _) => self.state = State::Stable,
            (_, State::HaveLocalOffer | State::HaveRemoteOffer) => self.roll_back = true,
            (_, State::Stable) => {}
        }
    }

    /// Postpones an offer that cannot be made now. It is checked again later.
    fn postpone_offer(&mut self, actions: &mut Vec<Action>) {
        self.back_off();
        if self.turn == Turn::Local {
            self.turn = Turn::Free;
            self.release_turn(actions);
        }
    }

    /// Releases the turn that was requested for an offer that is not made.
    fn release_turn(&mut self, actions: &mut Vec<Action>) {
        if self.requests_turns() {
            self.send(Content::Release, actions);
        }
    }

    /// Refuses the peer's offer.
    fn refuse(&mut self, actions: &mut Vec<Action>) {
        self.end_remote_turn();
        self.candidates.remote_description_refused();
        if !self.delivery.is_plain() {
            let offer = self.remote_offer;
            self.send(Content::Refuse { offer }, actions);
        }
    }

    pub(super) fn end_remote_turn(&mut self) {
        if self.turn == Turn::Remote {
            self.turn = Turn::Free;
        }
    }

    /// Schedules a failed local offer for repetition.
    fn retry_offer_later(&mut self) {
        self.state = State::Stable;
        // Candidates of the peer may belong to the answer that failed, or to the next one.
        self.candidates.remote_description_refused();
        self.candidates.expect_failures();
        self.negotiation_needed = true;
        self.back_off();
    }

    fn back_off(&mut self) {
        self.back_off_pause = (self.back_off_pause * 2).clamp(1, MAX_PAUSE);
        self.pause = self.back_off_pause;
    }

    /// Handles signals that could not be retransmitted because they exceed the limit.
    pub(super) fn take_unsendable(&mut self, actions: &mut Vec<Action>) {
        for Unsendable { number, content, error } in self.delivery.take_unsendable() {
            match content {
                Content::Description(offer) if offer.kind == SdpType::Offer => {
                    if self.state == State::HaveLocalOffer && number == self.local_offer {
                        self.offer_is_too_large(&offer, error, actions);
                        self.release_turn(actions);
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

    /// Handles an answer that was set locally, and that the peer will not receive.
    fn answer_is_too_large(&mut self, error: TooLarge, actions: &mut Vec<Action>) {
        if self.failures.remote_offer_failed() {
            actions.push(report(error));
        }
        self.refuse(actions);
    }

    pub(super) fn candidate_is_too_large(&mut self, error: TooLarge, actions: &mut Vec<Action>) {
        if !mem::replace(&mut self.failures.candidate, true) {
            actions.push(report(error));
        }
    }
}
