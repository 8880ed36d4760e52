//! The handle of an outgoing file.

use std::{fmt, future::Future, rc::Rc};

use futures::FutureExt;

use crate::{
    error::Result,
    files::{
        channel::FileChannel,
        progress::{Progress, ProgressStream},
        source::Source,
        state::outgoing::OutgoingState,
    },
    identity::identity,
};

/// A file that is offered to the remote peer, and sent once it is accepted. Dropping it cancels the transfer, unless
/// the transfer is over.
#[must_use = "dropping it cancels the transfer"]
pub struct Outgoing {
    channel: Rc<FileChannel>,
    state: Rc<OutgoingState>,
    id: Box<str>,
    name: Box<str>,
}

identity!(Outgoing, |this, other| Rc::ptr_eq(&this.state, &other.state));

impl Outgoing {
    pub(in crate::files) fn new(channel: Rc<FileChannel>, state: Rc<OutgoingState>, id: &str, name: &str) -> Self {
        Self { channel, state, id: id.into(), name: name.into() }
    }

    /// Returns the id by which the remote peer recognizes the file when it is
    /// [offered again](crate::files::Files::offer_again).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name under which the file is offered: at most 255 bytes of UTF-8, shortened before the extension.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Resolves when the remote peer has accepted the file.
    ///
    /// Once the remote peer has [acknowledged](crate::files::Files::set_ack_timeout) the offer, the future waits for
    /// the remote user without a timeout, until the transfer fails or the channel closes.
    ///
    /// # Errors
    /// The same errors as [`finished`](Self::finished).
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn accepted(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let state = self.state.clone();
        futures::future::select(self.state.accepted.wait(), self.state.finished.wait())
            .map(move |_| if state.accepted.is_set() { Ok(()) } else { state.outcome() })
    }

    /// Returns a stream of the progress, in bytes that the browser has accepted. It may still buffer
    /// [`high_water_mark`](crate::channel::DataChannel::high_water_mark) bytes of them.
    pub fn progress(&self) -> ProgressStream {
        self.state.meter.stream()
    }

    /// Returns the current progress.
    #[must_use]
    pub fn progress_now(&self) -> Progress {
        self.state.meter.now()
    }

    /// Resolves when the remote peer has received, verified and stored the whole file.
    ///
    /// Once the remote peer has [acknowledged](crate::files::Files::set_ack_timeout) the offer, the future waits for
    /// the remote user and disk without a timeout, until the transfer fails or the channel closes.
    /// [`progress`](Self::progress) reveals a peer that stops reading.
    ///
    /// # Errors
    /// - `Timeout` if the remote peer does not acknowledge the offer: it does not implement the file protocol.
    /// - `Declined` if the remote peer has declined the file, `Busy` if it has too many pending offers, `NotSupported`
    ///   if its page cannot receive files.
    /// - `Abort` if either peer has cancelled the transfer.
    /// - `Closed` if the channel has closed: [offer the file again](crate::files::Files::offer_again) on another
    ///   channel.
    /// - `NotReadable` if the file has changed since it was offered, or cannot be read. The remote peer receives
    ///   `Operation`, and can keep the received part.
    /// - `InvalidData` if the remote peer has violated the protocol, or the received bytes do not match their hash.
    /// - `Operation` if the remote peer failed to store the file.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn finished(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let state = self.state.clone();
        self.state.finished.wait().map(move |()| state.outcome())
    }

    /// Cancels the transfer at both peers. It does nothing if the transfer is over.
    pub fn cancel(&self) {
        self.state.cancel();
        self.channel.outgoing.borrow_mut().remove(self.state.id);
    }

    pub(in crate::files) fn source(&self) -> &Source {
        &self.state.source
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("name", &self.name)
            .field("progress", &self.progress_now())
            .finish_non_exhaustive()
    }
}
