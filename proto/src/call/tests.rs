//! Calls between two peers, in every order of their actions and messages.

use std::collections::{BTreeSet, VecDeque};

use super::{
    CallId, CallMessage, CallSignal, CallState, DeclineReason, EndReason, HangUpReason, Phase, Ring, RingOutcome,
    Rings, Role,
};
use crate::{
    negotiation::Content,
    sdp::ConnectionState,
    signaling::{Data, ErrorCode, LeaveReason, Peer, PeerId},
};

fn id(text: &str) -> CallId {
    CallId::try_from(text.to_owned()).unwrap()
}

fn peer(text: &str) -> Peer {
    Peer { id: text.into(), name: format!("name of {text}") }
}

fn metadata(of: &str) -> Data {
    Data::from_serialize(of).unwrap()
}

fn active() -> CallState {
    let mut call = CallState::outgoing(id("c1"), peer("b"));
    assert_eq!(call.ring(), Some(CallSignal::Ring(Ring::default())));
    assert_eq!(call.receive(CallSignal::Accept { metadata: None }), None);
    call
}

fn connected() -> CallState {
    let mut call = active();
    call.connection_changed(&ConnectionState::Connected);
    call
}

#[test]
fn ring_and_answer_start_call() {
    assert_eq!((active().phase(), active().role()), (Phase::Active, Role::Caller));
    let mut call = CallState::incoming(id("c1"), peer("b"), Ring::default());
    assert!(call.is_incoming_ring() && call.accept().is_none());
    assert!(call.reserve() && !call.reserve() && call.is_incoming_ring());
    assert_eq!(call.decline(DeclineReason::Busy), None, "the answer is reserved");
    assert_eq!(call.accept(), Some(CallSignal::Accept { metadata: None }));
    assert_eq!((call.phase(), call.role(), call.accept()), (Phase::Active, Role::Callee, None));
}

#[test]
fn accept_is_ignored_unless_calling() {
    let mut preparing = CallState::outgoing(id("c1"), peer("b"));
    preparing.receive(CallSignal::Accept { metadata: None });
    assert_eq!(preparing.phase(), Phase::Preparing);
    let mut ringing = CallState::incoming(id("c1"), peer("b"), Ring::default());
    ringing.receive(CallSignal::Accept { metadata: None });
    assert_eq!(ringing.phase(), Phase::Ringing);
}

#[test]
fn first_end_reason_is_kept() {
    let mut call = active();
    call.receive(CallSignal::HangUp { reason: HangUpReason::HungUp });
    call.receive(CallSignal::Decline { reason: DeclineReason::Busy });
    assert_eq!(call.hang_up(EndReason::HungUp), None);
    assert_eq!(call.end_reason(), Some(EndReason::PeerHungUp));
    assert_eq!((call.ring(), call.accept(), call.reserve()), (None, None, false));
}

#[test]
fn hang_up_is_sent_if_peer_received_ring() {
    let mut preparing = CallState::outgoing(id("c1"), peer("b"));
    assert_eq!(preparing.hang_up(EndReason::HungUp), None);
    assert_eq!(preparing.end_reason(), Some(EndReason::HungUp));
    let unanswered = CallSignal::HangUp { reason: HangUpReason::Unanswered };
    assert_eq!(
        CallState::incoming(id("c1"), peer("b"), Ring::default()).hang_up(EndReason::Unanswered),
        Some(unanswered)
    );
}

#[test]
fn refused_ring_ends_call() {
    for (code, reason) in [
        (Some(ErrorCode::UnknownPeer), EndReason::PeerLeft),
        (Some(ErrorCode::Internal), EndReason::ConnectionFailed),
        (None, EndReason::ConnectionFailed),
    ] {
        let mut call = CallState::outgoing(id("c1"), peer("b"));
        call.ring();
        call.refused(code.as_ref());
        assert_eq!(call.end_reason(), Some(reason));
    }
}

#[test]
fn queued_signals_are_limited_by_phase() {
    let ringing = CallState::incoming(id("c1"), peer("b"), Ring::default());
    let mut ended = active();
    ended.end(EndReason::HungUp);
    assert_eq!([ringing.signal_limit(), active().signal_limit(), ended.signal_limit()], [16, 256, 0]);
    assert_eq!(active().receive(CallSignal::Negotiation(Content::Ping.into())), Some(Content::Ping.into()));
}

#[test]
fn connected_call_survives_peer_lost_by_server() {
    let mut call = connected();
    call.peer_left(&LeaveReason::Lost);
    assert!(call.is_peer_lost() && call.is_connected());
    call.peer_id_changed("b2".into());
    assert!(!call.is_peer_lost());
    assert_eq!(*call.peer(), Peer { id: "b2".into(), name: "name of b".into() });
    call.peer_left(&LeaveReason::Left);
    assert_eq!(call.end_reason(), Some(EndReason::PeerLeft));

    let mut call = connected();
    call.peer_left(&LeaveReason::Lost);
    call.connection_changed(&ConnectionState::Failed);
    assert_eq!(call.end_reason(), Some(EndReason::PeerLeft));

    let mut call = active();
    call.peer_left(&LeaveReason::Lost);
    assert_eq!(call.end_reason(), Some(EndReason::PeerLeft));
}

#[test]
fn new_local_id_is_announced_over_connection() {
    assert!(connected().own_id_changed());
    let mut call = active();
    assert!(!call.own_id_changed());
    assert_eq!(call.end_reason(), Some(EndReason::PeerLeft));
    let mut preparing = CallState::outgoing(id("c1"), peer("b"));
    assert!(!preparing.own_id_changed());
    assert_eq!(preparing.phase(), Phase::Preparing);
}

#[test]
fn repeated_ring_of_ended_call_is_ignored() {
    let mut rings = Rings::default();
    let me = PeerId::from("a");
    let mut ring = |from: &str, call: &str| rings.receive(0.0, &me, peer(from), id(call), Ring::default(), []);
    assert!(matches!(ring("b", "c1"), RingOutcome::Incoming(_)));
    // The call has ended, so it is no longer passed.
    assert_eq!(ring("b", "c1"), RingOutcome::Ignored);
    assert!(matches!(ring("b", "c2"), RingOutcome::Incoming(_)));
    assert!(matches!(ring("c", "c1"), RingOutcome::Incoming(_)), "an id belongs to one peer");
    rings.remember(&"b".into(), &id("c3"));
    assert_eq!(rings.receive(0.0, &me, peer("b"), id("c3"), Ring::default(), []), RingOutcome::Ignored);
}

#[test]
fn rings_and_busy_answers_are_limited() {
    let mut rings = Rings::default();
    let me = PeerId::from("a");
    let mut calls: Vec<CallState> = Vec::new();
    for number in 0..16 {
        let RingOutcome::Incoming(call) =
            rings.receive(0.0, &me, peer(&format!("p{number}")), id("c"), Ring::default(), &mut calls)
        else {
            panic!()
        };
        calls.push(call);
    }
    let busy = RingOutcome::Declined(CallSignal::Decline { reason: DeclineReason::Busy });
    for number in 0..40 {
        let outcome = rings.receive(5_000.0, &me, peer("q"), id(&format!("c{number}")), Ring::default(), &mut calls);
        assert_eq!(outcome, if number < 32 { busy_answer() } else { RingOutcome::Ignored }, "{number}");
    }
    assert_eq!(rings.receive(16_000.0, &me, peer("q"), id("later"), Ring::default(), &mut calls), busy);
    // At most one ring per peer.
    calls.truncate(1);
    assert_eq!(rings.receive(16_000.0, &me, peer("p0"), id("second"), Ring::default(), &mut calls), busy_answer());
    assert!(matches!(
        rings.receive(16_000.0, &me, peer("q"), id("first"), Ring::default(), &mut calls),
        RingOutcome::Incoming(_)
    ));
}

fn busy_answer() -> RingOutcome {
    RingOutcome::Declined(CallSignal::Decline { reason: DeclineReason::Busy })
}

/// A peer that calls the other peer or accepts its call, with delayed media and an ordered queue of signals.
#[derive(Clone)]
struct Side {
    me: &'static str,
    rings: Rings,
    calls: Vec<CallState>,
    sent: VecDeque<CallMessage>,
    has_called: bool,
}

impl Side {
    fn new(me: &'static str) -> Self {
        Self { me, rings: Rings::default(), calls: Vec::new(), sent: VecDeque::new(), has_called: false }
    }

    fn send(&mut self, call: &CallId, signal: Option<CallSignal>) {
        self.sent.extend(signal.map(|signal| CallMessage { call: call.clone(), signal }));
    }

    /// Starts a call, or accepts the call of the peer if it rings.
    fn call(&mut self, other: &str) {
        self.has_called = true;
        if !self.calls.iter_mut().any(CallState::reserve) {
            let call = id(&format!("call of {}", self.me));
            self.rings.remember(&other.into(), &call);
            self.calls.push(CallState::outgoing(call, peer(other)));
        }
        let call = self.calls.iter_mut().find(|call| call.end_reason().is_none());
        call.unwrap().set_metadata(Some(metadata(self.me)));
    }

    /// Provides the media that the call waits for.
    fn media(&mut self) -> bool {
        let is_waiting = |call: &&mut CallState| matches!(call.phase(), Phase::Preparing | Phase::Accepting);
        let Some(call) = self.calls.iter_mut().find(is_waiting) else { return false };
        let (id, signal) = (call.id().clone(), call.ring().or_else(|| call.accept()));
        self.send(&id, signal);
        true
    }

    fn receive(&mut self, from: &str, message: CallMessage) {
        let CallMessage { call, signal } = message;
        if let Some(state) = self.calls.iter_mut().find(|state| *state.id() == call && state.end_reason().is_none()) {
            state.receive(signal);
        } else if let CallSignal::Ring(ring) = signal {
            match self.rings.receive(0.0, &self.me.into(), peer(from), call, ring, &mut self.calls) {
                RingOutcome::Incoming(call) => self.calls.push(call),
                RingOutcome::Joined { index, former } => {
                    assert_eq!(self.calls[index].phase(), Phase::Accepting);
                    if let Some(former) = former {
                        self.send(&former, Some(CallSignal::HangUp { reason: HangUpReason::HungUp }));
                    }
                }
                RingOutcome::Ignored => {}
                RingOutcome::Declined(_) => panic!("neither peer is busy"),
            }
        }
    }
}

/// Searches every order of the actions of two peers that call each other, and passes each final state to `visit`.
fn search(sides: &[Side; 2], visit: &mut impl FnMut(&[Side; 2])) {
    let mut is_final = true;
    for at in 0..2 {
        let other = 1 - at;
        let mut step = |act: &dyn Fn(&mut [Side; 2]) -> bool| {
            let mut next = sides.clone();
            if act(&mut next) {
                is_final = false;
                search(&next, visit);
            }
        };
        step(&|sides| {
            let may_call = !sides[at].has_called;
            if may_call {
                let to = sides[other].me;
                sides[at].call(to);
            }
            may_call
        });
        step(&|sides| sides[at].media());
        step(&|sides| {
            let message = sides[at].sent.pop_front();
            let from = sides[at].me;
            message.map(|message| sides[other].receive(from, message)).is_some()
        });
    }
    if is_final {
        visit(sides);
    }
}

#[test]
fn mutual_calls_become_one_call() {
    let mut calls = BTreeSet::new();
    let mut ends = 0;
    search(&[Side::new("a"), Side::new("b")], &mut |sides| {
        ends += 1;
        let active: Vec<Vec<&CallState>> =
            sides.iter().map(|side| side.calls.iter().filter(|call| call.phase() == Phase::Active).collect()).collect();
        let [&[near], &[far]] = [&*active[0], &*active[1]] else { panic!("{active:#?}") };
        assert_eq!(near.id(), far.id());
        assert_ne!(near.role(), far.role());
        assert_eq!(near.peer_metadata(), Some(&metadata("b")), "{near:#?}");
        assert_eq!(far.peer_metadata(), Some(&metadata("a")), "{far:#?}");
        assert!(
            sides.iter().flat_map(|side| &side.calls).all(|call| call.phase() == Phase::Active),
            "no call keeps ringing"
        );
        calls.insert(String::from(near.id().clone()));
    });
    assert_eq!(calls, BTreeSet::from(["call of a".into(), "call of b".into()]));
    assert!(ends > 30, "{ends}");
}
