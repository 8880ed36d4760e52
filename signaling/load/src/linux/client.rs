//! A client: a socket with an incomplete received frame and unsent bytes.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
};

use memchr::memmem;
use mio::net::TcpStream;

use super::dialect::Dialect;

/// The mask of all frames. It is not zero, because some servers skip unmasking in that case.
const MASK: [u8; 4] = [0x5a, 0xc3, 0x17, 0x99];

/// The size of a signal's `data`, in bytes.
const DATA_BYTES: usize = 1024;

/// The text in the data before the due time, which is in nanoseconds and has 20 digits.
const DUE_PREFIX: &str = r#"{"due":""#;
const DIGITS: usize = 20;

/// Maximum size of unsent bytes. Above it, further signals are not sent, and count as lost.
const MAX_PENDING: usize = 1 << 20;

#[derive(Debug, PartialEq, Eq)]
enum State {
    Connecting,
    Upgrading,
    Entering,
    Seated,
    Closed,
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
    /// Masked frames to the peers in the room, and the position of the due time in them.
    templates: Vec<(Vec<u8>, usize)>,
    next: usize,
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
            next: 0,
        })
    }

    pub fn is_seated(&self) -> bool {
        self.state == State::Seated
    }

    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    pub fn set_recipients(&mut self, others: &[String]) {
        let padding = "x".repeat(DATA_BYTES - DUE_PREFIX.len() - DIGITS - r#"","pad":""}"#.len());
        let data = format!(r#"{DUE_PREFIX}{:0>DIGITS$}","pad":"{padding}"}}"#, 0);
        self.templates = others
            .iter()
            .map(|to| {
                let text = self.dialect.signal(to, &data);
                let offset = text.find(DUE_PREFIX).unwrap_or(0) + DUE_PREFIX.len();
                let frame = frame(1, text.as_bytes());
                let header = frame.len() - text.len();
                (frame, header + offset)
            })
            .collect();
    }

    /// Queues a signal to the next peer. Returns false if there are too many unsent bytes.
    pub fn signal(&mut self, due: u64) -> bool {
        if self.state != State::Seated || self.pending.len() > MAX_PENDING {
            return false;
        }
        self.next = (self.next + 1) % self.templates.len();
        let (frame, at) = &self.templates[self.next];
        let start = self.pending.len();
        self.pending.extend_from_slice(frame);
        // All headers have this length, and the mask is aligned with the payload.
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

    /// Writes the pending bytes that the system accepts.
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
                    self.state = State::Closed;
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

    /// Handles a writable socket.
    pub fn writable(&mut self) {
        if self.state == State::Connecting && self.socket.peer_addr().is_ok() {
            // An error only makes the client slower.
            let _ = self.socket.set_nodelay(true);
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

    /// Handles a readable socket, and calls `arrived` with the due times of the signals received.
    pub fn readable(&mut self, scratch: &mut [u8], mut arrived: impl FnMut(u64)) {
        loop {
            let start = self.rest.len();
            scratch[..start].copy_from_slice(&self.rest);
            let count = match self.socket.read(&mut scratch[start..]) {
                Ok(0) => {
                    self.state = State::Closed;
                    return;
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => {
                    self.state = State::Closed;
                    return;
                }
            };
            let full = start + count;
            let used = self.handle(&scratch[..full], &mut arrived);
            self.rest.clear();
            self.rest.extend_from_slice(&scratch[used..full]);
            if full < scratch.len() {
                return;
            }
        }
    }

    /// Handles complete frames, and returns the number of bytes used.
    fn handle(&mut self, bytes: &[u8], arrived: &mut impl FnMut(u64)) -> usize {
        let mut used = 0;
        if self.state == State::Upgrading {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return 0 };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                self.state = State::Closed;
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
                1 => due_time(payload).into_iter().for_each(&mut *arrived),
                8 => self.state = State::Closed,
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

/// Returns the due time in a signal, or `None` for other frames.
fn due_time(payload: &[u8]) -> Option<u64> {
    let head = &payload[..payload.len().min(256)];
    let at = memmem::find(head, DUE_PREFIX.as_bytes())? + DUE_PREFIX.len();
    std::str::from_utf8(head.get(at..at + DIGITS)?).ok()?.parse().ok()
}

/// Encodes a masked frame.
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

/// Parses the first frame of a server, and returns its opcode, its payload and its length including the header.
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
    fn due_time_of_signal_is_found() {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        for dialect in [Dialect::SignalingServer, Dialect::PeerServer, Dialect::Matchbox] {
            let mut client = Client::connect(0, dialect, listener.local_addr().unwrap()).unwrap();
            client.state = State::Seated;
            client.set_recipients(&["a".repeat(36), "b".repeat(36)]);
            assert!(client.signal(1_234_567_890));
            assert!(client.signal(u64::MAX));
            let unmasked = |bytes: &[u8]| -> Vec<u8> {
                bytes.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
            };
            let length = client.pending.len() / 2;
            let (first, second) = client.pending.split_at(length);
            assert_eq!(due_time(&unmasked(&first[8..])), Some(1_234_567_890));
            assert_eq!(due_time(&unmasked(&second[8..])), Some(u64::MAX));
            let value: serde_json::Value = serde_json::from_slice(&unmasked(&first[8..])).unwrap();
            assert!(value.to_string().contains(&"b".repeat(36)), "the signal is for the next peer");
        }
    }

    #[test]
    fn only_complete_frames_are_parsed() {
        let mut bytes = vec![0x81, 126, 0, 200];
        bytes.extend([b'x'; 200]);
        bytes.extend([0x89, 1, b'!']);
        assert!(split(&bytes[..203]).is_none());
        let (opcode, payload, length) = split(&bytes).unwrap();
        assert_eq!((opcode, payload.len(), length), (1, 200, 204));
        assert_eq!(split(&bytes[length..]).unwrap(), (9, b"!".as_slice(), 3));
    }
}
