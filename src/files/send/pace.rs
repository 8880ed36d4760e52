//! Length of the binary messages of a block.

use browser_rtc_proto::files::BLOCK_SIZE;
use js_sys::Date;

use crate::channel::DataChannel;

/// Message length in bytes on a slow path, so that other channels of the connection have their turn soon.
const SMALL: u32 = 64 * 1024;

/// Message length in bytes on a fast path: a whole block, which the peer need not reassemble.
#[expect(clippy::cast_possible_truncation, reason = "a block has 256 KiB")]
const LARGE: u32 = BLOCK_SIZE as u32;

/// Time in milliseconds within which a fast path takes a block.
const FAST: f64 = 100.0;

/// The speed of the path, measured by the block before.
#[derive(Default)]
pub(super) struct Pace {
    start: f64,
    fast: bool,
}

impl Pace {
    /// Starts the measurement of a block.
    pub(super) fn start(&mut self) {
        self.start = Date::now();
    }

    /// Stops the measurement of a block.
    pub(super) fn stop(&mut self) {
        self.fast = Date::now() - self.start < FAST;
    }

    pub(super) fn message_length(&self, channel: &DataChannel) -> u32 {
        let wanted = if self.fast { LARGE } else { SMALL };
        let limit = channel.max_message_size().and_then(|limit| u32::try_from(limit).ok());
        limit.map_or(wanted, |limit| limit.clamp(1, wanted))
    }
}
