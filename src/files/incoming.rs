//! A file that comes.

use std::{cell::RefCell, fmt, future::Future, rc::Rc};

use browser_rtc_proto::files::{BLOCK, Digest};

use super::{
    Progress, ProgressStream,
    arrival::Arrival,
    error::cancelled,
    shared::OPERATION,
    sink::{Output, Sink},
};
use crate::error::{Error, ErrorKind, Result};

/// A file on its way to here, accepted. Dropping it cancels it, unless it is over.
#[must_use = "dropping it cancels the transfer"]
pub struct Incoming<T> {
    arrival: Rc<Arrival>,
    output: fn(Output) -> Option<T>,
}

impl<T> Incoming<T> {
    pub(super) fn new(arrival: Rc<Arrival>, output: fn(Output) -> Option<T>) -> Self {
        Self { arrival, output }
    }

    /// What the other side calls it, made harmless as in [`Offer::name`](super::Offer::name).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.arrival.name
    }

    /// As [`Offer::id`](super::Offer::id).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.arrival.file
    }

    /// How far it is: what has arrived, of which no more than the last 8 MiB are yet to be verified and kept.
    pub fn progress(&self) -> ProgressStream {
        self.arrival.meter.stream()
    }

    /// How far it is now.
    #[must_use]
    pub fn progress_now(&self) -> Progress {
        self.arrival.meter.now()
    }

    /// Resolves to the file, once, when all of it has arrived, verified and kept.
    ///
    /// Waits for the peer, so for any time while the channel is open and the peer neither sends nor cancels; ends with an
    /// error when the transfer fails or the channel closes. [`progress`](Self::progress) shows a peer that sends nothing.
    ///
    /// # Errors
    /// - `Abort` where either side has cancelled;
    /// - `Closed` where the channel has closed: see [`into_partial`](Self::into_partial);
    /// - `InvalidData` where what arrived does not match its hash, or breaks the protocol;
    /// - `Operation` where the peer could not read the file, such as one that has changed since it was offered, or where
    ///   the stream that is written to was aborted;
    /// - the error of keeping the file, such as `QuotaExceeded`, or `NotSupported` for a private file where the browser
    ///   has none;
    /// - `InvalidState` where the file has been taken already.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn finished(&mut self) -> impl Future<Output = Result<T>> + Unpin + use<T> {
        use futures::FutureExt;
        let (arrival, output) = (self.arrival.clone(), self.output);
        self.arrival.over.wait().map(move |()| {
            let made = arrival.take_outcome()?;
            output(made).ok_or_else(|| Error::new(OPERATION, ErrorKind::InvalidState, "it is of another kind"))
        })
    }

    #[cfg(feature = "npm")]
    pub(crate) fn over(&self) -> impl Future<Output = ()> + use<T> {
        self.arrival.settled.wait()
    }

    /// Cancels the transfer, for both peers, and drops what has arrived. Does nothing once it is over.
    pub fn cancel(&self) {
        self.arrival.finish(Err(cancelled(OPERATION)));
    }

    /// Returns what has arrived of a file that failed, to [resume](super::Offer::resume) from when the file is offered
    /// again; `None` where the file is complete or was cancelled.
    ///
    /// Waits until the transfer is over, as [`finished`](Self::finished) does, and then until what had arrived is kept:
    /// as long as the stream that is written to takes.
    ///
    /// # Cancel safety
    /// Not cancel safe: dropped before it resolves, it cancels the transfer.
    pub async fn into_partial(self) -> Option<Partial<T>> {
        let arrival = &self.arrival;
        arrival.over.wait().await;
        arrival.settled.wait().await;
        let (sink, digests) = arrival.rest.take()?;
        let blocks = digests.len() as u64;
        let held = RefCell::new(Some((sink, digests)));
        Some(Partial { id: arrival.file.clone(), size: arrival.size(), blocks, held, output: self.output })
    }
}

impl<T> Drop for Incoming<T> {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl<T> fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("name", &self.name())
            .field("progress", &self.progress_now())
            .finish_non_exhaustive()
    }
}

/// The beginning of a file whose transfer failed: whole blocks, each of them verified. Keep it until the file is
/// [offered again](super::Files::offer_again), and continue with [`Offer::resume`](super::Offer::resume). Dropping it
/// aborts a stream that it was written to.
pub struct Partial<T> {
    id: Box<str>,
    pub(super) size: u64,
    blocks: u64,
    /// Empty once a transfer has resumed from it.
    pub(super) held: RefCell<Option<(Sink, Vec<Digest>)>>,
    pub(super) output: fn(Output) -> Option<T>,
}

impl<T> Partial<T> {
    /// By what the offer is known that goes on with it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How much of the file had arrived.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { bytes: (self.blocks * BLOCK).min(self.size), total: self.size }
    }
}

impl<T> fmt::Debug for Partial<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partial").field("id", &self.id).field("progress", &self.progress()).finish_non_exhaustive()
    }
}
