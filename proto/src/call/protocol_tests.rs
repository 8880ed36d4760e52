//! Tests that PROTOCOL.md describes call messages as implemented.

use std::collections::BTreeSet;

use super::{CONTROL_CHANNEL_ID, CONTROL_CHANNEL_LABEL, CallSignal, MAX_METADATA_BYTES, NewId};
use crate::direct::PeerMessage;
use crate::document::{DOCUMENT, examples, one_line};
use crate::signaling::{ClientMessage, Data, ServerMessage, SignalFrom, SignalTo};

#[test]
fn protocol_call_examples_round_trip() {
    let (mut shown, mut has_options) = (BTreeSet::new(), false);
    for json in examples("json call") {
        let data = Data::from_json(json).unwrap();
        let message = PeerMessage::from_data(&data).unwrap();
        assert_eq!(message.to_data(), data);
        let PeerMessage::Call(message) = message else { panic!("{message:?}") };
        let kind = match message.signal {
            CallSignal::Ring(ring) => {
                has_options |= ring.metadata.is_some() && ring.ring_ms.is_some();
                "ring"
            }
            CallSignal::Accept { .. } => "accept",
            CallSignal::Decline { reason } => {
                assert_shown(json, reason.as_str());
                "decline"
            }
            CallSignal::HangUp { reason } => {
                if let Some(reason) = reason.as_str() {
                    assert_shown(json, reason);
                }
                "hang_up"
            }
            CallSignal::Negotiation(_) => "signal",
        };
        shown.insert(kind);
    }
    assert!(has_options);
    assert!(one_line().contains(&format!("more than {MAX_METADATA_BYTES} bytes of JSON")));
    assert_eq!(shown, BTreeSet::from(["ring", "accept", "decline", "hang_up", "signal"]));
}

#[test]
fn protocol_frames_contain_call_messages() {
    let client = examples("json client").into_iter().filter_map(|json| match ClientMessage::from_json(json).unwrap() {
        ClientMessage::Signal(SignalTo { data, .. }) => Some(data),
        _ => None,
    });
    let server = examples("json server").into_iter().filter_map(|json| match ServerMessage::from_json(json).unwrap() {
        ServerMessage::Signal(SignalFrom { data, .. }) => Some(data),
        _ => None,
    });
    let messages: Vec<_> = client.chain(server).map(|data| PeerMessage::from_data(&data).unwrap()).collect();
    assert!(matches!(&messages[..], [PeerMessage::Call(_), PeerMessage::Call(_)]), "{messages:?}");
}

/// Asserts that the reason stands in a table of the document, and in the example.
fn assert_shown(json: &str, word: &str) {
    assert!(DOCUMENT.contains(&format!("\n| `{word}` | ")) && json.contains(word), "{json}");
}

#[test]
fn protocol_control_channel_matches_constants() {
    for json in examples("json channel") {
        let message = NewId::from_json(json).unwrap();
        assert_eq!(message.to_json(), json);
    }
    assert!(one_line().contains(&format!("the label `{CONTROL_CHANNEL_LABEL}`, the id {CONTROL_CHANNEL_ID},")));
}
