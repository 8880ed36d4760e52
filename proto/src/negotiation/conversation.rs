//! Two negotiators with the model's browsers and a link between them, and all that may come to pass: changes of both
//! sides, signals that are lost and come twice, operations that fail, pages that are reloaded.

use std::collections::VecDeque;

use super::{
    Action, Content, Input, Negotiator, Operation, Politeness, SessionId, Signal,
    model::{Browser, Problem, Signaling},
};
use crate::sdp::{IceCandidate, SdpType};

/// What may come to pass, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Bounds {
    /// Of each side.
    pub changes: u8,
    pub restarts: u8,
    /// Of both together.
    pub losses: u8,
    pub repetitions: u8,
    pub failures: u8,
    pub reloads: u8,
    /// How often time passes while other things are under way.
    pub slowness: u8,
    /// Candidates of a generation are found also when another has begun.
    pub late_candidates: bool,
    /// Limit of a signal's JSON text, so low that descriptions are split.
    pub splits: bool,
}

/// What the search has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mistake {
    /// An offer that comes while the answer to ours is being applied is taken for a collision.
    PendingAnswerForgotten,
    /// An offer that could not be taken is passed over in silence.
    RefusalKeptQuiet,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Running {
    Asked(Operation),
    /// Applied, and the program does not know yet.
    Applied(Input),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Side {
    negotiator: Negotiator,
    browser: Browser,
    running: Option<Running>,
    outgoing: VecDeque<Signal>,
    /// How often the page was reloaded.
    reloaded: u8,
    changes_left: u8,
    restarts_left: u8,
}

/// What may happen next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Change(usize),
    Restart(usize),
    NegotiationNeeded(usize),
    Apply(usize),
    /// The operation fails, and changes nothing.
    Fail(usize),
    Resolve(usize),
    Candidate(usize),
    /// What this side sent first arrives.
    Deliver(usize),
    /// The same, and will come again.
    Repeat(usize),
    /// It does not arrive.
    Lose(usize),
    Timeout(usize),
    Reload(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Conversation {
    sides: [Side; 2],
    politeness: [Politeness; 2],
    left: Bounds,
    something_failed: bool,
    mistake: Option<Mistake>,
}

impl Conversation {
    pub(super) fn new(politeness: [Politeness; 2], bounds: Bounds) -> Self {
        Self::between(politeness, bounds, |side| Negotiator::new(id(side, 0), politeness[side]))
    }

    /// The first side finds out that the second is plain.
    pub(super) fn with_plain_peer(politeness: [Politeness; 2], bounds: Bounds) -> Self {
        Self::between(politeness, bounds, |side| match side {
            0 => Negotiator::new(id(side, 0), politeness[side]),
            _ => Negotiator::plain(politeness[side]),
        })
    }

    /// Without stamps, as between peers of plain perfect negotiation.
    pub(super) fn plain(politeness: [Politeness; 2], bounds: Bounds) -> Self {
        Self::between(politeness, bounds, |side| Negotiator::plain(politeness[side]))
    }

    fn between(politeness: [Politeness; 2], bounds: Bounds, negotiator: impl Fn(usize) -> Negotiator) -> Self {
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
        let mut new =
            Self { sides: [side(0), side(1)], politeness, left: bounds, something_failed: false, mistake: None };
        for at in [0, 1] {
            new.handle(at, Input::LinkOpened).unwrap();
        }
        new
    }

    pub(super) fn making(mut self, mistake: Mistake) -> Self {
        self.mistake = Some(mistake);
        self
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, side) in self.sides.iter().enumerate() {
            let mut may = |step: fn(usize) -> Step, is_so: bool| is_so.then(|| steps.push(step(at)));
            // The browser waits until its chain of operations is empty.
            may(Step::NegotiationNeeded, side.browser.needed && side.running.is_none());
            may(Step::Apply, matches!(side.running, Some(Running::Asked(_))));
            may(Step::Fail, self.left.failures > 0 && side.may_fail());
            may(Step::Resolve, matches!(side.running, Some(Running::Applied(_))));
            may(Step::Candidate, !side.browser.found.is_empty());
            may(Step::Deliver, !side.outgoing.is_empty());
            may(Step::Repeat, !side.outgoing.is_empty() && self.left.repetitions > 0);
            may(Step::Lose, !side.outgoing.is_empty() && self.left.losses > 0);
        }
        // Else, time passes when nothing else does.
        let idle = steps.is_empty() || self.left.slowness > 0;
        for (at, side) in self.sides.iter().enumerate() {
            let mut may = |step: fn(usize) -> Step, is_so: bool| is_so.then(|| steps.push(step(at)));
            may(Step::Timeout, idle && side.negotiator.wants_timeout());
            may(Step::Change, side.changes_left > 0);
            may(Step::Restart, side.restarts_left > 0 && side.browser.agreed.is_some());
            may(Step::Reload, self.left.reloads > 0);
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
                    Some(Running::Asked(Operation::AddIceCandidate(_) | Operation::CreateOffer))
                );
                side.apply()?;
                // Nothing that comes in between makes a difference.
                if changes_nothing {
                    return self.take(Step::Resolve(at));
                }
            }
            Step::Fail(at) => {
                self.left.failures -= 1;
                self.something_failed = true;
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
                return self.begin_anew(at);
            }
        }
        Ok(())
    }

    fn deliver(&mut self, from: usize, mut signal: Signal) -> Result<(), Problem> {
        let to = 1 - from;
        let forgotten = match self.mistake {
            Some(Mistake::PendingAnswerForgotten) => {
                is_offer(&signal) && self.politeness[to] == Politeness::Impolite && self.sides[to].applies_an_answer()
            }
            Some(Mistake::RefusalKeptQuiet) => matches!(signal.content, Content::Refuse { .. }),
            None => false,
        };
        if forgotten {
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
                    if side.running.replace(Running::Asked(operation)).is_some() {
                        return Err("two operations at once".into());
                    }
                }
                Action::RestartIce => {
                    side.browser.restart_wanted = true;
                    side.browser.update_negotiation_needed();
                }
                Action::ReportTooLarge { .. } => return Err("a signal that does not fit".into()),
                Action::ReportFailure | Action::ReportRefusal if self.something_failed => {}
                Action::ReportFailure | Action::ReportRefusal => {
                    return Err("a failure is reported where nothing is wrong".into());
                }
                Action::PeerClosed => return Err("a connection that nobody closed is closed".into()),
                Action::PeerRestarted => return self.begin_anew(at),
            }
        }
        Ok(())
    }

    /// A new connection with all that the one before it had. What was sent is on its way still.
    fn begin_anew(&mut self, at: usize) -> Result<(), Problem> {
        let side = &mut self.sides[at];
        side.reloaded += 1;
        if side.reloaded > 6 {
            return Err("they begin anew for ever".into());
        }
        side.negotiator = limited(Negotiator::new(id(at, side.reloaded), self.politeness[at]), self.left);
        side.running = None;
        let made = side.browser.made;
        side.browser = Browser::new(at);
        side.browser.made = made;
        side.browser.update_negotiation_needed();
        self.handle(at, Input::LinkOpened)
    }

    /// Nothing more can happen: is all well?
    pub(super) fn end(&self) -> Result<(), Problem> {
        let [first, second] = &self.sides;
        for (side, other) in [(first, second), (second, first)] {
            let browser = &side.browser;
            let problem = if browser.signaling != Signaling::Stable {
                "a side waits for ever"
            } else if browser.offer_is_due() {
                "changes that the other side never heard of"
            } else if browser.remote_fragment != other.browser.fragment {
                "candidates of another generation"
            } else if browser.remote_fragment != 0 && !browser.added.contains(&browser.remote_fragment) {
                "the peer's candidate is lost"
            } else {
                continue;
            };
            return Err(format!("{problem}: {browser:?}"));
        }
        if first.browser.agreed == second.browser.agreed { Ok(()) } else { Err("no agreement".into()) }
    }
}

/// Low enough for two parts or three, and high enough for everything else.
const LIMIT: usize = 160;

fn limited(mut negotiator: Negotiator, bounds: Bounds) -> Negotiator {
    if bounds.splits {
        negotiator.set_signal_limit(LIMIT);
        negotiator.look_ahead();
    }
    negotiator
}

/// With each reload the lot falls the other way.
fn id(side: usize, reloaded: u8) -> SessionId {
    SessionId::new(format!("{reloaded} {side}"))
}

fn is_offer(signal: &Signal) -> bool {
    matches!(&signal.content, Content::Description(description) if description.kind == SdpType::Offer)
}

impl Side {
    fn apply(&mut self) -> Result<(), Problem> {
        let Some(Running::Asked(operation)) = self.running.take() else { unreachable!() };
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

    /// A rollback in its state cannot fail, and a candidate that does is another matter.
    fn may_fail(&self) -> bool {
        let Some(Running::Asked(operation)) = &self.running else { return false };
        matches!(operation, Operation::SetLocalDescription | Operation::SetRemoteDescription(_))
    }

    fn applies_an_answer(&self) -> bool {
        match &self.running {
            Some(Running::Asked(Operation::SetRemoteDescription(description))) => description.kind == SdpType::Answer,
            Some(Running::Applied(Input::Done(None))) => matches!(self.browser.signaling, Signaling::Stable),
            _ => false,
        }
    }
}
