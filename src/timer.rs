//! The range of a browser's timers.

use std::time::Duration;

/// Maximum delay of a timer, in milliseconds. Browsers treat a longer delay as zero.
pub(crate) const MAX_MS: u32 = i32::MAX.unsigned_abs();

/// Converts a duration to whole milliseconds, clamped to 1 and the maximum delay of a timer.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).clamp(1, MAX_MS)
}
