//! A file that goes.

use std::{fmt, future::Future, rc::Rc};

use futures::FutureExt;

use super::{
    Progress, ProgressStream,
    error::cancelled,
    sent::Sent,
    shared::{OPERATION, Shared},
    source::Source,
};
use crate::error::Result;

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

    /// Returns the name that the file was offered under: at most 255 bytes of UTF-8, shortened before the extension.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Resolves when the peer has accepted the file.
    ///
    /// Waits for the peer's user, so for any time, once the peer has [acknowledged](super::Files::set_ack_timeout) the
    /// offer; ends with an error when the transfer fails or the channel closes.
    ///
    /// # Errors
    /// As [`finished`](Self::finished).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn accepted(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let sent = self.sent.clone();
        futures::future::select(self.sent.accepted.wait(), self.sent.over.wait())
            .map(move |_| if sent.accepted.is_set() { Ok(()) } else { sent.outcome().unwrap_or(Ok(())) })
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

    /// Resolves when the peer has the whole file, verified and kept.
    ///
    /// Waits for the peer's user and for the peer's disk, so for any time, once the peer has
    /// [acknowledged](super::Files::set_ack_timeout) the offer; ends with an error when the transfer fails or the channel
    /// closes. A peer that stops reading is bounded by nothing else: [`progress`](Self::progress) shows it.
    ///
    /// # Errors
    /// - `Timeout` where the peer did not acknowledge the offer, so does not speak the file protocol on this channel;
    /// - `Declined` where the peer refused the file, `Busy` where it has too many offers, `NotSupported` where its page
    ///   cannot receive files;
    /// - `Abort` where either side has cancelled;
    /// - `Closed` where the channel has closed: [offer it again](super::Files::offer_again) on another;
    /// - `NotReadable` where the file has changed since it was offered, or cannot be read. The peer gets `Operation`, and
    ///   can keep what had arrived;
    /// - `InvalidData` where the peer breaks the protocol, or received other bytes than were hashed;
    /// - `Operation` where the peer could not keep the file.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn finished(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let sent = self.sent.clone();
        self.sent.over.wait().map(move |()| sent.outcome().unwrap_or(Ok(())))
    }

    /// Cancels the transfer, for both peers. Does nothing once it is over.
    pub fn cancel(&self) {
        self.sent.finish(Err(cancelled(OPERATION)));
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
