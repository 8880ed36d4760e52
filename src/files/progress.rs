//! The progress of a transfer.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::{Stream, stream::FusedStream};

use crate::{
    timer::Sleep,
    wake::{CloseSignal, CloseWait, Waiter, WakerSet},
};

/// The minimum time between two items of a stream, in milliseconds.
const PAUSE: u32 = 40;

/// The progress of a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of received bytes or, for an outgoing file, of bytes that the browser has accepted.
    pub bytes: u64,
    /// The size of the file, in bytes.
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

/// A stream of the progress of a transfer: the current one, then changes. It emits at most 25 items per second, each of
/// them the latest, and ends when the transfer is over. It does not keep the transfer alive.
#[must_use = "streams do nothing unless polled"]
pub struct ProgressStream {
    meter: Meter,
    changed: Waiter,
    ended: CloseWait,
    emitted: Option<Progress>,
    /// No change wakes the task until this has elapsed.
    pause: Option<Sleep>,
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
            self.pause = (!ended).then(|| Sleep::new(PAUSE));
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
