//! PROTOCOL.md describes file transfers as this module implements them.

use std::collections::BTreeSet;

use super::{BLOCK, Event, Exchange, LONGEST_TEXT, Message, Part, Reason};
use crate::document::{DOCUMENT, examples};

fn name(message: &Message) -> &'static str {
    match message {
        Message::Offer { .. } => "offer",
        Message::Block { .. } => "block",
        Message::End { .. } => "end",
        Message::Cancel { .. } => "cancel",
        Message::Ack { .. } => "ack",
        Message::Accept { .. } => "accept",
        Message::Refuse { .. } => "refuse",
        Message::Got { .. } => "got",
        Message::Received { .. } => "received",
        Message::Stop { .. } => "stop",
        Message::Unknown => panic!("an example of an unknown message"),
    }
}

#[test]
fn protocol_section_is_the_module_documentation() {
    let files = include_str!("protocol.md").replace("\n# ", "\n### ");
    assert!(DOCUMENT.ends_with(&format!("\n## Files\n\n{files}")));
    for number in [BLOCK, LONGEST_TEXT.into()] {
        assert!(files.contains(&format!("{},{:03} ", number / 1_000, number % 1_000)), "{number}");
    }
}

#[test]
fn protocol_examples_are_written_and_read() {
    let mut shown = BTreeSet::new();
    for json in examples("json file") {
        let message = Message::parse(json).unwrap();
        assert_eq!(message.text(), json);
        assert!(DOCUMENT.contains(&format!("\n| `{}` | ", name(&message))), "{json}");
        shown.insert(name(&message));
    }
    assert_eq!(shown.len(), 10);
    let reasons =
        [Reason::Declined, Reason::Busy, Reason::Unsupported, Reason::Cancelled, Reason::Invalid, Reason::Failed];
    for reason in reasons {
        let word = serde_json::to_value(reason).unwrap();
        assert!(DOCUMENT.contains(&format!("\n| `{}` | ", word.as_str().unwrap())), "{word}");
    }
}

#[test]
fn protocol_transfer_is_valid_at_both_sides() {
    let (mut sender, mut receiver) = (Exchange::default(), Exchange::default());
    sender.offer(5);
    let mut events = Vec::new();
    for line in examples("json transfer") {
        let (direction, message) = line.split_at(2);
        if !message.starts_with('{') {
            let length = u32::try_from(message.split(' ').count()).unwrap();
            assert_eq!(receiver.bytes(length), Ok(Part::Of { id: 0, offset: 0, last: true }));
            continue;
        }
        // What each side does of its own accord.
        match Message::parse(message).unwrap() {
            Message::Accept { id, window, from, .. } => assert!(receiver.accept(id, from, window)),
            Message::Block { id, .. } => {
                let sending = sender.sending.get_mut(&id).unwrap();
                sending.begin(false);
                assert!(sending.may_send());
                sending.sent();
            }
            Message::End { id, .. } => sender.sending.get_mut(&id).unwrap().end(),
            _ => {}
        }
        events.push(if direction == "> " { receiver.text(message) } else { sender.text(message) }.unwrap());
    }
    assert!(matches!(
        &events[..],
        [
            Event::Offered { size: 5, .. },
            Event::Acknowledged(0),
            Event::Accepted { id: 0, from: 0, sha256: None },
            Event::Block { id: 0, length: 5, .. },
            Event::End(0, _),
            Event::Received(0),
        ]
    ));
}
