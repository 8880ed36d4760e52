//! Decoding and encoding of WebSocket frames
//! ([RFC 6455, section 5](https://www.rfc-editor.org/rfc/rfc6455#section-5)), without I/O.
//!
//! Frames are decoded in place: bytes are buffered only while a frame or a message is incomplete, so that silent
//! clients have no buffer. A message over the limit is never buffered: it is reported when its size is known, and
//! discarded while it is received.

use std::ops::ControlFlow;

/// A decoded part of the data from a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    Text(&'a str),
    /// A binary message, with its number of bytes. The content is ignored.
    Binary(usize),
    Ping(&'a [u8]),
    Pong(usize),
    /// A close frame with its code, if it has one.
    Close(Option<u16>),
    /// The start of a message over the limit. Its bytes follow as [`Discarded`](Self::Discarded).
    TooLarge,
    /// A number of bytes of a message over the limit, including headers.
    Discarded(usize),
    /// A text message that is not UTF-8. [`Violation::NotUtf8`] follows.
    NotUtf8,
}

/// The reason why decoding has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// An invalid frame.
    Protocol,
    /// A text message that is not UTF-8.
    NotUtf8,
}

/// A decoder of the frames of a client.
#[derive(Debug)]
pub struct Decoder {
    /// The start of an incomplete frame.
    rest: Vec<u8>,
    /// The message whose fragments are being received.
    message: Option<Message>,
    /// The number of bytes of a frame over the limit that are still to be received.
    skip: usize,
    max: usize,
}

/// Maximum number of fragments in a message. Without it, a message of empty fragments could be endless.
const MAX_FRAGMENTS: u32 = 1024;

#[derive(Debug)]
enum Message {
    Buffered(Fragments),
    /// A message over the limit.
    Discarded,
}

#[derive(Debug)]
struct Fragments {
    text: bool,
    count: u32,
    bytes: Vec<u8>,
    /// The number of leading bytes that are valid UTF-8.
    valid: usize,
}

/// The treatment of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Accept,
    /// With this frame, the message exceeds the limit.
    Refuse,
    /// The message is over the limit already.
    Discard,
}

struct Header {
    opcode: u8,
    fin: bool,
    mask: [u8; 4],
    /// The length of the header itself.
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
    /// Creates a decoder of messages of at most `max` bytes.
    pub fn new(max: usize) -> Self {
        Self { rest: Vec::new(), message: None, skip: 0, max }
    }

    /// Returns the size of the buffers.
    #[cfg(any(test, feature = "fuzz"))]
    pub fn buffered(&self) -> usize {
        let fragments = match &self.message {
            Some(Message::Buffered(fragments)) => fragments.bytes.capacity(),
            Some(Message::Discarded) | None => 0,
        };
        self.rest.capacity() + fragments
    }

    /// Decodes the next bytes, and calls `each` with the complete parts. Fragments are passed as one message.
    pub fn decode<B>(
        &mut self,
        bytes: &mut [u8],
        mut each: impl FnMut(Decoded<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Violation> {
        if self.rest.is_empty() {
            return self.decode_frames(bytes, &mut each).map(|(used, flow)| {
                // An empty slice needs no allocation.
                self.rest = bytes.get(used..).unwrap_or_default().to_vec();
                flow
            });
        }
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let (used, flow) = self.decode_frames(&mut all, &mut each)?;
        self.rest = if used == 0 { all } else { all.get(used..).unwrap_or_default().to_vec() };
        Ok(flow)
    }

    /// Decodes complete frames, and returns the number of their bytes.
    fn decode_frames<B>(
        &mut self,
        mut bytes: &mut [u8],
        each: &mut impl FnMut(Decoded<'_>) -> ControlFlow<B>,
    ) -> Result<(usize, ControlFlow<B>), Violation> {
        let mut used = 0;
        loop {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                bytes = std::mem::take(&mut bytes).split_at_mut(skipped).1;
                used += skipped;
                self.skip -= skipped;
                if skipped > 0
                    && let ControlFlow::Break(end) = each(Decoded::Discarded(skipped))
                {
                    return Ok((used, ControlFlow::Break(end)));
                }
            }
            let Some(header) = Header::parse(bytes)? else { return Ok((used, ControlFlow::Continue(()))) };
            let verdict = self.verdict(&header)?;
            let length = if verdict == Verdict::Accept { header.length + header.payload } else { header.length };
            if bytes.len() < length {
                return Ok((used, ControlFlow::Continue(())));
            }
            let (frame, others) = std::mem::take(&mut bytes).split_at_mut(length);
            bytes = others;
            used += length;
            let flow = match verdict {
                Verdict::Accept => {
                    let payload = frame.get_mut(header.length..).unwrap_or_default();
                    unmask(payload, header.mask);
                    self.decode_frame(&header, payload, each)?
                }
                Verdict::Refuse => match each(Decoded::TooLarge) {
                    ControlFlow::Continue(()) => self.discard(&header, each),
                    end => end,
                },
                Verdict::Discard => self.discard(&header, each),
            };
            if let ControlFlow::Break(end) = flow {
                return Ok((used, ControlFlow::Break(end)));
            }
        }
    }

    /// Decides on a frame by its header, so that a payload over the limit is neither awaited nor buffered.
    fn verdict(&self, header: &Header) -> Result<Verdict, Violation> {
        let (before, fragments) = match (header.opcode, &self.message) {
            (CLOSE | PING | PONG, _) if header.fin && header.payload <= 125 => return Ok(Verdict::Accept),
            (TEXT | BINARY, None) => (0, 0),
            (CONTINUATION, Some(Message::Buffered(fragments))) => (fragments.bytes.len(), fragments.count),
            (CONTINUATION, Some(Message::Discarded)) => return Ok(Verdict::Discard),
            _ => return Err(Violation::Protocol),
        };
        let fits = header.payload <= self.max.saturating_sub(before) && fragments < MAX_FRAGMENTS;
        Ok(if fits { Verdict::Accept } else { Verdict::Refuse })
    }

    /// Discards a frame of a message over the limit, and the buffered fragments of the message.
    fn discard<B>(&mut self, header: &Header, each: &mut impl FnMut(Decoded<'_>) -> ControlFlow<B>) -> ControlFlow<B> {
        let message = if header.fin { None } else { Some(Message::Discarded) };
        let buffered = match std::mem::replace(&mut self.message, message) {
            Some(Message::Buffered(fragments)) => fragments.bytes.len(),
            Some(Message::Discarded) | None => 0,
        };
        self.skip = header.payload;
        each(Decoded::Discarded(buffered + header.length))
    }

    fn decode_frame<B>(
        &mut self,
        header: &Header,
        payload: &[u8],
        each: &mut impl FnMut(Decoded<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Violation> {
        let whole;
        let (text, payload) = match header.opcode {
            CLOSE => return Ok(each(Decoded::Close(close_code(payload)?))),
            PING => return Ok(each(Decoded::Ping(payload))),
            PONG => return Ok(each(Decoded::Pong(payload.len()))),
            opcode if opcode != CONTINUATION && header.fin => (opcode == TEXT, payload),
            opcode => {
                let mut fragments = match self.message.take() {
                    Some(Message::Buffered(fragments)) => fragments,
                    Some(Message::Discarded) | None => Fragments::new(opcode == TEXT),
                };
                if !fragments.add(payload) {
                    return not_utf8(each);
                }
                if !header.fin {
                    self.message = Some(Message::Buffered(fragments));
                    return Ok(ControlFlow::Continue(()));
                }
                whole = fragments.bytes;
                (fragments.text, whole.as_slice())
            }
        };
        if !text {
            return Ok(each(Decoded::Binary(payload.len())));
        }
        match std::str::from_utf8(payload) {
            Ok(text) => Ok(each(Decoded::Text(text))),
            Err(_) => not_utf8(each),
        }
    }
}

/// Reports a text message that is not UTF-8. The connection must fail in any case
/// ([RFC 6455, section 8.1](https://www.rfc-editor.org/rfc/rfc6455#section-8.1)).
fn not_utf8<B>(each: &mut impl FnMut(Decoded<'_>) -> ControlFlow<B>) -> Result<ControlFlow<B>, Violation> {
    // The violation ends decoding regardless of the result of `each`.
    let _ = each(Decoded::NotUtf8);
    Err(Violation::NotUtf8)
}

impl Fragments {
    fn new(text: bool) -> Self {
        Self { text, count: 0, bytes: Vec::new(), valid: 0 }
    }

    /// Adds a fragment, which may end within a character. Returns false if the message is text and cannot become
    /// valid UTF-8.
    fn add(&mut self, fragment: &[u8]) -> bool {
        self.count += 1;
        self.bytes.extend_from_slice(fragment);
        if !self.text {
            return true;
        }
        match std::str::from_utf8(self.bytes.get(self.valid..).unwrap_or_default()) {
            Ok(_) => self.valid = self.bytes.len(),
            Err(error) if error.error_len().is_some() => return false,
            Err(error) => self.valid += error.valid_up_to(),
        }
        true
    }
}

impl Header {
    /// Parses a header. Returns `None` if it is incomplete.
    fn parse(bytes: &[u8]) -> Result<Option<Self>, Violation> {
        let [first, second, more @ ..] = bytes else { return Ok(None) };
        // Without extensions, the reserved bits are 0. Frames of clients are masked.
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
            fin: first & 0x80 != 0,
            mask: mask.try_into().unwrap_or_default(),
            length: 2 + size + 4,
            // A length that does not fit into a `usize` is over any limit.
            payload: usize::try_from(payload).unwrap_or(usize::MAX).min(usize::MAX / 2),
        }))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    // Whole words first.
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
    // The codes of RFC 6455, of its registry, and for applications.
    if matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) { Ok(Some(code)) } else { Err(Violation::Protocol) }
}

/// Appends an unmasked text frame.
pub fn text(payload: &str, to: &mut Vec<u8>) {
    write(TEXT, payload.as_bytes(), to);
}

pub fn ping(to: &mut Vec<u8>) {
    write(PING, &[], to);
}

pub fn pong(payload: &[u8], to: &mut Vec<u8>) {
    write(PONG, payload, to);
}

/// Appends a close frame.
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
