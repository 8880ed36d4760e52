//! How long a browser's timer can wait.

use std::time::Duration;

/// In whole milliseconds: at least one, and at most what a timer takes, which is `i32::MAX`.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).clamp(1, i32::MAX.unsigned_abs())
}
