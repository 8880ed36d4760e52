//! PROTOCOL.md describes large messages as this module implements them.

use super::{HEADER, Header, Joiner, Kind, MARK, split};
use crate::document::{bytes, examples};

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
