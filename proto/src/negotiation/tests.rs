use super::{Action, Content, Header, Input, Negotiator, Operation, Politeness, SessionId, Signal};
use crate::sdp::{IceCandidate, SdpType, SessionDescription, SignalingState};

pub(super) fn description(kind: SdpType, sdp: &str) -> SessionDescription {
    SessionDescription { kind, sdp: sdp.into() }
}

pub(super) fn candidate(line: &str) -> IceCandidate {
    IceCandidate { candidate: line.into(), ..IceCandidate::default() }
}

pub(super) fn perform(operation: Operation) -> Vec<Action> {
    vec![Action::Perform(operation)]
}

#[test]
fn local_candidates_follow_description() {
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    assert_eq!(negotiator.handle(Input::NegotiationNeeded), perform(Operation::SetLocalDescription));
    assert_eq!(negotiator.handle(Input::LocalCandidate(candidate("early"))), []);
    let offer = description(SdpType::Offer, "o");
    assert_eq!(
        negotiator.handle(Input::Done(Some(offer.clone()))),
        [Action::Send(offer.into()), Action::Send(candidate("early").into()),]
    );
    assert_eq!(negotiator.handle(Input::LocalCandidate(candidate("late"))), [Action::Send(candidate("late").into())]);
}

#[test]
fn remote_candidates_wait_for_description() {
    let mut negotiator = Negotiator::plain(Politeness::Polite);
    assert_eq!(negotiator.handle(Input::Received(candidate("first").into())), []);
    assert_eq!(negotiator.handle(Input::Received(candidate("second").into())), []);
    let offer = description(SdpType::Offer, "o");
    assert_eq!(
        negotiator.handle(Input::Received(offer.clone().into())),
        perform(Operation::SetRemoteDescription(offer))
    );
    // The answer precedes the candidates, which keep their order.
    assert_eq!(negotiator.handle(Input::Done(None)), perform(Operation::SetLocalDescription));
    let actions = negotiator.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    assert_eq!(actions.last(), Some(&Action::Perform(Operation::AddIceCandidate(candidate("first")))));
    assert_eq!(negotiator.handle(Input::Done(None)), perform(Operation::AddIceCandidate(candidate("second"))));
}

#[test]
fn candidate_of_bundled_section_is_ignored() {
    let in_section = |mid: &str| IceCandidate { sdp_mid: Some(mid.into()), ..candidate(mid) };
    let mut negotiator = Negotiator::plain(Politeness::Polite);
    let offer = description(SdpType::Offer, "a=group:BUNDLE 0 1 2\r\n");
    negotiator.handle(Input::Received(offer.into()));
    negotiator.handle(Input::Done(None));
    for mid in ["1", "0", "2", "3"] {
        negotiator.handle(Input::Received(in_section(mid).into()));
    }
    let answer = description(SdpType::Answer, "v=0\r\na=group:BUNDLE 0 1 2\r\n");
    let actions = negotiator.handle(Input::Done(Some(answer)));
    assert_eq!(actions.last(), Some(&Action::Perform(Operation::AddIceCandidate(in_section("0")))));
    assert_eq!(negotiator.handle(Input::Done(None)), perform(Operation::AddIceCandidate(in_section("3"))));

    // The next answer does not bundle the sections.
    negotiator.handle(Input::Done(None));
    negotiator.handle(Input::NegotiationNeeded);
    negotiator.handle(Input::Done(Some(description(SdpType::Offer, "o"))));
    negotiator.handle(Input::Received(description(SdpType::Answer, "v=0\r\n").into()));
    negotiator.handle(Input::Done(None));
    assert_eq!(
        negotiator.handle(Input::Received(in_section("1").into())),
        perform(Operation::AddIceCandidate(in_section("1")))
    );
}

#[test]
fn failed_candidate_is_reported_unless_offer_ignored() {
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    negotiator.handle(Input::Received(description(SdpType::Offer, "o").into()));
    negotiator.handle(Input::Done(None));
    negotiator.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    negotiator.handle(Input::Received(candidate("strange").into()));
    assert_eq!(negotiator.handle(Input::Failed(SignalingState::Stable)), [Action::ReportFailure]);

    negotiator.handle(Input::NegotiationNeeded);
    negotiator.handle(Input::Done(Some(description(SdpType::Offer, "ours"))));
    assert_eq!(negotiator.handle(Input::Received(description(SdpType::Offer, "theirs").into())), []);
    negotiator.handle(Input::Received(candidate("of the ignored offer").into()));
    assert_eq!(negotiator.handle(Input::Failed(SignalingState::Stable)), []);
}

#[test]
fn waiting_candidate_of_ignored_offer_may_fail() {
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    negotiator.handle(Input::NegotiationNeeded);
    negotiator.handle(Input::Done(Some(description(SdpType::Offer, "ours"))));
    negotiator.handle(Input::Received(description(SdpType::Offer, "theirs").into()));
    assert_eq!(negotiator.handle(Input::Received(candidate("of the ignored offer").into())), []);
    negotiator.handle(Input::Received(description(SdpType::Answer, "answer").into()));
    let added = perform(Operation::AddIceCandidate(candidate("of the ignored offer")));
    assert_eq!(negotiator.handle(Input::Done(None)), added);
    assert_eq!(negotiator.handle(Input::Failed(SignalingState::Stable)), []);
    negotiator.handle(Input::Received(candidate("strange").into()));
    assert_eq!(negotiator.handle(Input::Failed(SignalingState::Stable)), [Action::ReportFailure]);
}

#[test]
fn candidate_before_restart_precedes_description() {
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    negotiator.handle(Input::NegotiationNeeded);
    let of = |fragment: &str| IceCandidate { username_fragment: Some(fragment.into()), ..candidate("c") };
    for fragment in ["old", "new"] {
        assert_eq!(negotiator.handle(Input::LocalCandidate(of(fragment))), []);
    }
    let offer = description(SdpType::Offer, "v=0\r\na=ice-ufrag:new\r\n");
    let signals: [Signal; 3] = [of("old").into(), offer.clone().into(), of("new").into()];
    assert_eq!(negotiator.handle(Input::Done(Some(offer))), signals.map(Action::Send));
}

#[test]
fn unexpected_answer_is_ignored() {
    let mut negotiator = Negotiator::plain(Politeness::Polite);
    let answer = Signal::from(description(SdpType::Answer, "a"));
    assert_eq!(negotiator.handle(Input::Received(answer)), []);
}

pub(super) fn signals(negotiator: &mut Negotiator, input: Input) -> Vec<Signal> {
    let actions = negotiator.handle(input);
    actions
        .into_iter()
        .filter_map(|action| if let Action::Send(signal) = action { Some(signal) } else { None })
        .collect()
}

/// Returns two sides that have exchanged greetings, the first impolite.
pub(super) fn known_pair() -> (Negotiator, Negotiator) {
    let mut a = Negotiator::new(SessionId::new("a"), Politeness::Impolite);
    let mut b = Negotiator::new(SessionId::new("b"), Politeness::Polite);
    let hello = signals(&mut a, Input::LinkOpened).remove(0);
    let answer = signals(&mut b, Input::Received(hello)).remove(0);
    assert_eq!(answer.content, Content::Hello);
    assert_eq!(a.handle(Input::Received(answer)), []);
    (a, b)
}

/// Makes a side negotiate, and returns its offer.
pub(super) fn make_offer(negotiator: &mut Negotiator) -> Signal {
    assert_eq!(negotiator.handle(Input::NegotiationNeeded), perform(Operation::SetLocalDescription));
    signals(negotiator, Input::Done(Some(description(SdpType::Offer, "o")))).remove(0)
}

#[test]
fn signals_wait_until_peer_is_known() {
    let mut early = Negotiator::new(SessionId::new("a"), Politeness::Impolite);
    let _lost = signals(&mut early, Input::LinkOpened);
    assert_eq!(early.handle(Input::NegotiationNeeded), []);
    assert_eq!(early.handle(Input::LocalCandidate(candidate("of before"))), []);

    let mut late = Negotiator::new(SessionId::new("b"), Politeness::Polite);
    let hello = signals(&mut late, Input::LinkOpened).remove(0);
    let actions = early.handle(Input::Received(hello));
    assert_eq!(actions.last(), Some(&Action::Perform(Operation::SetLocalDescription)));
    let sent: Vec<Content> = actions
        .into_iter()
        .filter_map(|action| if let Action::Send(signal) = action { Some(signal.content) } else { None })
        .collect();
    assert_eq!(sent, [Content::Hello, Content::Candidate(candidate("of before"))]);
}

#[test]
fn repeated_signal_is_ignored() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    let taken = perform(Operation::SetRemoteDescription(description(SdpType::Offer, "o")));
    assert_eq!(b.handle(Input::Received(offer.clone())), taken);
    b.handle(Input::Done(None));
    b.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    assert_eq!(b.handle(Input::Received(offer)), []);
}

#[test]
fn lost_signal_is_requested_and_resent() {
    let (mut a, mut b) = known_pair();
    let _lost = make_offer(&mut a);
    let candidate = signals(&mut a, Input::LocalCandidate(candidate("c"))).remove(0);
    let request = signals(&mut b, Input::Received(candidate.clone())).remove(0);
    assert_eq!(request.content, Content::Hello);
    // Only one request is sent for several early signals.
    assert_eq!(b.handle(Input::Received(candidate)), []);
    let again = signals(&mut a, Input::Received(request));
    assert_eq!(again.iter().map(|signal| signal.header.as_ref().unwrap().number).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn unacknowledged_signal_is_resent() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    assert!(a.wants_timeout());
    assert_eq!(signals(&mut a, Input::Timeout), []);
    assert_eq!(signals(&mut a, Input::Timeout).first(), Some(&offer));
    b.handle(Input::Received(offer));
    let received = signals(&mut b, Input::Timeout).remove(0);
    assert_eq!(received.content, Content::Ack);
    assert!(!b.wants_timeout());
    a.handle(Input::Received(received));
    assert!(!a.wants_timeout());
}

#[test]
fn restarted_peer_is_detected() {
    let (mut a, mut b) = known_pair();
    let to_b = make_offer(&mut a);
    let mut restarted = Negotiator::new(SessionId::new("c"), Politeness::Polite);
    // A signal for the previous session is ignored, and answered by a greeting.
    let greeting = signals(&mut restarted, Input::Received(to_b.clone())).remove(0);
    assert_eq!((greeting.content, greeting.header.unwrap().to), (Content::Hello, None));
    let hello = signals(&mut restarted, Input::LinkOpened).remove(0);
    b.handle(Input::Received(to_b));
    a.handle(Input::Received(signals(&mut b, Input::Timeout).remove(0)));
    assert_eq!(a.handle(Input::Received(hello)), [Action::PeerRestarted]);
    let bye = signals(&mut b, Input::Closing).remove(0);
    assert_eq!(a.handle(Input::Received(bye)), [Action::PeerClosed]);
}

#[test]
fn restarted_peer_is_detected_after_lost_greeting() {
    let (mut a, mut b) = known_pair();
    let to_b = make_offer(&mut a);
    b.handle(Input::Received(to_b));
    a.handle(Input::Received(signals(&mut b, Input::Timeout).remove(0)));
    let mut restarted = Negotiator::new(SessionId::new("c"), Politeness::Polite);
    let _lost = signals(&mut restarted, Input::LinkOpened);
    let greeting = signals(&mut a, Input::LinkOpened).remove(0);
    let hello = Signal { header: greeting.header.map(|header| Header { to: None, ..header }), ..greeting };
    let to_a = signals(&mut restarted, Input::Received(hello)).remove(0);
    // `a` does not know the sender, and answers to `b`. The sender then greets again.
    let to_b = signals(&mut a, Input::Received(to_a)).remove(0);
    assert_eq!(to_b.header.as_ref().unwrap().to, Some(SessionId::new("b")));
    let greeting = signals(&mut restarted, Input::Received(to_b)).remove(0);
    assert_eq!(a.handle(Input::Received(greeting)), [Action::PeerRestarted]);
}

#[test]
fn failed_offer_is_refused_and_rolled_back() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    b.handle(Input::Received(offer));
    assert_eq!(b.handle(Input::Done(None)), perform(Operation::SetLocalDescription));
    // The answer fails.
    let actions = b.handle(Input::Failed(SignalingState::HaveRemoteOffer));
    assert_eq!(actions, [Action::ReportFailure, Action::Perform(Operation::RollBackRemoteOffer)]);
    let refusal = signals(&mut b, Input::Done(None)).remove(0);
    assert_eq!(refusal.content, Content::Refuse { offer: 1 });
    let actions = a.handle(Input::Received(refusal));
    assert_eq!(actions, [Action::ReportRefusal, Action::Perform(Operation::RollBackLocalOffer)]);
    // The offer is repeated after a pause.
    assert_eq!(a.handle(Input::Done(None)), []);
    assert_eq!(a.handle(Input::NegotiationNeeded), []);
    assert!(a.handle(Input::Timeout).contains(&Action::Perform(Operation::SetLocalDescription)));
}

#[test]
fn offer_is_repeated_after_failed_answer() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    b.handle(Input::Received(offer));
    b.handle(Input::Done(None));
    let answer = signals(&mut b, Input::Done(Some(description(SdpType::Answer, "a")))).remove(0);
    a.handle(Input::Received(answer));
    let actions = a.handle(Input::Failed(SignalingState::HaveLocalOffer));
    assert_eq!(actions, [Action::ReportFailure, Action::Perform(Operation::RollBackLocalOffer)]);
    assert_eq!(a.handle(Input::Done(None)), []);
    assert!(a.handle(Input::Timeout).contains(&Action::Perform(Operation::SetLocalDescription)));
}

#[test]
fn polite_side_requests_turn() {
    let (mut impolite, mut polite) = known_pair();
    let request = signals(&mut polite, Input::NegotiationNeeded).remove(0);
    assert_eq!(request.content, Content::Request);
    let grant = signals(&mut impolite, Input::Received(request)).remove(0);
    assert_eq!(grant.content, Content::Grant);
    // The impolite side makes no offer until the turn ends.
    assert_eq!(impolite.handle(Input::NegotiationNeeded), []);
    assert_eq!(polite.handle(Input::Received(grant)), perform(Operation::SetLocalDescription));
    let offer = signals(&mut polite, Input::Done(Some(description(SdpType::Offer, "o")))).remove(0);
    let taken = perform(Operation::SetRemoteDescription(description(SdpType::Offer, "o")));
    assert_eq!(impolite.handle(Input::Received(offer)), taken);
}

#[test]
fn turn_without_offer_is_released() {
    let (mut impolite, mut polite) = known_pair();
    let request = signals(&mut polite, Input::NegotiationNeeded).remove(0);
    // The offer of the impolite side covers the change of the polite side.
    let offer = make_offer(&mut impolite);
    polite.handle(Input::Received(offer));
    polite.handle(Input::Done(None));
    let answer = signals(&mut polite, Input::Done(Some(description(SdpType::Answer, "a")))).remove(0);
    impolite.handle(Input::Received(request));
    impolite.handle(Input::Received(answer));
    let grant = signals(&mut impolite, Input::Done(None)).remove(0);
    assert_eq!(grant.content, Content::Grant);
    assert_eq!(impolite.handle(Input::NegotiationNeeded), []);
    let release = signals(&mut polite, Input::Received(grant)).remove(0);
    assert_eq!(release.content, Content::Release);
    assert_eq!(impolite.handle(Input::Received(release)), perform(Operation::SetLocalDescription));
}

#[test]
fn unchanged_offer_is_delayed() {
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    let mut version = 0;
    let mut round = |negotiator: &mut Negotiator, name: &str| {
        version += 1;
        negotiator.handle(Input::NegotiationNeeded);
        let offer = description(SdpType::Offer, &format!("v=0\r\no=- {version}\r\ns={name}\r\n"));
        if !negotiator.handle(Input::Done(Some(offer))).is_empty() {
            negotiator.handle(Input::Received(description(SdpType::Answer, "a").into()));
            negotiator.handle(Input::Done(None));
        }
        negotiator.wants_timeout()
    };
    let paused: Vec<bool> = (0..5).map(|_| round(&mut negotiator, "same")).collect();
    assert_eq!(paused, [false, false, true, true, true]);
    let mut changing = Negotiator::plain(Politeness::Impolite);
    assert!((0..20).all(|name| !round(&mut changing, &name.to_string())));
}

#[test]
fn same_offer_after_changed_answer_is_not_delayed() {
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    for round in 0..20 {
        negotiator.handle(Input::NegotiationNeeded);
        let offer = description(SdpType::Offer, "m=video\r\na=sendrecv\r\n");
        assert!(!negotiator.handle(Input::Done(Some(offer))).is_empty(), "{round}");
        negotiator.handle(Input::Received(description(SdpType::Answer, "a").into()));
        negotiator.handle(Input::Done(None));
        assert!(!negotiator.wants_timeout(), "{round}");
        // The track is removed, as the answer to the peer's offer shows.
        negotiator.handle(Input::Received(description(SdpType::Offer, "theirs").into()));
        negotiator.handle(Input::Done(None));
        negotiator.handle(Input::Done(Some(description(SdpType::Answer, "m=video\r\na=recvonly\r\n"))));
    }
}

#[test]
fn end_of_candidates_has_generation() {
    let end = IceCandidate::end_of_candidates;
    let described = |kind, fragment: &str| description(kind, &format!("v=0\r\na=ice-ufrag:{fragment}\r\n"));
    let (mut a, mut b) = known_pair();
    a.handle(Input::NegotiationNeeded);
    let offer = signals(&mut a, Input::Done(Some(described(SdpType::Offer, "new")))).remove(0);
    let ours = IceCandidate { username_fragment: Some("new".into()), ..candidate("c") };
    let found = signals(&mut a, Input::LocalCandidate(ours)).remove(0);
    let ended = signals(&mut a, Input::LocalCandidate(end())).remove(0);
    let sent = IceCandidate { username_fragment: Some("new".into()), ..end() };
    assert_eq!(ended.content, Content::Candidate(sent.clone()));

    b.handle(Input::Received(offer));
    b.handle(Input::Done(None));
    b.handle(Input::Done(Some(described(SdpType::Answer, "b"))));
    b.handle(Input::Received(found));
    b.handle(Input::Received(ended));
    assert_eq!(b.handle(Input::Done(None)), perform(Operation::AddIceCandidate(end())));
    b.handle(Input::Done(None));
    // A late end of candidates of another generation.
    let old = IceCandidate { username_fragment: Some("old".into()), ..end() };
    let late = signals(&mut a, Input::LocalCandidate(old)).remove(0);
    assert_eq!(b.handle(Input::Received(late)), []);
}

#[test]
fn candidate_of_former_generation_is_ignored() {
    let of = |fragment: &str| IceCandidate { username_fragment: Some(fragment.into()), ..candidate("c") };
    let mut negotiator = Negotiator::plain(Politeness::Impolite);
    for fragment in ["first", "second"] {
        let offer = description(SdpType::Offer, &format!("v=0\r\na=ice-ufrag:{fragment}\r\n"));
        negotiator.handle(Input::Received(offer.into()));
        negotiator.handle(Input::Done(None));
        negotiator.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    }
    assert_eq!(negotiator.handle(Input::Received(of("first").into())), []);
    let added = perform(Operation::AddIceCandidate(of("second")));
    assert_eq!(negotiator.handle(Input::Received(of("second").into())), added);
    negotiator.handle(Input::Done(None));
    let strange = perform(Operation::AddIceCandidate(of("strange")));
    assert_eq!(negotiator.handle(Input::Received(of("strange").into())), strange);
}

#[test]
fn ice_restart_waits_for_peer_signal() {
    let (mut a, mut b) = known_pair();
    let ping = signals(&mut a, Input::PathBroken).remove(0);
    assert_eq!(ping.content, Content::Ping);
    let stranger = Header::new(SessionId::new("c"));
    let ignored = a.handle(Input::Received(Signal { content: Content::Ack, header: Some(stranger) }));
    assert_eq!(ignored, []);
    let answer = signals(&mut b, Input::Received(ping)).remove(0);
    assert_eq!(a.handle(Input::Received(answer.clone())), [Action::RestartIce]);
    assert_eq!(a.handle(Input::Received(answer)), [], "once");

    let mut plain = Negotiator::plain(Politeness::Polite);
    assert_eq!(plain.handle(Input::PathBroken), [Action::RestartIce], "a plain peer has no ping");
}

/// Returns a side whose greetings were not answered, with its offer.
fn offering_to_unknown_peer(politeness: Politeness) -> (Negotiator, Vec<Signal>) {
    let mut negotiator = Negotiator::new(SessionId::new("a"), politeness);
    negotiator.handle(Input::LinkOpened);
    assert_eq!(negotiator.handle(Input::NegotiationNeeded), []);
    let mut actions = negotiator.handle(Input::Timeout);
    if politeness == Politeness::Polite {
        actions = negotiator.handle(Input::Timeout);
    }
    assert_eq!(actions.last(), Some(&Action::Perform(Operation::SetLocalDescription)));
    let offered = signals(&mut negotiator, Input::Done(Some(description(SdpType::Offer, "o"))));
    (negotiator, offered)
}

#[test]
fn unknown_peer_receives_each_signal_once() {
    for politeness in [Politeness::Polite, Politeness::Impolite] {
        let (mut negotiator, offered) = offering_to_unknown_peer(politeness);
        let [offer] = &*offered else { panic!("{offered:?}") };
        assert_eq!(offer.header, Some(Header { number: 1, ..Header::new(SessionId::new("a")) }));
        let found = signals(&mut negotiator, Input::LocalCandidate(candidate("c")));
        assert_eq!(found[0].header.as_ref().unwrap().number, 2);
        for _ in 0..8 {
            let signals = signals(&mut negotiator, Input::Timeout);
            assert!(signals.iter().all(|signal| signal.content == Content::Hello), "{signals:?}");
        }
        // A plain peer answers.
        let answer = description(SdpType::Answer, "a");
        let set = perform(Operation::SetRemoteDescription(answer.clone()));
        assert_eq!(negotiator.handle(Input::Received(answer.into())), set);
        negotiator.handle(Input::Done(None));
        assert!(!negotiator.wants_timeout());
        // A plain peer does not support turns.
        assert_eq!(negotiator.handle(Input::NegotiationNeeded), perform(Operation::SetLocalDescription));
        let offer = description(SdpType::Offer, "p");
        assert_eq!(negotiator.handle(Input::Done(Some(offer.clone()))), [Action::Send(offer.into())]);
    }
}

#[test]
fn peer_with_headers_ignores_unaddressed_signals() {
    let (mut early, offered) = offering_to_unknown_peer(Politeness::Polite);
    let mut late = Negotiator::new(SessionId::new("b"), Politeness::Impolite);
    let hello = signals(&mut late, Input::LinkOpened).remove(0);
    assert_eq!(late.handle(Input::Received(offered[0].clone())), []);
    late.handle(Input::NegotiationNeeded);
    let answers = signals(&mut early, Input::Received(hello));
    assert_eq!(answers.iter().map(|signal| signal.header.as_ref().unwrap().number).collect::<Vec<_>>(), [0, 1]);
    // No offer is made until the announced signals have arrived, so that no rollback is needed.
    assert_eq!(late.handle(Input::Received(answers[0].clone())), []);
    let set = perform(Operation::SetRemoteDescription(description(SdpType::Offer, "o")));
    assert_eq!(late.handle(Input::Received(answers[1].clone())), set);
}

#[test]
fn plain_peer_receives_pending_signals_only() {
    let mut negotiator = Negotiator::new(SessionId::new("a"), Politeness::Polite);
    negotiator.handle(Input::LinkOpened);
    negotiator.handle(Input::LocalCandidate(candidate("early")));
    let sent = signals(&mut negotiator, Input::Received(candidate("theirs").into()));
    assert_eq!(sent, [candidate("early").into()]);
    assert_eq!(negotiator.handle(Input::NegotiationNeeded), []);
    let actions = negotiator.handle(Input::Timeout);
    assert_eq!(actions, [], "it may be about to offer");
    assert_eq!(negotiator.handle(Input::Timeout), perform(Operation::SetLocalDescription));
}

#[test]
fn peer_with_headers_never_becomes_plain() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    b.handle(Input::Received(offer));
    assert_eq!(b.handle(Input::Received(description(SdpType::Offer, "stray").into())), []);
    let (mut negotiator, _offered) = offering_to_unknown_peer(Politeness::Impolite);
    let echo = Signal { content: Content::Hello, header: Some(Header::new(SessionId::new("a"))) };
    assert_eq!(negotiator.handle(Input::Received(echo)), []);
}

#[test]
fn answer_only_side_never_offers() {
    for mut negotiator in [
        Negotiator::new(SessionId::new("a"), Politeness::Polite).answer_only(),
        Negotiator::plain(Politeness::Impolite).answer_only(),
    ] {
        negotiator.handle(Input::NegotiationNeeded);
        for _ in 0..4 {
            let actions = negotiator.handle(Input::Timeout);
            assert!(actions.iter().all(|action| matches!(action, Action::Send(_))), "{actions:?}");
        }
    }
}

#[test]
fn refused_remote_offer_is_reported_once() {
    let mut negotiator = Negotiator::plain(Politeness::Polite);
    negotiator.handle(Input::Received(description(SdpType::Offer, "m=audio").into()));
    negotiator.handle(Input::Done(None));
    negotiator.handle(Input::Done(Some(description(SdpType::Answer, "a"))));
    for (sdp, reported) in [("m=video", true), ("m=video", false), ("m=audio 2", true)] {
        negotiator.handle(Input::Received(description(SdpType::Offer, sdp).into()));
        let reports = if reported { vec![Action::ReportFailure] } else { Vec::new() };
        assert_eq!(negotiator.handle(Input::Failed(SignalingState::Stable)), reports, "{sdp}");
        assert!(!negotiator.wants_timeout());
    }
}

#[test]
fn offer_rolled_back_for_refused_offer_is_repeated() {
    let mut negotiator = Negotiator::plain(Politeness::Polite);
    negotiator.handle(Input::NegotiationNeeded);
    assert_eq!(negotiator.handle(Input::Timeout), perform(Operation::SetLocalDescription));
    negotiator.handle(Input::Done(Some(description(SdpType::Offer, "ours"))));
    negotiator.handle(Input::Received(description(SdpType::Offer, "theirs").into()));
    let actions = negotiator.handle(Input::Failed(SignalingState::Stable));
    assert_eq!(actions, [Action::ReportFailure, Action::Perform(Operation::SetLocalDescription)]);
}
