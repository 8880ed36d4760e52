//! Files over a data channel: offered, accepted or declined, verified by hashes, and resumed after a lost connection.
//!
//! Both peers create a [`Files`] over their end of one channel, and either may offer files. Several files are transferred
//! at a time, in both directions; their blocks of 256 KiB take turns.
//!
//! ```no_run
//! # use browser_rtc::{channel::DataChannel, files::Files, Result};
//! # use futures::StreamExt;
//! # async fn send(channel: DataChannel, file: web_sys::Blob, bar: impl Fn(f64)) -> Result<()> {
//! let files = Files::new(channel);
//! let outgoing = files.offer(&file).await?; // a Blob or a File
//! let mut progress = outgoing.progress();
//! while let Some(progress) = progress.next().await {
//!     bar(progress.fraction());
//! }
//! outgoing.finished().await // Declined, Abort, Closed…, or the peer has received the file
//! # }
//! # async fn receive(channel: DataChannel) -> Result<()> {
//! // The peer:
//! let files = Files::new(channel);
//! while let Some(offer) = files.next_offer().await {
//!     if offer.size() > 100_000_000 {
//!         offer.decline()?;
//!         continue;
//!     }
//!     let blob = offer.accept_to_blob()?.finished().await?;
//! }
//! # Ok(()) }
//! ```
//!
//! A file is never in the program's memory as a whole, unless [`accept_to_memory`](Offer::accept_to_memory) is called, and
//! its bytes do not pass through WebAssembly. Per transfer, the sender reads some 5 MiB ahead, and the receiver buffers at
//! most 12 MiB that wait for the disk.
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
//! Both peers must know that the channel is for files: [`Files`] reads all of its messages, and the channel's own stream
//! must not be read. It must be ordered and reliable, as channels are by default. The
//! [protocol](browser_rtc_proto::files) is described for other implementations.

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

/// The transfers of files over a data channel, in both directions.
///
/// Create it as soon as the channel exists: it acknowledges the peer's offers, and a peer without an acknowledgement
/// [fails its offer](Self::set_ack_timeout). Clones share one channel. Transfers do not need a `Files`; once there is
/// neither a `Files` nor a transfer, the channel closes.
#[derive(Clone)]
pub struct Files(Rc<FileChannel>);

/// Options of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfferInit {
    name: Option<String>,
    id: Option<String>,
}

impl OfferInit {
    /// Creates options with the `File`'s own name and a random id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name, in place of the `File`'s own; a `Blob` has none. It is [shortened](Outgoing::name) to 255 bytes of
    /// UTF-8.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the [id](Outgoing::id) by which the peer recognizes the file: 1 to 64 letters, digits, `-` and `_`. With that
    /// of an earlier transfer, the peer can resume.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl Files {
    /// Creates the transfers of a channel. Other messages on it violate the protocol: see [`ended`](Self::ended).
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        Self(FileChannel::new(channel))
    }

    /// Returns the channel, for its state and its counters. Its messages are read by this object.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        &self.0.channel
    }

    /// Offers a `File` or a `Blob`, under the `File`'s name.
    ///
    /// Resolves when the offer was sent: waits, as [`DataChannel::send`] does, until the channel is open and has room, and
    /// fails with `Closed` if it closes first. Does not wait for the peer: see [`Outgoing::finished`].
    ///
    /// # Errors
    /// `Closed` if the channel has closed, `NotSupported` if the page is not secure or the channel is not ordered and
    /// reliable.
    ///
    /// # Cancel safety
    /// Cancel safe: if it is dropped before it resolves, the offer is cancelled.
    pub async fn offer(&self, file: &Blob) -> Result<Outgoing> {
        self.offer_with(file, &OfferInit::new()).await
    }

    /// Offers a `File` or a `Blob` with options.
    ///
    /// # Errors
    /// As [`offer`](Self::offer), and `Syntax` for an invalid id.
    ///
    /// # Cancel safety
    /// As [`offer`](Self::offer).
    pub async fn offer_with(&self, file: &Blob, init: &OfferInit) -> Result<Outgoing> {
        let source = Source::new(file);
        let name = init.name.clone().unwrap_or_else(|| source.name());
        let id = init.id.clone().unwrap_or_else(random::id);
        self.start(source, &id, &name).await
    }

    /// Offers the file of a transfer whose connection was lost, usually on another channel. Blocks that the peer has
    /// received are not sent again.
    ///
    /// # Errors
    /// As [`offer`](Self::offer).
    ///
    /// # Cancel safety
    /// As [`offer`](Self::offer).
    pub async fn offer_again(&self, outgoing: &Outgoing) -> Result<Outgoing> {
        self.start(outgoing.source().clone(), outgoing.id(), outgoing.name()).await
    }

    /// Returns the time within which the peer has to acknowledge an offer: 30 s by default.
    #[must_use]
    pub fn ack_timeout(&self) -> Duration {
        self.0.ack_timeout.get()
    }

    /// Sets the time within which the peer has to acknowledge an offer, for all handles of the channel and for offers that
    /// are sent from now on. After that time, an offer fails with `Timeout`: the peer does not speak the file protocol on
    /// this channel, or its program has not yet created a [`Files`] over it.
    ///
    /// A `Files` acknowledges every offer when it receives it, so the time does not include the answer of a user. It
    /// counts from the moment the offer is sent on an open channel, and only while nothing of the protocol has arrived
    /// from the peer: once the peer is known to speak it, an offer waits as long as the channel is open. The range is 1 ms
    /// to 24 days, in whole milliseconds.
    pub fn set_ack_timeout(&self, timeout: Duration) {
        self.0.ack_timeout.set(timeout);
    }

    /// Resolves to the next file that the peer offers, from the first on, without those that it has withdrawn; to `None`
    /// once the channel has closed, or the last handle of this object was dropped.
    ///
    /// Waits for the peer, so for any time. Each offer is returned once, whichever handle asks. Up to 64 offers wait for an
    /// answer; more are declined as `Busy`.
    ///
    /// # Cancel safety
    /// Cancel safe: no offer is lost.
    pub fn next_offer(&self) -> impl Future<Output = Option<Offer>> + Unpin + use<> {
        Offer::next(&self.0)
    }

    /// Resolves when no more files can be transferred, as the channel has closed. Waits for any time until then.
    ///
    /// # Errors
    /// `InvalidData` if the peer has violated the protocol: then the channel was closed, and all transfers have failed with
    /// this error.
    ///
    /// # Cancel safety
    /// Cancel safe.
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
        // The task runs before the offer is sent: it cancels the offer at both peers if this future is dropped.
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
