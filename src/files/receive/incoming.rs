//! The handle of an incoming file.

use std::{cell::RefCell, fmt, future::Future, rc::Rc};

use browser_rtc_proto::files::{BLOCK_SIZE, Digest};
use futures::FutureExt;

use crate::{
    error::{Error, ErrorKind, Result},
    files::{
        error::OPERATION,
        progress::{Progress, ProgressStream},
        sink::{Output, Sink},
        state::incoming::IncomingState,
    },
    identity::identity,
};

/// A file that is being received. Dropping it cancels the transfer, unless the transfer is over.
#[must_use = "dropping it cancels the transfer"]
pub struct Incoming<T> {
    state: Rc<IncomingState>,
    output: fn(Output) -> Option<T>,
}

identity!(Incoming<T>, |this, other| Rc::ptr_eq(&this.state, &other.state));

impl<T> Incoming<T> {
    pub(super) fn new(state: Rc<IncomingState>, output: fn(Output) -> Option<T>) -> Self {
        Self { state, output }
    }

    /// Returns the sanitized name of the file, the same as [`Offer::name`](super::offer::Offer::name).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Returns the id of the file, the same as [`Offer::id`](super::offer::Offer::id).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.state.file_id
    }

    /// Returns a stream of the progress, in received bytes. Up to 8 MiB of them are not yet verified and stored.
    pub fn progress(&self) -> ProgressStream {
        self.state.meter.stream()
    }

    /// Returns the current progress.
    #[must_use]
    pub fn progress_now(&self) -> Progress {
        self.state.meter.now()
    }

    /// Resolves to the file when all of it is received, verified and stored. The file is returned once.
    ///
    /// The future waits for the remote peer without a timeout, until the transfer is complete, fails or is cancelled,
    /// or the channel closes. [`progress`](Self::progress) reveals a peer that sends nothing.
    ///
    /// # Errors
    /// - `Abort` if either peer has cancelled the transfer.
    /// - `Closed` if the channel has closed: see [`into_partial`](Self::into_partial).
    /// - `InvalidData` if the received data does not match its hash, or the remote peer has violated the protocol.
    /// - `Operation` if the remote peer failed to read the file, for example because the file has changed since it was
    ///   offered, or if the destination stream was aborted.
    /// - The error of the destination, such as `QuotaExceeded`, or `NotSupported` if the browser has no private files.
    /// - `InvalidState` if the file was returned before.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn finished(&self) -> impl Future<Output = Result<T>> + Unpin + use<T> {
        let (state, output) = (self.state.clone(), self.output);
        self.state.finished.wait().map(move |()| {
            let file = state.take_output()?;
            output(file)
                .ok_or_else(|| Error::new(OPERATION, ErrorKind::InvalidState, "the file has another destination"))
        })
    }

    #[cfg(feature = "npm")]
    pub(crate) fn settled(&self) -> impl Future<Output = ()> + use<T> {
        self.state.settled.wait()
    }

    /// Cancels the transfer at both peers, and discards the received data. It does nothing if the transfer is over.
    pub fn cancel(&self) {
        self.state.cancel();
    }

    /// Returns the received part of a failed transfer, from which a transfer of the same file can
    /// [resume](super::offer::Offer::resume); `None` if the transfer is complete or was cancelled.
    ///
    /// The future waits until the transfer is over, as [`finished`](Self::finished) does, and then until the
    /// destination has stored the received blocks.
    ///
    /// # Cancel safety
    /// This function is not cancel safe: if the future is dropped before it resolves, the transfer is cancelled.
    pub async fn into_partial(self) -> Option<Partial<T>> {
        self.partial().await
    }

    /// Returns the received part without taking ownership. It is returned once.
    pub(crate) fn partial(&self) -> impl Future<Output = Option<Partial<T>>> + use<T> {
        let (state, output) = (self.state.clone(), self.output);
        self.state.settled.wait().map(move |()| {
            let (sink, digests) = state.partial.take()?;
            let blocks = digests.len() as u64;
            let held = RefCell::new(Some((sink, digests)));
            Some(Partial { id: state.file_id.clone(), size: state.size(), blocks, held, output })
        })
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

/// The received and verified part of a file whose transfer failed.
///
/// When the file is [offered again](crate::files::Files::offer_again), [`Offer::resume`](super::offer::Offer::resume)
/// continues from it. Dropping it aborts the destination stream.
pub struct Partial<T> {
    id: Box<str>,
    pub(super) size: u64,
    blocks: u64,
    /// `None` once a transfer has resumed from it.
    pub(super) held: RefCell<Option<(Sink, Vec<Digest>)>>,
    pub(super) output: fn(Output) -> Option<T>,
}

impl<T> Partial<T> {
    /// Returns the id of the offer that can be resumed.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the progress of the failed transfer, in stored bytes.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { bytes: (self.blocks * BLOCK_SIZE).min(self.size), total: self.size }
    }
}

impl<T> fmt::Debug for Partial<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Partial").field("id", &self.id).field("progress", &self.progress()).finish_non_exhaustive()
    }
}
