//! A file that comes.

use std::{fmt, future::Future, rc::Rc};

use super::{
    Progress, ProgressStream,
    arrival::Arrival,
    message::{BLOCK, Digest},
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

    /// Resolves to the file when all of it has come, and is verified and kept. Cancel safe. It is given once.
    ///
    /// # Errors
    /// - `Abort` where either side has cancelled;
    /// - `Closed` where the channel has closed: see [`into_partial`](Self::into_partial);
    /// - `InvalidData` where what came has not the hash that was told, or is not what was agreed on;
    /// - `Operation` where the other side could not read it;
    /// - what keeping it fails with, such as `QuotaExceeded`, or `NotSupported` for a private file where the browser
    ///   has none;
    /// - `InvalidState` where it has been given already.
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

    /// Ends it, at both sides. What has come is let go of.
    pub fn cancel(&self) {
        self.arrival.finish(Err(Error::new(OPERATION, ErrorKind::Abort, "it was cancelled here")));
    }

    /// What has come of a file that failed, to go on with when it is offered again: resolves once it is over, and what
    /// was arriving is kept, for which it waits as long as a stream that is written to takes. None where it is complete
    /// or was cancelled. Not cancel safe: dropped early, it cancels.
    pub async fn into_partial(self) -> Option<Partial<T>> {
        let arrival = &self.arrival;
        arrival.over.wait().await;
        arrival.settled.wait().await;
        let (sink, digests) = arrival.rest.take()?;
        Some(Partial { id: arrival.file.clone(), size: arrival.size(), sink, digests, output: self.output })
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

/// The beginning of a file whose connection was lost: whole blocks, each of them verified. Keep it until the file is
/// [offered again](super::Files::offer_again), and go on by [`Offer::resume`](super::Offer::resume). Dropping it
/// aborts a stream that it was written to.
pub struct Partial<T> {
    id: Box<str>,
    pub(super) size: u64,
    pub(super) sink: Sink,
    pub(super) digests: Vec<Digest>,
    pub(super) output: fn(Output) -> Option<T>,
}

impl<T> Partial<T> {
    /// By what the offer is known that goes on with it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How far it had come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { bytes: (self.digests.len() as u64 * BLOCK).min(self.size), total: self.size }
    }
}

impl<T> fmt::Debug for Partial<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partial").field("id", &self.id).field("progress", &self.progress()).finish_non_exhaustive()
    }
}
