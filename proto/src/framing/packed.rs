//! Packed messages: many small messages in one message, each with a length prefix.
//!
//! ```
//! use browser_rtc_proto::framing::packed::{Frame, push};
//!
//! let mut frame = Vec::new();
//! push(&mut frame, b"hi");
//! push(&mut frame, b"there");
//! let messages: Vec<_> = Frame::new(frame).collect::<Result<_, _>>()?;
//! assert_eq!(messages, ["hi", "there"]);
//! # Ok::<(), browser_rtc_proto::framing::packed::MalformedFrame>(())
//! ```

use std::{error, fmt, iter::FusedIterator};

use bytes::Bytes;

/// Maximum size of a length prefix in bytes, with seven bits in each.
const MAX_LENGTH_BYTES: usize = 4;

/// Maximum size of a message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = (1 << (7 * MAX_LENGTH_BYTES)) - 1;

/// Returns the size of a message of `length` bytes in a frame, in bytes.
#[must_use]
pub fn packed_length(length: usize) -> usize {
    let mut more = 1;
    while more < MAX_LENGTH_BYTES && length >> (7 * more) > 0 {
        more += 1;
    }
    length + more
}

/// Adds a message of at most [`MAX_MESSAGE_BYTES`] bytes to a frame.
pub fn push(frame: &mut Vec<u8>, message: &[u8]) {
    let mut length = message.len();
    while length > 0x7f {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest seven bits")]
        frame.push(length as u8 | 0x80);
        length >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "seven bits")]
    frame.push(length as u8);
    frame.extend_from_slice(message);
}

/// The error for a frame that ends within a length prefix or a message, or has a length prefix of more than four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedFrame;

impl fmt::Display for MalformedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the frame of packed messages is malformed")
    }
}

impl error::Error for MalformedFrame {}

/// An iterator over the messages of a frame, which share its memory. It ends after an error, because the position of
/// the next message is unknown.
#[derive(Debug, Default)]
pub struct Frame {
    bytes: Bytes,
    at: usize,
}

impl Frame {
    /// Creates the iterator.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), at: 0 }
    }
}

impl Iterator for Frame {
    type Item = Result<Bytes, MalformedFrame>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let Some((start, end)) = first_message(rest) else {
            *self = Self::default();
            return Some(Err(MalformedFrame));
        };
        let message = self.bytes.slice(self.at + start..self.at + end);
        self.at += end;
        Some(Ok(message))
    }
}

impl FusedIterator for Frame {}

/// Returns the start and the end of the first message.
fn first_message(frame: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (at, byte) in frame.iter().take(MAX_LENGTH_BYTES).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let end = at + 1 + length;
            return (end <= frame.len()).then_some((at + 1, end));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: &[u8]) -> (Vec<Bytes>, bool) {
        let mut frame = Frame::new(frame.into());
        let mut messages = Vec::new();
        while let Some(message) = frame.next() {
            match message {
                Ok(message) => messages.push(message),
                Err(MalformedFrame) => return (messages, frame.next().is_none()),
            }
        }
        (messages, false)
    }

    #[test]
    fn length_prefix_has_one_to_four_bytes() {
        for (length, head) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3), (2_097_152, 4)] {
            let mut frame = Vec::new();
            push(&mut frame, &vec![7; length]);
            assert_eq!((frame.len(), packed_length(length)), (length + head, length + head));
            assert_eq!(read(&frame), (vec![Bytes::from(vec![7; length])], false));
        }
        assert_eq!(packed_length(MAX_MESSAGE_BYTES), MAX_MESSAGE_BYTES + 4);
    }

    #[test]
    fn messages_before_malformed_part_are_read() {
        for malformed in [&[2, 0][..], &[0x80], &[0x80, 0x80], &[0xff, 0xff, 0xff, 0x7f], &[0x80, 0x80, 0x80, 0x80, 0]]
        {
            assert_eq!(read(malformed), (vec![], true), "{malformed:?}");
            let mut frame = vec![1, 9, 0];
            frame.extend_from_slice(malformed);
            assert_eq!(read(&frame), (vec![Bytes::from_static(&[9]), Bytes::new()], true), "{malformed:?}");
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod at_random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_messages_round_trip(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..50)
        ) {
            let mut bytes = Vec::new();
            for message in &messages {
                let before = bytes.len();
                push(&mut bytes, message);
                prop_assert_eq!(bytes.len() - before, packed_length(message.len()));
            }
            let mut frame = Frame::new(bytes);
            for message in messages {
                prop_assert_eq!(frame.next(), Some(Ok(message.into())));
            }
            prop_assert_eq!(frame.next(), None);
        }

        /// Arbitrary bytes are read to the end, and messages contain only bytes of the frame.
        #[test]
        fn arbitrary_bytes_are_read_to_end(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let frame = Frame::new(bytes.clone());
            let mut length = 0;
            for message in frame {
                length += message.map_or(0, |message| message.len() + 1);
            }
            prop_assert!(length <= bytes.len());
        }
    }
}

#[cfg(test)]
#[path = "packed_protocol_tests.rs"]
mod protocol_tests;
