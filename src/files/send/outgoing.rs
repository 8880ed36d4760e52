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
};

/// A file that is offered to the peer, and sent once it is accepted.
///
/// Dropping it cancels the transfer, unless it is over.
#[must_use = "dropping it cancels the transfer"]
pub struct Outgoing {
    channel: Rc<FileChannel>,
    state: Rc<OutgoingState>,
    id: Box<str>,
    name: Box<str>,
}

impl Outgoing {
    pub(in crate::files) fn new(channel: Rc<FileChannel>, state: Rc<OutgoingState>, id: &str, name: &str) -> Self {
        Self { channel, state, id: id.into(), name: name.into() }
    }

    /// Returns the id by which the peer recognizes the file when it is [offered again](crate::files::Files::offer_again).
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
    /// Waits for the peer's user, so for any time, once the peer has
    /// [acknowledged](crate::files::Files::set_ack_timeout) the offer; ends with an error when the transfer fails or the
    /// channel closes.
    ///
    /// # Errors
    /// As [`finished`](Self::finished).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn accepted(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let state = self.state.clone();
        futures::future::select(self.state.accepted.wait(), self.state.over.wait())
            .map(move |_| if state.accepted.is_set() { Ok(()) } else { state.outcome() })
    }

    /// Returns a stream of the progress, in bytes that the browser has taken, of which it may still buffer
    /// [`high_water_mark`](crate::channel::DataChannel::high_water_mark) bytes.
    pub fn progress(&self) -> ProgressStream {
        self.state.meter.stream()
    }

    /// Returns the current progress.
    #[must_use]
    pub fn progress_now(&self) -> Progress {
        self.state.meter.now()
    }

    /// Resolves when the peer has received the whole file, verified and stored it.
    ///
    /// Waits for the peer's user and for the peer's disk, so for any time, once the peer has
    /// [acknowledged](crate::files::Files::set_ack_timeout) the offer; ends with an error when the transfer fails or the
    /// channel closes. There is no other timeout: [`progress`](Self::progress) shows a peer that stops reading.
    ///
    /// # Errors
    /// - `Timeout` if the peer did not acknowledge the offer, so does not speak the file protocol on this channel;
    /// - `Declined` if the peer declined the file, `Busy` if it has too many pending offers, `NotSupported` if its page
    ///   cannot receive files;
    /// - `Abort` if either side has cancelled;
    /// - `Closed` if the channel has closed: [offer the file again](crate::files::Files::offer_again) on another;
    /// - `NotReadable` if the file has changed since it was offered, or cannot be read. The peer gets `Operation`, and
    ///   can keep what it has received;
    /// - `InvalidData` if the peer violates the protocol, or has received other bytes than were hashed;
    /// - `Operation` if the peer could not store the file.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn finished(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let state = self.state.clone();
        self.state.over.wait().map(move |()| state.outcome())
    }

    /// Cancels the transfer for both peers. Does nothing once it is over.
    pub fn cancel(&self) {
        self.state.cancel();
        self.channel.outgoing.borrow_mut().remove(&self.state.id);
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
