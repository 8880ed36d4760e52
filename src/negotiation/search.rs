//! Every order in which two sides can change things at once, against a model of the browser's own rules.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    iter,
    rc::Rc,
};

use super::{
    Action, Input, Negotiator, Operation, Politeness, Signal,
    model::{Browser, Problem, Signaling},
};
use crate::peer::IceCandidate;

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
    changes_left: u8,
    restarts_left: u8,
}

/// What may happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Change(usize),
    Restart(usize),
    NegotiationNeeded(usize),
    Apply(usize),
    Resolve(usize),
    Candidate(usize),
    /// What this side sent first arrives.
    Deliver(usize),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Conversation([Side; 2]);

impl Conversation {
    fn new(politeness: [Politeness; 2], changes: u8, restarts: u8) -> Self {
        let side = |side: usize| Side {
            negotiator: Negotiator::new(politeness[side]),
            browser: Browser::new(side),
            running: None,
            outgoing: VecDeque::new(),
            changes_left: changes,
            restarts_left: restarts,
        };
        Self([side(0), side(1)])
    }

    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (at, side) in self.0.iter().enumerate() {
            let mut may = |step: fn(usize) -> Step, is_so: bool| is_so.then(|| steps.push(step(at)));
            may(Step::Change, side.changes_left > 0);
            may(Step::Restart, side.restarts_left > 0 && side.browser.agreed.is_some());
            // The browser waits until its chain of operations is empty.
            may(Step::NegotiationNeeded, side.browser.needed && side.running.is_none());
            may(Step::Apply, matches!(side.running, Some(Running::Asked(_))));
            may(Step::Resolve, matches!(side.running, Some(Running::Applied(_))));
            may(Step::Candidate, !side.browser.found.is_empty());
            may(Step::Deliver, !side.outgoing.is_empty());
        }
        steps
    }

    fn take(&mut self, step: Step) -> Result<(), Problem> {
        match step {
            Step::Change(at) => {
                let side = &mut self.0[at];
                side.changes_left -= 1;
                side.browser.made += 1;
                side.browser.update_negotiation_needed();
            }
            Step::Restart(at) => {
                let side = &mut self.0[at];
                side.restarts_left -= 1;
                side.browser.restart_wanted = true;
                side.browser.update_negotiation_needed();
            }
            Step::NegotiationNeeded(at) => {
                let browser = &mut self.0[at].browser;
                browser.needed = false;
                if browser.signaling == Signaling::Stable && browser.offer_is_due() {
                    return self.handle(at, Input::NegotiationNeeded);
                }
            }
            Step::Apply(at) => {
                let adds_candidate = matches!(self.0[at].running, Some(Running::Asked(Operation::AddIceCandidate(_))));
                self.0[at].apply()?;
                // Nothing that comes in between makes a difference.
                if adds_candidate {
                    return self.take(Step::Resolve(at));
                }
            }
            Step::Resolve(at) => {
                let side = &mut self.0[at];
                let Some(Running::Applied(input)) = side.running.take() else { unreachable!() };
                // Those of another generation are found no more.
                let fragment = side.browser.fragment;
                side.browser.found.retain(|found| *found == fragment);
                side.browser.update_negotiation_needed();
                return self.handle(at, input);
            }
            Step::Candidate(at) => {
                let fragment = self.0[at].browser.found.pop_front().unwrap().to_string();
                let candidate = IceCandidate {
                    candidate: format!("candidate of {fragment}"),
                    username_fragment: Some(fragment),
                    ..IceCandidate::default()
                };
                return self.handle(at, Input::LocalCandidate(candidate));
            }
            Step::Deliver(at) => {
                let signal = self.0[at].outgoing.pop_front().unwrap();
                return self.handle(1 - at, Input::Received(signal));
            }
        }
        Ok(())
    }

    fn handle(&mut self, at: usize, input: Input) -> Result<(), Problem> {
        let side = &mut self.0[at];
        for action in side.negotiator.handle(input) {
            match action {
                Action::Send(signal) => side.outgoing.push_back(signal),
                Action::Perform(operation) => {
                    if side.running.replace(Running::Asked(operation)).is_some() {
                        return Err("two operations at once".into());
                    }
                }
                Action::Report => return Err("a failure is reported where nothing is wrong".into()),
            }
        }
        Ok(())
    }

    /// Nothing more can happen: is all well?
    fn end(&self) -> Result<(), Problem> {
        let [first, second] = &self.0;
        for (side, other) in [(first, second), (second, first)] {
            let browser = &side.browser;
            let problem = if browser.signaling != Signaling::Stable {
                "a side waits for ever"
            } else if browser.offer_is_due() {
                "changes that the other side never heard of"
            } else if browser.remote_fragment != other.browser.fragment {
                "candidates of another generation"
            } else if !browser.added.contains(&browser.remote_fragment) {
                "the peer's candidate is lost"
            } else {
                continue;
            };
            return Err(format!("{problem}: {browser:?}"));
        }
        if first.browser.agreed == second.browser.agreed { Ok(()) } else { Err("no agreement".into()) }
    }
}

impl Side {
    fn apply(&mut self) -> Result<(), Problem> {
        let Some(Running::Asked(operation)) = self.running.take() else { unreachable!() };
        let outcome = match operation {
            Operation::SetLocalDescription => Input::Done(Some(self.browser.set_local_description()?)),
            Operation::SetRemoteDescription(description) => {
                self.browser.set_remote_description(&description)?;
                Input::Done(None)
            }
            Operation::AddIceCandidate(candidate) if self.browser.add_ice_candidate(&candidate)? => Input::Done(None),
            Operation::AddIceCandidate(_) => Input::Failed,
        };
        self.running = Some(Running::Applied(outcome));
        Ok(())
    }
}

/// How a moment came to be: the last step, and what came before it.
struct Way {
    step: Step,
    before: Option<Rc<Way>>,
}

fn steps_of(way: Option<&Rc<Way>>) -> Vec<Step> {
    let mut steps: Vec<Step> = iter::successors(way, |way| way.before.as_ref()).map(|way| way.step).collect();
    steps.reverse();
    steps
}

fn hash(moment: &Conversation) -> u64 {
    let mut hasher = DefaultHasher::new();
    moment.hash(&mut hasher);
    hasher.finish()
}

/// Goes every way from here, the short ones first, and gives the number of different moments, or the shortest way
/// to where something is wrong.
fn search(start: Conversation) -> Result<usize, String> {
    // By their hashes: a million moments fill no memory, and that two have the same is a chance of one in millions.
    let mut seen = HashSet::from([hash(&start)]);
    let mut open = VecDeque::from([(start, None)]);
    while let Some((now, way)) = open.pop_front() {
        let steps = now.steps();
        if steps.is_empty() {
            now.end().map_err(|problem| format!("{problem} after {:?}", steps_of(way.as_ref())))?;
        }
        for step in steps {
            let mut next = now.clone();
            let way = Rc::new(Way { step, before: way.clone() });
            next.take(step).map_err(|problem| format!("{problem} after {:?}", steps_of(Some(&way))))?;
            if seen.insert(hash(&next)) {
                open.push_back((next, Some(way)));
            }
        }
    }
    Ok(seen.len())
}

const POLITE_AND_IMPOLITE: [Politeness; 2] = [Politeness::Polite, Politeness::Impolite];

fn searched(changes: u8, restarts: u8) {
    let moments = search(Conversation::new(POLITE_AND_IMPOLITE, changes, restarts)).unwrap();
    println!("{changes} changes and {restarts} restarts a side: {moments} moments");
}

#[test]
fn changes_of_both_sides_in_every_order() {
    searched(3, 0);
}

#[test]
fn changes_and_restarts_of_both_sides_in_every_order() {
    searched(1, 1);
}

/// The search finds what it is there for.
#[test]
fn mistakes_are_found() {
    let found = |politeness| search(Conversation::new([politeness, politeness], 1, 0)).unwrap_err();
    let both_impolite = found(Politeness::Impolite);
    assert!(both_impolite.starts_with("a side waits for ever"), "{both_impolite}");
    let both_polite = found(Politeness::Polite);
    assert!(both_polite.starts_with("a failure is reported"), "{both_polite}");
}
