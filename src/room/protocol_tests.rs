//! PROTOCOL.md describes the messages of calls as this module implements them.

use std::collections::BTreeSet;

use super::{
    DeclineReason, EndReason,
    address::Moved,
    call::{OWN_CHANNEL, OWN_CHANNEL_ID},
    message::{CallMessage, Word},
};
use crate::signaling::{ClientMessage, ServerMessage};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/signaling/PROTOCOL.md"));

/// Lines of all blocks of a kind.
fn examples(kind: &str) -> Vec<&'static str> {
    let blocks = DOCUMENT.split(&format!("\n```{kind}\n")).skip(1).collect::<Vec<_>>();
    let lines: Vec<_> = blocks.iter().flat_map(|block| block.lines().take_while(|line| *line != "```")).collect();
    assert!(!lines.is_empty(), "{kind}");
    lines
}

#[test]
fn protocol_calls_are_written_and_read() {
    let mut shown = BTreeSet::new();
    for json in examples("json call") {
        let message: CallMessage = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
        let kind = match message.word {
            Word::Ring => "ring",
            Word::Accept => "accept",
            Word::Decline { reason } => {
                assert!(!matches!(reason, DeclineReason::Unknown(_)), "{json}");
                "decline"
            }
            Word::HangUp { reason } => {
                assert!(!matches!(reason, Some(EndReason::Unknown(_))), "{json}");
                if let Some(reason) = reason {
                    assert!(DOCUMENT.contains(&format!("\n| `{}` | ", reason.as_str())), "{json}");
                }
                "hang_up"
            }
            Word::Negotiation(_) => "signal",
        };
        shown.insert(kind);
    }
    assert_eq!(shown, BTreeSet::from(["ring", "accept", "decline", "hang_up", "signal"]));
}

#[test]
fn protocol_frames_carry_messages_of_calls() {
    let client = examples("json client").into_iter().filter_map(|json| match ClientMessage::from_json(json).unwrap() {
        ClientMessage::Signal { data, .. } => Some(data),
        _ => None,
    });
    let server = examples("json server").into_iter().filter_map(|json| match ServerMessage::from_json(json).unwrap() {
        ServerMessage::Signal { data, .. } => Some(data),
        _ => None,
    });
    let messages: Vec<CallMessage> = client.chain(server).map(|data| data.parse().unwrap()).collect();
    assert_eq!(messages.len(), 2);
}

#[test]
fn protocol_channel_of_a_call_is_as_it_is_created() {
    for json in examples("json channel") {
        let moved: Moved = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&moved).unwrap(), json);
    }
    let text = DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("the label `{OWN_CHANNEL}`, the id {OWN_CHANNEL_ID},")));
}
