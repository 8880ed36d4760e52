//! A file that the peer offers.

use std::{
    cell::RefCell,
    fmt,
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

#[cfg(feature = "npm")]
use browser_rtc_proto::files::{Digest, Message, Reason};
use futures::{FutureExt, Stream, stream::FusedStream};
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, WritableStream};

use super::{
    Incoming, Partial,
    arrival::{self, Arrival},
    shared::{OPERATION, Shared},
    sink::{Output, Sink},
};
use crate::{
    error::{During, Error, ErrorKind, Result},
    sys::{file::Writable, global},
    wake::{CloseSignal, CloseWait, Waiter},
};

/// The most that a vector takes where a pointer has 32 bits.
const MOST_IN_MEMORY: u64 = i32::MAX as u64;

/// A file that the peer offers. Dropping it refuses the file, unless it was answered.
///
/// What an offer says of the file is the peer's word: its length is limited and the name is made safe, but no more is
/// known of it. Every file is verified as it arrives, block by block, by hashes.
///
/// An offer is answered once, by an `accept…`, a `resume…` or [`refuse`](Self::refuse): after that, each of these fails
/// with `InvalidState`. Where one of them fails for another reason, nothing was said to the peer, and the offer can still
/// be answered; only in a page that cannot receive files (`NotSupported`) it is refused.
#[must_use = "dropping it refuses the file"]
pub struct Offer {
    arrival: Rc<Arrival>,
    /// None once the offer is answered.
    shared: RefCell<Option<Rc<Shared>>>,
}

impl Offer {
    /// Returns the peer's name for the file, made safe to show and to save under: at most 255 bytes, shortened before
    /// its extension; without directories, control characters and marks that reorder text; not a name that Windows
    /// reserves; and never empty.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.arrival.name
    }

    /// Returns the size of the file in bytes. It will not be larger.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.arrival.size()
    }

    /// Returns the MIME type that the peer gives the file, of at most 255 bytes; may be empty.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        &self.arrival.mime
    }

    /// Returns the id of the file, which is that of a [`Partial`] that the offer can be resumed from.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.arrival.file
    }

    /// Resolves when the offer cannot be accepted any more: the peer has cancelled it, the channel has closed, or it was
    /// refused. After it was accepted, resolves when the transfer is over.
    ///
    /// Waits for the peer, so for any time while the channel is open.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn withdrawn(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.arrival.over.wait()
    }

    /// Accepts the file into the program's own memory.
    ///
    /// # Errors
    /// - `TooLarge` for 2 GiB and more;
    /// - `Closed` or `Abort` where the file is no longer offered, `InvalidState` where the offer was answered,
    ///   `NotSupported` in a page that is not secure.
    pub fn accept_to_memory(&self) -> Result<Incoming<Vec<u8>>> {
        if self.size() > MOST_IN_MEMORY {
            let kind = ErrorKind::TooLarge { limit: MOST_IN_MEMORY };
            return Err(Error::new(OPERATION, kind, "the file is larger than the program's memory"));
        }
        self.pending()?;
        self.take(Sink::Memory(Vec::new()), Vec::new(), |output| match output {
            Output::Memory(bytes) => Some(bytes),
            _ => None,
        })
    }

    /// Accepts the file into a blob, which the browser may keep on disk: Chromium does where it is large.
    ///
    /// # Errors
    /// `Closed` or `Abort` where the file is no longer offered, `InvalidState` where the offer was answered,
    /// `NotSupported` in a page that is not secure.
    pub fn accept_to_blob(&self) -> Result<Incoming<Blob>> {
        self.pending()?;
        self.take(Sink::blob(self.mime_type().to_owned()), Vec::new(), |output| match output {
            Output::Blob(blob) => Some(blob),
            _ => None,
        })
    }

    /// Accepts the file into a stream, which is closed at the end and aborted where the transfer fails for good: one of
    /// a `FileSystemFileHandle`, such as that of `showSaveFilePicker`, or of your own. What arrives waits for the stream:
    /// 256 KiB at a time are written, as an `ArrayBuffer`.
    ///
    /// # Errors
    /// As [`accept_to_blob`](Self::accept_to_blob), and `Type` where something else writes to the stream.
    pub fn accept_into(&self, stream: &WritableStream) -> Result<Incoming<()>> {
        self.take_stream(stream, |output| match output {
            Output::Stream => Some(()),
            _ => None,
        })
    }

    /// Accepts the file into a file of this name in the top folder of the
    /// [origin-private file system](https://fs.spec.whatwg.org/#origin-private-file-system), in place of what is there.
    /// The name is yours to choose, not the peer's. Where the connection is lost, what has arrived stays; where the
    /// transfer is cancelled, it is removed.
    ///
    /// # Errors
    /// As [`accept_to_blob`](Self::accept_to_blob). In a browser without such files, the transfer fails with
    /// `NotSupported`.
    pub fn accept_to_private_file(&self, name: &str) -> Result<Incoming<File>> {
        self.take_private_file(name, false)
    }

    /// Accepts the file into such a file and continues from what it holds already, which both peers verify by its
    /// hashes: also after the page was reloaded. Where it is not the beginning of the offered file, all is sent again.
    ///
    /// # Errors
    /// As [`accept_to_private_file`](Self::accept_to_private_file).
    pub fn resume_private_file(&self, name: &str) -> Result<Incoming<File>> {
        self.take_private_file(name, true)
    }

    /// Accepts the file and continues from what arrived in a transfer that failed. Both peers verify by hashes that it is
    /// the beginning of this file; where it is not, all is sent again. The `partial` is empty afterwards; where this
    /// fails, it stays as it is.
    ///
    /// # Errors
    /// - `InvalidAccess` where the partial file is of another file by its [`id`](Self::id) or its size;
    /// - `InvalidState` where a transfer was resumed from it before;
    /// - otherwise as [`accept_to_blob`](Self::accept_to_blob).
    pub fn resume<T>(&self, partial: &Partial<T>) -> Result<Incoming<T>> {
        if partial.id() != self.id() || partial.size != self.size() {
            let message = "the partial file belongs to another file than the offer";
            return Err(Error::new(OPERATION, ErrorKind::InvalidAccess, message));
        }
        self.pending()?;
        let Some((sink, digests)) = partial.held.take() else {
            let message = "a transfer was resumed from the partial file before";
            return Err(Error::new(OPERATION, ErrorKind::InvalidState, message));
        };
        self.take(sink, digests, partial.output)
    }

    #[cfg(feature = "npm")]
    pub(crate) fn accept_for_javascript(&self, stream: Option<WritableStream>) -> Result<Incoming<JsValue>> {
        let output = |output| match output {
            Output::Blob(blob) => Some(blob.into()),
            Output::Stream => Some(JsValue::UNDEFINED),
            _ => None,
        };
        if let Some(stream) = stream {
            return self.take_stream(&stream, output);
        }
        self.pending()?;
        self.take(Sink::blob(self.mime_type().to_owned()), Vec::new(), output)
    }

    /// Refuses the file.
    ///
    /// # Errors
    /// `InvalidState` where the offer was answered.
    pub fn refuse(&self) -> Result<()> {
        if self.answer(Reason::Declined) { Ok(()) } else { Err(answered()) }
    }

    fn take_private_file(&self, name: &str, keep: bool) -> Result<Incoming<File>> {
        self.pending()?;
        self.take(Sink::private_file(name.to_owned(), keep), Vec::new(), |output| match output {
            Output::File(file) => Some(file),
            _ => None,
        })
    }

    fn take_stream<T>(&self, stream: &WritableStream, output: fn(Output) -> Option<T>) -> Result<Incoming<T>> {
        self.pending()?;
        let writer = stream.unchecked_ref::<Writable>().writer().during("getWriter")?;
        self.take(Sink::Stream(Some(writer)), Vec::new(), output)
    }

    /// Checks that the offer can be accepted, before anything is taken for it.
    fn pending(&self) -> Result<()> {
        let shared = self.shared.borrow().clone().ok_or_else(answered)?;
        if let Some(error) = self.arrival.error() {
            return Err(error);
        }
        shared.check().inspect_err(|_| {
            self.answer(Reason::Unsupported);
        })
    }

    /// Begins the transfer of an offer that is [pending](Self::pending).
    fn take<T>(&self, sink: Sink, digests: Vec<Digest>, output: fn(Output) -> Option<T>) -> Result<Incoming<T>> {
        let shared = self.shared.take().ok_or_else(answered)?;
        spawn_local(arrival::run(shared, self.arrival.clone(), sink, digests));
        Ok(Incoming::new(self.arrival.clone(), output))
    }

    /// Tells the peer why the file is not wanted. False where the offer was answered before.
    fn answer(&self, reason: Reason) -> bool {
        let Some(shared) = self.shared.take() else { return false };
        let id = self.arrival.id;
        shared.incoming.borrow_mut().remove(&id);
        if shared.exchange.borrow_mut().forget_incoming(id) {
            shared.say_soon(Message::Refuse { id, reason });
        }
        self.arrival.finish(Err(Error::new(OPERATION, ErrorKind::Declined, "the offer was refused locally")));
        true
    }
}

fn answered() -> Error {
    Error::new(OPERATION, ErrorKind::InvalidState, "the offer has been answered already")
}

impl Drop for Offer {
    fn drop(&mut self) {
        self.answer(Reason::Declined);
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("name", &self.name()).field("size", &self.size()).finish_non_exhaustive()
    }
}

/// The files that the peer offers, without those that it has withdrawn. All such streams of one channel share the
/// offers: each offer goes to one. Waits for the peer, so for any time; ends with the channel, or with the last handle of
/// [`Files`](super::Files), which it does not keep.
#[must_use = "a stream does nothing unless polled"]
pub struct Offers {
    shared: Weak<Shared>,
    offered: Waiter,
    end: CloseSignal,
    ended: CloseWait,
}

impl Offers {
    pub(super) fn new(shared: &Rc<Shared>) -> Self {
        let end = shared.end.clone();
        Self { shared: Rc::downgrade(shared), offered: shared.offered.waiter(), ended: end.wait(), end }
    }
}

impl Stream for Offers {
    type Item = Offer;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Offer>> {
        self.offered.register(cx);
        if let Some(shared) = self.shared.upgrade()
            && let Some(arrival) = shared.next_offer()
        {
            return Poll::Ready(Some(Offer { shared: RefCell::new(Some(shared)), arrival }));
        }
        self.ended.poll_unpin(cx).map(|()| None)
    }
}

impl FusedStream for Offers {
    fn is_terminated(&self) -> bool {
        // With it, what was offered is no more.
        self.end.is_set()
    }
}

impl fmt::Debug for Offers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Offers")
    }
}

/// The name that a `File` has.
pub(super) fn name_of(blob: &Blob) -> String {
    global::get(blob, "name").as_string().unwrap_or_default()
}
