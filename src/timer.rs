//! How long a browser's timer can wait.

use std::time::Duration;

/// What is longer, a timer takes for no time at all.
pub(crate) const LONGEST_MS: u32 = i32::MAX.unsigned_abs();

/// In whole milliseconds: at least one, and at most what a timer takes.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).clamp(1, LONGEST_MS)
}
