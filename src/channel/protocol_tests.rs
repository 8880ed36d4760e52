//! Tests of the examples of typed messages in PROTOCOL.md.

use serde::{Deserialize, Serialize};

use super::{Codec, Json};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/signaling/PROTOCOL.md"));

/// Returns the lines of all code blocks of a kind.
fn examples(kind: &str) -> Vec<&'static str> {
    let blocks = DOCUMENT.split(&format!("\n```{kind}\n")).skip(1).collect::<Vec<_>>();
    let lines: Vec<_> = blocks.iter().flat_map(|block| block.lines().take_while(|line| *line != "```")).collect();
    assert!(!lines.is_empty(), "{kind}");
    lines
}

#[cfg(feature = "postcard")]
fn bytes(hexadecimal: &str) -> Vec<u8> {
    hexadecimal.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[derive(Serialize, Deserialize)]
enum Move {
    Step { x: i32, y: i32 },
    Say(String),
}

fn assert_round_trip<C: Codec>(codec: &C, message: &[u8]) {
    let moves: Vec<Move> = codec.decode(message).unwrap();
    assert!(matches!(&moves[..], [Move::Step { x: -1, y: 300 }, Move::Say(text)] if text == "hello"));
    let mut encoded = Vec::new();
    codec.encode(&moves, &mut encoded).unwrap();
    assert_eq!(encoded, message);
}

#[test]
fn documented_typed_messages_round_trip() {
    for json in examples("json typed") {
        assert_round_trip(&Json, json.as_bytes());
    }
    #[cfg(feature = "postcard")]
    for hexadecimal in examples("hex postcard") {
        assert_round_trip(&super::Postcard, &bytes(hexadecimal));
    }
}
