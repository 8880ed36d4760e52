//! Tests that PROTOCOL.md describes file transfers as implemented.

use std::collections::BTreeSet;

use super::{
    Accept, BLOCK_SIZE, Block, Bytes, End, Event, Exchange, MAX_PENDING_OFFERS, MAX_TEXT_LENGTH, Message, Offer,
    OfferAck, Reason, Received,
};
use crate::document::{DOCUMENT, examples};

#[test]
fn protocol_section_equals_module_documentation() {
    let files = include_str!("protocol.md").replace("\n# ", "\n### ");
    assert!(DOCUMENT.ends_with(&format!("\n## Files\n\n{files}")));
    for number in [BLOCK_SIZE, MAX_TEXT_LENGTH.into()] {
        assert!(files.contains(&format!("{},{:03} ", number / 1_000, number % 1_000)), "{number}");
    }
    assert!(files.contains(&format!("limits to {MAX_PENDING_OFFERS} |")));
}

#[test]
fn protocol_examples_round_trip() {
    let mut shown = BTreeSet::new();
    for json in examples("json file") {
        let message = Message::from_json(json).unwrap().unwrap();
        assert_eq!(message.to_json(), json);
        assert!(DOCUMENT.contains(&format!("\n| `{}` | ", message.type_name())), "{json}");
        shown.insert(message.type_name());
    }
    assert_eq!(shown.len(), Message::TYPES.len());
    let reasons =
        [Reason::Declined, Reason::Busy, Reason::Unsupported, Reason::Cancelled, Reason::Invalid, Reason::Failed];
    for reason in reasons {
        let word = reason.as_str();
        assert!(DOCUMENT.contains(&format!("\n| `{word}` | ")), "{word}");
        assert_eq!(Reason::from(word), reason);
    }
}

#[test]
fn protocol_transfer_is_valid_on_both_sides() {
    let (mut sender, mut receiver) = (Exchange::default(), Exchange::default());
    sender.offer(5);
    let mut events = Vec::new();
    for line in examples("json transfer") {
        let (direction, text) = line.split_at(2);
        if !text.starts_with('{') {
            let length = u32::try_from(text.split(' ').count()).unwrap();
            assert_eq!(receiver.handle_bytes(length), Ok(Bytes::Block { id: 0, offset: 0, last: true }));
            continue;
        }
        // Each side reports the messages that it sends.
        match Message::from_json(text).unwrap().unwrap() {
            Message::Accept(accept) => assert!(receiver.accept(accept.id, accept.from, accept.window)),
            Message::Block(block) => {
                sender.begin(block.id, false);
                assert!(sender.may_send(block.id));
                sender.block_sent(block.id);
            }
            Message::End(end) => sender.end_sent(end.id),
            _ => {}
        }
        let other = if direction == "> " { &mut receiver } else { &mut sender };
        events.push(other.handle_text(text).unwrap().unwrap());
    }
    assert!(matches!(
        &events[..],
        [
            Event::Offer(Offer { size: 5, .. }),
            Event::OfferAck(OfferAck { id: 0 }),
            Event::Accept(Accept { id: 0, from: 0, sha256: None, .. }),
            Event::Block { block: Block { id: 0, length: 5, .. }, restart: false },
            Event::End(End { id: 0, .. }),
            Event::Received(Received { id: 0 }),
        ]
    ));
}
