//! A buffer for entries that arrive before their predecessors.

use std::collections::BTreeMap;

use super::entry::{Entry, EntryId};

/// Maximum number of buffered entries. Above it, or above [`MAX_BYTES`], all are dropped and read from the log again.
const MAX_ENTRIES: usize = 1_024;
const MAX_BYTES: usize = 1024 * 1024;

/// Entries that arrived before their predecessors, in the order of the log.
#[derive(Debug, Default)]
pub struct ReorderBuffer {
    entries: BTreeMap<EntryId, Entry>,
    bytes: usize,
}

impl ReorderBuffer {
    pub fn insert(&mut self, entry: Entry) {
        self.bytes += entry.size();
        if let Some(same) = self.entries.insert(entry.id, entry) {
            self.bytes -= same.size();
        }
        // A single entry may have any size.
        if self.entries.len() > MAX_ENTRIES || (self.bytes > MAX_BYTES && self.entries.len() > 1) {
            *self = Self::default();
        }
    }

    pub fn first(&self) -> Option<&Entry> {
        self.entries.first_key_value().map(|(_, entry)| entry)
    }

    pub fn pop_first(&mut self) -> Option<Entry> {
        let (_, entry) = self.entries.pop_first()?;
        self.bytes -= entry.size();
        Some(entry)
    }

    /// Drops the entries up to `last`, inclusive.
    pub fn drop_until(&mut self, last: EntryId) {
        while self.first().is_some_and(|entry| entry.id <= last) {
            self.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64, bytes: usize) -> Entry {
        Entry::parse(&format!("{number}-0 0-0 a aa 1 m\n\"{}\"", "x".repeat(bytes))).unwrap()
    }

    #[test]
    fn buffer_is_limited_in_number_and_bytes() {
        let mut buffer = ReorderBuffer::default();
        for (size, most) in [(1, MAX_ENTRIES), (MAX_BYTES / 4, 3)] {
            (1..=most).rev().for_each(|number| buffer.insert(entry(number as u64, size)));
            buffer.insert(entry(1, size));
            assert_eq!(buffer.entries.len(), most);
            buffer.insert(entry(9_999, size));
            assert!(buffer.first().is_none() && buffer.bytes == 0);
        }
        buffer.insert(entry(1, 2 * MAX_BYTES));
        assert!(buffer.pop_first().is_some());
        (1..=9).for_each(|number| buffer.insert(entry(number, 10)));
        buffer.drop_until(entry(7, 0).id);
        let rest: Vec<_> = std::iter::from_fn(|| buffer.pop_first()).map(|entry| entry.id).collect();
        assert_eq!(rest, [8, 9].map(|number| entry(number, 0).id));
        assert_eq!(buffer.bytes, 0);
    }
}
