//! Timers.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use crate::{
    promise::Callback,
    sys::global,
    wake::{CloseSignal, CloseWait},
};

/// Maximum delay of a timer, in milliseconds. Browsers treat a longer delay as zero.
pub(crate) const MAX_MS: u32 = i32::MAX.unsigned_abs();

/// Converts a duration to whole milliseconds, clamped to 1 and the maximum delay of a timer.
pub(crate) fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX).clamp(1, MAX_MS)
}

/// A future that resolves after a time, or later if the page is hidden. It can be polled again after that. Dropping it
/// stops the timer.
pub(crate) struct Sleep {
    timer: i32,
    elapsed: CloseWait,
    _callback: Callback,
}

impl Sleep {
    /// Starts a timer of `ms` milliseconds.
    pub(crate) fn new(ms: u32) -> Self {
        let signal = CloseSignal::default();
        let elapsed = signal.wait();
        let callback = Callback::new(move |_| {
            signal.set();
        });
        Self { timer: global::set_timeout(callback.as_ref(), ms), elapsed, _callback: callback }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        global::clear_timeout(self.timer);
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.elapsed).poll(cx)
    }
}
