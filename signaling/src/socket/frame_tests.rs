//! Comparison with tungstenite, which must decode the same bytes to the same messages.

use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{
    Error, Message,
    error::ProtocolError,
    protocol::{Role, WebSocket, WebSocketConfig},
};

use super::*;

const MAX: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Seen {
    Text(String),
    Binary,
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>),
    TooLarge,
    Discarded(usize),
    Violation(Violation),
}

/// Decodes bytes up to a message over the limit.
fn decode_until_limit(bytes: &[u8], chunks: &[usize]) -> Vec<Seen> {
    let mut seen = decode(bytes, chunks);
    if let Some(index) = seen.iter().position(|part| *part == Seen::TooLarge) {
        seen.truncate(index + 1);
    }
    seen
}

/// Decodes bytes in chunks of these sizes. Consecutive discarded bytes are added up.
fn decode(bytes: &[u8], chunks: &[usize]) -> Vec<Seen> {
    let mut decoder = Decoder::new(MAX);
    let mut seen = Vec::new();
    let mut rest = bytes;
    for size in chunks.iter().copied().chain([usize::MAX]) {
        let (chunk, others) = rest.split_at(size.min(rest.len()));
        rest = others;
        let result = decoder.decode(&mut chunk.to_vec(), |decoded| {
            let part = match (decoded, seen.last_mut()) {
                (Decoded::Text(text), _) => Seen::Text(text.to_owned()),
                (Decoded::Binary(_), _) => Seen::Binary,
                (Decoded::Ping(payload), _) => Seen::Ping(payload.to_vec()),
                (Decoded::Pong(_), _) => Seen::Pong,
                (Decoded::Close(code), _) => Seen::Close(code),
                (Decoded::TooLarge, _) => Seen::TooLarge,
                // A violation follows.
                (Decoded::NotUtf8, _) => return ControlFlow::Continue(()),
                (Decoded::Discarded(bytes), Some(Seen::Discarded(before))) => {
                    *before += bytes;
                    return ControlFlow::Continue(());
                }
                (Decoded::Discarded(bytes), _) => Seen::Discarded(bytes),
            };
            seen.push(part);
            if matches!(seen.last(), Some(Seen::Close(_))) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match result {
            Err(violation) => {
                seen.push(Seen::Violation(violation));
                break;
            }
            Ok(ControlFlow::Break(())) => break,
            Ok(ControlFlow::Continue(())) => {}
        }
        assert!(decoder.buffered() <= 4 * (MAX + 14), "{} bytes buffered", decoder.buffered());
    }
    seen
}

struct Wire(Cursor<Vec<u8>>);

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn decode_by_tungstenite(bytes: &[u8]) -> Vec<Seen> {
    let config = WebSocketConfig::default().max_frame_size(Some(MAX)).max_message_size(Some(MAX));
    let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(bytes.to_vec())), Role::Server, Some(config));
    let mut seen = Vec::new();
    loop {
        seen.push(match socket.read() {
            Ok(Message::Text(text)) => Seen::Text(text.to_string()),
            Ok(Message::Binary(_)) => Seen::Binary,
            Ok(Message::Ping(payload)) => Seen::Ping(payload.to_vec()),
            Ok(Message::Pong(_)) => Seen::Pong,
            // The result of tungstenite for a reserved code.
            Ok(Message::Close(Some(close))) if close.reason == "Protocol violation" => {
                Seen::Violation(Violation::Protocol)
            }
            Ok(Message::Close(close)) => Seen::Close(close.map(|close| close.code.into())),
            Ok(Message::Frame(_)) => continue,
            Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::ConnectionClosed) => break,
            Err(Error::Protocol(_)) => Seen::Violation(Violation::Protocol),
            Err(Error::Utf8(_)) => Seen::Violation(Violation::NotUtf8),
            Err(Error::Capacity(_)) => Seen::TooLarge,
            Err(other) => panic!("{other}"),
        });
        if matches!(seen.last(), Some(Seen::Close(_) | Seen::TooLarge | Seen::Violation(_))) {
            break;
        }
    }
    seen
}

/// Encodes a frame of a client, valid or not.
fn frame(first: u8, masked: bool, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![first];
    let bit = if masked { 0x80 } else { 0 };
    match payload.len() {
        length @ 0..126 => frame.push(bit | u8::try_from(length).unwrap()),
        length => {
            frame.push(bit | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    if masked {
        frame.extend(mask);
    }
    frame.extend(
        payload.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| if masked { byte ^ mask } else { *byte }),
    );
    frame
}

fn whole(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(0x80 | opcode, true, payload, [1, 2, 3, 4])
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let letters = proptest::collection::vec(prop_oneof![9 => Just("a"), 3 => Just("ä"), 1 => Just("😀")], 0..40);
    let text = letters.prop_map(|letters| letters.concat().into_bytes());
    // The text may end within a character, and may be invalid.
    let cut = (text.clone(), 0..60_usize).prop_map(|(text, at)| text[..at.min(text.len())].to_vec());
    let payload = || {
        prop_oneof![
            6 => text.clone(),
            3 => cut.clone(),
            1 => proptest::collection::vec(any::<u8>(), 0..40),
            1 => proptest::collection::vec(Just(b'x'), 0..400),
        ]
    };
    let small = || proptest::collection::vec(any::<u8>(), 0..125);
    let codes =
        prop_oneof![Just(1000), Just(1001), Just(1004), Just(1005), Just(4002), Just(999), Just(2000), Just(5000)];
    let close =
        (codes, cut.clone()).prop_map(|(code, reason): (u16, _)| [&code.to_be_bytes(), reason.as_slice()].concat());
    let one = prop_oneof![
        8 => (0..3_u8, any::<bool>(), payload()).prop_map(|(opcode, end, payload)| (opcode | u8::from(end) << 7, true, payload)),
        8 => payload().prop_map(|payload| (0x81, true, payload)),
        2 => small().prop_map(|payload| (0x89, true, payload)),
        2 => small().prop_map(|payload| (0x8a, true, payload)),
        1 => close.prop_map(|payload| (0x88, true, payload)),
        1 => proptest::collection::vec(any::<u8>(), 0..2).prop_map(|payload| (0x88, true, payload)),
        1 => (0..16_u8, small()).prop_map(|(opcode, payload)| (0x80 | opcode, true, payload)),
        1 => (1..8_u8, small()).prop_map(|(bits, payload)| (0x81 | bits << 4, true, payload)),
        1 => small().prop_map(|payload| (0x81, false, payload)),
        1 => small().prop_map(|payload| (0x09, true, payload)),
        1 => proptest::collection::vec(any::<u8>(), 126..200).prop_map(|payload| (0x89, true, payload)),
    ];
    let one = (one, any::<[u8; 4]>()).prop_map(|((first, masked, payload), mask)| frame(first, masked, &payload, mask));
    proptest::collection::vec(one, 0..12).prop_map(|frames| frames.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, max_shrink_time: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn frames_are_decoded_like_tungstenite(bytes in frames(), chunks in proptest::collection::vec(0..50_usize, 0..40)) {
        let mut expected = decode_by_tungstenite(&bytes);
        let whole = decode_until_limit(&bytes, &[]);
        // For a frame that is unexpected and too large, tungstenite reports the size first.
        if let (Some(Seen::Violation(Violation::Protocol)), Some(Seen::TooLarge)) = (whole.last(), expected.last()) {
            expected.pop();
            expected.push(Seen::Violation(Violation::Protocol));
        }
        prop_assert_eq!(&whole, &expected);
        prop_assert_eq!(decode_until_limit(&bytes, &chunks), expected);
        // Parts after a message over the limit are independent of the chunks as well.
        prop_assert_eq!(decode(&bytes, &chunks), decode(&bytes, &[]));
    }
}

#[test]
fn tungstenite_reads_written_frames() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
        let sent = "x".repeat(length);
        let mut bytes = Vec::new();
        text(&sent, &mut bytes);
        pong(b"7", &mut bytes);
        ping(&mut bytes);
        super::close(Some(1013), "slow", &mut bytes);
        let mut socket = WebSocket::from_raw_socket(Wire(Cursor::new(bytes)), Role::Client, None);
        assert_eq!(socket.read().unwrap(), Message::text(sent));
        assert_eq!(socket.read().unwrap(), Message::Pong("7".into()));
        assert_eq!(socket.read().unwrap(), Message::Ping("".into()));
        let Message::Close(Some(close)) = socket.read().unwrap() else { panic!("not closed") };
        assert_eq!((u16::from(close.code), close.reason.as_str()), (1013, "slow"));
    }
}

#[test]
fn silent_client_has_no_buffer() {
    let mut decoder = Decoder::new(70_000);
    let long = whole(TEXT, &[b'x'; 60_000]);
    for chunk in long.chunks(1000) {
        let _ = decoder.decode(&mut chunk.to_vec(), |_| ControlFlow::<()>::Continue(()));
    }
    assert_eq!(decoder.buffered(), 0);
    let mut parts = frame(TEXT, true, b"one, ", [0; 4]);
    parts.extend(whole(CONTINUATION, b"two"));
    let _ = decoder.decode(&mut parts, |decoded| {
        assert_eq!(decoded, Decoded::Text("one, two"));
        ControlFlow::<()>::Continue(())
    });
    assert_eq!(decoder.buffered(), 0);
}

#[test]
fn message_after_too_large_message_is_read() {
    let large = |first| frame(first, true, &[b'x'; MAX + 1], [1, 2, 3, 4]);
    let small = whole(TEXT, b"next");
    let next = Seen::Text("next".to_owned());
    let header = 8;
    for opcode in [TEXT, BINARY] {
        let bytes = [large(0x80 | opcode), small.clone()].concat();
        let expected = [Seen::TooLarge, Seen::Discarded(header + MAX + 1), next.clone()];
        assert_eq!(decode(&bytes, &[]), expected);
        assert_eq!(decode(&bytes, &[1; 400]), expected);
    }
    // Fragments with a ping in between: the first fragment over the limit decides.
    let bytes = [
        frame(TEXT, true, &[b'x'; MAX], [0; 4]),
        whole(PING, b"1"),
        frame(CONTINUATION, true, b"y", [0; 4]),
        whole(PING, b"2"),
        frame(CONTINUATION, true, &[0xff; 100], [0; 4]),
        whole(CONTINUATION, b"z"),
        small.clone(),
    ];
    let ping = |payload: &[u8]| Seen::Ping(payload.to_vec());
    let expected = [
        ping(b"1"),
        Seen::TooLarge,
        Seen::Discarded(MAX + 6 + 1),
        ping(b"2"),
        Seen::Discarded(6 + 100 + 6 + 1),
        next.clone(),
    ];
    // The header and the payload of the fragment over the limit are counted.
    assert_eq!(decode(&bytes.concat(), &[]), expected);
    assert_eq!(decode(&bytes.concat(), &[7; 100]), expected);
    // Too many empty fragments.
    let bytes = [frame(TEXT, true, b"", [0; 4]), frame(CONTINUATION, true, b"", [0; 4]).repeat(2000)].concat();
    let too_many = (2001 - MAX_FRAGMENTS as usize) * 6;
    assert_eq!(decode(&bytes, &[]), [Seen::TooLarge, Seen::Discarded(too_many)]);
    // An unexpected frame is a violation regardless of its size.
    let bytes = [frame(TEXT, true, b"", [0; 4]), large(0x80 | TEXT)].concat();
    assert_eq!(decode(&bytes, &[]), [Seen::Violation(Violation::Protocol)]);
}

#[test]
fn header_suffices_to_refuse_any_length() {
    for length in [MAX as u64 + 1, u64::from(u32::MAX), 1 << 40, u64::MAX] {
        let mut header = vec![0x81, 0xff];
        header.extend(length.to_be_bytes());
        header.extend([0; 4]);
        assert_eq!(decode(&header, &[]), [Seen::TooLarge, Seen::Discarded(14)]);
        // Control frames are limited to 125 bytes.
        header[0] = 0x89;
        assert_eq!(decode(&header, &[]), [Seen::Violation(Violation::Protocol)]);
    }
}
