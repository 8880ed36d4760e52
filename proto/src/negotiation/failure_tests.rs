use super::{
    tests::{candidate, description, known_pair, make_offer, perform, signals},
    *,
};
use crate::sdp::SdpType;

/// Makes an offer that the peer refuses, and returns the actions up to the rollback.
fn refused(a: &mut Negotiator, number: &mut u32) -> Vec<Action> {
    *number += 1;
    a.handle(Input::Done(Some(description(SdpType::Offer, "m=video"))));
    let header = Header {
        to: Some(SessionId::new("a")),
        number: *number,
        received: *number,
        ..Header::new(SessionId::new("b"))
    };
    let refusal = Signal { content: Content::Refuse { offer: *number }, header: Some(header) };
    let actions = a.handle(Input::Received(refusal));
    a.handle(Input::Done(None));
    // The browser needs negotiation again after each rollback.
    a.handle(Input::NegotiationNeeded);
    actions
}

#[test]
fn refused_offer_is_given_up_until_changed() {
    let (mut a, _b) = known_pair();
    a.look_ahead();
    let (mut number, mut offers, mut reports) = (0, 0, 0);
    let mut actions = a.handle(Input::NegotiationNeeded);
    for _ in 0..600 {
        actions = match actions.last() {
            Some(Action::Perform(Operation::SetLocalDescription)) => {
                offers += 1;
                reports += refused(&mut a, &mut number).iter().filter(|one| **one == Action::ReportRefusal).count();
                Vec::new()
            }
            Some(Action::Perform(Operation::CreateOffer)) => {
                a.handle(Input::Done(Some(description(SdpType::Offer, "m=video"))))
            }
            _ => a.handle(Input::Timeout),
        };
    }
    assert_eq!((offers, reports), (6, 1));
    while actions.last() != Some(&Action::Perform(Operation::CreateOffer)) {
        actions = a.handle(Input::Timeout);
    }
    let changed = description(SdpType::Offer, "m=video\nm=audio");
    assert_eq!(a.handle(Input::Done(Some(changed))), perform(Operation::SetLocalDescription));
}

#[test]
fn too_large_offer_is_made_once_limit_allows() {
    let (mut a, _b) = known_pair();
    a.look_ahead();
    let large = || description(SdpType::Offer, &"m=video\n".repeat(20));
    a.set_signal_limit(100);
    assert_eq!(a.handle(Input::NegotiationNeeded), perform(Operation::CreateOffer));
    let actions = a.handle(Input::Done(Some(large())));
    assert!(matches!(*actions, [Action::ReportTooLarge { size: 240.., limit: 100 }]), "{actions:?}");
    // The offer is checked immediately after a change, and periodically otherwise.
    assert_eq!(a.handle(Input::NegotiationNeeded), perform(Operation::CreateOffer));
    assert_eq!(a.handle(Input::Done(Some(large()))), []);
    assert!(a.wants_timeout());
    a.set_signal_limit(110);
    let mut checks = 0;
    for _ in 0..100 {
        let actions = a.handle(Input::Timeout);
        if actions == perform(Operation::CreateOffer) {
            checks += 1;
            assert_eq!(a.handle(Input::Done(Some(large()))), []);
        }
    }
    assert!((4..10).contains(&checks), "{checks}");
    a.set_signal_limit(400);
    assert_eq!(a.handle(Input::Timeout), perform(Operation::CreateOffer));
    assert_eq!(a.handle(Input::Done(Some(large()))), perform(Operation::SetLocalDescription));
    assert_eq!(signals(&mut a, Input::Done(Some(large()))).len(), 1);
}

/// Covers browsers in which creating an offer has side effects.
#[test]
fn too_large_offer_is_rolled_back() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    b.handle(Input::Received(offer));
    b.handle(Input::Done(None));
    let answer = signals(&mut b, Input::Done(Some(description(SdpType::Answer, "answer"))));
    for signal in answer {
        a.handle(Input::Received(signal));
    }
    a.handle(Input::Done(None));
    let large = || description(SdpType::Offer, &"m=video\n".repeat(20));
    a.set_signal_limit(100);
    let mut actions = a.handle(Input::NegotiationNeeded);
    let (mut offers, mut reports) = (0, 0);
    for _ in 0..100 {
        if actions.last() == Some(&Action::Perform(Operation::SetLocalDescription)) {
            offers += 1;
            let set = a.handle(Input::Done(Some(large())));
            reports += set.iter().filter(|one| matches!(one, Action::ReportTooLarge { .. })).count();
            assert_eq!(set.last(), Some(&Action::Perform(Operation::RollBackLocalOffer)), "{set:?}");
            a.handle(Input::Done(None));
            // The browser needs negotiation again after each rollback.
            a.handle(Input::NegotiationNeeded);
        }
        actions = a.handle(Input::Timeout);
    }
    assert!((4..10).contains(&offers), "{offers}");
    assert_eq!(reports, 1);
    a.set_signal_limit(400);
    assert_eq!(a.handle(Input::Timeout), perform(Operation::SetLocalDescription));
    assert_eq!(signals(&mut a, Input::Done(Some(large()))).len(), 1);
}

#[test]
fn offer_that_no_longer_fits_is_rolled_back() {
    let (mut a, _b) = known_pair();
    a.handle(Input::NegotiationNeeded);
    let large = description(SdpType::Offer, &"m=video\n".repeat(20));
    assert_eq!(signals(&mut a, Input::Done(Some(large))).len(), 1);
    a.set_signal_limit(100);
    a.handle(Input::Timeout);
    let actions = a.handle(Input::Timeout);
    assert_eq!(actions.last(), Some(&Action::Perform(Operation::RollBackLocalOffer)), "{actions:?}");
    assert_eq!(actions.iter().filter(|one| matches!(one, Action::ReportTooLarge { .. })).count(), 1);
    // An `ack` takes the number of the offer.
    let replacement = Content::Ack;
    assert!(actions.iter().any(|one| matches!(one, Action::Send(signal) if signal.content == replacement)));
}

#[test]
fn answer_that_cannot_be_sent_is_refused() {
    let (mut a, mut b) = known_pair();
    let offer = make_offer(&mut a);
    b.handle(Input::Received(offer));
    b.handle(Input::Done(None));
    b.set_signal_limit(120);
    let actions = b.handle(Input::Done(Some(description(SdpType::Answer, &"m=video\n".repeat(20)))));
    assert!(matches!(actions[0], Action::ReportTooLarge { .. }), "{actions:?}");
    assert!(
        matches!(&actions[1], Action::Send(signal) if signal.content == Content::Refuse { offer: 1 }),
        "{actions:?}"
    );
}

#[test]
fn candidate_that_does_not_fit_is_reported_once() {
    let (mut a, _b) = known_pair();
    a.set_signal_limit(100);
    let long = || candidate(&"c".repeat(100));
    assert!(matches!(*a.handle(Input::LocalCandidate(long())), [Action::ReportTooLarge { .. }]));
    assert_eq!(a.handle(Input::LocalCandidate(long())), []);
    assert_eq!(signals(&mut a, Input::LocalCandidate(candidate("short"))).len(), 1);
}

#[test]
fn lost_part_is_resent() {
    let (mut a, mut b) = known_pair();
    for side in [&mut a, &mut b] {
        side.set_signal_limit(150);
    }
    let large = || description(SdpType::Offer, &"m=video\n".repeat(20));
    a.handle(Input::NegotiationNeeded);
    a.handle(Input::Done(Some(large())));
    let parts = signals(&mut a, Input::Done(Some(large())));
    assert!(parts.len() > 3);
    for part in parts.iter().skip(1) {
        assert_eq!(b.handle(Input::Received(part.clone())), []);
    }
    assert!(!b.wants_timeout(), "nothing to acknowledge yet");
    a.handle(Input::Timeout);
    let again = signals(&mut a, Input::Timeout);
    assert_eq!(again, parts);
    assert_eq!(b.handle(Input::Received(again[0].clone())), perform(Operation::SetRemoteDescription(large())));
}
