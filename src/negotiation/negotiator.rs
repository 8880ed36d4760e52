//! Perfect negotiation as a state machine without a browser.
//! [Specification](https://www.w3.org/TR/webrtc/#perfect-negotiation-example)

use std::collections::VecDeque;

use super::Signal;
use crate::peer::{IceCandidate, SdpType, SessionDescription};

/// Who gives way when both sides offer at once. The two sides of a connection must have one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Politeness {
    /// Takes its own offer back and answers the other's.
    Polite,
    /// Ignores the other's offer and waits for the answer to its own.
    Impolite,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// The connection says that an offer is due.
    NegotiationNeeded,
    /// The connection has found a candidate.
    LocalCandidate(IceCandidate),
    /// The other side has sent this.
    Received(Signal),
    /// The operation that was asked for last is done. With the local description, where that was set.
    Done(Option<SessionDescription>),
    /// The operation that was asked for last has failed.
    Failed,
}

/// What is to be done, in order. At most one operation is asked for at a time: the next comes after its
/// [`Input::Done`] or [`Input::Failed`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Send this to the other side.
    Send(Signal),
    /// Tell the user that the operation has failed.
    Report,
    /// An operation of the connection.
    Perform(Operation),
}

/// An operation of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `setLocalDescription()`, which offers or answers as is due.
    SetLocalDescription,
    /// `setRemoteDescription()`, which rolls our own offer back where need be.
    SetRemoteDescription(SessionDescription),
    /// `addIceCandidate()`.
    AddIceCandidate(IceCandidate),
}

/// What negotiation is at. An operation runs to its end before the next signal is looked at, so that whether an
/// offer collides is plain from the state, and there is no moment in between to be wrong about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum State {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

/// One side of a connection's negotiation: a value that takes [`Input`]s and gives [`Action`]s. It has neither a
/// browser nor a clock; [`negotiate`](super::negotiate) drives one with a real connection.
///
/// Candidates that come before their description wait for it. Our own are sent after the description they belong
/// to. A candidate that fails is forgiven where it belongs to an offer that we ignored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Negotiator {
    politeness: Politeness,
    state: State,
    running: Option<Operation>,
    negotiation_needed: bool,
    inbox: VecDeque<Signal>,
    has_remote_description: bool,
    ignored_offer: bool,
    /// Remote candidates that are to be added, some without a description yet.
    candidates: VecDeque<RemoteCandidate>,
    /// Whether the candidate that is being added may fail.
    may_fail: bool,
    /// Our candidates while their description is not sent yet.
    unsent: Vec<IceCandidate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RemoteCandidate {
    candidate: IceCandidate,
    /// It came after an offer that we ignored, and may belong to that.
    may_fail: bool,
}

impl Negotiator {
    /// One side, at its beginning.
    #[must_use]
    pub fn new(politeness: Politeness) -> Self {
        Self {
            politeness,
            state: State::Stable,
            running: None,
            negotiation_needed: false,
            inbox: VecDeque::new(),
            has_remote_description: false,
            ignored_offer: false,
            candidates: VecDeque::new(),
            may_fail: false,
            unsent: Vec::new(),
        }
    }

    /// Takes what has happened and gives what is to be done.
    pub fn handle(&mut self, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::NegotiationNeeded => self.negotiation_needed = true,
            Input::LocalCandidate(candidate) if self.running == Some(Operation::SetLocalDescription) => {
                self.unsent.push(candidate);
            }
            Input::LocalCandidate(candidate) => actions.push(Action::Send(Signal::Candidate(candidate))),
            Input::Received(signal) => self.inbox.push_back(signal),
            Input::Done(local) => self.done(local, &mut actions),
            Input::Failed => self.failed(&mut actions),
        }
        if self.running.is_none()
            && let Some(operation) = self.next_operation()
        {
            self.running = Some(operation.clone());
            actions.push(Action::Perform(operation));
        }
        actions
    }

    fn done(&mut self, local: Option<SessionDescription>, actions: &mut Vec<Action>) {
        match self.running.take() {
            Some(Operation::SetLocalDescription) => {
                let Some(description) = local else { return };
                self.state = if description.kind == SdpType::Offer { State::HaveLocalOffer } else { State::Stable };
                // Those of before a restart belong to the description before this one.
                let (ours, earlier): (Vec<_>, Vec<_>) =
                    self.unsent.drain(..).partition(|candidate| belongs(candidate, &description));
                let send = |candidate| Action::Send(Signal::Candidate(candidate));
                actions.extend(earlier.into_iter().map(send));
                actions.push(Action::Send(Signal::Description(description)));
                actions.extend(ours.into_iter().map(send));
            }
            Some(Operation::SetRemoteDescription(description)) => {
                self.state = if description.kind == SdpType::Offer { State::HaveRemoteOffer } else { State::Stable };
                self.has_remote_description = true;
                // The browser says so again if an offer is still due after our answer.
                self.negotiation_needed &= self.state == State::Stable;
                self.ignored_offer = false;
            }
            Some(Operation::AddIceCandidate(_)) | None => {}
        }
    }

    fn failed(&mut self, actions: &mut Vec<Action>) {
        let forgiven = match self.running.take() {
            Some(Operation::AddIceCandidate(_)) => self.may_fail,
            Some(Operation::SetLocalDescription) => {
                // An offer that cannot be answered is dropped; the other side may offer anew.
                self.state = State::Stable;
                self.unsent.clear();
                false
            }
            Some(Operation::SetRemoteDescription(_)) => false,
            None => true,
        };
        if !forgiven {
            actions.push(Action::Report);
        }
    }

    fn next_operation(&mut self) -> Option<Operation> {
        if self.state == State::HaveRemoteOffer {
            return Some(Operation::SetLocalDescription);
        }
        loop {
            if self.has_remote_description
                && let Some(RemoteCandidate { candidate, may_fail }) = self.candidates.pop_front()
            {
                self.may_fail = may_fail;
                return Some(Operation::AddIceCandidate(candidate));
            }
            match self.inbox.pop_front() {
                Some(Signal::Description(description)) => {
                    if self.accepts(&description) {
                        return Some(Operation::SetRemoteDescription(description));
                    }
                }
                Some(Signal::Candidate(candidate)) => {
                    self.candidates.push_back(RemoteCandidate { candidate, may_fail: self.ignored_offer });
                }
                None => break,
            }
        }
        if self.negotiation_needed && self.state == State::Stable {
            self.negotiation_needed = false;
            return Some(Operation::SetLocalDescription);
        }
        None
    }

    fn accepts(&mut self, description: &SessionDescription) -> bool {
        match description.kind {
            SdpType::Offer => {
                let collides = self.state != State::Stable;
                self.ignored_offer = collides && self.politeness == Politeness::Impolite;
                !self.ignored_offer
            }
            // An answer that nobody waits for is a duplicate, or is to an offer that was taken back.
            SdpType::Answer | SdpType::Pranswer => self.state == State::HaveLocalOffer,
            SdpType::Rollback | SdpType::Unknown(_) => false,
        }
    }
}

/// Whether the candidate is of the generation that is described.
fn belongs(candidate: &IceCandidate, description: &SessionDescription) -> bool {
    let Some(fragment) = candidate.username_fragment.as_deref() else { return true };
    description.sdp.lines().any(|line| line.strip_prefix("a=ice-ufrag:") == Some(fragment))
}
