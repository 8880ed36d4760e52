//! The state of the browser's send buffer.

use std::cell::Cell;

use crate::wake::WakerSet;

/// The state of the browser's send buffer, and the tasks that wait for room in it.
pub(super) struct SendBuffer {
    pub(super) high: Cell<u32>,
    pub(super) low: Cell<u32>,
    /// An upper bound of the bytes in the browser's buffer. Counting is cheaper than a call into the browser.
    pub(super) buffered: Cell<f64>,
    /// The largest message of the transport, in bytes; 0 until it is known.
    pub(super) largest: Cell<f64>,
    /// Set while the buffer may contain a blob. In Chromium, text overtakes a blob.
    pub(super) blob: Cell<bool>,
    /// The number of times that the buffer has fallen to the low mark.
    pub(super) lows: Cell<u32>,
    /// The senders that wait for room, in the order of their calls.
    pub(super) turns: WakerSet,
    /// The tasks that wait for the low mark.
    pub(super) drained: WakerSet,
}

impl Default for SendBuffer {
    fn default() -> Self {
        Self {
            high: Cell::new(1024 * 1024),
            low: Cell::new(256 * 1024),
            buffered: Cell::default(),
            largest: Cell::default(),
            blob: Cell::default(),
            lows: Cell::default(),
            turns: WakerSet::default(),
            drained: WakerSet::default(),
        }
    }
}

impl SendBuffer {
    /// Returns the low mark, which is below the high mark.
    pub(super) fn low_mark(&self) -> u32 {
        self.low.get().min(self.high.get().saturating_sub(1))
    }

    /// Wakes the tasks that wait for room.
    pub(super) fn wake(&self) {
        self.turns.wake_first();
        self.drained.wake_all();
    }
}
