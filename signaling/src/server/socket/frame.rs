//! WebSocket frames of a client ([RFC 6455, section 5](https://www.rfc-editor.org/rfc/rfc6455#section-5)), from bytes as
//! they come. No sockets here.
//!
//! What is read is decoded where it lies: a client keeps bytes of its own only while a frame or a message of it is not
//! whole. Silent clients, most of them, keep none.

use std::ops::ControlFlow;

/// What a client sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    Text(&'a str),
    /// How many bytes there were, which nobody wants.
    Binary(usize),
    Ping(&'a [u8]),
    Pong(usize),
    /// With its code, if there was one.
    Close(Option<u16>),
}

/// Why a client cannot be understood any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A frame that breaks the rules.
    Protocol,
    /// A text that is no UTF-8.
    NotUtf8,
    /// A frame or message over the limit.
    TooLarge,
}

#[derive(Debug)]
pub struct Decoder {
    /// The beginning of a frame.
    rest: Vec<u8>,
    /// The fragments of a message so far.
    message: Option<Message>,
    max: usize,
}

/// A message has no more fragments than this: empty ones would count as nothing, and never end.
const FRAGMENTS: u32 = 1024;

#[derive(Debug)]
struct Message {
    text: bool,
    fragments: u32,
    bytes: Vec<u8>,
    /// How many of them are known to be UTF-8.
    valid: usize,
}

struct Header {
    opcode: u8,
    end: bool,
    mask: [u8; 4],
    /// Of the header itself.
    length: usize,
    payload: usize,
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

impl Decoder {
    /// A message has at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { rest: Vec::new(), message: None, max }
    }

    /// The bytes that are kept for a client.
    #[cfg(any(test, feature = "fuzz"))]
    pub fn held(&self) -> usize {
        self.rest.capacity() + self.message.as_ref().map_or(0, |message| message.bytes.capacity())
    }

    /// Takes the next bytes, and tells `each` frame that they make whole. Fragments are told as one, at their end.
    pub fn take<B>(
        &mut self,
        bytes: &mut [u8],
        mut each: impl FnMut(Incoming<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Violation> {
        if self.rest.is_empty() {
            return self.frames(bytes, &mut each).map(|(used, flow)| {
                // Nothing is allocated for what is empty.
                self.rest = bytes.get(used..).unwrap_or_default().to_vec();
                flow
            });
        }
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let (used, flow) = self.frames(&mut all, &mut each)?;
        self.rest = if used == 0 { all } else { all.get(used..).unwrap_or_default().to_vec() };
        Ok(flow)
    }

    /// Decodes whole frames, and says how many bytes they were.
    fn frames<B>(
        &mut self,
        mut bytes: &mut [u8],
        each: &mut impl FnMut(Incoming<'_>) -> ControlFlow<B>,
    ) -> Result<(usize, ControlFlow<B>), Violation> {
        let mut used = 0;
        while let Some(header) = Header::read(bytes)? {
            self.allow(&header)?;
            let length = header.length + header.payload;
            if bytes.len() < length {
                break;
            }
            let (frame, others) = std::mem::take(&mut bytes).split_at_mut(length);
            bytes = others;
            used += length;
            let payload = frame.get_mut(header.length..).unwrap_or_default();
            unmask(payload, header.mask);
            if let ControlFlow::Break(end) = self.frame(&header, payload, each)? {
                return Ok((used, ControlFlow::Break(end)));
            }
        }
        Ok((used, ControlFlow::Continue(())))
    }

    /// Before the payload is there: it need not be waited for, nor kept, if it cannot be taken.
    fn allow(&self, header: &Header) -> Result<(), Violation> {
        let before = match (header.opcode, &self.message) {
            (TEXT | BINARY, None) => 0,
            (CONTINUATION, Some(message)) => message.bytes.len(),
            (CLOSE | PING | PONG, _) if header.end && header.payload <= 125 => return Ok(()),
            (CONTINUATION | TEXT | BINARY, _) if header.payload > self.max => return Err(Violation::TooLarge),
            _ => return Err(Violation::Protocol),
        };
        if header.payload > self.max.saturating_sub(before) { Err(Violation::TooLarge) } else { Ok(()) }
    }

    fn frame<B>(
        &mut self,
        header: &Header,
        payload: &[u8],
        each: &mut impl FnMut(Incoming<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Violation> {
        let whole;
        let (text, payload) = match header.opcode {
            CLOSE => return Ok(each(Incoming::Close(close_code(payload)?))),
            PING => return Ok(each(Incoming::Ping(payload))),
            PONG => return Ok(each(Incoming::Pong(payload.len()))),
            opcode => {
                let new = opcode != CONTINUATION;
                if new && header.end {
                    (opcode == TEXT, payload)
                } else {
                    let message = self.message.get_or_insert(Message {
                        text: opcode == TEXT,
                        fragments: 0,
                        bytes: Vec::new(),
                        valid: 0,
                    });
                    message.add(payload)?;
                    if !header.end {
                        return Ok(ControlFlow::Continue(()));
                    }
                    let Some(message) = self.message.take() else { return Err(Violation::Protocol) };
                    whole = message.bytes;
                    (message.text, whole.as_slice())
                }
            }
        };
        if !text {
            return Ok(each(Incoming::Binary(payload.len())));
        }
        let text = std::str::from_utf8(payload).map_err(|_| Violation::NotUtf8)?;
        Ok(each(Incoming::Text(text)))
    }
}

impl Message {
    /// A fragment may end within a character, but is refused as soon as it cannot become a text.
    fn add(&mut self, fragment: &[u8]) -> Result<(), Violation> {
        self.fragments += 1;
        if self.fragments > FRAGMENTS {
            return Err(Violation::TooLarge);
        }
        self.bytes.extend_from_slice(fragment);
        if let Some(Err(error)) =
            self.text.then(|| std::str::from_utf8(self.bytes.get(self.valid..).unwrap_or_default()))
        {
            if error.error_len().is_some() {
                return Err(Violation::NotUtf8);
            }
            self.valid += error.valid_up_to();
        } else {
            self.valid = self.bytes.len();
        }
        Ok(())
    }
}

impl Header {
    /// None while it is not whole.
    fn read(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let [first, second, more @ ..] = bytes else { return Ok(None) };
        // No extension was agreed on that uses the reserved bits, and a client's frames are masked.
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return Err(Violation::Protocol);
        }
        let size = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (Some(extended), Some(mask)) = (more.get(..size), more.get(size..size + 4)) else { return Ok(None) };
        let extended = extended.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
        let payload = if size == 0 { u64::from(second & 0x7f) } else { extended };
        Ok(Some(Self {
            opcode: first & 0x0f,
            end: first & 0x80 != 0,
            mask: mask.try_into().unwrap_or_default(),
            length: 2 + size + 4,
            // Over any limit where it is over what an address can be.
            payload: usize::try_from(payload).unwrap_or(usize::MAX).min(usize::MAX / 2),
        }))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    // In words, as far as it goes.
    let word = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for chunk in words {
        *chunk = (u64::from_ne_bytes(*chunk) ^ word).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

fn close_code(payload: &[u8]) -> Result<Option<u16>, Violation> {
    let [first, second, reason @ ..] = payload else {
        return if payload.is_empty() { Ok(None) } else { Err(Violation::Protocol) };
    };
    std::str::from_utf8(reason).map_err(|_| Violation::NotUtf8)?;
    let code = u16::from_be_bytes([*first, *second]);
    // Those that RFC 6455 has, or its registry may have, or that are for applications.
    if matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) { Ok(Some(code)) } else { Err(Violation::Protocol) }
}

/// Appends a frame of the server's: whole, not masked.
pub fn text(payload: &str, to: &mut Vec<u8>) {
    write(TEXT, payload.as_bytes(), to);
}

pub fn ping(to: &mut Vec<u8>) {
    write(PING, &[], to);
}

pub fn pong(payload: &[u8], to: &mut Vec<u8>) {
    write(PONG, payload, to);
}

/// An answer to a close frame has its code, or none.
pub fn close(code: Option<u16>, reason: &str, to: &mut Vec<u8>) {
    let mut payload = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
    payload.extend_from_slice(reason.as_bytes());
    write(CLOSE, &payload, to);
}

fn write(opcode: u8, payload: &[u8], to: &mut Vec<u8>) {
    to.push(0x80 | opcode);
    match payload.len() {
        length @ 0..126 => to.push(u8::try_from(length).unwrap_or_default()),
        length => match u16::try_from(length) {
            Ok(length) => {
                to.push(126);
                to.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                to.push(127);
                to.extend_from_slice(&(length as u64).to_be_bytes());
            }
        },
    }
    to.extend_from_slice(payload);
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
