//! Tests that PROTOCOL.md describes byte streams as implemented.

use super::{Control, DEFAULT_WINDOW, INITIAL_CREDIT, State};
use crate::document::{examples, one_line};

#[test]
fn protocol_texts_round_trip() {
    let texts = examples("text byte-stream");
    let first = State::new(DEFAULT_WINDOW).window.take_credit().unwrap();
    let controls = [Control::Credit(0), Control::Credit(first), Control::End];
    assert_eq!(controls.map(|control| control.to_string()), *texts);
    assert_eq!(texts.iter().map(|text| Control::parse(text)).collect::<Option<Vec<_>>>().unwrap(), controls);
    assert!(one_line().contains(&format!(
        "Each may send {},{} bytes before",
        INITIAL_CREDIT / 1_000,
        INITIAL_CREDIT % 1_000
    )));
}
