//! Tests that PROTOCOL.md describes large messages as implemented.

use super::{HEADER_BYTES, Header, Joiner, Kind, PREFIX, split};
use crate::document::{bytes, examples};

#[test]
fn protocol_pieces_are_split_and_joined() {
    let pieces: Vec<Vec<u8>> = examples("hex large").into_iter().map(bytes).collect();
    let headers = split(Kind::Text, 0, 5, 3);
    let written = headers.map(|header| [&header.to_bytes()[..], &b"hello"[header.range().unwrap()]].concat());
    assert_eq!(written.collect::<Vec<_>>(), pieces);
    let mut joiner = Joiner::new(true, true);
    let joined = pieces.iter().map(|piece| {
        let (header, bytes) = piece.split_at(HEADER_BYTES);
        joiner
            .receive_piece(Header::parse(header).unwrap(), bytes.len(), 5, |place| place.copy_from_slice(bytes))
            .unwrap()
    });
    assert_eq!(joined.collect::<Vec<_>>(), [None, Some((Kind::Text, b"hello".to_vec()))]);
    for withdrawn in examples("hex withdrawn").into_iter().map(bytes) {
        assert!(withdrawn.starts_with(&PREFIX));
        assert_eq!(Header::parse(&withdrawn), Some(Header::withdrawn(7)));
        assert_eq!(Header::withdrawn(7).to_bytes()[..], withdrawn);
    }
}
