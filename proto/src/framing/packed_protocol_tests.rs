//! Tests that PROTOCOL.md describes packed messages as implemented.

use super::{Frame, MAX_MESSAGE_BYTES, push};
use crate::document::{DOCUMENT, bytes, examples};

#[test]
fn protocol_frame_round_trips() {
    let example = examples("hex packed")[0];
    let mut frame = Vec::new();
    for message in ["hi", "", "abc"] {
        push(&mut frame, message.as_bytes());
    }
    assert_eq!(frame, bytes(example));
    let frame = Frame::new(frame);
    let messages: Vec<_> = frame.map(Result::unwrap).collect();
    assert_eq!(messages, ["hi", "", "abc"]);
}

#[test]
fn protocol_lengths_match_encoder() {
    let table = DOCUMENT.split("\n| Length | Bytes |\n|---|---|\n").nth(1).unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let written = rows.inspect(|row| {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let mut frame = Vec::new();
        push(&mut frame, &vec![0; cells[1].parse().unwrap()]);
        assert!(frame.starts_with(&bytes(cells[2])), "{row}");
        assert_eq!(frame.len(), cells[1].parse::<usize>().unwrap() + bytes(cells[2]).len());
    });
    assert_eq!(written.count(), 6);
    let longest = [MAX_MESSAGE_BYTES / 1_000_000, MAX_MESSAGE_BYTES / 1_000 % 1_000, MAX_MESSAGE_BYTES % 1_000]
        .map(|group| format!("{group:03}"));
    assert!(DOCUMENT.contains(&longest.join(",")));
}
