use std::{collections::VecDeque, mem};

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

/// One side with a model of its browser: what `setLocalDescription()` would make, and which calls it would refuse. An
/// answer repeats the text of its offer.
struct Side {
    negotiator: Negotiator,
    name: &'static str,
    browser: Browser,
    /// The offer that was answered last.
    agreed: Option<String>,
    offers: usize,
    outbox: VecDeque<Signal>,
    running: Option<Operation>,
}

#[derive(Debug, PartialEq)]
enum Browser {
    Stable,
    HaveLocalOffer(String),
    HaveRemoteOffer(String),
}

impl Side {
    fn new(name: &'static str, politeness: Politeness) -> Self {
        Self {
            negotiator: Negotiator::new(politeness),
            name,
            browser: Browser::Stable,
            agreed: None,
            offers: 0,
            outbox: VecDeque::new(),
            running: None,
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
        let local = match self.running.take().unwrap() {
            Operation::SetLocalDescription => Some(self.set_local_description()),
            Operation::SetRemoteDescription(remote) => {
                self.set_remote_description(remote);
                None
            }
            Operation::AddIceCandidate(_) => {
                let has_remote = self.agreed.is_some() || matches!(self.browser, Browser::HaveRemoteOffer(_));
                assert!(has_remote, "a candidate before its description");
                None
            }
        };
        self.handle(Input::Done(local));
    }

    fn set_local_description(&mut self) -> SessionDescription {
        match mem::replace(&mut self.browser, Browser::Stable) {
            Browser::HaveRemoteOffer(offer) => {
                self.agreed = Some(offer.clone());
                description(SdpType::Answer, &offer)
            }
            Browser::Stable => {
                self.offers += 1;
                let offer = format!("offer {} of {}", self.offers, self.name);
                self.browser = Browser::HaveLocalOffer(offer.clone());
                description(SdpType::Offer, &offer)
            }
            Browser::HaveLocalOffer(_) => panic!("an offer over an offer"),
        }
    }

    fn set_remote_description(&mut self, remote: SessionDescription) {
        match (remote.kind, &self.browser) {
            (SdpType::Offer, Browser::Stable | Browser::HaveLocalOffer(_)) => {
                self.browser = Browser::HaveRemoteOffer(remote.sdp);
            }
            (SdpType::Answer, Browser::HaveLocalOffer(offer)) => {
                assert_eq!(*offer, remote.sdp, "the answer to another offer");
                self.agreed = Some(remote.sdp);
                self.browser = Browser::Stable;
            }
            (kind, state) => panic!("{kind} in {state:?}"),
        }
    }
}

#[test]
fn one_side_offers_and_the_other_answers() {
    let mut caller = Side::new("caller", Politeness::Impolite);
    let mut callee = Side::new("callee", Politeness::Polite);
    caller.handle(Input::NegotiationNeeded);
    converse(&mut caller, &mut callee, 0);
    assert_eq!((caller.offers, callee.offers), (1, 0));
}

/// Every order in which two offers that cross can be made, sent and read: nothing invalid is asked of a browser, and
/// both end stable, and agree on what was negotiated.
#[test]
fn offers_that_cross_end_stable_in_every_order() {
    for schedule in 0..1u32 << 16 {
        let mut caller = Side::new("caller", Politeness::Impolite);
        let mut callee = Side::new("callee", Politeness::Polite);
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
            assert_eq!((&caller.browser, &callee.browser), (&Browser::Stable, &Browser::Stable));
            assert!(caller.agreed.is_some());
            assert_eq!(caller.agreed, callee.agreed);
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
