use std::collections::VecDeque;

use super::{Action, Input, Negotiator, Operation, Politeness, Signal};
use crate::peer::{IceCandidate, SdpType, SessionDescription};

fn description(kind: SdpType, sdp: &str) -> SessionDescription {
    SessionDescription { kind, sdp: sdp.into() }
}

fn candidate(line: &str) -> IceCandidate {
    IceCandidate { candidate: line.into(), ..IceCandidate::default() }
}

fn perform(operation: Operation) -> Vec<Action> {
    vec![Action::Perform(operation)]
}

/// One side with a model of its browser: what `setLocalDescription()` would make, and which calls it would refuse.
struct Side {
    negotiator: Negotiator,
    signaling: SdpType,
    stable: bool,
    offers: usize,
    outbox: VecDeque<Signal>,
    running: Option<Operation>,
    has_remote: bool,
}

impl Side {
    fn new(politeness: Politeness) -> Self {
        Self {
            negotiator: Negotiator::new(politeness),
            signaling: SdpType::Answer,
            stable: true,
            offers: 0,
            outbox: VecDeque::new(),
            running: None,
            has_remote: false,
        }
    }

    fn handle(&mut self, input: Input) {
        for action in self.negotiator.handle(input) {
            match action {
                Action::Send(signal) => self.outbox.push_back(signal),
                Action::Perform(operation) => {
                    assert!(self.running.replace(operation).is_none(), "two operations at once");
                }
                Action::Report => panic!("nothing fails here"),
            }
        }
    }

    fn run(&mut self) {
        let operation = self.running.take().unwrap();
        let local = match operation {
            Operation::SetLocalDescription if !self.stable && self.signaling == SdpType::Offer => {
                self.stable = true;
                Some(description(SdpType::Answer, ""))
            }
            Operation::SetLocalDescription => {
                assert!(self.stable, "an offer over an offer");
                self.stable = false;
                self.signaling = SdpType::Rollback;
                self.offers += 1;
                Some(description(SdpType::Offer, ""))
            }
            Operation::SetRemoteDescription(remote) => {
                self.has_remote = true;
                let answered = remote.kind == SdpType::Answer;
                assert!(!answered || (!self.stable && self.signaling == SdpType::Rollback), "an answer to nothing");
                self.stable = answered;
                self.signaling = remote.kind;
                None
            }
            Operation::AddIceCandidate(_) => {
                assert!(self.has_remote, "a candidate before its description");
                None
            }
        };
        self.handle(Input::Done(local));
    }
}

#[test]
fn one_side_offers_and_the_other_answers() {
    let mut caller = Side::new(Politeness::Impolite);
    let mut callee = Side::new(Politeness::Polite);
    caller.handle(Input::NegotiationNeeded);
    converse(&mut caller, &mut callee, 0);
    assert_eq!((caller.offers, callee.offers), (1, 0));
}

/// Every order in which two offers that cross can be made, sent and read: nothing invalid is asked of a browser, and
/// both end stable.
#[test]
fn offers_that_cross_end_stable_in_every_order() {
    for schedule in 0..1u32 << 16 {
        let mut caller = Side::new(Politeness::Impolite);
        let mut callee = Side::new(Politeness::Polite);
        caller.handle(Input::NegotiationNeeded);
        callee.handle(Input::NegotiationNeeded);
        caller.handle(Input::LocalCandidate(candidate("a")));
        callee.handle(Input::LocalCandidate(candidate("b")));
        converse(&mut caller, &mut callee, schedule);
    }
}

/// Lets the two talk until nothing is left to do, choosing whose turn it is by the bits of `schedule`.
fn converse(caller: &mut Side, callee: &mut Side, mut schedule: u32) {
    for _ in 0..200 {
        let mut steps: Vec<fn(&mut Side, &mut Side)> = Vec::new();
        if caller.running.is_some() {
            steps.push(|caller, _| caller.run());
        }
        if callee.running.is_some() {
            steps.push(|_, callee| callee.run());
        }
        if !caller.outbox.is_empty() {
            steps.push(|caller, callee| callee.handle(Input::Received(caller.outbox.pop_front().unwrap())));
        }
        if !callee.outbox.is_empty() {
            steps.push(|caller, callee| caller.handle(Input::Received(callee.outbox.pop_front().unwrap())));
        }
        let Some(last) = steps.len().checked_sub(1) else {
            assert!(caller.stable && callee.stable, "the conversation ended in the middle of a negotiation");
            return;
        };
        let bits = if last > 1 { 2 } else { last };
        let choice = (schedule & ((1 << bits) - 1)) as usize;
        schedule >>= bits;
        steps[choice.min(last)](caller, callee);
    }
    panic!("the conversation does not end");
}

#[test]
fn our_candidates_follow_their_description() {
    let mut negotiator = Negotiator::new(Politeness::Impolite);
    assert_eq!(negotiator.handle(Input::NegotiationNeeded), perform(Operation::SetLocalDescription));
    assert_eq!(negotiator.handle(Input::LocalCandidate(candidate("early"))), []);
    let offer = description(SdpType::Offer, "o");
    assert_eq!(
        negotiator.handle(Input::Done(Some(offer.clone()))),
        [Action::Send(Signal::Description(offer)), Action::Send(Signal::Candidate(candidate("early"))),]
    );
    assert_eq!(
        negotiator.handle(Input::LocalCandidate(candidate("late"))),
        [Action::Send(Signal::Candidate(candidate("late")))]
    );
}

#[test]
fn candidates_wait_for_their_description() {
    let mut negotiator = Negotiator::new(Politeness::Polite);
    assert_eq!(negotiator.handle(Input::Received(Signal::Candidate(candidate("first")))), []);
    assert_eq!(negotiator.handle(Input::Received(Signal::Candidate(candidate("second")))), []);
    let offer = description(SdpType::Offer, "o");
    assert_eq!(
        negotiator.handle(Input::Received(Signal::Description(offer.clone()))),
        perform(Operation::SetRemoteDescription(offer))
    );
    // The answer comes first, and then the candidates in their order.
    assert_eq!(negotiator.handle(Input::Done(None)), perform(Operation::SetLocalDescription));
    let actions = negotiator.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    assert_eq!(actions.last(), Some(&Action::Perform(Operation::AddIceCandidate(candidate("first")))));
    assert_eq!(negotiator.handle(Input::Done(None)), perform(Operation::AddIceCandidate(candidate("second"))));
}

#[test]
fn a_failed_candidate_is_forgiven_only_after_an_ignored_offer() {
    let mut negotiator = Negotiator::new(Politeness::Impolite);
    negotiator.handle(Input::Received(Signal::Description(description(SdpType::Offer, "o"))));
    negotiator.handle(Input::Done(None));
    negotiator.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    negotiator.handle(Input::Received(Signal::Candidate(candidate("strange"))));
    assert_eq!(negotiator.handle(Input::Failed), [Action::Report]);

    negotiator.handle(Input::NegotiationNeeded);
    negotiator.handle(Input::Done(Some(description(SdpType::Offer, "ours"))));
    assert_eq!(negotiator.handle(Input::Received(Signal::Description(description(SdpType::Offer, "theirs")))), []);
    negotiator.handle(Input::Received(Signal::Candidate(candidate("of the ignored offer"))));
    assert_eq!(negotiator.handle(Input::Failed), []);
}

#[test]
fn an_answer_that_nobody_waits_for_is_passed_over() {
    let mut negotiator = Negotiator::new(Politeness::Polite);
    let answer = Signal::Description(description(SdpType::Answer, "a"));
    assert_eq!(negotiator.handle(Input::Received(answer)), []);
}

#[test]
fn signals_travel_as_the_protocol_has_them() {
    let json = r#"{"kind":"description","type":"offer","sdp":"v=0"}"#;
    let signal = Signal::from(description(SdpType::Offer, "v=0"));
    assert_eq!(serde_json::to_string(&signal).unwrap(), json);
    assert_eq!(serde_json::from_str::<Signal>(json).unwrap(), signal);
    let json = r#"{"kind":"candidate","candidate":"c","sdpMid":"0"}"#;
    let signal = Signal::from(IceCandidate { sdp_mid: Some("0".into()), ..candidate("c") });
    assert_eq!(serde_json::to_string(&signal).unwrap(), json);
    assert_eq!(serde_json::from_str::<Signal>(json).unwrap(), signal);
}
