//! How long a browser's timer can wait.

use std::time::Duration;

/// The longest time of a timer, in milliseconds. A browser treats a longer one as zero.
pub(crate) const LONGEST_MS: u32 = i32::MAX.unsigned_abs();

/// Returns whole milliseconds: at least one, and at most the longest time of a timer.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).clamp(1, LONGEST_MS)
}
