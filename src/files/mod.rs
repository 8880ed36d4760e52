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
//!         offer.refuse();
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
//! let mut incoming = if offer.id() == partial.id() { offer.resume(partial)? } else { offer.accept_to_blob()? };
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
mod exchange;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod exchange_tests;
mod hash;
mod incoming;
mod message;
mod name;
mod offer;
mod progress;
#[doc = include_str!("protocol.md")]
pub mod protocol {}
mod receiving;
mod sending;
mod sent;
mod shared;
mod sink;
mod source;
mod transfer;
mod turns;
mod wire;

use std::{fmt, future::Future, rc::Rc};

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
    message::{FileId, Message, VERSION},
    sent::Sent,
    shared::{OPERATION, Shared},
    source::Source,
};
use crate::{
    channel::DataChannel,
    error::{Error, ErrorKind, Result},
    random,
};

/// The most that a name is told of, in bytes.
const LONGEST_NAME: usize = 255;

/// Files to and from one peer, over a channel that both sides have made a `Files` of.
///
/// Clones share one channel. Transfers go on without any; once there is neither, the channel closes.
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

    /// Its name, of which 255 bytes are told: a `Blob` has none of itself.
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

    /// Offers a `File` or a `Blob`, under the `File`'s name. It resolves when the offer has been sent. Cancel safe:
    /// dropped before, it withdraws the offer.
    ///
    /// # Errors
    /// `Closed` where the channel has closed, `NotSupported` where the page is not secure or the channel is not
    /// ordered and reliable.
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

    /// The files that the other side offers, from the first on. Of those that nobody takes up to 64 wait; more are
    /// refused as `Busy`.
    pub fn offers(&self) -> Offers {
        Offers::new(&self.0)
    }

    /// Resolves when no more files can go. Cancel safe.
    ///
    /// # Errors
    /// `InvalidData` where what came was not of the protocol: then the channel has been closed, and all transfers have
    /// failed with this.
    pub fn ended(&self) -> impl Future<Output = Result<()>> + Unpin + use<> {
        let shared = Rc::downgrade(&self.0);
        self.0.end.wait().map(move |()| match shared.upgrade().map(|shared| shared.end_error()) {
            Some(error) if error.kind() != &ErrorKind::Closed => Err(error),
            _ => Ok(()),
        })
    }

    async fn start(&self, source: Source, id: &str, name: &str, mime: String) -> Result<Transfer> {
        self.0.check()?;
        let file = FileId::try_from(id.to_owned()).map_err(|wrong| Error::new(OPERATION, ErrorKind::Syntax, wrong))?;
        let number = self.0.exchange.borrow_mut().offer(source.size);
        let sent = Rc::new(Sent::new(number, source));
        self.0.outgoing.borrow_mut().insert(number, sent.clone());
        let transfer = Transfer::new(self.0.clone(), sent.clone(), id, name);
        let offer = Message::Offer {
            version: VERSION,
            id: number,
            file,
            name: name.get(..name.floor_char_boundary(LONGEST_NAME)).unwrap_or_default().into(),
            size: sent.source.size,
            mime: mime.get(..LONGEST_NAME).map_or(mime.clone(), Into::into),
        };
        // Before the offer is said: where this is dropped meanwhile, the number is given up and the other side told.
        spawn_local(sent::run(self.0.clone(), sent));
        self.0.say(&offer).await?;
        Ok(transfer)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("channel", &self.0.channel).finish_non_exhaustive()
    }
}
