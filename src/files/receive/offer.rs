//! The handle of an offer of the remote peer.

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
    identity::identity,
    sys::file::Writable,
};

/// The maximum length of a vector with 32-bit pointers.
const MAX_IN_MEMORY: u64 = i32::MAX as u64;

/// A file that the remote peer offers.
///
/// The name, the size and the type are claims of the remote peer. They are limited in length, and the name is
/// sanitized; they are not verified. Each block of the file is verified by its hash when it is received.
///
/// An offer is answered once, by an `accept…`, a `resume…` or [`decline`](Self::decline); further calls fail with
/// `InvalidState`. If an answer fails for another reason, nothing was sent to the remote peer, and the offer can still
/// be answered; only in a page that cannot receive files (`NotSupported`), the offer is declined. Dropping an
/// unanswered offer declines it.
#[must_use = "dropping it declines the file"]
pub struct Offer {
    state: Rc<IncomingState>,
    /// `None` once the offer is answered.
    channel: RefCell<Option<Rc<FileChannel>>>,
}

identity!(Offer, |this, other| Rc::ptr_eq(&this.state, &other.state));

impl Offer {
    /// Returns a future of the next offer on a channel. The future does not keep the channel open.
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

    /// Returns the name of the file, sanitized for display and for a file system. It has at most 255 bytes, shortened
    /// before the extension; contains no directories, control characters or marks that reorder text; is not a reserved
    /// name of Windows; and is never empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Returns the size of the file, in bytes. The transfer fails if the remote peer sends more.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.state.size()
    }

    /// Returns the MIME type of the file, at most 255 bytes. It may be empty.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        &self.state.mime_type
    }

    /// Returns the id of the file. The transfer can resume from a [`Partial`] with the same id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.state.file_id
    }

    /// Resolves when the offer can no longer be accepted, because the remote peer has cancelled it, the channel has
    /// closed, or it was declined. For an accepted offer, resolves when the transfer is over. The future waits without
    /// a limit while the channel is open.
    ///
    /// # Cancel safety
    /// This function is cancel safe.
    pub fn withdrawn(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.state.finished.wait()
    }

    /// Accepts the file into the memory of the program.
    ///
    /// # Errors
    /// The same errors as [`accept_to_blob`](Self::accept_to_blob), and `TooLarge` for 2 GiB and more.
    pub fn accept_to_memory(&self) -> Result<Incoming<Vec<u8>>> {
        if self.size() > MAX_IN_MEMORY {
            let kind = ErrorKind::TooLarge { limit: MAX_IN_MEMORY };
            return Err(Error::new(OPERATION, kind, "the file exceeds the memory of the program"));
        }
        self.check_pending()?;
        self.accept(Sink::Memory(Vec::new()), Vec::new(), |output| match output {
            Output::Memory(bytes) => Some(bytes),
            _ => None,
        })
    }

    /// Accepts the file into a blob. The browser may store the blob on disk, as Chromium does with large blobs.
    ///
    /// # Errors
    /// - `Closed` or `Abort` if the file is no longer offered.
    /// - `InvalidState` if the offer was answered.
    /// - `NotSupported` if the page is not secure.
    pub fn accept_to_blob(&self) -> Result<Incoming<Blob>> {
        self.accept_blob(|output| match output {
            Output::Blob(blob) => Some(blob),
            _ => None,
        })
    }

    /// Accepts the file into a stream, such as that of a `FileSystemFileHandle` from `showSaveFilePicker`. Blocks of
    /// 256 KiB are written, each as an `ArrayBuffer`, at the speed of the stream. The stream is closed when the file is
    /// complete, and aborted if the transfer fails and is not resumed.
    ///
    /// # Errors
    /// The same errors as [`accept_to_blob`](Self::accept_to_blob), and `Type` if the stream is locked to another
    /// writer.
    pub fn accept_to_stream(&self, stream: &WritableStream) -> Result<Incoming<()>> {
        self.accept_stream(stream, |output| match output {
            Output::Stream => Some(()),
            _ => None,
        })
    }

    /// Accepts the file into a file in the root directory of the [origin-private file
    /// system](https://fs.spec.whatwg.org/#origin-private-file-system), and replaces its content. The application
    /// chooses the name. If the connection is lost, the received part is kept; if the transfer is cancelled, the file
    /// is removed.
    ///
    /// # Errors
    /// The same errors as [`accept_to_blob`](Self::accept_to_blob). In a browser without such files, the transfer fails
    /// with `NotSupported`.
    pub fn accept_to_private_file(&self, name: &str) -> Result<Incoming<File>> {
        self.accept_private_file(name, false)
    }

    /// Accepts the file into a file in the origin-private file system, and continues from its content, which both peers
    /// verify by hashes. This also works after a reload of the page. If the content is not the beginning of the offered
    /// file, the whole file is sent.
    ///
    /// # Errors
    /// The same errors as [`accept_to_private_file`](Self::accept_to_private_file).
    pub fn resume_private_file(&self, name: &str) -> Result<Incoming<File>> {
        self.accept_private_file(name, true)
    }

    /// Accepts the file, and continues from the received part of a failed transfer. Both peers verify by hashes that it
    /// is the beginning of the offered file; if it is not, the whole file is sent. Afterwards, `partial` is empty; if
    /// the call fails, it does not change.
    ///
    /// # Errors
    /// - `InvalidAccess` if the [`id`](Self::id) or the size of the partial file differs from that of the offer.
    /// - `InvalidState` if a transfer has resumed from it before.
    /// - Otherwise as [`accept_to_blob`](Self::accept_to_blob).
    pub fn resume<T>(&self, partial: &Partial<T>) -> Result<Incoming<T>> {
        if partial.id() != self.id() || partial.size != self.size() {
            let message = "the partial file belongs to another file than the offer";
            return Err(Error::new(OPERATION, ErrorKind::InvalidAccess, message));
        }
        self.check_pending()?;
        let Some((sink, digests)) = partial.held.take() else {
            let message = "a transfer has already resumed from the partial file";
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
        channel.incoming.borrow_mut().remove(id);
        if channel.exchange.borrow_mut().remove_incoming(id) {
            spawn_local(async move { channel.send_last(Decline::new(id, reason)).await });
        }
        self.state.finish(Err(Error::new(OPERATION, ErrorKind::Declined, "the file offer was declined locally")));
        true
    }
}

fn answered() -> Error {
    Error::new(OPERATION, ErrorKind::InvalidState, "the file offer has already been answered")
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
