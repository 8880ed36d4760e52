//! Entries that wait for those before them.

use std::collections::BTreeMap;

use super::event::{EntryId, Event};

/// With more of them, or with more bytes, none is kept: all are read from the log again.
const ENTRIES: usize = 1_024;
const BYTES: usize = 1024 * 1024;

/// In the order of the log.
#[derive(Debug, Default)]
pub struct Ahead {
    entries: BTreeMap<EntryId, Event>,
    bytes: usize,
}

impl Ahead {
    pub fn insert(&mut self, event: Event) {
        self.bytes += event.size();
        if let Some(same) = self.entries.insert(event.id, event) {
            self.bytes -= same.size();
        }
        // The only one may be as large as it is.
        if self.entries.len() > ENTRIES || (self.bytes > BYTES && self.entries.len() > 1) {
            *self = Self::default();
        }
    }

    pub fn first(&self) -> Option<&Event> {
        self.entries.first_key_value().map(|(_, event)| event)
    }

    pub fn pop_first(&mut self) -> Option<Event> {
        let (_, event) = self.entries.pop_first()?;
        self.bytes -= event.size();
        Some(event)
    }

    /// What is not after this entry is no longer to the point.
    pub fn drop_until(&mut self, last: EntryId) {
        while self.first().is_some_and(|event| event.id <= last) {
            self.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64, bytes: usize) -> Event {
        Event::parse(&format!("{number}-0 0-0 a aa 1 m\n\"{}\"", "x".repeat(bytes))).unwrap()
    }

    #[test]
    fn it_is_bounded_in_number_and_in_bytes() {
        let mut ahead = Ahead::default();
        for (size, most) in [(1, ENTRIES), (BYTES / 4, 3)] {
            (1..=most).rev().for_each(|number| ahead.insert(event(number as u64, size)));
            ahead.insert(event(1, size));
            assert_eq!(ahead.entries.len(), most);
            ahead.insert(event(9_999, size));
            assert!(ahead.first().is_none() && ahead.bytes == 0);
        }
        ahead.insert(event(1, 2 * BYTES));
        assert!(ahead.pop_first().is_some());
        (1..=9).for_each(|number| ahead.insert(event(number, 10)));
        ahead.drop_until(event(7, 0).id);
        let rest: Vec<_> = std::iter::from_fn(|| ahead.pop_first()).map(|event| event.id).collect();
        assert_eq!(rest, [8, 9].map(|number| event(number, 0).id));
        assert_eq!(ahead.bytes, 0);
    }
}
