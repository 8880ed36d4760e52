//! PROTOCOL.md describes byte streams as this module implements them.

use super::{
    WINDOW,
    control::Control,
    state::{AT_FIRST, State},
};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/signaling/PROTOCOL.md"));

#[test]
fn protocol_texts_are_written_and_read() {
    let block = DOCUMENT.split("\n```text byte-stream\n").nth(1).unwrap();
    let texts: Vec<&str> = block.lines().take_while(|line| *line != "```").collect();
    let first = State::new(WINDOW).window.credit().unwrap();
    let controls = [Control::Credit(0), Control::Credit(first), Control::End];
    assert_eq!(controls.map(|control| control.to_string()), *texts);
    assert_eq!(texts.iter().map(|text| Control::parse(text)).collect::<Option<Vec<_>>>().unwrap(), controls);
    let text = DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("Each may send {},{} bytes before", AT_FIRST / 1_000, AT_FIRST % 1_000)));
}
