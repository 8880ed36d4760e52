//! PROTOCOL.md describes typed and large messages as this module implements them.

use serde::{Deserialize, Serialize};

use super::{
    Codec, Json,
    large_frames::{HEADER, Header, Joiner, Kind, MARK, split},
};

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/signaling/PROTOCOL.md"));

/// Lines of all blocks of a kind.
fn examples(kind: &str) -> Vec<&'static str> {
    let blocks = DOCUMENT.split(&format!("\n```{kind}\n")).skip(1).collect::<Vec<_>>();
    let lines: Vec<_> = blocks.iter().flat_map(|block| block.lines().take_while(|line| *line != "```")).collect();
    assert!(!lines.is_empty(), "{kind}");
    lines
}

fn bytes(hexadecimal: &str) -> Vec<u8> {
    hexadecimal.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

#[derive(Serialize, Deserialize)]
enum Move {
    Step { x: i32, y: i32 },
    Say(String),
}

fn moves_are_coded<C: Codec>(codec: &C, message: &[u8]) {
    let moves: Vec<Move> = codec.decode(message).unwrap();
    assert!(matches!(&moves[..], [Move::Step { x: -1, y: 300 }, Move::Say(text)] if text == "hello"));
    let mut again = Vec::new();
    codec.encode(&moves, &mut again).unwrap();
    assert_eq!(again, message);
}

#[test]
fn protocol_typed_messages_are_coded() {
    for json in examples("json typed") {
        moves_are_coded(&Json, json.as_bytes());
    }
    #[cfg(feature = "postcard")]
    for hexadecimal in examples("hex postcard") {
        moves_are_coded(&super::Postcard, &bytes(hexadecimal));
    }
}

#[test]
fn protocol_pieces_are_split_and_joined() {
    let pieces: Vec<Vec<u8>> = examples("hex large").into_iter().map(bytes).collect();
    let heads = split(Kind::Text, 0, 5, 3);
    let written = heads.map(|head| [&head.to_bytes()[..], &b"hello"[head.range().unwrap()]].concat());
    assert_eq!(written.collect::<Vec<_>>(), pieces);
    let mut joiner = Joiner::new(true, true);
    let joined = pieces.iter().map(|piece| {
        let (head, bytes) = piece.split_at(HEADER);
        joiner.piece(Header::parse(head).unwrap(), bytes.len(), 5, |place| place.copy_from_slice(bytes)).unwrap()
    });
    assert_eq!(joined.collect::<Vec<_>>(), [None, Some((Kind::Text, b"hello".to_vec()))]);
    for withdrawn in examples("hex withdrawn").into_iter().map(bytes) {
        assert!(withdrawn.starts_with(&MARK));
        assert_eq!(Header::parse(&withdrawn), Some(Header::withdrawn(7)));
        assert_eq!(Header::withdrawn(7).to_bytes()[..], withdrawn);
    }
}
