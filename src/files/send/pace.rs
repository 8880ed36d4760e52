//! The length of the binary messages of a block.

use browser_rtc_proto::files::BLOCK_SIZE;
use js_sys::Date;

use crate::channel::DataChannel;

/// The message length on a slow path, in bytes. Messages of other channels of the connection wait for one such message.
const SMALL: u32 = 64 * 1024;

/// The message length on a fast path, in bytes: a whole block, which the remote peer need not reassemble.
#[expect(clippy::cast_possible_truncation, reason = "a block has 256 KiB")]
const LARGE: u32 = BLOCK_SIZE as u32;

/// The time within which a fast path accepts a block, in milliseconds.
const FAST: f64 = 100.0;

/// The speed of the path, as measured with the previous block.
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
        let preferred = if self.fast { LARGE } else { SMALL };
        let limit = channel.max_message_size().and_then(|limit| u32::try_from(limit).ok());
        limit.map_or(preferred, |limit| limit.clamp(1, preferred))
    }
}
