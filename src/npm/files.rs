//! The JavaScript classes of file transfers.

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

/// The file transfers of a channel in both directions, and an async iterable of the files that the remote peer offers.
/// Transfers continue even if the page drops the object.
#[wasm_bindgen(js_name = Files)]
pub struct NpmFiles(pub(super) Files);

#[wasm_bindgen(js_class = Files)]
impl NpmFiles {
    /// Offers a `File` or a `Blob` to the remote peer, under `name` or the name of the file. The promise is rejected with a
    /// `TypeError` for an invalid argument.
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

    /// Offers a file again after its transfer was interrupted by the loss of the connection. The remote peer can resume from
    /// the part that it has received. The promise is rejected with a `TypeError` if the argument is not an `OutgoingFile`.
    #[wasm_bindgen(js_name = offerAgain, unchecked_return_type = "Promise<OutgoingFile>")]
    pub fn offer_again(&self, #[wasm_bindgen(unchecked_param_type = "OutgoingFile")] outgoing: JsValue) -> Promise {
        let outgoing = Argument::new("offerAgain", "outgoing", outgoing).handle::<NpmOutgoing>("an OutgoingFile");
        let files = self.0.clone();
        promise(async move { files.offer_again(&outgoing?.0).await.map(NpmOutgoing::new) })
    }

    /// Does nothing, because the channel carries files until it closes. Called at the end of a `using` block.
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
    /// The id by which the remote peer recognizes the file when it is offered again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    /// Returns an iterator of the progress, which yields each change.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        progress(self.0.progress())
    }

    /// Resolves when the remote peer has received the whole file. The promise is rejected with an `Error` whose `name` is
    /// `Declined`, `Abort` or `Closed`, `Timeout` if the remote peer does not implement the file protocol, or `NotReadable`
    /// if the file has changed since it was offered.
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
    /// The id by which the file is recognized when it is offered again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.offer.id().to_owned()
    }

    /// The name of the file.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.offer.name().to_owned()
    }

    /// The size in bytes.
    #[wasm_bindgen(getter)]
    #[expect(clippy::cast_precision_loss, reason = "file sizes are below 2^53")]
    pub fn size(&self) -> f64 {
        self.offer.size() as f64
    }

    /// The MIME type that the remote peer states for the file.
    #[wasm_bindgen(getter, js_name = "type")]
    pub fn mime_type(&self) -> String {
        self.offer.mime_type().to_owned()
    }

    /// Accepts the file into a `Blob`, or into a `WritableStream`, such as that of a file from `showSaveFilePicker`.
    ///
    /// # Errors
    /// Throws a `TypeError` if the argument is not a `WritableStream`, or the stream is locked to another writer. Throws an
    /// `Error` whose `name` is `Closed` or `Abort` if the file is no longer offered, `InvalidState` if the offer was
    /// answered before, and `NotSupported` in a page that is not secure. A pending offer can still be answered after any
    /// error other than `NotSupported`.
    pub fn accept(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "WritableStream")] into: JsValue,
    ) -> std::result::Result<NpmIncoming, JsValue> {
        let into = Argument::new("accept", "into", into);
        let stream = if into.is_absent() { None } else { Some(into.writable_stream()?) };
        Ok(NpmIncoming::new(self.offer.accept_for_javascript(stream)?))
    }

    /// Accepts the file, and continues from the part that was received in an earlier transfer. The partial file is empty
    /// afterwards.
    ///
    /// # Errors
    /// Throws a `TypeError` if the argument is not a `PartialFile`, and an `Error` whose `name` is `InvalidAccess` if it
    /// belongs to another file, or `InvalidState` if it was used before. Other errors are those of `accept`. After an error,
    /// the offer and the partial file are unchanged.
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
    /// Throws an `Error` whose `name` is `InvalidState` if the offer was answered before.
    pub fn decline(&self) -> std::result::Result<(), JsValue> {
        Ok(self.offer.decline()?)
    }

    /// Declines an offer that was not answered. Called at the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        // This fails if the offer was answered, and has no effect then.
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
    /// Returns an iterator of the progress, which yields each change.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        progress(self.0.progress())
    }

    /// Resolves when the whole file has been received and verified: to a `Blob`, or to `undefined` if the file was accepted
    /// into a stream. The `Blob` is returned once.
    #[wasm_bindgen(unchecked_return_type = "Promise<Blob | undefined>")]
    pub fn finished(&self) -> Promise {
        promise(self.0.finished())
    }

    /// Resolves when the transfer is over: to the received part if the connection was lost, or to `undefined` if the file is
    /// complete or was cancelled. The part is returned once. Calling this function does not end the transfer.
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

/// The received and verified beginning of a file whose transfer was interrupted by the loss of the connection.
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
    /// The id of the file, by which its next offer is recognized.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Drops the received data. Called at the end of a `using` block.
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
