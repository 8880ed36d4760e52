//! One client: its socket, what it has not read whole yet, and what it could not write yet.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use memchr::memmem;
use mio::net::TcpStream;

use super::dialect::Dialect;

/// The mask of all frames. Not zero: some servers skip that.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x99];

/// The bytes of a signal's `data`.
const DATA: usize = 1024;

/// In the data, just before the moment at which it was due, in nanoseconds and 20 digits.
const MARK: &str = r#"{"due":""#;
const DIGITS: usize = 20;

/// More than this waits for no server: it counts as lost.
const MAX_PENDING: usize = 1 << 20;

#[derive(Debug, PartialEq, Eq)]
enum State {
    Connecting,
    Upgrading,
    Entering,
    Seated,
    Gone,
}

#[derive(Debug)]
pub struct Client {
    pub socket: TcpStream,
    number: usize,
    dialect: Dialect,
    state: State,
    pub id: String,
    rest: Vec<u8>,
    pending: Vec<u8>,
    /// Masked frames to the others of the room, and where in them the moment stands.
    templates: Vec<(Vec<u8>, usize)>,
    turn: usize,
}

impl Client {
    pub fn connect(number: usize, dialect: Dialect, server: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(server)?;
        Ok(Self {
            socket,
            number,
            dialect,
            state: State::Connecting,
            id: String::new(),
            rest: Vec::new(),
            pending: Vec::new(),
            templates: Vec::new(),
            turn: 0,
        })
    }

    pub fn is_seated(&self) -> bool {
        self.state == State::Seated
    }

    pub fn is_gone(&self) -> bool {
        self.state == State::Gone
    }

    pub fn address_to(&mut self, others: &[String]) {
        let padding = "x".repeat(DATA - MARK.len() - DIGITS - r#"","pad":""}"#.len());
        let data = format!(r#"{MARK}{:0>DIGITS$}","pad":"{padding}"}}"#, 0);
        self.templates = others
            .iter()
            .map(|to| {
                let text = self.dialect.signal(to, &data);
                let offset = text.find(MARK).unwrap_or(0) + MARK.len();
                let frame = frame(1, text.as_bytes());
                let header = frame.len() - text.len();
                (frame, header + offset)
            })
            .collect();
    }

    /// Queues a signal to the next of the others. False where too much waits already.
    pub fn signal(&mut self, due: u64) -> bool {
        if self.state != State::Seated || self.pending.len() > MAX_PENDING {
            return false;
        }
        self.turn = (self.turn + 1) % self.templates.len();
        let (frame, at) = &self.templates[self.turn];
        let start = self.pending.len();
        self.pending.extend_from_slice(frame);
        // Every header is as long: the mask begins with the payload.
        let header = 8;
        let mut due = due;
        for index in (0..DIGITS).rev() {
            let digit = b'0' + u8::try_from(due % 10).unwrap_or(0);
            due /= 10;
            let position = at + index;
            self.pending[start + position] = digit ^ MASK[(position - header) % 4];
        }
        true
    }

    /// Writes what waits, as far as the system takes it.
    pub fn flush(&mut self) {
        if self.state == State::Connecting {
            return;
        }
        let mut written = 0;
        while written < self.pending.len() {
            match self.socket.write(&self.pending[written..]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.state = State::Gone;
                    return;
                }
            }
        }
        if written == self.pending.len() {
            self.pending.clear();
        } else {
            self.pending.drain(..written);
        }
    }

    /// Goes on when the socket is writable.
    pub fn writable(&mut self) {
        if self.state == State::Connecting && self.socket.peer_addr().is_ok() {
            let _only_slower_without = self.socket.set_nodelay(true);
            self.state = State::Upgrading;
            let protocol = self.dialect.subprotocol().map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
            let request = format!(
                "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
                self.dialect.path(self.number),
                protocol.unwrap_or_default()
            );
            self.pending.extend_from_slice(request.as_bytes());
        }
        self.flush();
    }

    /// Reads all that there is; tells the due moments of signals that came.
    pub fn readable(&mut self, scratch: &mut [u8], mut arrived: impl FnMut(u64)) {
        loop {
            let begun = self.rest.len();
            scratch[..begun].copy_from_slice(&self.rest);
            let count = match self.socket.read(&mut scratch[begun..]) {
                Ok(0) => {
                    self.state = State::Gone;
                    return;
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => {
                    self.state = State::Gone;
                    return;
                }
            };
            let full = begun + count;
            let used = self.take(&scratch[..full], &mut arrived);
            self.rest.clear();
            self.rest.extend_from_slice(&scratch[used..full]);
            if full < scratch.len() {
                return;
            }
        }
    }

    /// How much of the bytes was used.
    fn take(&mut self, bytes: &[u8], arrived: &mut impl FnMut(u64)) -> usize {
        let mut used = 0;
        if self.state == State::Upgrading {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return 0 };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                self.state = State::Gone;
                return bytes.len();
            }
            used = end + 4;
            self.state = State::Entering;
            if let Some(hello) = self.dialect.hello(self.number) {
                self.pending.extend(frame(1, hello.as_bytes()));
                self.flush();
            }
        }
        while let Some((opcode, payload, length)) = split(&bytes[used..]) {
            used += length;
            match opcode {
                1 if self.state == State::Entering => self.enter(payload),
                1 => arrived_at(payload).into_iter().for_each(&mut *arrived),
                8 => self.state = State::Gone,
                9 => {
                    self.pending.extend(frame(10, payload));
                    self.flush();
                }
                _ => {}
            }
        }
        used
    }

    fn enter(&mut self, payload: &[u8]) {
        let id = std::str::from_utf8(payload).ok().and_then(|text| self.dialect.id(self.number, text));
        if let Some(id) = id {
            self.id = id;
            self.state = State::Seated;
        }
    }
}

/// The moment in a signal; none in other frames.
fn arrived_at(payload: &[u8]) -> Option<u64> {
    let head = &payload[..payload.len().min(256)];
    let at = memmem::find(head, MARK.as_bytes())? + MARK.len();
    std::str::from_utf8(head.get(at..at + DIGITS)?).ok()?.parse().ok()
}

/// A whole, masked frame.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap_or(0)),
        length => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().enumerate().map(|(index, byte)| byte ^ MASK[index % 4]));
    frame
}

/// The first frame of a server's: opcode, payload, and its length with the header.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&opcode, &length) = (bytes.first()?, bytes.get(1)?);
    let (header, length) = match length & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        length => (2, usize::from(length)),
    };
    Some((opcode & 0x0f, bytes.get(header..header + length)?, header + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moment_of_a_signal_is_found_where_it_was_put() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        for dialect in [Dialect::Ours, Dialect::PeerServer, Dialect::Matchbox] {
            let mut client = Client::connect(0, dialect, listener.local_addr().unwrap()).unwrap();
            client.state = State::Seated;
            client.address_to(&["a".repeat(36), "b".repeat(36)]);
            assert!(client.signal(1_234_567_890));
            assert!(client.signal(u64::MAX));
            let unmasked = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
            };
            let length = client.pending.len() / 2;
            let (first, second) = client.pending.split_at(length);
            assert_eq!(arrived_at(&unmasked(&first[8..])), Some(1_234_567_890));
            assert_eq!(arrived_at(&unmasked(&second[8..])), Some(u64::MAX));
            let value: serde_json::Value = serde_json::from_slice(&unmasked(&first[8..])).unwrap();
            assert!(value.to_string().contains(&"b".repeat(36)), "the next of the others");
        }
    }

    #[test]
    fn frames_of_a_server_are_split_when_they_are_whole() {
        let mut bytes = vec![0x81, 126, 0, 200];
        bytes.extend([b'x'; 200]);
        bytes.extend([0x89, 1, b'!']);
        assert!(split(&bytes[..203]).is_none());
        let (opcode, payload, length) = split(&bytes).unwrap();
        assert_eq!((opcode, payload.len(), length), (1, 200, 204));
        assert_eq!(split(&bytes[length..]).unwrap(), (9, b"!".as_slice(), 3));
    }
}
