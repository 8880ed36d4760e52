//! A file that goes.

use std::{fmt, future::Future, rc::Rc};

use futures::FutureExt;

use super::{
    Progress, ProgressStream,
    sent::Sent,
    shared::{OPERATION, Shared},
    source::Source,
};
use crate::error::{Error, ErrorKind, Result};

/// A file on its way to the other side, from its offer on. Dropping it cancels it, unless it is over.
#[must_use = "dropping it cancels the transfer"]
pub struct Transfer {
    shared: Rc<Shared>,
    sent: Rc<Sent>,
    id: Box<str>,
    name: Box<str>,
}

impl Transfer {
    pub(super) fn new(shared: Rc<Shared>, sent: Rc<Sent>, id: &str, name: &str) -> Self {
        Self { shared, sent, id: id.into(), name: name.into() }
    }

    /// By what the other side knows the file again when it is [offered again](super::Files::offer_again).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name that it was offered under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Resolves when the other side has accepted it. Cancel safe.
    ///
    /// # Errors
    /// As [`finished`](Self::finished).
    pub fn accepted(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let sent = self.sent.clone();
        futures::future::select(self.sent.accepted.wait(), self.sent.over.wait())
            .map(move |_| if sent.accepted.has_come() { Ok(()) } else { sent.outcome().unwrap_or(Ok(())) })
    }

    /// How far it is. What counts is what the browser has taken over, of which it may still hold
    /// [`high_water_mark`](crate::channel::DataChannel::high_water_mark) bytes.
    pub fn progress(&self) -> ProgressStream {
        self.sent.meter.stream()
    }

    /// How far it is now.
    #[must_use]
    pub fn progress_now(&self) -> Progress {
        self.sent.meter.now()
    }

    /// Resolves when the other side has the whole file, verified and kept. Cancel safe.
    ///
    /// # Errors
    /// - `Declined` where it was refused, `Busy` where the other side has too many offers;
    /// - `Abort` where either side has cancelled;
    /// - `Closed` where the channel has closed: [offer it again](super::Files::offer_again) on another;
    /// - `NotReadable` where the file has changed meanwhile, or cannot be read;
    /// - `InvalidData` where the other side does not keep to the protocol, or got what has another hash;
    /// - `Operation` where the other side could not keep it.
    pub fn finished(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let sent = self.sent.clone();
        self.sent.over.wait().map(move |()| sent.outcome().unwrap_or(Ok(())))
    }

    /// Ends it, at both sides.
    pub fn cancel(&self) {
        self.sent.finish(Err(Error::new(OPERATION, ErrorKind::Abort, "it was cancelled here")));
        self.shared.outgoing.borrow_mut().remove(&self.sent.id);
    }

    pub(super) fn source(&self) -> &Source {
        &self.sent.source
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer")
            .field("name", &self.name)
            .field("progress", &self.progress_now())
            .finish_non_exhaustive()
    }
}
