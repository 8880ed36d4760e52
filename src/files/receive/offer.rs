//! The handle of an offer of the peer.

use std::{
    cell::RefCell,
    fmt,
    future::{self, Future},
    rc::Rc,
    task::Poll,
};

use browser_rtc_proto::files::{Decline, Digest, Reason};
use futures::FutureExt;
use wasm_bindgen::JsCast;
#[cfg(feature = "npm")]
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, WritableStream};

use super::{
    incoming::{Incoming, Partial},
    task,
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    files::{
        channel::FileChannel,
        error::OPERATION,
        sink::{Output, Sink},
        state::incoming::IncomingState,
    },
    sys::file::Writable,
};

/// Maximum length of a vector with 32-bit pointers.
const MAX_IN_MEMORY: u64 = i32::MAX as u64;

/// A file that the peer offers.
///
/// The properties of the file are the peer's claims: they are limited and the name is made safe, but nothing else is known
/// of the file. Each block of a file is verified by its hash when it is received.
///
/// An offer is answered once, by an `accept…`, a `resume…` or [`decline`](Self::decline): after that, each of these fails
/// with `InvalidState`. If one of them fails for another reason, nothing was sent to the peer, and the offer can still be
/// answered; only in a page that cannot receive files (`NotSupported`) it is declined. Dropping an offer that was not
/// answered declines the file.
#[must_use = "dropping it declines the file"]
pub struct Offer {
    state: Rc<IncomingState>,
    /// `None` once the offer is answered.
    channel: RefCell<Option<Rc<FileChannel>>>,
}

impl Offer {
    /// Returns a future of the next offer on a channel, which does not keep the channel.
    pub(in crate::files) fn next(channel: &Rc<FileChannel>) -> impl Future<Output = Option<Self>> + Unpin + use<> {
        let (mut offered, mut ended) = (channel.offered.waiter(), channel.end.wait());
        let channel = Rc::downgrade(channel);
        future::poll_fn(move |cx| {
            offered.register(cx);
            if let Some(channel) = channel.upgrade()
                && let Some(state) = channel.next_offer()
            {
                return Poll::Ready(Some(Self { state, channel: RefCell::new(Some(channel)) }));
            }
            ended.poll_unpin(cx).map(|()| None)
        })
    }

    /// Returns the peer's name for the file, made safe to show and to save under: at most 255 bytes, shortened before
    /// its extension; without directories, control characters and marks that reorder text; not a name that Windows
    /// reserves; and never empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Returns the size of the file in bytes. More is never received.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.state.size()
    }

    /// Returns the MIME type that the peer gives the file, of at most 255 bytes; may be empty.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        &self.state.mime_type
    }

    /// Returns the id of the file, which is that of a [`Partial`] that the offer can be resumed from.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.state.file_id
    }

    /// Resolves when the offer can no longer be accepted: the peer has cancelled it, the channel has closed, or it was
    /// declined. After it was accepted, resolves when the transfer is over.
    ///
    /// Waits for the peer, so for any time while the channel is open.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn withdrawn(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.state.over.wait()
    }

    /// Accepts the file into the program's own memory.
    ///
    /// # Errors
    /// - `TooLarge` for 2 GiB and more;
    /// - `Closed` or `Abort` if the file is no longer offered, `InvalidState` if the offer was answered,
    ///   `NotSupported` in a page that is not secure.
    pub fn accept_to_memory(&self) -> Result<Incoming<Vec<u8>>> {
        if self.size() > MAX_IN_MEMORY {
            let kind = ErrorKind::TooLarge { limit: MAX_IN_MEMORY };
            return Err(Error::new(OPERATION, kind, "the file is larger than the program's memory"));
        }
        self.check_pending()?;
        self.accept(Sink::Memory(Vec::new()), Vec::new(), |output| match output {
            Output::Memory(bytes) => Some(bytes),
            _ => None,
        })
    }

    /// Accepts the file into a blob. The browser may keep it on disk, as Chromium does with large ones.
    ///
    /// # Errors
    /// `Closed` or `Abort` if the file is no longer offered, `InvalidState` if the offer was answered, `NotSupported` in a
    /// page that is not secure.
    pub fn accept_to_blob(&self) -> Result<Incoming<Blob>> {
        self.accept_blob(|output| match output {
            Output::Blob(blob) => Some(blob),
            _ => None,
        })
    }

    /// Accepts the file into a stream, which is closed at the end and aborted if the transfer fails for good: that of a
    /// `FileSystemFileHandle`, such as `showSaveFilePicker` returns, or any other. Blocks of 256 KiB are written, each as
    /// an `ArrayBuffer`, as fast as the stream takes them.
    ///
    /// # Errors
    /// As [`accept_to_blob`](Self::accept_to_blob), and `Type` if the stream is locked to another writer.
    pub fn accept_to_stream(&self, stream: &WritableStream) -> Result<Incoming<()>> {
        self.accept_stream(stream, |output| match output {
            Output::Stream => Some(()),
            _ => None,
        })
    }

    /// Accepts the file into a file of this name in the top directory of the
    /// [origin-private file system](https://fs.spec.whatwg.org/#origin-private-file-system), and replaces its content.
    /// The name is the application's choice, not the peer's. If the connection is lost, what was received stays; if the
    /// transfer is cancelled, it is removed.
    ///
    /// # Errors
    /// As [`accept_to_blob`](Self::accept_to_blob). In a browser without such files, the transfer fails with
    /// `NotSupported`.
    pub fn accept_to_private_file(&self, name: &str) -> Result<Incoming<File>> {
        self.accept_private_file(name, false)
    }

    /// Accepts the file into such a file and continues from its content, which both peers verify by hashes: after a reload
    /// of the page too. If the content is not the beginning of the offered file, all of the file is sent.
    ///
    /// # Errors
    /// As [`accept_to_private_file`](Self::accept_to_private_file).
    pub fn resume_private_file(&self, name: &str) -> Result<Incoming<File>> {
        self.accept_private_file(name, true)
    }

    /// Accepts the file and continues from what was received in a transfer that failed. Both peers verify by hashes that it
    /// is the beginning of this file; if it is not, all of the file is sent. The `partial` is empty afterwards; if this
    /// fails, it stays as it is.
    ///
    /// # Errors
    /// - `InvalidAccess` if the partial file belongs to another file by its [`id`](Self::id) or its size;
    /// - `InvalidState` if a transfer was resumed from it before;
    /// - otherwise as [`accept_to_blob`](Self::accept_to_blob).
    pub fn resume<T>(&self, partial: &Partial<T>) -> Result<Incoming<T>> {
        if partial.id() != self.id() || partial.size != self.size() {
            let message = "the partial file belongs to another file than the offer";
            return Err(Error::new(OPERATION, ErrorKind::InvalidAccess, message));
        }
        self.check_pending()?;
        let Some((sink, digests)) = partial.held.take() else {
            let message = "a transfer was resumed from the partial file before";
            return Err(Error::new(OPERATION, ErrorKind::InvalidState, message));
        };
        self.accept(sink, digests, partial.output)
    }

    #[cfg(feature = "npm")]
    pub(crate) fn accept_for_javascript(&self, stream: Option<WritableStream>) -> Result<Incoming<JsValue>> {
        let output = |output| match output {
            Output::Blob(blob) => Some(blob.into()),
            Output::Stream => Some(JsValue::UNDEFINED),
            _ => None,
        };
        match stream {
            Some(stream) => self.accept_stream(&stream, output),
            None => self.accept_blob(output),
        }
    }

    /// Declines the file.
    ///
    /// # Errors
    /// `InvalidState` if the offer was answered.
    pub fn decline(&self) -> Result<()> {
        if self.decline_as(Reason::Declined) { Ok(()) } else { Err(answered()) }
    }

    fn accept_blob<T>(&self, output: fn(Output) -> Option<T>) -> Result<Incoming<T>> {
        self.check_pending()?;
        self.accept(Sink::blob(self.mime_type().to_owned()), Vec::new(), output)
    }

    fn accept_stream<T>(&self, stream: &WritableStream, output: fn(Output) -> Option<T>) -> Result<Incoming<T>> {
        self.check_pending()?;
        let writer = stream.unchecked_ref::<Writable>().writer().during("getWriter")?;
        self.accept(Sink::Stream(Some(writer)), Vec::new(), output)
    }

    fn accept_private_file(&self, name: &str, keep: bool) -> Result<Incoming<File>> {
        self.check_pending()?;
        self.accept(Sink::private_file(name.to_owned(), keep), Vec::new(), |output| match output {
            Output::File(file) => Some(file),
            _ => None,
        })
    }

    /// Checks that the offer can be accepted, before its destination is opened.
    fn check_pending(&self) -> Result<()> {
        let channel = self.channel.borrow().clone().ok_or_else(answered)?;
        if let Some(error) = self.state.error() {
            return Err(error);
        }
        channel.check().inspect_err(|_| {
            self.decline_as(Reason::Unsupported);
        })
    }

    /// Starts the transfer of a pending offer.
    fn accept<T>(&self, sink: Sink, digests: Vec<Digest>, output: fn(Output) -> Option<T>) -> Result<Incoming<T>> {
        let channel = self.channel.take().ok_or_else(answered)?;
        spawn_local(task::run(channel, self.state.clone(), sink, digests));
        Ok(Incoming::new(self.state.clone(), output))
    }

    /// Declines the offer. Returns false if it was answered before.
    fn decline_as(&self, reason: Reason) -> bool {
        let Some(channel) = self.channel.take() else { return false };
        let id = self.state.id;
        channel.incoming.borrow_mut().remove(&id);
        if channel.exchange.borrow_mut().remove_incoming(id) {
            spawn_local(async move { channel.send_last(Decline::new(id, reason)).await });
        }
        self.state.finish(Err(Error::new(OPERATION, ErrorKind::Declined, "the offer was declined locally")));
        true
    }
}

fn answered() -> Error {
    Error::new(OPERATION, ErrorKind::InvalidState, "the offer was answered before")
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.decline_as(Reason::Declined);
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("name", &self.name()).field("size", &self.size()).finish_non_exhaustive()
    }
}
