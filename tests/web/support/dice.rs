//! Chance that is the same each time.

use std::cell::Cell;

/// A small generator of numbers that look random.
pub struct Dice(Cell<u32>);

impl Dice {
    pub fn new(seed: u32) -> Self {
        Self(Cell::new(seed))
    }

    pub fn below(&self, bound: u32) -> u32 {
        let next = self.0.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0.set(next);
        (next >> 8) % bound
    }

    pub fn one_of<T: Copy>(&self, items: &[T]) -> T {
        items[self.below(u32::try_from(items.len()).unwrap()) as usize]
    }
}
