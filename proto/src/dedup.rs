//! Deduplication of messages.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

/// A memory of the latest keys, which detects duplicate messages.
///
/// It stores a hash of each key. The sender must be part of the key, so that a peer cannot suppress a message of
/// another peer by using its id.
#[derive(Clone, Debug, Default)]
pub struct Deduplicator(VecDeque<u64>);

impl Deduplicator {
    /// Number of remembered keys.
    pub const CAPACITY: usize = 1_024;

    /// Remembers a key. Returns false if it is a duplicate.
    pub fn insert(&mut self, key: impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let hash = hasher.finish();
        if self.0.contains(&hash) {
            return false;
        }
        if self.0.len() == Self::CAPACITY {
            self.0.pop_front();
        }
        self.0.push_back(hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicates_of_latest_keys_are_detected() {
        let mut seen = Deduplicator::default();
        assert!(seen.insert(("Ada", 0)) && seen.insert(("Bob", 0)));
        for number in 1..Deduplicator::CAPACITY - 1 {
            assert!(seen.insert(("Ada", number)));
        }
        assert!(!seen.insert(("Ada", 0)) && !seen.insert(("Bob", 0)));
        assert!(seen.insert(("Ada", Deduplicator::CAPACITY)));
        assert!(seen.insert(("Ada", 0)), "the oldest is forgotten");
        assert_eq!(seen.0.len(), Deduplicator::CAPACITY);
    }
}
