//! A file that the other side would send.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
};

use futures::{FutureExt, Stream, stream::FusedStream};
use wasm_bindgen::JsCast;
#[cfg(feature = "npm")]
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, File, WritableStream};

use super::{
    Incoming, Partial,
    arrival::{self, Arrival},
    message::{Digest, Message, Reason},
    shared::{OPERATION, Shared},
    sink::{Output, Sink},
};
use crate::{
    error::{Error, ErrorKind, Result},
    sys::global,
    wake::{End, EndWait, Waiter},
};

/// The most that a vector takes where a pointer has 32 bits.
const MOST_IN_MEMORY: u64 = i32::MAX as u64;

/// A file that the other side would send. What it says of itself is the other side's word: it is bounded, and the name
/// is made harmless, but no more is known of it. Dropping it refuses the file.
///
/// Every file is verified as it comes, block by block, by hashes.
#[must_use = "dropping it refuses the file"]
pub struct Offer {
    shared: Rc<Shared>,
    arrival: Rc<Arrival>,
    answered: bool,
}

impl Offer {
    /// What the other side calls it: no more than 255 bytes, and no directories, control characters or such as turn
    /// text around in it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.arrival.name
    }

    /// How large it is to be, in bytes. It will not be larger.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.arrival.size()
    }

    /// The MIME type that the other side gives it; may be empty.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        &self.arrival.mime
    }

    /// The same as of the [`Partial`] that this offer goes on with, if there is one.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.arrival.file
    }

    /// Resolves when it cannot be accepted any more, because the other side has cancelled it or the channel has
    /// closed. Cancel safe.
    pub fn withdrawn(&self) -> impl Future<Output = ()> + Unpin + use<> {
        self.arrival.over.wait()
    }

    /// Has it come into the program's own memory.
    ///
    /// # Errors
    /// - `Closed` or `Abort` where it is offered no more, `NotSupported` in a page that is not secure;
    /// - `TooLarge` for 2 GiB and more.
    pub fn accept_to_memory(self) -> Result<Incoming<Vec<u8>>> {
        if self.size() > MOST_IN_MEMORY {
            let kind = ErrorKind::TooLarge { limit: MOST_IN_MEMORY };
            return Err(Error::new(OPERATION, kind, "the file is larger than the program's memory"));
        }
        self.take(Sink::Memory(Vec::new()), Vec::new(), |output| match output {
            Output::Memory(bytes) => Some(bytes),
            _ => None,
        })
    }

    /// Has it come into a blob, which the browser may keep on disk: Chromium does where it is large.
    ///
    /// # Errors
    /// `Closed` or `Abort` where it is offered no more, `NotSupported` in a page that is not secure.
    pub fn accept_to_blob(self) -> Result<Incoming<Blob>> {
        let mime = self.mime_type().to_owned();
        self.take(Sink::blob(mime), Vec::new(), |output| match output {
            Output::Blob(blob) => Some(blob),
            _ => None,
        })
    }

    /// Has it written into a stream, which is closed at the end and aborted where it comes to none: one of a
    /// `FileSystemFileHandle`, such as that of `showSaveFilePicker`, or of your own. What arrives waits for it: 256 KiB at a time are
    /// written, as an `ArrayBuffer`.
    ///
    /// # Errors
    /// `Closed` or `Abort` where it is offered no more, `NotSupported` in a page that is not secure. A stream that
    /// something else writes to is an error of the transfer.
    pub fn accept_into(self, stream: &WritableStream) -> Result<Incoming<()>> {
        let stream = stream.clone().unchecked_into();
        self.take(Sink::Stream { stream, writer: None }, Vec::new(), |output| match output {
            Output::Stream => Some(()),
            _ => None,
        })
    }

    /// Has it written into a file of this name in the top folder of the
    /// [origin-private file system](https://fs.spec.whatwg.org/#origin-private-file-system), in the place of what is
    /// there. The name is yours to choose, not the other side's. Where the connection is lost, what has come stays;
    /// where the transfer is cancelled, it goes.
    ///
    /// # Errors
    /// `Closed` or `Abort` where it is offered no more, `NotSupported` in a page that is not secure. A browser without
    /// such files is an error of the transfer.
    pub fn accept_to_private_file(self, name: &str) -> Result<Incoming<File>> {
        self.take_private_file(name, false)
    }

    /// The same, going on from what the file holds already, which both sides verify by its hashes: also after the page
    /// was loaded anew. Where it is not the beginning of what is offered, all comes anew.
    ///
    /// # Errors
    /// As [`accept_to_private_file`](Self::accept_to_private_file).
    pub fn resume_private_file(self, name: &str) -> Result<Incoming<File>> {
        self.take_private_file(name, true)
    }

    /// Goes on with what came over a connection that was lost. Both sides verify by hashes that it is the beginning of
    /// this file; where it is not, all comes anew.
    ///
    /// # Errors
    /// `InvalidAccess` where it is of another file by its [`id`](Self::id) or its size; otherwise as
    /// [`accept_to_blob`](Self::accept_to_blob).
    pub fn resume<T>(self, partial: Partial<T>) -> Result<Incoming<T>> {
        if partial.id() != self.id() || partial.size != self.size() {
            return Err(Error::new(OPERATION, ErrorKind::InvalidAccess, "what there is belongs to another file"));
        }
        self.take(partial.sink, partial.digests, partial.output)
    }

    #[cfg(feature = "npm")]
    pub(crate) fn accept_for_javascript(self, stream: Option<WritableStream>) -> Result<Incoming<JsValue>> {
        let sink = match stream {
            Some(stream) => Sink::Stream { stream: stream.unchecked_into(), writer: None },
            None => Sink::blob(self.mime_type().to_owned()),
        };
        self.take(sink, Vec::new(), |output| match output {
            Output::Blob(blob) => Some(blob.into()),
            Output::Stream => Some(JsValue::UNDEFINED),
            _ => None,
        })
    }

    /// Does not take it.
    pub fn refuse(mut self) {
        self.answer(Reason::Declined);
    }

    fn take_private_file(self, name: &str, keep: bool) -> Result<Incoming<File>> {
        self.take(Sink::private_file(name.to_owned(), keep), Vec::new(), |output| match output {
            Output::File(file) => Some(file),
            _ => None,
        })
    }

    fn take<T>(mut self, sink: Sink, digests: Vec<Digest>, output: fn(Output) -> Option<T>) -> Result<Incoming<T>> {
        if let Some(error) = self.arrival.error() {
            return Err(error);
        }
        if let Err(error) = self.shared.check() {
            self.answer(Reason::Unsupported);
            return Err(error);
        }
        self.answered = true;
        spawn_local(arrival::run(self.shared.clone(), self.arrival.clone(), sink, digests));
        Ok(Incoming::new(self.arrival.clone(), output))
    }

    fn answer(&mut self, reason: Reason) {
        self.answered = true;
        let id = self.arrival.id;
        self.shared.incoming.borrow_mut().remove(&id);
        if self.shared.exchange.borrow_mut().forget_incoming(id) {
            self.shared.say_soon(Message::Refuse { id, reason });
        }
        self.arrival.finish(Err(Error::new(OPERATION, ErrorKind::Declined, "it was refused here")));
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        if !self.answered {
            self.answer(Reason::Declined);
        }
    }
}

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("name", &self.name()).field("size", &self.size()).finish_non_exhaustive()
    }
}

/// The files that the other side offers, those that it has withdrawn meanwhile left out. All such streams of one
/// channel share them: each offer goes to one. It ends with the channel, or with the last handle of
/// [`Files`](super::Files), which it does not keep.
#[must_use = "a stream does nothing unless polled"]
pub struct Offers {
    shared: Weak<Shared>,
    offered: Waiter,
    end: End,
    ended: EndWait,
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
            return Poll::Ready(Some(Offer { shared, arrival, answered: false }));
        }
        self.ended.poll_unpin(cx).map(|()| None)
    }
}

impl FusedStream for Offers {
    fn is_terminated(&self) -> bool {
        // With it, what was offered is no more.
        self.end.has_come()
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
