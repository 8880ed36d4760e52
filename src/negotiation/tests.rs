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
fn a_candidate_of_an_ignored_offer_is_forgiven_also_where_it_had_to_wait() {
    let mut negotiator = Negotiator::new(Politeness::Impolite);
    negotiator.handle(Input::NegotiationNeeded);
    negotiator.handle(Input::Done(Some(description(SdpType::Offer, "ours"))));
    negotiator.handle(Input::Received(Signal::Description(description(SdpType::Offer, "theirs"))));
    assert_eq!(negotiator.handle(Input::Received(Signal::Candidate(candidate("of the ignored offer")))), []);
    negotiator.handle(Input::Received(Signal::Description(description(SdpType::Answer, "answer"))));
    let added = perform(Operation::AddIceCandidate(candidate("of the ignored offer")));
    assert_eq!(negotiator.handle(Input::Done(None)), added);
    assert_eq!(negotiator.handle(Input::Failed), []);
    negotiator.handle(Input::Received(Signal::Candidate(candidate("strange"))));
    assert_eq!(negotiator.handle(Input::Failed), [Action::Report]);
}

#[test]
fn a_candidate_of_before_a_restart_is_sent_before_the_new_description() {
    let mut negotiator = Negotiator::new(Politeness::Polite);
    negotiator.handle(Input::NegotiationNeeded);
    let of = |fragment: &str| IceCandidate { username_fragment: Some(fragment.into()), ..candidate("c") };
    for fragment in ["old", "new"] {
        assert_eq!(negotiator.handle(Input::LocalCandidate(of(fragment))), []);
    }
    let offer = description(SdpType::Offer, "v=0\r\na=ice-ufrag:new\r\n");
    let signals = [Signal::Candidate(of("old")), Signal::Description(offer.clone()), Signal::Candidate(of("new"))];
    assert_eq!(negotiator.handle(Input::Done(Some(offer))), signals.map(Action::Send));
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
