//! Many messages in one: each after its length.

use bytes::Bytes;

/// The longest that a length may be: four bytes of seven bits.
const LENGTH: usize = 4;

/// The longest message that has a length.
pub const LONGEST: usize = (1 << (7 * LENGTH)) - 1;

/// How many bytes a message takes in a frame.
pub fn packed_length(length: usize) -> usize {
    let mut more = 1;
    while more < LENGTH && length >> (7 * more) > 0 {
        more += 1;
    }
    length + more
}

/// Adds a message, of at most [`LONGEST`] bytes.
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

/// A frame that ends within a length or within a message, or has a length of more than four bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// The messages of a frame, which share its memory.
#[derive(Debug, Default)]
pub struct Frame {
    bytes: Bytes,
    at: usize,
}

impl Frame {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), at: 0 }
    }

    /// The next message. Nothing comes after what is malformed: where the one after begins is not known.
    pub fn next(&mut self) -> Option<Result<Bytes, Malformed>> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let Some((head, end)) = split(rest) else {
            *self = Self::default();
            return Some(Err(Malformed));
        };
        let message = self.bytes.slice(self.at + head..self.at + end);
        self.at += end;
        Some(Ok(message))
    }
}

/// Where the first message begins and ends.
fn split(frame: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (at, byte) in frame.iter().take(LENGTH).enumerate() {
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
                Err(Malformed) => return (messages, frame.next().is_none()),
            }
        }
        (messages, false)
    }

    #[test]
    fn lengths_take_one_to_four_bytes() {
        for (length, head) in [(0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3), (2_097_152, 4)] {
            let mut frame = Vec::new();
            push(&mut frame, &vec![7; length]);
            assert_eq!((frame.len(), packed_length(length)), (length + head, length + head));
            assert_eq!(read(&frame), (vec![Bytes::from(vec![7; length])], false));
        }
        assert_eq!(packed_length(LONGEST), LONGEST + 4);
    }

    #[test]
    fn malformed_frames_give_what_was_before() {
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
        fn what_is_packed_is_unpacked(
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

        /// Whatever comes, it is read to its end, and nothing that was not in it.
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let mut frame = Frame::new(bytes.clone());
            let mut length = 0;
            while let Some(message) = frame.next() {
                length += message.map_or(0, |message| message.len() + 1);
            }
            prop_assert!(length <= bytes.len());
        }
    }
}

#[cfg(test)]
#[path = "packed_protocol_tests.rs"]
mod protocol_tests;
