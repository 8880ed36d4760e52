//! Recognizes copies of messages to the room.

use std::{
    cell::RefCell,
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::signaling::MessageId;

/// The number of messages that are remembered.
const REMEMBERED: usize = 1_024;

/// The latest messages that were received, as hashes of their senders' names and their ids. A sender that has a new seat
/// keeps its name, and nobody can suppress the message of another by using its id.
#[derive(Default)]
pub(super) struct Heard(RefCell<VecDeque<u64>>);

impl Heard {
    /// Remembers a message. Returns false for a copy.
    pub(super) fn is_new(&self, name: &str, id: &MessageId) -> bool {
        let mut hasher = DefaultHasher::new();
        (name, id).hash(&mut hasher);
        let hash = hasher.finish();
        let mut heard = self.0.borrow_mut();
        if heard.contains(&hash) {
            return false;
        }
        if heard.len() == REMEMBERED {
            heard.pop_front();
        }
        heard.push_back(hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_recognized_by_sender_and_id_for_a_while() {
        let heard = Heard::default();
        let id = |number: usize| format!("m{number}").parse().unwrap();
        assert!(heard.is_new("Ada", &id(0)) && heard.is_new("Bob", &id(0)));
        for number in 1..REMEMBERED - 1 {
            assert!(heard.is_new("Ada", &id(number)));
        }
        assert!(!heard.is_new("Ada", &id(0)) && !heard.is_new("Bob", &id(0)));
        assert!(heard.is_new("Ada", &id(REMEMBERED)));
        assert!(heard.is_new("Ada", &id(0)), "the oldest is forgotten");
        assert_eq!(heard.0.borrow().len(), REMEMBERED);
    }
}
