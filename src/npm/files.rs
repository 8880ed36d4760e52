//! The JavaScript API of file transfers.

use std::{cell::RefCell, rc::Rc};

use futures::{FutureExt, StreamExt, stream};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

use super::{argument::Argument, hold, iterate::AsyncItems, promise};
use crate::{
    error::{Error, ErrorKind},
    files::{Files, Incoming, Offer, OfferInit, Outgoing, Partial, ProgressStream},
    sys::global,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The progress of a file, in bytes. */
export interface FileProgress { readonly bytes: number; readonly total: number; }
"#;

/// The file transfers of a channel in both directions, and an async iterable of the files that the remote peer offers. It
/// is kept until the channel closes.
#[wasm_bindgen(js_name = Files)]
pub struct NpmFiles(pub(super) Files);

#[wasm_bindgen(js_class = Files)]
impl NpmFiles {
    /// Offers a `File` or a `Blob`, under its own name or the one given. Rejected with a `TypeError` for a wrong
    /// argument.
    #[wasm_bindgen(unchecked_return_type = "Promise<OutgoingFile>")]
    pub fn offer(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Blob")] file: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "string")] name: JsValue,
    ) -> Promise {
        let arguments = Argument::new("offer", "file", file)
            .blob()
            .and_then(|file| Ok((file, Argument::new("offer", "name", name).optional_string()?)));
        let files = self.0.clone();
        promise(async move {
            let (file, name) = arguments?;
            let init = OfferInit::new();
            let init = name.map_or(init.clone(), |name| init.name(name));
            files.offer_with(&file, &init).await.map(NpmOutgoing::new)
        })
    }

    /// Offers a file again whose connection was lost: the remote peer resumes from what it has. Rejected with a
    /// `TypeError` for anything other than an `OutgoingFile`.
    #[wasm_bindgen(js_name = offerAgain, unchecked_return_type = "Promise<OutgoingFile>")]
    pub fn offer_again(&self, #[wasm_bindgen(unchecked_param_type = "OutgoingFile")] outgoing: JsValue) -> Promise {
        let outgoing = Argument::new("offerAgain", "outgoing", outgoing).handle::<NpmOutgoing>("an OutgoingFile");
        let files = self.0.clone();
        promise(async move { files.offer_again(&outgoing?.0).await.map(NpmOutgoing::new) })
    }

    /// Does nothing, as the channel carries files until it closes. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {}

    /// Returns an iterator of the files that the remote peer offers. Each offer is returned once: all iterators share one
    /// queue.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<FileOffer>")]
    pub fn offers(&self) -> AsyncItems {
        let offers =
            stream::unfold(self.0.clone(), |files| async move { files.next_offer().await.map(|offer| (offer, files)) });
        AsyncItems::new(offers.map(|offer| Ok(NpmOffer::new(offer).into())))
    }
}

/// A file that is being sent.
#[wasm_bindgen(js_name = OutgoingFile)]
pub struct NpmOutgoing(Rc<Outgoing>);

impl NpmOutgoing {
    fn new(outgoing: Outgoing) -> Self {
        let outgoing = Rc::new(outgoing);
        hold(outgoing.clone(), outgoing.finished());
        Self(outgoing)
    }
}

#[wasm_bindgen(js_class = OutgoingFile)]
impl NpmOutgoing {
    /// Returns the id by which the remote peer recognizes the file when it is offered again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    /// Returns an iterator of the progress, as it changes.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        progress(self.0.progress())
    }

    /// Resolves when the remote peer has received the whole file. Rejected with `Declined`, `Abort`, `Closed`, with
    /// `Timeout` if the remote peer does not speak the file protocol, and with `NotReadable` if the file has changed since
    /// it was offered.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn finished(&self) -> Promise {
        promise(self.0.finished().map(|done| done.map(|()| JsValue::UNDEFINED)))
    }

    /// Cancels the transfer for both peers.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Cancels a transfer that has not finished. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.cancel();
    }

    /// Returns another handle of this transfer: see [`Argument::handle`].
    #[wasm_bindgen(js_name = "__share", skip_typescript)]
    pub fn share(&self) -> NpmOutgoing {
        Self(self.0.clone())
    }
}

/// A file that the remote peer offers, under a name that is safe to use.
#[wasm_bindgen(js_name = FileOffer)]
pub struct NpmOffer {
    offer: Rc<Offer>,
}

impl NpmOffer {
    fn new(offer: Offer) -> Self {
        let (withdrawn, offer) = (offer.withdrawn(), Rc::new(offer));
        hold(offer.clone(), withdrawn);
        Self { offer }
    }
}

#[wasm_bindgen(js_class = FileOffer)]
impl NpmOffer {
    /// Returns the id by which the file is recognized when it is offered again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.offer.id().to_owned()
    }

    /// Returns the name that the remote peer gives the file.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.offer.name().to_owned()
    }

    /// Returns the size in bytes.
    #[wasm_bindgen(getter)]
    #[expect(clippy::cast_precision_loss, reason = "file sizes are below 2^53")]
    pub fn size(&self) -> f64 {
        self.offer.size() as f64
    }

    /// Returns the MIME type that the remote peer gives the file.
    #[wasm_bindgen(getter, js_name = "type")]
    pub fn mime_type(&self) -> String {
        self.offer.mime_type().to_owned()
    }

    /// Accepts the file into a `Blob`, or into a stream, such as that of `showSaveFilePicker`.
    ///
    /// # Errors
    /// Throws a `TypeError` for anything other than a `WritableStream` and if the stream is locked to another writer,
    /// `Closed` or `Abort` if the file is no longer offered, `InvalidState` if the offer was answered, and
    /// `NotSupported` in a page that is not secure. Except for `NotSupported`, the offer can still be answered then, if it
    /// is pending.
    pub fn accept(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "WritableStream")] into: JsValue,
    ) -> std::result::Result<NpmIncoming, JsValue> {
        let into = Argument::new("accept", "into", into);
        let stream = if into.is_absent() { None } else { Some(into.writable_stream()?) };
        Ok(NpmIncoming::new(self.offer.accept_for_javascript(stream)?))
    }

    /// Accepts the file and continues from what was received in a transfer that failed. The partial file is empty afterwards.
    ///
    /// # Errors
    /// Throws a `TypeError` for anything other than a `PartialFile`, `InvalidAccess` if it belongs to another file,
    /// `InvalidState` if it was used before, and as `accept`. The offer and the partial file stay as they are then.
    pub fn resume(
        &self,
        #[wasm_bindgen(unchecked_param_type = "PartialFile")] partial: JsValue,
    ) -> std::result::Result<NpmIncoming, JsValue> {
        let partial = Argument::new("resume", "partial", partial).handle::<NpmPartial>("a PartialFile")?;
        let dropped = || Error::new("file", ErrorKind::InvalidState, "the partial file has been dropped");
        let held = partial.held.borrow().clone().ok_or_else(dropped)?;
        Ok(NpmIncoming::new(self.offer.resume(&held)?))
    }

    /// Declines the file.
    ///
    /// # Errors
    /// Throws `InvalidState` if the offer was answered before.
    pub fn decline(&self) -> std::result::Result<(), JsValue> {
        Ok(self.offer.decline()?)
    }

    /// Declines an offer that was not answered. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        // An offer that was answered keeps its answer.
        let _ = self.offer.decline();
    }
}

/// A file that is being received.
#[wasm_bindgen(js_name = IncomingFile)]
pub struct NpmIncoming(Rc<Incoming<JsValue>>);

impl NpmIncoming {
    fn new(incoming: Incoming<JsValue>) -> Self {
        let incoming = Rc::new(incoming);
        hold(incoming.clone(), incoming.settled());
        Self(incoming)
    }
}

#[wasm_bindgen(js_class = IncomingFile)]
impl NpmIncoming {
    /// Returns an iterator of the progress, as it changes.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        progress(self.0.progress())
    }

    /// Resolves, once, to the `Blob`, or to `undefined` for a stream, when the whole file is received and verified.
    #[wasm_bindgen(unchecked_return_type = "Promise<Blob | undefined>")]
    pub fn finished(&self) -> Promise {
        promise(self.0.finished())
    }

    /// Resolves, once, to what was received of a file whose connection was lost, to resume from; to `undefined` if the file
    /// is complete or was cancelled. Waits until the transfer is over, and does not end it.
    #[wasm_bindgen(unchecked_return_type = "Promise<PartialFile | undefined>")]
    pub fn partial(&self) -> Promise {
        let partial = self.0.partial();
        promise(
            partial.map(|partial| Ok(partial.map_or(JsValue::UNDEFINED, |partial| NpmPartial::new(partial).into()))),
        )
    }

    /// Cancels the transfer for both peers.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Cancels a transfer that has not finished. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.cancel();
    }
}

/// The verified beginning of a file whose connection was lost.
#[wasm_bindgen(js_name = PartialFile)]
pub struct NpmPartial {
    id: Rc<str>,
    /// `None` once dropped.
    held: Rc<RefCell<Option<Rc<Partial<JsValue>>>>>,
}

impl NpmPartial {
    fn new(partial: Partial<JsValue>) -> Self {
        Self { id: partial.id().into(), held: Rc::new(RefCell::new(Some(Rc::new(partial)))) }
    }
}

#[wasm_bindgen(js_class = PartialFile)]
impl NpmPartial {
    /// Returns the id of the offer that can be resumed from it.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Drops what was received. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        drop(self.held.take());
    }

    /// Returns another handle of this partial file: see [`Argument::handle`].
    #[wasm_bindgen(js_name = "__share", skip_typescript)]
    pub fn share(&self) -> NpmPartial {
        Self { id: self.id.clone(), held: self.held.clone() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "file sizes are below 2^53")]
fn progress(progress: ProgressStream) -> AsyncItems {
    AsyncItems::new(progress.map(|progress| {
        let object = Object::new();
        global::set(&object, "bytes", &(progress.bytes as f64).into());
        global::set(&object, "total", &(progress.total as f64).into());
        Ok(object.into())
    }))
}
