//! Files over a channel: offered, accepted or refused, verified as they come, and gone on with when a connection was
//! lost.
//!
//! Both sides make a [`Files`] of their end of one channel, and either may offer. Several files go at once, in both
//! directions, 256 KiB of each in turn.
//!
//! ```no_run
//! # use browser_rtc::{channel::DataChannel, files::Files, Result};
//! # use futures::StreamExt;
//! # async fn send(channel: DataChannel, file: web_sys::Blob, bar: impl Fn(f64)) -> Result<()> {
//! let files = Files::new(channel);
//! let transfer = files.offer(&file).await?; // a Blob or a File
//! let mut progress = transfer.progress();
//! while let Some(progress) = progress.next().await {
//!     bar(progress.fraction());
//! }
//! transfer.finished().await // Declined, Abort, Closed…, or the other side has it all
//! # }
//! # async fn receive(channel: DataChannel) -> Result<()> {
//! // And on the other side:
//! let files = Files::new(channel);
//! let mut offers = files.offers();
//! while let Some(offer) = offers.next().await {
//!     if offer.size() > 100_000_000 {
//!         offer.refuse()?;
//!         continue;
//!     }
//!     let blob = offer.accept_to_blob()?.finished().await?;
//! }
//! # Ok(()) }
//! ```
//!
//! A file never is in the program's memory as a whole, unless [`accept_to_memory`](Offer::accept_to_memory) asks for
//! it, and its bytes do not even pass through WebAssembly. Per transfer, the sender holds some 5 MiB that it has read
//! ahead, and the receiver at most 12 MiB that wait for the disk, however fast the network and however slow the disk.
//!
//! # After a connection was lost
//! [`Incoming::into_partial`] is what has come so far, and the sender keeps its [`Transfer`]. On another channel the
//! one [offers it again](Files::offer_again), the other [resumes](Offer::resume):
//!
//! ```no_run
//! # use browser_rtc::{files::{Files, Partial, Transfer}, Result};
//! # use futures::StreamExt;
//! # async fn send(again: &Files, transfer: Transfer) -> Result<()> {
//! let transfer = again.offer_again(&transfer).await?;
//! # transfer.finished().await
//! # }
//! # async fn receive(again: &Files, partial: Partial<web_sys::Blob>) -> Result<()> {
//! let Some(offer) = again.offers().next().await else { return Ok(()) };
//! let mut incoming = if offer.id() == partial.id() { offer.resume(&partial)? } else { offer.accept_to_blob()? };
//! let blob = incoming.finished().await?;
//! # Ok(()) }
//! ```
//!
//! Where the page itself was loaded anew, [`OfferInit::id`] and [`Offer::resume_private_file`] do the same.
//!
//! # What both sides must agree on
//! That the channel is for files: it is read to its end here, and its own stream is not to be read beside. It must be
//! ordered and reliable, as channels are by default. [`protocol`] is the description for other implementations.

mod arrival;
mod error;
mod hash;
mod incoming;
mod offer;
mod progress;
mod sent;
mod shared;
mod sink;
mod source;
mod transfer;
mod turns;
mod wire;

use std::{fmt, future::Future, rc::Rc, time::Duration};

use futures::FutureExt;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

pub use self::{
    incoming::{Incoming, Partial},
    offer::{Offer, Offers},
    progress::{Progress, ProgressStream},
    transfer::Transfer,
};
use self::{
    sent::Sent,
    shared::{OPERATION, Shared},
    source::Source,
};
use browser_rtc_proto::files::{FileId, Message, VERSION, name};

use crate::{
    channel::DataChannel,
    error::{Error, ErrorKind, Result},
    identity::identity,
    random,
};

/// Files to and from one peer, over a channel that both peers have made a `Files` of.
///
/// Make it as soon as the channel is there: offers are acknowledged by it, and a peer that sees no acknowledgement
/// [gives up](Self::set_ack_timeout). Clones share one channel. Transfers go on without any; once there is neither, the
/// channel closes.
#[derive(Clone)]
pub struct Files(Rc<Shared>);

/// What a file is offered as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OfferInit {
    /// Its name, instead of the `File`'s own.
    pub name: Option<String>,
    /// By what the other side knows it again; random unless given.
    pub id: Option<String>,
}

impl OfferInit {
    /// A `File`'s own name, and a new id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name, which a `Blob` has none of itself. It is sent [shortened](Transfer::name) to 255 bytes of UTF-8.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The [id](Transfer::id) of a transfer to go on with: 1 to 64 letters, digits, `-` and `_`.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl Files {
    /// Files over this channel. What else is said over it breaks the protocol: see [`ended`](Self::ended).
    #[must_use]
    pub fn new(channel: DataChannel) -> Self {
        Self(Shared::new(channel))
    }

    /// The channel that it is over, for its state and its counters. Its messages belong to this.
    #[must_use]
    pub fn channel(&self) -> &DataChannel {
        &self.0.channel
    }

    /// Offers a `File` or a `Blob`, under the `File`'s name.
    ///
    /// Resolves when the offer has been sent: waits, as [`DataChannel::send`] does, until the channel is open and has
    /// room, and ends with `Closed` when it closes first. It does not wait for the peer: see [`Transfer::finished`].
    ///
    /// # Errors
    /// `Closed` where the channel has closed, `NotSupported` where the page is not secure or the channel is not
    /// ordered and reliable.
    ///
    /// # Cancel safety
    /// Cancel safe: dropped before it resolves, it withdraws the offer.
    pub async fn offer(&self, file: &Blob) -> Result<Transfer> {
        self.offer_with(file, &OfferInit::new()).await
    }

    /// The same under another name, or as what is known to the other side already.
    ///
    /// # Errors
    /// As [`offer`](Self::offer), and `Syntax` for an id that cannot be one.
    pub async fn offer_with(&self, file: &Blob, init: &OfferInit) -> Result<Transfer> {
        let name = init.name.clone().unwrap_or_else(|| offer::name_of(file));
        let id = init.id.clone().unwrap_or_else(random::id);
        let source = Source::new(file);
        let mime = source.mime();
        self.start(source, &id, &name, mime).await
    }

    /// Offers the file of a transfer whose connection was lost, mostly over another channel. What the other side has
    /// of it is not sent again.
    ///
    /// # Errors
    /// As [`offer`](Self::offer).
    pub async fn offer_again(&self, transfer: &Transfer) -> Result<Transfer> {
        let source = transfer.source().clone();
        let mime = source.mime();
        self.start(source, transfer.id(), transfer.name(), mime).await
    }

    /// Returns how long the peer may take to acknowledge an offer: 30 s unless set.
    #[must_use]
    pub fn ack_timeout(&self) -> Duration {
        self.0.ack_timeout.get()
    }

    /// Sets how long the peer may take to acknowledge an offer, for all handles of the channel and for offers that are
    /// sent from now on. After that time, an offer fails with `Timeout`: the peer does not speak the file protocol on this
    /// channel, or its program has not yet made a [`Files`] of it.
    ///
    /// A `Files` acknowledges every offer when it receives it, so the time does not include the answer of a user. It
    /// counts from the moment the offer is sent on an open channel, and only while nothing of the protocol has arrived
    /// from the peer: once the peer is known to speak it, an offer waits as long as the channel is open. The range is 1 ms
    /// to 24 days, in whole milliseconds.
    pub fn set_ack_timeout(&self, timeout: Duration) {
        self.0.ack_timeout.set(timeout);
    }

    /// Returns the files that the peer offers, from the first on. Up to 64 offers wait for an answer; more are refused as
    /// `Busy`.
    pub fn offers(&self) -> Offers {
        Offers::new(&self.0)
    }

    /// Resolves when no more files can be transferred: when the channel has closed. Waits for any time until then.
    ///
    /// # Errors
    /// `InvalidData` where the peer broke the protocol: then the channel has been closed, and all transfers have failed
    /// with this.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn ended(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let shared = Rc::downgrade(&self.0);
        self.0.end.wait().map(move |()| match shared.upgrade().map(|shared| shared.end_error()) {
            Some(error) if error.kind() != &ErrorKind::Closed => Err(error),
            _ => Ok(()),
        })
    }

    /// Begins a transfer and offers it.
    async fn start(&self, source: Source, id: &str, name: &str, mime: String) -> Result<Transfer> {
        self.0.check()?;
        let file = FileId::try_from(id.to_owned()).map_err(|wrong| Error::new(OPERATION, ErrorKind::Syntax, wrong))?;
        let number = self.0.exchange.borrow_mut().offer(source.size);
        let sent = Rc::new(Sent::new(number, source));
        self.0.outgoing.borrow_mut().insert(number, sent.clone());
        let name = name::shorten(name);
        let transfer = Transfer::new(self.0.clone(), sent.clone(), id, &name);
        let offer = Message::Offer {
            version: VERSION,
            id: number,
            file,
            name,
            size: sent.source.size,
            mime: name::mime_type(mime),
        };
        // Before the offer is sent: where this future is dropped meanwhile, the transfer is cancelled for both peers.
        spawn_local(sent::run(self.0.clone(), sent.clone()));
        self.0.say(&offer).await?;
        sent.offered.set();
        Ok(transfer)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("channel", &self.0.channel).finish_non_exhaustive()
    }
}

identity!(Files, |this, other| Rc::ptr_eq(&this.0, &other.0));
