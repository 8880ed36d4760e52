//! The receive buffer of a byte stream.

use std::collections::VecDeque;

/// Maximum size of a message that is appended to the previous one, in bytes. The overhead of a separate allocation
/// would be larger than the message.
const MAX_SMALL_BYTES: usize = 512;

/// Size from which no more bytes are appended to a message, in bytes.
const MAX_MERGED_BYTES: usize = 16 * 1024;

/// A buffer of received bytes that were not read yet.
#[derive(Debug, Default)]
pub struct Inbox {
    messages: VecDeque<Vec<u8>>,
    /// Number of bytes of the first message that were read.
    read: usize,
}

impl Inbox {
    /// Adds the bytes of a message.
    pub fn push(&mut self, bytes: Vec<u8>) {
        match self.messages.back_mut() {
            Some(last) if bytes.len() <= MAX_SMALL_BYTES && last.len() < MAX_MERGED_BYTES => {
                last.extend_from_slice(&bytes);
            }
            _ if bytes.is_empty() => {}
            _ => self.messages.push_back(bytes),
        }
    }

    /// Returns the next contiguous bytes. The slice is empty only if the buffer is empty.
    #[must_use]
    pub fn chunk(&self) -> &[u8] {
        self.messages.front().and_then(|first| first.get(self.read..)).unwrap_or_default()
    }

    /// Removes bytes from the start of the [`chunk`](Self::chunk).
    pub fn consume(&mut self, bytes: usize) {
        self.read += bytes;
        if self.chunk().is_empty() {
            self.messages.pop_front();
            self.read = 0;
        }
    }

    /// Moves as many bytes as possible into a slice. Returns their number.
    pub fn read(&mut self, into: &mut [u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let chunk = self.chunk();
            let length = chunk.len().min(rest.len());
            let (Some(to), Some(from)) = (rest.get_mut(..length), chunk.get(..length)) else { break };
            if from.is_empty() {
                break;
            }
            to.copy_from_slice(from);
            self.consume(length);
            done += length;
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_messages_are_merged() {
        let mut inbox = Inbox::default();
        for number in 0..=255 {
            inbox.push(vec![number; 100]);
            inbox.push(Vec::new());
        }
        assert!(inbox.messages.len() < 3);
        let mut all = vec![0; 30_000];
        assert_eq!(inbox.read(&mut all), 25_600);
        assert!(inbox.chunk().is_empty());
        assert!(all.chunks(100).take(256).enumerate().all(|(number, bytes)| bytes == [number as u8; 100]));
    }

    #[test]
    fn memory_of_read_message_is_freed() {
        let mut inbox = Inbox::default();
        inbox.push(vec![1; 1_000]);
        inbox.consume(999);
        inbox.push(vec![2; 1_000]);
        assert_eq!(inbox.chunk(), [1]);
        inbox.consume(1);
        assert_eq!((inbox.messages.len(), inbox.chunk()), (1, [2; 1_000].as_slice()));
        inbox.consume(1_000);
        assert_eq!(inbox.messages.len(), 0);
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod at_random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_are_read_as_received(
            turns in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..1_500), 0_usize..2_000), 0..40)
        ) {
            let mut inbox = Inbox::default();
            let (mut put, mut got) = (Vec::new(), Vec::new());
            for (bytes, length) in turns {
                put.extend_from_slice(&bytes);
                inbox.push(bytes);
                let mut into = vec![0; length];
                let read = inbox.read(&mut into);
                prop_assert!(read == length || inbox.chunk().is_empty());
                got.extend_from_slice(&into[..read]);
            }
            let mut rest = vec![0; put.len()];
            let read = inbox.read(&mut rest);
            got.extend_from_slice(&rest[..read]);
            prop_assert_eq!(put, got);
        }
    }
}
