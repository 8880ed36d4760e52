//! The rate of a transfer.

use std::collections::VecDeque;

/// The time over which the rate is averaged, in milliseconds.
const WINDOW: f64 = 4_000.0;

/// The time after which there is a rate, in milliseconds.
const FIRST: f64 = 500.0;

/// The rate of a transfer over the last seconds.
#[derive(Default)]
pub struct Rate {
    /// Times in milliseconds, and the number of bytes transferred by then.
    samples: VecDeque<(f64, u64)>,
}

impl Rate {
    /// Adds a sample, and returns the rate in bytes per second; `None` at the beginning.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "shown")]
    pub fn add(&mut self, now: f64, bytes: u64) -> Option<u64> {
        while self.samples.front().is_some_and(|(time, _)| now - time > WINDOW) && self.samples.len() > 1 {
            self.samples.pop_front();
        }
        self.samples.push_back((now, bytes));
        let (start, before) = *self.samples.front()?;
        let elapsed = now - start;
        (elapsed >= FIRST).then(|| (bytes.saturating_sub(before) as f64 * 1_000.0 / elapsed) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn rate_is_averaged_over_window() {
        let mut rate = Rate::default();
        assert_eq!(rate.add(0.0, 0), None);
        assert_eq!(rate.add(1_000.0, 2_000), Some(2_000));
        assert_eq!(rate.add(2_000.0, 4_000), Some(2_000));
        for second in 3..20 {
            rate.add(f64::from(second) * 1_000.0, 4_000);
        }
        assert_eq!(rate.add(20_000.0, 4_000), Some(0));
    }
}
