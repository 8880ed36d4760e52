//! Tests that PROTOCOL.md describes session signals as implemented.

use std::collections::{BTreeSet, VecDeque};

use super::{
    Action, Content, Input, Negotiator, Operation, Politeness, SessionId, Signal,
    parts::{Reassembly, split},
};
use crate::document::{DOCUMENT, examples};
use crate::sdp::{IceCandidate, SdpType, SessionDescription};

fn kind(content: &Content) -> &'static str {
    match content {
        Content::Hello => "hello",
        Content::Ack => "ack",
        Content::Ping => "ping",
        Content::Request => "request",
        Content::Grant => "grant",
        Content::Release => "release",
        Content::Description(_) => "description",
        Content::Candidate(_) => "candidate",
        Content::Refuse { .. } => "refuse",
        Content::Bye => "bye",
    }
}

#[test]
fn protocol_section_equals_module_documentation() {
    let signals = include_str!("signals.md").replace("\n# ", "\n### ");
    assert!(DOCUMENT.contains(&format!("\n## Session signals\n\n{signals}\n## ")));
}

#[test]
fn protocol_examples_round_trip() {
    let mut shown = BTreeSet::new();
    for json in examples("json signal") {
        let signal: Signal = json.parse().unwrap();
        assert_eq!(signal.to_string(), json);
        assert!(DOCUMENT.contains(&format!("\n| `{}` | ", kind(&signal.content))), "{json}");
        shown.insert(kind(&signal.content));
    }
    assert_eq!(shown.len(), 10);
}

#[test]
fn protocol_parts_round_trip() {
    let parts = examples("json parts");
    let (mut reassembly, mut whole) = (None, None);
    for json in &parts {
        let signal: Signal = json.parse().unwrap();
        whole = Reassembly::add(&mut reassembly, signal.header.as_ref().unwrap(), signal.content);
    }
    let mut header = parts[0].parse::<Signal>().unwrap().header.unwrap();
    (header.part, header.parts) = (0, 0);
    let limit = 180;
    assert!(DOCUMENT.contains(&format!("the limit is {limit} bytes:")));
    let again = split(Signal { content: whole.unwrap(), header: Some(header) }, limit).unwrap();
    assert_eq!(again.iter().map(Signal::to_string).collect::<Vec<_>>(), parts);
}

/// A side of the example conversation, with a browser that has one change to offer.
struct Side {
    negotiator: Negotiator,
    credentials: &'static str,
    pending_offer: bool,
}

impl Side {
    fn new(id: &str, politeness: Politeness, credentials: &'static str) -> Self {
        Self { negotiator: Negotiator::new(SessionId::new(id), politeness), credentials, pending_offer: false }
    }

    /// Handles an input, and returns the signals to send. Each operation succeeds immediately.
    fn handle(&mut self, input: Input) -> Vec<Signal> {
        let (mut signals, mut inputs) = (Vec::new(), VecDeque::from([input]));
        while let Some(input) = inputs.pop_front() {
            for action in self.negotiator.handle(input) {
                match action {
                    Action::Send(signal) => signals.push(signal),
                    Action::Perform(operation) => self.perform(operation, &mut inputs),
                    Action::PeerClosed => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        signals
    }

    fn perform(&mut self, operation: Operation, inputs: &mut VecDeque<Input>) {
        match operation {
            Operation::SetLocalDescription => {
                let kind = if self.pending_offer { SdpType::Answer } else { SdpType::Offer };
                let sdp = format!("v=0\r\na=ice-ufrag:{}\r\n", self.credentials);
                inputs.push_back(Input::Done(Some(SessionDescription { kind, sdp })));
                let candidate = if self.pending_offer { IceCandidate::end_of_candidates() } else { host() };
                let username_fragment = Some(self.credentials.to_owned());
                inputs.push_back(Input::LocalCandidate(IceCandidate { username_fragment, ..candidate }));
                self.pending_offer = false;
            }
            Operation::SetRemoteDescription(description) => {
                self.pending_offer = description.kind == SdpType::Offer;
                inputs.push_back(Input::Done(None));
            }
            Operation::AddIceCandidate(_) => inputs.push_back(Input::Done(None)),
            other => panic!("{other:?}"),
        }
    }
}

fn host() -> IceCandidate {
    let candidate = "candidate:1 1 udp 2113937151 192.0.2.7 53421 typ host".into();
    IceCandidate { candidate, sdp_mid: Some("0".into()), ..IceCandidate::default() }
}

#[test]
fn protocol_conversation_is_reproduced() {
    let mut sides = [Side::new("a81f", Politeness::Impolite, "Iu1a"), Side::new("c07e", Politeness::Polite, "Xk9b")];
    let (mut in_flight, mut sent) = (VecDeque::new(), Vec::new());
    let mut handle = |sides: &mut [Side; 2], at: usize, input: Input| {
        in_flight.extend(sides[at].handle(input).into_iter().map(|signal| (at, signal)));
        while let Some((from, signal)) = in_flight.pop_front() {
            sent.push(format!("{} {signal}", ['>', '<'][from]));
            let to = 1 - from;
            in_flight.extend(sides[to].handle(Input::Received(signal)).into_iter().map(|signal| (to, signal)));
        }
    };
    handle(&mut sides, 0, Input::LinkOpened);
    handle(&mut sides, 1, Input::NegotiationNeeded);
    handle(&mut sides, 1, Input::Timeout);
    handle(&mut sides, 0, Input::Timeout);
    handle(&mut sides, 1, Input::Closing);
    assert_eq!(sent, examples("json conversation"), "{}", sent.join("\n"));
}

/// The pauses in the document, as seconds since the link opened.
const REPEATED_AT: [u32; 7] = [2, 6, 14, 30, 62, 94, 126];

fn seconds_of_signals(side: &mut Negotiator) -> Vec<u32> {
    let mut sends = || side.handle(Input::Timeout).iter().any(|action| matches!(action, Action::Send(_)));
    (1..=130).filter(|_| sends()).collect()
}

#[test]
fn protocol_pauses_match_implementation() {
    let new = || Negotiator::new(SessionId::new("c07e"), Politeness::Polite);
    let greeting = || Input::Received(r#"{"kind":"hello","session":{"from":"a81f"}}"#.parse().unwrap());
    let mut side = new();
    side.handle(Input::LinkOpened);
    assert_eq!(seconds_of_signals(&mut side), REPEATED_AT, "greetings");
    let mut side = new();
    side.handle(Input::LinkOpened);
    side.handle(greeting());
    side.handle(Input::NegotiationNeeded);
    assert_eq!(seconds_of_signals(&mut side), REPEATED_AT, "a `request` that is not acknowledged");
    // A late answer of the peer does not delay the repetition of the first signal.
    let mut side = new();
    side.handle(Input::LinkOpened);
    assert_eq!(seconds_of_signals(&mut side), REPEATED_AT);
    side.handle(greeting());
    side.handle(Input::NegotiationNeeded);
    assert_eq!(seconds_of_signals(&mut side), REPEATED_AT, "a first signal to a peer that answered late");
}
