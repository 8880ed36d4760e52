//! Bytes that have come and wait to be read.

use std::collections::VecDeque;

/// Messages up to this long are put together: each alone would take more room than its bytes do.
const SMALL: usize = 512;

/// How long they may become together.
const TOGETHER: usize = 16 * 1024;

#[derive(Debug, Default)]
pub struct Inbox {
    messages: VecDeque<Vec<u8>>,
    /// How much of the first has been read.
    read: usize,
}

impl Inbox {
    pub fn push(&mut self, bytes: Vec<u8>) {
        match self.messages.back_mut() {
            Some(last) if bytes.len() <= SMALL && last.len() < TOGETHER => last.extend_from_slice(&bytes),
            _ if bytes.is_empty() => {}
            _ => self.messages.push_back(bytes),
        }
    }

    /// What comes next, as far as it lies together. Empty only if there is nothing.
    pub fn next(&self) -> &[u8] {
        self.messages.front().and_then(|first| first.get(self.read..)).unwrap_or_default()
    }

    pub fn consume(&mut self, bytes: usize) {
        self.read += bytes;
        if self.next().is_empty() {
            self.messages.pop_front();
            self.read = 0;
        }
    }

    /// Fills as much of this as there is, and says how much that is.
    pub fn read(&mut self, into: &mut [u8]) -> usize {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let next = self.next();
            let length = next.len().min(rest.len());
            let (Some(to), Some(from)) = (rest.get_mut(..length), next.get(..length)) else { break };
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
    fn small_messages_take_little_room() {
        let mut inbox = Inbox::default();
        for number in 0..=255 {
            inbox.push(vec![number; 100]);
            inbox.push(Vec::new());
        }
        assert!(inbox.messages.len() < 3);
        let mut all = vec![0; 30_000];
        assert_eq!(inbox.read(&mut all), 25_600);
        assert!(inbox.next().is_empty());
        assert!(all.chunks(100).take(256).enumerate().all(|(number, bytes)| bytes == [number as u8; 100]));
    }

    #[test]
    fn a_message_that_was_read_is_gone_with_its_memory() {
        let mut inbox = Inbox::default();
        inbox.push(vec![1; 1_000]);
        inbox.consume(999);
        inbox.push(vec![2; 1_000]);
        assert_eq!(inbox.next(), [1]);
        inbox.consume(1);
        assert_eq!((inbox.messages.len(), inbox.next()), (1, [2; 1_000].as_slice()));
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
        fn what_comes_in_goes_out(
            turns in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..1_500), 0_usize..2_000), 0..40)
        ) {
            let mut inbox = Inbox::default();
            let (mut put, mut got) = (Vec::new(), Vec::new());
            for (bytes, length) in turns {
                put.extend_from_slice(&bytes);
                inbox.push(bytes);
                let mut into = vec![0; length];
                let read = inbox.read(&mut into);
                prop_assert!(read == length || inbox.next().is_empty());
                got.extend_from_slice(&into[..read]);
            }
            let mut rest = vec![0; put.len()];
            let read = inbox.read(&mut rest);
            got.extend_from_slice(&rest[..read]);
            prop_assert_eq!(put, got);
        }
    }
}
