//! The channel as this protocol uses it.

use browser_rtc_proto::files::BLOCK;
use js_sys::Date;

use crate::channel::DataChannel;

/// Bytes a message where the way is slow, so that other channels of the connection have their turn soon.
const SMALL: u32 = 64 * 1024;

/// Bytes a message where it is fast: a whole block, which is not put together at the other side.
#[expect(clippy::cast_possible_truncation, reason = "it is small")]
const LARGE: u32 = BLOCK as u32;

/// A way that takes a block in this many milliseconds is fast.
const FAST: f64 = 100.0;

/// How much goes into a message.
#[derive(Default)]
pub(super) struct Pace {
    begun: f64,
    fast: bool,
}

impl Pace {
    /// A block is to be sent.
    pub(super) fn begin(&mut self) {
        self.begun = Date::now();
    }

    /// A whole block was sent.
    pub(super) fn done(&mut self) {
        self.fast = Date::now() - self.begun < FAST;
    }

    pub(super) fn message_length(&self, channel: &DataChannel) -> u32 {
        let wanted = if self.fast { LARGE } else { SMALL };
        let most = channel.max_message_size().and_then(|most| u32::try_from(most).ok());
        most.map_or(wanted, |most| most.clamp(1, wanted))
    }
}
