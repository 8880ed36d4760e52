//! A deterministic random number generator.

use std::cell::Cell;

/// A linear congruential generator, so that a test repeats the same sequence for the same seed.
pub struct Rng(Cell<u32>);

impl Rng {
    pub fn new(seed: u32) -> Self {
        Self(Cell::new(seed))
    }

    /// Returns a number in `0..limit`.
    pub fn below(&self, limit: u32) -> u32 {
        let next = self.0.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0.set(next);
        (next >> 8) % limit
    }

    pub fn choose<T: Copy>(&self, items: &[T]) -> T {
        items[self.below(u32::try_from(items.len()).unwrap()) as usize]
    }
}
