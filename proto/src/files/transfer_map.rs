//! A map of the transfers of one channel.

use super::message::TransferId;

/// A map of transfers by their numbers, in ascending order.
///
/// It is a sorted list, whose code is much smaller than that of a `BTreeMap`. New transfers have the highest number, so
/// that they are added to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferMap<T>(Vec<(TransferId, T)>);

impl<T> Default for TransferMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> TransferMap<T> {
    /// Returns the transfer with this number.
    #[must_use]
    pub fn get(&self, id: TransferId) -> Option<&T> {
        let index = self.position(id).ok()?;
        self.0.get(index).map(|(_, transfer)| transfer)
    }

    /// Returns the transfer with this number, to change it.
    pub fn get_mut(&mut self, id: TransferId) -> Option<&mut T> {
        let index = self.position(id).ok()?;
        self.0.get_mut(index).map(|(_, transfer)| transfer)
    }

    /// Adds a transfer, in the place of one with the same number.
    pub fn insert(&mut self, id: TransferId, transfer: T) {
        self.remove(id);
        let (Ok(index) | Err(index)) = self.position(id);
        self.0.insert(index, (id, transfer));
    }

    /// Removes and returns the transfer with this number.
    pub fn remove(&mut self, id: TransferId) -> Option<T> {
        let index = self.position(id).ok()?;
        Some(self.0.remove(index).1)
    }

    /// Returns the transfers with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (TransferId, &T)> {
        self.0.iter().map(|(id, transfer)| (*id, transfer))
    }

    /// Returns the transfers.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, transfer)| transfer)
    }

    /// Returns whether the map has no transfers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Converts the map to its transfers.
    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|(_, transfer)| transfer)
    }

    /// Returns the index of a transfer, or the index at which it is to be inserted.
    fn position(&self, id: TransferId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |(id, _)| *id)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn transfers_are_in_order_of_numbers() {
        let mut map = TransferMap::default();
        for id in [7, 9, 8, u32::MAX, 0] {
            map.insert(id, id);
        }
        assert!(map.values().eq(&[0, 7, 8, 9, u32::MAX]));
        assert_eq!((map.get(8), map.get(1)), (Some(&8), None));
    }

    #[test]
    fn transfer_with_same_number_is_replaced() {
        let mut map = TransferMap::default();
        map.insert(1, 'a');
        map.insert(1, 'b');
        assert_eq!(map.get_mut(1), Some(&mut 'b'));
        assert_eq!((map.remove(1), map.remove(1)), (Some('b'), None));
        assert_eq!(map.into_values().count(), 0);
    }
}
