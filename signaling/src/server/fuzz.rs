//! What `signaling/fuzz` runs, and proptest on stable Rust: any bytes at all, and nothing may panic or be untrue.

use std::ops::ControlFlow;

use super::outbox::{Outbox, Outgoing, queue};
use super::rooms::{Resume, Rooms, Seat};
use super::socket::frame::{Decoder, Incoming};
use super::{Config, Limits};
use crate::{
    ClientMessage, Join, Joined, PeerId, Ping, ResumeToken, Say, SayFrom, ServerMessage, SignalFrom, SignalTo,
};

/// Decodes the bytes of a connection in pieces of any size, which has to give the same as in one piece. Nothing is kept
/// beyond its limit.
pub fn bytes(input: &[u8]) {
    let (size, bytes) = input.split_first().map_or((1, input), |(size, bytes)| (usize::from(*size) + 1, bytes));
    // With the smaller limit, many messages are over it.
    let max = if size.is_multiple_of(2) { 1000 } else { 30 };
    let decode = |size: usize| {
        let mut decoder = Decoder::new(max);
        let mut seen = Vec::new();
        let mut discarded = 0;
        for chunk in bytes.chunks(size.max(1)) {
            let taken = decoder.take(&mut chunk.to_vec(), |incoming| {
                let closed = matches!(incoming, Incoming::Close(_));
                if let Incoming::Text(text) = incoming {
                    messages(text.as_bytes());
                }
                match incoming {
                    // In as many pieces as the bytes come in.
                    Incoming::Discarded(bytes) => discarded += bytes,
                    incoming => seen.push(format!("{incoming:?} after {discarded}")),
                }
                if closed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match taken {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(violation) => {
                    seen.push(format!("{violation:?}"));
                    break;
                }
            }
            assert!(decoder.held() <= 4 * (max + size + 14), "{} bytes kept", decoder.held());
        }
        (seen, discarded)
    };
    assert_eq!(decode(size), decode(bytes.len()));
}

/// A frame of a client, or of a server: what is read can be written, and read again.
pub fn messages(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(message) = ClientMessage::from_json(text) {
        let again = message.to_json().and_then(|json| ClientMessage::from_json(&json));
        assert_eq!(again.ok(), Some(message));
    }
    if let Ok(message) = ServerMessage::from_json(text) {
        let again = message.to_json().and_then(|json| ServerMessage::from_json(&json));
        assert_eq!(again.ok(), Some(message));
    }
}

/// Four clients in two rooms who say lines of the input, and some that make sense. Whatever they get is a message, and
/// from nobody of another room.
pub fn rooms(input: &[u8]) {
    let limits = Limits { queue_frames: 64, queue_bytes: 4096, seats_per_room: 3, rooms: 2, ..Limits::default() };
    let config = Config { limits, ..Config::default() };
    let rooms = Rooms::new(&config);
    let mut clients: Vec<Client> = (0..4).map(|_| Client::new(&config)).collect();
    let mut seen: Vec<(PeerId, String)> = Vec::new();
    let mut tokens: Vec<ResumeToken> = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        let Some((&first, text)) = line.split_first() else { continue };
        let (who, what) = (usize::from(first % 4), first / 4);
        let number = usize::from(text.first().copied().unwrap_or_default());
        let room = if number % 2 == 0 { "even" } else { "odd" };
        let frame = match what % 8 {
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
                // The socket breaks, and the seat goes with it.
                if let Some(client) = clients.get_mut(who) {
                    *client = Client::new(&config);
                }
                continue;
            }
        };
        if let (Some(client), Ok(message)) = (clients.get_mut(who), ClientMessage::from_json(&frame)) {
            client.receive(message, &rooms, &config);
        }
        for client in &mut clients {
            client.read(&mut seen, &mut tokens);
        }
    }
    drop(clients);
    assert!(rooms.is_empty(), "no room outlives its people");
}

struct Client {
    outbox: Outbox,
    outgoing: Outgoing,
    seat: Option<(Seat, String)>,
}

impl Client {
    fn new(config: &Config) -> Self {
        let (outbox, outgoing) = queue(&config.limits);
        Self { outbox, outgoing, seat: None }
    }

    /// A connection ends with its seat, as those of the server do: what waits in its queue is of one room.
    fn receive(&mut self, message: ClientMessage, rooms: &Rooms, config: &Config) {
        match (message, &self.seat) {
            (ClientMessage::Join(Join { room, name, resume, received, .. }), None) => {
                let resume = resume.map(|token| Resume { token, received, or_else: None });
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
        while let Some(frame) = self.outgoing.ready() {
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

    /// Raised by hand for a long search: millions take minutes.
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

    /// Bytes that are headers, texts and JSON more often than chance would have it.
    fn likely() -> impl Strategy<Value = Vec<u8>> {
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
        fn any_bytes_of_a_connection(input in likely()) {
            super::bytes(&input);
        }

        #[test]
        fn any_text_of_a_frame(input in likely()) {
            super::messages(&input);
        }

        #[test]
        fn any_lines_of_clients(lines in proptest::collection::vec(
            (0..32_u8, prop_oneof![9 => proptest::collection::vec(0..8_u8, 0..3), 1 => likely()]), 0..60,
        )) {
            let lines: Vec<_> = lines.into_iter().map(|(first, text)| {
                let mut line = vec![first];
                // A line has no end within.
                line.extend(text.into_iter().map(|byte| if byte == b'\n' { b' ' } else { byte }));
                line
            }).map(|mut line| { if line[0] == b'\n' { line[0] = 11; } line }).collect();
            super::rooms(&lines.join(&b'\n'));
        }
    }
}
