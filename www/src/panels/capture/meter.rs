//! The time and the size of a recording in progress.

use std::cell::Cell;

use js_sys::Date;

/// A stopwatch, which stands still while the recording is paused, and a counter of bytes.
pub struct Meter {
    /// The time before the current run, in milliseconds.
    before: Cell<f64>,
    /// The start of the current run; `None` while the recording is paused.
    running_since: Cell<Option<f64>>,
    bytes: Cell<f64>,
}

impl Meter {
    pub fn start() -> Self {
        Self { before: Cell::new(0.0), running_since: Cell::new(Some(Date::now())), bytes: Cell::new(0.0) }
    }

    pub fn is_paused(&self) -> bool {
        self.running_since.get().is_none()
    }

    pub fn set_paused(&self, paused: bool) {
        self.before.set(self.elapsed());
        self.running_since.set((!paused).then(Date::now));
    }

    pub fn add_bytes(&self, bytes: f64) {
        self.bytes.set(self.bytes.get() + bytes);
    }

    pub fn bytes(&self) -> f64 {
        self.bytes.get()
    }

    /// Returns the recorded time in whole seconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value saturates")]
    pub fn seconds(&self) -> u32 {
        (self.elapsed() / 1_000.0) as u32
    }

    fn elapsed(&self) -> f64 {
        self.before.get() + self.running_since.get().map_or(0.0, |start| Date::now() - start)
    }
}
