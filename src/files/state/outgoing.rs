//! The state of an outgoing file.

use std::cell::{Cell, RefCell};

use browser_rtc_proto::files::{Accept, Digest, TransferId};

use crate::{
    error::{Error, Result},
    files::{error::cancelled, progress::Meter, source::Source},
    wake::{CloseSignal, WakerSet},
};

pub(in crate::files) struct OutgoingState {
    pub(in crate::files) id: TransferId,
    pub(in crate::files) source: Source,
    pub(in crate::files) meter: Meter,
    /// Set once the browser has accepted the offer.
    pub(in crate::files) offered: CloseSignal,
    pub(in crate::files) accepted: CloseSignal,
    answer: Cell<(u64, Option<Digest>)>,
    /// Wakes the task that waits for room in the window.
    pub(in crate::files) window: WakerSet,
    pub(in crate::files) finished: CloseSignal,
    outcome: RefCell<Option<Result<()>>>,
}

impl OutgoingState {
    pub(in crate::files) fn new(id: TransferId, source: Source) -> Self {
        let finished = CloseSignal::default();
        Self {
            id,
            meter: Meter::new(source.size, &finished),
            source,
            offered: CloseSignal::default(),
            accepted: CloseSignal::default(),
            answer: Cell::default(),
            window: WakerSet::default(),
            finished,
            outcome: RefCell::default(),
        }
    }

    pub(in crate::files) fn accept(&self, accept: &Accept) {
        self.answer.set((accept.from, accept.sha256));
        self.accepted.set();
    }

    /// Returns the number of blocks that the remote peer has, and the hash of their hashes.
    pub(in crate::files) fn answer(&self) -> (u64, Option<Digest>) {
        self.answer.get()
    }

    /// Ends the transfer, unless it is over.
    pub(in crate::files) fn finish(&self, outcome: Result<()>) {
        self.outcome.borrow_mut().get_or_insert(outcome);
        self.finished.set();
    }

    pub(in crate::files) fn cancel(&self) {
        self.finish(Err(cancelled()));
    }

    /// Returns the outcome of the transfer; success while it is not over.
    pub(in crate::files) fn outcome(&self) -> Result<()> {
        self.outcome.borrow().clone().unwrap_or(Ok(()))
    }

    pub(in crate::files) fn error(&self) -> Option<Error> {
        self.outcome().err()
    }
}
