//! Progress of a transfer.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::{Stream, stream::FusedStream};
use gloo_timers::future::TimeoutFuture;

use crate::wake::{CloseSignal, CloseWait, Waiter, WakerSet};

/// Minimum time between two items of a stream, in milliseconds: short enough for a progress bar, and cheap.
const PAUSE: u32 = 40;

/// Progress of a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Number of bytes that were received, or, for an outgoing file, that the browser has taken.
    pub bytes: u64,
    /// Size of the file in bytes.
    pub total: u64,
}

impl Progress {
    /// Returns the progress as a fraction from 0 to 1; 1 for an empty file.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "file sizes are below 2^53")]
    pub fn fraction(&self) -> f64 {
        if self.total == 0 { 1.0 } else { self.bytes as f64 / self.total as f64 }
    }
}

/// The progress of one transfer, which its task updates.
#[derive(Clone)]
pub(super) struct Meter(Rc<State>);

struct State {
    now: Cell<Progress>,
    changed: WakerSet,
    end: CloseSignal,
}

impl Meter {
    pub(super) fn new(total: u64, end: &CloseSignal) -> Self {
        let now = Cell::new(Progress { bytes: 0, total });
        Self(Rc::new(State { now, changed: WakerSet::default(), end: end.clone() }))
    }

    pub(super) fn now(&self) -> Progress {
        self.0.now.get()
    }

    pub(super) fn set(&self, bytes: u64) {
        self.0.now.set(Progress { bytes, ..self.now() });
        self.0.changed.wake_all();
    }

    pub(super) fn add(&self, bytes: u32) {
        self.set(self.now().bytes + u64::from(bytes));
    }

    pub(super) fn stream(&self) -> ProgressStream {
        ProgressStream {
            changed: self.0.changed.waiter(),
            ended: self.0.end.wait(),
            meter: self.clone(),
            emitted: None,
            pause: None,
            terminated: false,
        }
    }
}

/// A stream of a transfer's progress: the current one, and then each change, at most 25 times a second and always the
/// latest. Waits for any time while nothing changes; ends when the transfer does. It does not keep the transfer alive.
#[must_use = "a stream does nothing unless polled"]
pub struct ProgressStream {
    meter: Meter,
    changed: Waiter,
    ended: CloseWait,
    emitted: Option<Progress>,
    /// No change wakes the task until this has elapsed.
    pause: Option<TimeoutFuture>,
    terminated: bool,
}

impl Stream for ProgressStream {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        if self.terminated {
            return Poll::Ready(None);
        }
        let ended = Pin::new(&mut self.ended).poll(cx).is_ready();
        if !ended && self.pause.as_mut().is_some_and(|pause| Pin::new(pause).poll(cx).is_pending()) {
            return Poll::Pending;
        }
        self.pause = None;
        let now = self.meter.now();
        if self.emitted != Some(now) {
            self.emitted = Some(now);
            self.pause = (!ended).then(|| TimeoutFuture::new(PAUSE));
            return Poll::Ready(self.emitted);
        }
        self.terminated = ended;
        if ended {
            return Poll::Ready(None);
        }
        self.changed.register(cx);
        Poll::Pending
    }
}

impl FusedStream for ProgressStream {
    fn is_terminated(&self) -> bool {
        self.terminated
    }
}

impl fmt::Debug for ProgressStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressStream").field("now", &self.meter.now()).finish_non_exhaustive()
    }
}
