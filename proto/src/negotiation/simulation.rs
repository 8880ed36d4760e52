//! A simulation of two negotiators with model browsers and a link between them. Its steps include changes on both
//! sides, lost and repeated signals, failed operations and page reloads.

use std::collections::VecDeque;

use super::{
    Action, Content, Input, Negotiator, Operation, Politeness, SessionId, Signal,
    model::{Browser, Problem, Signaling},
};
use crate::sdp::{IceCandidate, SdpType};

/// Maximum numbers of each kind of step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Bounds {
    /// Changes per side.
    pub changes: u8,
    pub restarts: u8,
    /// Lost signals of both sides together.
    pub losses: u8,
    pub repetitions: u8,
    pub failures: u8,
    pub reloads: u8,
    /// Timeouts while other steps are possible.
    pub slowness: u8,
    /// True if candidates of a generation are gathered even after the next one has started.
    pub late_candidates: bool,
    /// True if the signal limit is so low that descriptions are split.
    pub splits: bool,
}

/// A defect that the search must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Defect {
    /// An offer that arrives while the answer to the local offer is being applied counts as a collision.
    PendingAnswerForgotten,
    /// A failed offer is not refused.
    RefusalDropped,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Running {
    Requested(Operation),
    /// Applied, and not reported to the negotiator yet.
    Applied(Input),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Side {
    negotiator: Negotiator,
    browser: Browser,
    running: Option<Running>,
    outgoing: VecDeque<Signal>,
    /// Number of page reloads.
    reloaded: u8,
    changes_left: u8,
    restarts_left: u8,
}

/// A step that may happen next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Change(usize),
    Restart(usize),
    NegotiationNeeded(usize),
    Apply(usize),
    /// The operation fails without an effect.
    Fail(usize),
    Resolve(usize),
    Candidate(usize),
    /// The first signal in flight from this side arrives.
    Deliver(usize),
    /// The first signal in flight from this side arrives, and will arrive again.
    Repeat(usize),
    /// The first signal in flight from this side is lost.
    Lose(usize),
    Timeout(usize),
    Reload(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Simulation {
    sides: [Side; 2],
    politeness: [Politeness; 2],
    left: Bounds,
    had_failure: bool,
    defect: Option<Defect>,
}

impl Simulation {
    pub(super) fn new(politeness: [Politeness; 2], bounds: Bounds) -> Self {
        Self::with_negotiators(politeness, bounds, |side| Negotiator::new(id(side, 0), politeness[side]))
    }

    /// Creates a simulation in which the second side is a plain peer that the first one must detect.
    pub(super) fn with_plain_peer(politeness: [Politeness; 2], bounds: Bounds) -> Self {
        Self::with_negotiators(politeness, bounds, |side| match side {
            0 => Negotiator::new(id(side, 0), politeness[side]),
            _ => Negotiator::plain(politeness[side]),
        })
    }

    /// Creates a simulation of two plain peers, which send no headers.
    pub(super) fn plain(politeness: [Politeness; 2], bounds: Bounds) -> Self {
        Self::with_negotiators(politeness, bounds, |side| Negotiator::plain(politeness[side]))
    }

    fn with_negotiators(politeness: [Politeness; 2], bounds: Bounds, negotiator: impl Fn(usize) -> Negotiator) -> Self {
        let negotiator = |side: usize| limited(negotiator(side), bounds);
        let side = |side: usize| Side {
            negotiator: negotiator(side),
            browser: Browser::new(side),
            running: None,
            outgoing: VecDeque::new(),
            reloaded: 0,
            changes_left: bounds.changes,
            restarts_left: bounds.restarts,
        };
        let mut new = Self { sides: [side(0), side(1)], politeness, left: bounds, had_failure: false, defect: None };
        for at in [0, 1] {
            new.handle(at, Input::LinkOpened).unwrap();
        }
        new
    }

    pub(super) fn with_defect(mut self, defect: Defect) -> Self {
        self.defect = Some(defect);
        self
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, side) in self.sides.iter().enumerate() {
            let mut step_if = |step: fn(usize) -> Step, condition: bool| condition.then(|| steps.push(step(at)));
            // The event fires once the operations chain of the browser is empty.
            step_if(Step::NegotiationNeeded, side.browser.needed && side.running.is_none());
            step_if(Step::Apply, matches!(side.running, Some(Running::Requested(_))));
            step_if(Step::Fail, self.left.failures > 0 && side.may_fail());
            step_if(Step::Resolve, matches!(side.running, Some(Running::Applied(_))));
            step_if(Step::Candidate, !side.browser.found.is_empty());
            step_if(Step::Deliver, !side.outgoing.is_empty());
            step_if(Step::Repeat, !side.outgoing.is_empty() && self.left.repetitions > 0);
            step_if(Step::Lose, !side.outgoing.is_empty() && self.left.losses > 0);
        }
        // Without slowness, time passes only if no other step is possible.
        let idle = steps.is_empty() || self.left.slowness > 0;
        for (at, side) in self.sides.iter().enumerate() {
            let mut step_if = |step: fn(usize) -> Step, condition: bool| condition.then(|| steps.push(step(at)));
            step_if(Step::Timeout, idle && side.negotiator.wants_timeout());
            step_if(Step::Change, side.changes_left > 0);
            step_if(Step::Restart, side.restarts_left > 0 && side.browser.agreed.is_some());
            step_if(Step::Reload, self.left.reloads > 0);
        }
        steps
    }

    pub(super) fn take(&mut self, step: Step) -> Result<(), Problem> {
        match step {
            Step::Change(at) => {
                let side = &mut self.sides[at];
                side.changes_left -= 1;
                side.browser.made += 1;
                side.browser.update_negotiation_needed();
            }
            Step::Restart(at) => {
                let side = &mut self.sides[at];
                side.restarts_left -= 1;
                return self.handle(at, Input::PathBroken);
            }
            Step::NegotiationNeeded(at) => {
                let browser = &mut self.sides[at].browser;
                browser.needed = false;
                if browser.signaling == Signaling::Stable && browser.offer_is_due() {
                    return self.handle(at, Input::NegotiationNeeded);
                }
            }
            Step::Apply(at) => {
                let side = &mut self.sides[at];
                let changes_nothing = matches!(
                    side.running,
                    Some(Running::Requested(Operation::AddIceCandidate(_) | Operation::CreateOffer))
                );
                side.apply()?;
                // Steps in between would have no influence.
                if changes_nothing {
                    return self.take(Step::Resolve(at));
                }
            }
            Step::Fail(at) => {
                self.left.failures -= 1;
                self.had_failure = true;
                let side = &mut self.sides[at];
                side.running = Some(Running::Applied(Input::Failed(side.browser.state())));
            }
            Step::Resolve(at) => {
                let side = &mut self.sides[at];
                let Some(Running::Applied(input)) = side.running.take() else { unreachable!() };
                if !self.left.late_candidates {
                    let fragment = side.browser.fragment;
                    side.browser.found.retain(|found| *found == fragment);
                }
                side.browser.update_negotiation_needed();
                return self.handle(at, input);
            }
            Step::Candidate(at) => {
                let fragment = self.sides[at].browser.found.pop_front().unwrap().to_string();
                let candidate = IceCandidate {
                    candidate: format!("candidate of {fragment}"),
                    username_fragment: Some(fragment),
                    ..IceCandidate::default()
                };
                return self.handle(at, Input::LocalCandidate(candidate));
            }
            Step::Deliver(at) => {
                let signal = self.sides[at].outgoing.pop_front().unwrap();
                return self.deliver(at, signal);
            }
            Step::Repeat(at) => {
                self.left.repetitions -= 1;
                let signal = self.sides[at].outgoing[0].clone();
                return self.deliver(at, signal);
            }
            Step::Lose(at) => {
                self.left.losses -= 1;
                self.sides[at].outgoing.pop_front();
            }
            Step::Timeout(at) => {
                self.left.slowness = self.left.slowness.saturating_sub(1);
                return self.handle(at, Input::Timeout);
            }
            Step::Reload(at) => {
                self.left.reloads -= 1;
                return self.restart_page(at);
            }
        }
        Ok(())
    }

    fn deliver(&mut self, from: usize, mut signal: Signal) -> Result<(), Problem> {
        let to = 1 - from;
        let is_dropped = match self.defect {
            Some(Defect::PendingAnswerForgotten) => {
                is_offer(&signal) && self.politeness[to] == Politeness::Impolite && self.sides[to].is_applying_answer()
            }
            Some(Defect::RefusalDropped) => matches!(signal.content, Content::Refuse { .. }),
            None => false,
        };
        if is_dropped {
            signal.content = Content::Ack;
        }
        self.handle(to, Input::Received(signal))
    }

    fn handle(&mut self, at: usize, input: Input) -> Result<(), Problem> {
        for action in self.sides[at].negotiator.handle(input) {
            let side = &mut self.sides[at];
            match action {
                Action::Send(signal) => side.outgoing.push_back(signal),
                Action::Perform(operation) => {
                    if side.running.replace(Running::Requested(operation)).is_some() {
                        return Err("two operations were requested at the same time".into());
                    }
                }
                Action::RestartIce => {
                    side.browser.restart_wanted = true;
                    side.browser.update_negotiation_needed();
                }
                Action::ReportTooLarge { .. } => return Err("a signal exceeds the limit".into()),
                Action::ReportFailure | Action::ReportRefusal if self.had_failure => {}
                Action::ReportFailure | Action::ReportRefusal => {
                    return Err("a failure was reported although none occurred".into());
                }
                Action::PeerClosed => return Err("the peer was reported as closed although neither side closed".into()),
                Action::PeerRestarted => return self.restart_page(at),
            }
        }
        Ok(())
    }

    /// Starts a new connection that has the changes of the previous one. Signals stay in flight.
    fn restart_page(&mut self, at: usize) -> Result<(), Problem> {
        let side = &mut self.sides[at];
        side.reloaded += 1;
        if side.reloaded > 6 {
            return Err("the peers restart forever".into());
        }
        side.negotiator = limited(Negotiator::new(id(at, side.reloaded), self.politeness[at]), self.left);
        side.running = None;
        let made = side.browser.made;
        side.browser = Browser::new(at);
        side.browser.made = made;
        side.browser.update_negotiation_needed();
        self.handle(at, Input::LinkOpened)
    }

    /// Checks a state without any further step.
    pub(super) fn end(&self) -> Result<(), Problem> {
        let [first, second] = &self.sides;
        for (side, other) in [(first, second), (second, first)] {
            let browser = &side.browser;
            let problem = if browser.signaling != Signaling::Stable {
                "a side waits forever"
            } else if browser.offer_is_due() {
                "the peer never received a change"
            } else if browser.remote_fragment != other.browser.fragment {
                "the candidates belong to another generation"
            } else if browser.remote_fragment != 0 && !browser.added.contains(&browser.remote_fragment) {
                "a candidate of the peer is lost"
            } else {
                continue;
            };
            return Err(format!("{problem}: {browser:?}"));
        }
        if first.browser.agreed == second.browser.agreed {
            Ok(())
        } else {
            Err("the sides agreed on different descriptions".into())
        }
    }
}

/// A signal limit at which descriptions have two or three parts, and other signals are not split.
const LIMIT: usize = 160;

fn limited(mut negotiator: Negotiator, bounds: Bounds) -> Negotiator {
    if bounds.splits {
        negotiator.set_signal_limit(LIMIT);
        negotiator.look_ahead();
    }
    negotiator
}

/// Returns a session id. After each reload, the opposite side has the lower id.
fn id(side: usize, reloaded: u8) -> SessionId {
    SessionId::new(format!("{reloaded} {side}"))
}

fn is_offer(signal: &Signal) -> bool {
    matches!(&signal.content, Content::Description(description) if description.kind == SdpType::Offer)
}

impl Side {
    fn apply(&mut self) -> Result<(), Problem> {
        let Some(Running::Requested(operation)) = self.running.take() else { unreachable!() };
        let browser = &mut self.browser;
        let outcome = match operation {
            Operation::CreateOffer => Input::Done(Some(browser.create_offer()?)),
            Operation::SetLocalDescription => Input::Done(Some(browser.set_local_description()?)),
            Operation::SetRemoteDescription(description) => {
                browser.set_remote_description(&description)?;
                Input::Done(None)
            }
            Operation::RollBackLocalOffer => {
                browser.roll_back_local_offer()?;
                Input::Done(None)
            }
            Operation::RollBackRemoteOffer => {
                browser.roll_back_remote_offer()?;
                Input::Done(None)
            }
            Operation::AddIceCandidate(candidate) if browser.add_ice_candidate(&candidate)? => Input::Done(None),
            Operation::AddIceCandidate(_) => Input::Failed(browser.state()),
        };
        self.running = Some(Running::Applied(outcome));
        Ok(())
    }

    /// Returns whether the current operation may fail. Rollbacks succeed, and the model decides about candidates.
    fn may_fail(&self) -> bool {
        let Some(Running::Requested(operation)) = &self.running else { return false };
        matches!(operation, Operation::SetLocalDescription | Operation::SetRemoteDescription(_))
    }

    fn is_applying_answer(&self) -> bool {
        match &self.running {
            Some(Running::Requested(Operation::SetRemoteDescription(description))) => {
                description.kind == SdpType::Answer
            }
            Some(Running::Applied(Input::Done(None))) => matches!(self.browser.signaling, Signaling::Stable),
            _ => false,
        }
    }
}
