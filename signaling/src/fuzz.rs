//! Fuzz targets, for `signaling/fuzz` and for proptest on stable Rust. They must not panic for any input.

use std::ops::ControlFlow;

use super::{
    config::{Config, Limits},
    memory::{MemoryRooms, MemorySeat},
    metrics::Metrics,
    outbox::{Outbox, OutboxReader, queue},
    resume::ResumeRequest,
    socket::frame::{Decoded, Decoder},
};
use browser_rtc_proto::signaling::{
    ClientMessage, Join, Joined, PeerId, Ping, ResumeToken, Say, SayFrom, ServerMessage, SignalFrom, SignalTo,
};

/// Checks that the bytes of a connection are decoded equally in chunks of any size, and that buffers stay within their
/// limits.
pub fn bytes(input: &[u8]) {
    let (size, bytes) = input.split_first().map_or((1, input), |(size, bytes)| (usize::from(*size) + 1, bytes));
    // Many messages exceed the smaller limit.
    let max = if size.is_multiple_of(2) { 1000 } else { 30 };
    let decode = |size: usize| {
        let mut decoder = Decoder::new(max);
        let mut seen = Vec::new();
        let mut discarded = 0;
        for chunk in bytes.chunks(size.max(1)) {
            let result = decoder.decode(&mut chunk.to_vec(), |decoded| {
                let closed = matches!(decoded, Decoded::Close(_));
                if let Decoded::Text(text) = decoded {
                    messages(text.as_bytes());
                }
                match decoded {
                    // The number of reports depends on the chunks.
                    Decoded::Discarded(bytes) => discarded += bytes,
                    decoded => seen.push(format!("{decoded:?} after {discarded}")),
                }
                if closed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match result {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(violation) => {
                    seen.push(format!("{violation:?}"));
                    break;
                }
            }
            assert!(decoder.buffered() <= 4 * (max + size + 14), "{} bytes buffered", decoder.buffered());
        }
        (seen, discarded)
    };
    assert_eq!(decode(size), decode(bytes.len()));
}

/// Checks that a parsed frame of a client or of the server can be encoded and parsed again.
pub fn messages(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(message) = ClientMessage::from_json(text) {
        assert_eq!(ClientMessage::from_json(&message.to_json()), Ok(message));
    }
    if let Ok(message) = ServerMessage::from_json(text) {
        assert_eq!(ServerMessage::from_json(&message.to_json()), Ok(message));
    }
}

/// Checks that four clients in two rooms, which send lines of the input and some valid frames, receive only valid
/// messages of their own room.
pub fn rooms(input: &[u8]) {
    let limits = Limits::new().queue_frames(64).queue_bytes(4096).seats_per_room(3).rooms(2);
    let config = Config::new().limits(limits);
    let rooms = MemoryRooms::new(&config, Metrics::default());
    let mut clients: Vec<Client> = (0..4).map(|_| Client::new(&config)).collect();
    let mut seen: Vec<(PeerId, String)> = Vec::new();
    let mut tokens: Vec<ResumeToken> = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some((&first, text)) = line.split_first() else { continue };
        let (index, action) = (usize::from(first % 4), first / 4);
        let number = usize::from(text.first().copied().unwrap_or_default());
        let room = if number % 2 == 0 { "even" } else { "odd" };
        let frame = match action % 8 {
            0 => String::from_utf8_lossy(text).into_owned(),
            1 => format!(r#"{{"type":"join","room":"{room}","name":"{number}"}}"#),
            2 => match tokens.get(number % tokens.len().max(1)) {
                Some(token) => format!(
                    r#"{{"type":"join","room":"{room}","name":"{number}","resume":"{}","received":{}}}"#,
                    token.as_str(),
                    text.get(1).copied().unwrap_or_default() % 16
                ),
                None => continue,
            },
            3 => match seen.get(number % seen.len().max(1)) {
                Some((id, _)) => format!(r#"{{"type":"signal","to":"{id}","data":{number}}}"#),
                None => continue,
            },
            4 => format!(r#"{{"type":"say","id":"m","data":{number}}}"#),
            5 => format!(r#"{{"type":"ping","id":{number},"received":{}}}"#, number % 16),
            6 => r#"{"type":"leave"}"#.to_owned(),
            _ => {
                // The socket fails, and the seat is lost with it.
                if let Some(client) = clients.get_mut(index) {
                    *client = Client::new(&config);
                }
                continue;
            }
        };
        if let (Some(client), Ok(message)) = (clients.get_mut(index), ClientMessage::from_json(&frame)) {
            client.receive(message, &rooms, &config);
        }
        for client in &mut clients {
            client.read(&mut seen, &mut tokens);
        }
    }
    drop(clients);
    assert_eq!(rooms.counts(), (0, 0), "an empty room is left");
}

struct Client {
    outbox: Outbox,
    reader: OutboxReader,
    seat: Option<(MemorySeat, String)>,
}

impl Client {
    fn new(config: &Config) -> Self {
        let (outbox, reader) = queue(&config.limits);
        Self { outbox, reader, seat: None }
    }

    /// Handles a message. As in the server, a connection ends with its seat, so its queue contains only frames of one
    /// room.
    fn receive(&mut self, message: ClientMessage, rooms: &MemoryRooms, config: &Config) {
        match (message, &self.seat) {
            (ClientMessage::Join(Join { room, name, resume, received, .. }), None) => {
                let resume = resume.map(|token| ResumeRequest { token, received, new_seat_denied: None });
                if let Ok(seat) = rooms.join(&room, &name, resume.as_ref(), self.outbox.clone()) {
                    self.seat = Some((seat, room.trim().to_owned()));
                }
            }
            (ClientMessage::Signal(SignalTo { to, data, .. }), Some((seat, _))) => seat.signal(&to, data),
            (ClientMessage::Say(Say { id, data, .. }), Some((seat, _))) => seat.say(id, data),
            (ClientMessage::Ping(Ping { id, received, .. }), Some((seat, _))) => seat.ping(id, received),
            (ClientMessage::Leave, _) => *self = Self::new(config),
            _ => {}
        }
    }

    fn read(&mut self, seen: &mut Vec<(PeerId, String)>, tokens: &mut Vec<ResumeToken>) {
        while let Some(frame) = self.reader.try_next() {
            let message = ServerMessage::from_json(&frame);
            let room = self.seat.as_ref().map(|(_, room)| room.clone());
            match message {
                Ok(ServerMessage::Joined(Joined { you, resume, .. })) => {
                    seen.push((you.id, room.unwrap_or_default()));
                    tokens.extend(resume);
                }
                Ok(ServerMessage::Signal(SignalFrom { from, .. }) | ServerMessage::Say(SayFrom { from, .. })) => {
                    let spoke = seen.iter().rev().find(|(id, _)| *id == from);
                    assert!(room.is_none() || spoke.is_none_or(|(_, at)| Some(at) == room.as_ref()), "across rooms");
                }
                Ok(_) => {}
                Err(error) => panic!("{frame}: {error}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Returns the number of cases. `FUZZ_CASES` raises it for a long run: millions take minutes.
    fn cases() -> u32 {
        std::env::var("FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(500)
    }

    fn config() -> ProptestConfig {
        ProptestConfig {
            cases: cases(),
            failure_persistence: None,
            max_shrink_time: 10_000,
            ..ProptestConfig::default()
        }
    }

    /// Returns a strategy for bytes that are often headers, texts and JSON.
    fn structured_bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..8),
            (0..16_u8, 0..8_u8, any::<bool>(), prop_oneof![4 => 0..20_u8, 1 => 20..70_u8]).prop_map(
                |(opcode, bits, end, length)| vec![
                    opcode | (bits / 7) << 4 | u8::from(end) << 7,
                    0x80 | length,
                    0,
                    0,
                    0,
                    0
                ]
            ),
            "[{}\\[\\],:\"a-z0-9\\\\]{0,20}".prop_map(String::into_bytes),
            prop_oneof![
                Just(r#"{"type":"say","id":"m","data":"#),
                Just(r#"{"type":"join","room":"r","name":"n","#),
                Just(r#""resume":"#),
                Just(r#"{"type":"ping","id":"#),
                Just(r#"{"type":"signal","to":"a","data":"#),
                Just(r#""received":"#),
                Just("null"),
                Just("1}"),
                Just("}"),
                Just("\"\""),
                Just("-1"),
                Just("1e400"),
                Just(r#""\ud800""#),
                Just(r#"{"type":"joined","you":{"id":"a","name":"b"},"peers":[],"heartbeat_ms":1}"#),
                Just(r#"{"type":"error","code":"x"}"#),
                Just(r#"{"type":"peer_left","id":"a","reason":"lost"}"#),
            ]
            .prop_map(|text| text.as_bytes().to_vec()),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn connection_handles_any_bytes(input in structured_bytes()) {
            super::bytes(&input);
        }

        #[test]
        fn messages_handle_any_text(input in structured_bytes()) {
            super::messages(&input);
        }

        #[test]
        fn rooms_handle_any_frames(lines in proptest::collection::vec(
            (0..32_u8, prop_oneof![9 => proptest::collection::vec(0..8_u8, 0..3), 1 => structured_bytes()]), 0..60,
        )) {
            let lines: Vec<_> = lines.into_iter().map(|(first, text)| {
                let mut line = vec![first];
                // A line contains no line feed.
                line.extend(text.into_iter().map(|byte| if byte == b'\n' { b' ' } else { byte }));
                line
            }).map(|mut line| { if line[0] == b'\n' { line[0] = 11; } line }).collect();
            super::rooms(&lines.join(&b'\n'));
        }
    }
}
