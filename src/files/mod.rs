//! File transfer over a data channel: offers, progress, verification by hashes, and resumption after a lost connection.
//!
//! Both peers create a [`Files`] over their ends of one channel, and each can offer files to the other. The remote peer
//! accepts an offer with a destination for the file: memory, a `Blob`, a stream such as that of a file on disk, or the
//! origin-private file system. Several files can be transferred at the same time, in both directions; their blocks of
//! 256 KiB take turns.
//!
//! # Examples
//!
//! A sender with a progress bar, and a receiver that accepts files of up to 100 MB:
//!
//! ```no_run
//! use browser_rtc::{Result, channel::DataChannel, files::Files};
//! use futures::StreamExt;
//! use web_sys::Blob;
//!
//! /// Sends a `File` or a `Blob`.
//! async fn send(channel: DataChannel, file: &Blob, show_progress: impl Fn(f64)) -> Result<()> {
//!     let files = Files::new(channel);
//!     let outgoing = files.offer(file).await?;
//!     let mut progress = outgoing.progress();
//!     while let Some(progress) = progress.next().await {
//!         show_progress(progress.fraction());
//!     }
//!     outgoing.finished().await // an error if the file was declined, the transfer cancelled or the channel closed
//! }
//!
//! /// Receives files one after the other, until the channel is closed.
//! async fn receive(channel: DataChannel, save: impl Fn(&str, Blob)) -> Result<()> {
//!     let files = Files::new(channel);
//!     while let Some(offer) = files.next_offer().await {
//!         if offer.size() > 100_000_000 {
//!             offer.decline()?;
//!             continue;
//!         }
//!         let blob = offer.accept_to_blob()?.finished().await?;
//!         save(offer.name(), blob);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Types
//!
//! | Type | Role |
//! |---|---|
//! | [`Files`] | the transfers of a channel: [`offer`](Files::offer), [`next_offer`](Files::next_offer) |
//! | [`OfferInit`] | the options of an offer: its name and id |
//! | [`Outgoing`] | a file that is offered and sent |
//! | [`Offer`] | a file that the remote peer offers, to be accepted or declined |
//! | [`Incoming`] | a file that is being received |
//! | [`Partial`] | the received part of a file, from which a later transfer resumes |
//! | [`Progress`], [`ProgressStream`] | the progress of a transfer |
//!
//! # Memory
//! A file is never in memory as a whole, unless it is accepted with [`accept_to_memory`](Offer::accept_to_memory), and
//! its bytes do not pass through WebAssembly. For each transfer, the sender reads about 5 MiB ahead, and the receiver
//! buffers at most 12 MiB that wait for the disk.
//!
//! # Resuming after a lost connection
//! [`Incoming::into_partial`] returns what was received, and the sender keeps its [`Outgoing`]. On another channel, the
//! sender [offers the file again](Files::offer_again) and the receiver [resumes](Offer::resume):
//!
//! ```no_run
//! # use browser_rtc::{files::{Files, Outgoing, Partial}, Result};
//! # async fn send(files: &Files, outgoing: Outgoing) -> Result<()> {
//! let outgoing = files.offer_again(&outgoing).await?;
//! # outgoing.finished().await
//! # }
//! # async fn receive(files: &Files, partial: Partial<web_sys::Blob>) -> Result<()> {
//! let Some(offer) = files.next_offer().await else { return Ok(()) };
//! let incoming = if offer.id() == partial.id() { offer.resume(&partial)? } else { offer.accept_to_blob()? };
//! let blob = incoming.finished().await?;
//! # Ok(()) }
//! ```
//!
//! [`OfferInit::id`] and [`Offer::resume_private_file`] do the same after a reload of the page.
//!
//! # Requirements
//! The channel is used for files only: [`Files`] reads all of its messages, and the stream of the channel must not be
//! read. The channel must be ordered and reliable, as channels are by default, and the page must be secure. The
//! [protocol](browser_rtc_proto::files) is documented for other implementations.

mod channel;
mod error;
mod hash;
mod progress;
mod receive;
mod send;
mod sink;
mod source;
mod state;

use std::{fmt, future::Future, rc::Rc, time::Duration};

use browser_rtc_proto::files::{FileId, Offer as OfferMessage, name};
use futures::FutureExt;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use self::{channel::FileChannel, error::OPERATION, send::task, source::Source, state::outgoing::OutgoingState};
pub use self::{
    progress::{Progress, ProgressStream},
    receive::{
        incoming::{Incoming, Partial},
        offer::Offer,
    },
    send::outgoing::Outgoing,
};
use crate::{
    channel::DataChannel,
    error::{Error, ErrorKind, Result},
    identity::identity,
    random,
};

/// The file transfers over a data channel, in both directions.
///
/// Create it as soon as the channel exists: it acknowledges the offers of the remote peer, which
/// [fail](Self::set_ack_timeout) without an acknowledgement. Clones share one channel. A transfer continues without a
/// `Files`; the channel closes when the last `Files` and the last transfer are dropped.
#[derive(Clone)]
pub struct Files(Rc<FileChannel>);

/// Options of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferInit {
    name: Option<String>,
    id: Option<String>,
}

impl OfferInit {
    /// Creates options with the name of the `File` and a random id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name; the default is that of the `File`, and empty for a `Blob`. It is [shortened](Outgoing::name) to
    /// 255 bytes of UTF-8.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the [id](Outgoing::id) by which the remote peer recognizes the file: 1 to 64 letters, digits, `-` and `_`.
    /// With the id of an earlier transfer, the remote peer can resume that transfer.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl Files {
    /// Creates the transfers of a channel. Messages other than those of the protocol are violations: see
    /// [`ended`](Self::ended).
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        Self(FileChannel::new(channel))
    }

    /// Returns the underlying channel, whose messages must not be read.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        &self.0.channel
    }

    /// Offers a `File` or a `Blob` to the remote peer, under the name of the `File`.
    ///
    /// The future resolves when the offer is sent. Like [`DataChannel::send`], it waits until the channel is open and
    /// has room. It does not wait for the answer of the remote peer: see [`Outgoing::finished`].
    ///
    /// # Errors
    /// - `Closed` if the channel is closed.
    /// - `NotSupported` if the page is not secure, or the channel is not ordered and reliable.
    ///
    /// # Cancel safety
    /// This function is cancel safe: if the future is dropped before it resolves, the offer is cancelled.
    pub async fn offer(&self, file: &Blob) -> Result<Outgoing> {
        self.offer_with(file, &OfferInit::new()).await
    }

    /// Offers a `File` or a `Blob` to the remote peer, with options.
    ///
    /// # Errors
    /// The same errors as [`offer`](Self::offer), and `Syntax` for an invalid id.
    ///
    /// # Cancel safety
    /// The same as [`offer`](Self::offer).
    pub async fn offer_with(&self, file: &Blob, init: &OfferInit) -> Result<Outgoing> {
        let source = Source::new(file);
        let name = init.name.clone().unwrap_or_else(|| source.name());
        let id = init.id.clone().unwrap_or_else(random::id);
        self.start(source, &id, &name).await
    }

    /// Offers the file of a transfer whose connection was lost, usually on another channel. Blocks that the remote peer
    /// has received are not sent again.
    ///
    /// # Errors
    /// The same errors as [`offer`](Self::offer).
    ///
    /// # Cancel safety
    /// The same as [`offer`](Self::offer).
    pub async fn offer_again(&self, outgoing: &Outgoing) -> Result<Outgoing> {
        self.start(outgoing.source().clone(), outgoing.id(), outgoing.name()).await
    }

    /// Returns the time within which the remote peer has to acknowledge an offer: 30 s by default.
    #[must_use]
    pub fn ack_timeout(&self) -> Duration {
        self.0.ack_timeout.get()
    }

    /// Sets the time within which the remote peer has to acknowledge an offer, 1 ms to 24 days in whole milliseconds,
    /// for all handles of the channel and for offers that are sent from now on. After that time, an offer fails with
    /// `Timeout`: the remote program does not implement the file protocol, or has not created a [`Files`] over the
    /// channel.
    ///
    /// A `Files` acknowledges an offer when it arrives, so that the time does not include the answer of a user. The
    /// time starts when the offer is sent on an open channel. It applies only until the first message of the protocol
    /// has arrived: after that, offers wait while the channel is open.
    pub fn set_ack_timeout(&self, timeout: Duration) {
        self.0.ack_timeout.set(timeout);
    }

    /// Resolves to the next file that the remote peer offers, in the order of the offers; to `None` once the channel
    /// has closed or the last handle of this object is dropped. Offers that the remote peer has withdrawn are omitted.
    ///
    /// The future waits for the remote peer without a timeout. Each offer is returned once, to one of the handles. Up
    /// to 64 offers can wait for an answer; further ones are declined as `Busy`.
    ///
    /// # Cancel safety
    /// This function is cancel safe: no offer is lost.
    pub fn next_offer(&self) -> impl Future<Output = Option<Offer>> + Unpin + use<> {
        Offer::next(&self.0)
    }

    /// Resolves when the channel has closed, so that no more files can be transferred. The future waits without a
    /// limit.
    ///
    /// # Errors
    /// `InvalidData` if the remote peer has violated the protocol. The channel is closed then, and all transfers have
    /// failed with this error.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn ended(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let channel = Rc::downgrade(&self.0);
        self.0.end.wait().map(move |()| match channel.upgrade().map(|channel| channel.end_error()) {
            Some(error) if error.kind() != &ErrorKind::Closed => Err(error),
            _ => Ok(()),
        })
    }

    /// Starts a transfer and sends its offer.
    async fn start(&self, source: Source, id: &str, name: &str) -> Result<Outgoing> {
        self.0.check()?;
        let file_id = FileId::try_from(id.to_owned())
            .map_err(|invalid| Error::new(OPERATION, ErrorKind::Syntax, invalid.to_string()))?;
        let number = self.0.exchange.borrow_mut().offer(source.size);
        let name = name::shorten(name);
        let offer =
            OfferMessage::new(number, file_id, source.size).name(&*name).mime_type(name::mime_type(source.mime_type()));
        let state = Rc::new(OutgoingState::new(number, source));
        self.0.outgoing.borrow_mut().insert(number, state.clone());
        let outgoing = Outgoing::new(self.0.clone(), state.clone(), id, &name);
        // The task starts before the offer is sent, because it cancels the offer at both peers if this future is
        // dropped.
        spawn_local(task::run(self.0.clone(), state.clone()));
        self.0.send(offer).await?;
        state.offered.set();
        Ok(outgoing)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("channel", &self.0.channel).finish_non_exhaustive()
    }
}

identity!(Files, |this, other| Rc::ptr_eq(&this.0, &other.0));
