//! PROTOCOL.md describes the channel of a call as this module creates it.

use super::control_channel::{ID, LABEL, NewId};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/signaling/PROTOCOL.md"));

#[test]
fn protocol_channel_of_a_call_is_as_it_is_created() {
    let block = DOCUMENT.split("\n```json channel\n").nth(1).unwrap();
    for json in block.lines().take_while(|line| *line != "```") {
        let message: NewId = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&message).unwrap(), json);
    }
    let text = DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!("the label `{LABEL}`, the id {ID},")));
}
