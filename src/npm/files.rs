//! `Files`.

use std::{cell::RefCell, rc::Rc};

use futures::{FutureExt, StreamExt};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;

use super::{argument::Argument, hold, iterate::AsyncItems, promise};
use crate::{
    error::{Error, ErrorKind},
    files::{Files, Incoming, Offer, OfferInit, Partial, ProgressStream, Transfer},
    sys::global,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The progress of a file, in bytes. */
export interface FileProgress { readonly bytes: number; readonly total: number; }
"#;

/// Files to and from the remote peer, and an async iterable of those that it offers. It is kept until the channel
/// closes.
#[wasm_bindgen(js_name = Files)]
pub struct NpmFiles(pub(super) Files);

#[wasm_bindgen(js_class = Files)]
impl NpmFiles {
    /// Offers a `File` or a `Blob`, under its own name or the one given. Rejected with a `TypeError` for a wrong
    /// argument.
    #[wasm_bindgen(unchecked_return_type = "Promise<FileTransfer>")]
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
            files.offer_with(&file, &OfferInit { name, id: None }).await.map(NpmTransfer::of)
        })
    }

    /// Offers a file again whose connection was lost: the remote peer resumes from what it has. Rejected with a
    /// `TypeError` for anything other than a `FileTransfer`.
    #[wasm_bindgen(js_name = offerAgain, unchecked_return_type = "Promise<FileTransfer>")]
    pub fn offer_again(&self, #[wasm_bindgen(unchecked_param_type = "FileTransfer")] transfer: JsValue) -> Promise {
        let former = Argument::new("offerAgain", "transfer", transfer).handle::<NpmTransfer>("a FileTransfer");
        let files = self.0.clone();
        promise(async move { files.offer_again(&former?.0).await.map(NpmTransfer::of) })
    }

    /// Does nothing, as the channel carries files until it closes. It is the end of a `using` block.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {}

    /// The files that the remote peer offers. All iterators share one queue.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<FileOffer>")]
    pub fn offers(&self) -> AsyncItems {
        AsyncItems::new(self.0.offers().map(|offer| Ok(NpmOffer::of(offer).into())))
    }
}

/// A file that is being sent.
#[wasm_bindgen(js_name = FileTransfer)]
pub struct NpmTransfer(Rc<Transfer>);

impl NpmTransfer {
    fn of(transfer: Transfer) -> Self {
        let transfer = Rc::new(transfer);
        hold(transfer.clone(), transfer.finished());
        Self(transfer)
    }
}

#[wasm_bindgen(js_class = FileTransfer)]
impl NpmTransfer {
    /// The id by which the remote peer recognizes the file when it is offered again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    /// The progress, as it changes.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        progress(self.0.progress())
    }

    /// Resolves when the remote peer has the whole file. Rejected with `Declined`, `Abort`, `Closed`, with `Timeout` where
    /// the remote peer does not speak the file protocol, and with `NotReadable` where the file has changed since it was
    /// offered.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn finished(&self) -> Promise {
        promise(self.0.finished().map(|done| done.map(|()| JsValue::UNDEFINED)))
    }

    /// Cancels the transfer at both sides.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Cancels a transfer that has not finished, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.cancel();
    }

    /// Another handle of this transfer: see [`Argument::handle`].
    #[wasm_bindgen(js_name = "__share", skip_typescript)]
    pub fn share(&self) -> NpmTransfer {
        Self(self.0.clone())
    }
}

/// A file that the remote peer offers. Its name is made safe to use.
#[wasm_bindgen(js_name = FileOffer)]
pub struct NpmOffer {
    offer: Rc<Offer>,
}

impl NpmOffer {
    fn of(offer: Offer) -> Self {
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

    /// The name that the remote peer gives it.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.offer.name().to_owned()
    }

    /// The size in bytes.
    #[wasm_bindgen(getter)]
    #[expect(clippy::cast_precision_loss, reason = "sizes of files are exact in it")]
    pub fn size(&self) -> f64 {
        self.offer.size() as f64
    }

    /// The MIME type that the remote peer gives it.
    #[wasm_bindgen(getter, js_name = "type")]
    pub fn mime_type(&self) -> String {
        self.offer.mime_type().to_owned()
    }

    /// Accepts the file: into a `Blob`, or into the stream that is given, such as that of `showSaveFilePicker`.
    ///
    /// # Errors
    /// Throws a `TypeError` for anything other than a `WritableStream` and where something else writes to the stream,
    /// `Closed` or `Abort` where the file is no longer offered, `InvalidState` where the offer was answered, and
    /// `NotSupported` in a page that is not secure. Except for `NotSupported`, the offer can still be answered then, if it
    /// is pending.
    pub fn accept(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "WritableStream")] into: JsValue,
    ) -> std::result::Result<NpmIncoming, JsValue> {
        let into = Argument::new("accept", "into", into);
        let stream = if into.is_absent() { None } else { Some(into.writable_stream()?) };
        Ok(NpmIncoming::of(self.offer.accept_for_javascript(stream)?))
    }

    /// Accepts the file and continues from what arrived in a transfer that failed. The partial file is empty afterwards.
    ///
    /// # Errors
    /// Throws a `TypeError` for anything other than a `PartialFile`, `InvalidAccess` where it belongs to another file,
    /// `InvalidState` where it was used before, and as `accept`. The offer and the partial file stay as they are then.
    pub fn resume(
        &self,
        #[wasm_bindgen(unchecked_param_type = "PartialFile")] partial: JsValue,
    ) -> std::result::Result<NpmIncoming, JsValue> {
        let partial = Argument::new("resume", "partial", partial).handle::<NpmPartial>("a PartialFile")?;
        let dropped = || Error::new("file", ErrorKind::InvalidState, "the partial file has been dropped");
        let held = partial.held.borrow().clone().ok_or_else(dropped)?;
        Ok(NpmIncoming::of(self.offer.resume(&held)?))
    }

    /// Refuses the file.
    ///
    /// # Errors
    /// Throws `InvalidState` where the offer has already been answered.
    pub fn refuse(&self) -> std::result::Result<(), JsValue> {
        Ok(self.offer.refuse()?)
    }

    /// Refuses an offer that has not been answered, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        // One that has been answered stays so.
        let _ = self.offer.refuse();
    }
}

/// A file that is being received.
#[wasm_bindgen(js_name = IncomingFile)]
pub struct NpmIncoming(Rc<RefCell<Option<Incoming<JsValue>>>>);

impl NpmIncoming {
    fn of(incoming: Incoming<JsValue>) -> Self {
        let over = incoming.over();
        let incoming = Rc::new(RefCell::new(Some(incoming)));
        hold(incoming.clone(), over);
        Self(incoming)
    }
}

#[wasm_bindgen(js_class = IncomingFile)]
impl NpmIncoming {
    /// The progress, as it changes.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        match &*self.0.borrow() {
            Some(incoming) => progress(incoming.progress()),
            None => AsyncItems::new(futures::stream::empty()),
        }
    }

    /// Resolves, once, to the `Blob`, or to nothing where a stream was given, when the whole file has arrived and is
    /// verified.
    #[wasm_bindgen(unchecked_return_type = "Promise<Blob | undefined>")]
    pub fn finished(&self) -> Promise {
        let finished = self.0.borrow_mut().as_mut().map(Incoming::finished);
        promise(async move { finished.ok_or_else(|| Error::closed("file"))?.await })
    }

    /// What has arrived of a file whose connection was lost, to resume from; nothing where it is complete or cancelled.
    #[wasm_bindgen(unchecked_return_type = "Promise<PartialFile | undefined>")]
    pub fn partial(&self) -> Promise {
        let incoming = self.0.take();
        promise(async move {
            let partial = match incoming {
                Some(incoming) => incoming.into_partial().await,
                None => None,
            };
            Ok(partial.map_or(JsValue::UNDEFINED, |partial| NpmPartial::new(partial).into()))
        })
    }

    /// Cancels the transfer at both sides.
    pub fn cancel(&self) {
        if let Some(incoming) = &*self.0.borrow() {
            incoming.cancel();
        }
    }

    /// Cancels a transfer that has not finished, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        self.cancel();
    }
}

/// The beginning of a file whose connection was lost.
#[wasm_bindgen(js_name = PartialFile)]
pub struct NpmPartial {
    id: Rc<str>,
    /// None once dropped.
    held: Rc<RefCell<Option<Rc<Partial<JsValue>>>>>,
}

impl NpmPartial {
    fn new(partial: Partial<JsValue>) -> Self {
        Self { id: partial.id().into(), held: Rc::new(RefCell::new(Some(Rc::new(partial)))) }
    }
}

#[wasm_bindgen(js_class = PartialFile)]
impl NpmPartial {
    /// The id of the offer that resumes it.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Drops what has arrived, as the end of a `using` block does.
    #[wasm_bindgen(js_name = free)]
    pub fn dispose(&self) {
        drop(self.held.take());
    }

    /// Another handle of this partial file: see [`Argument::handle`].
    #[wasm_bindgen(js_name = "__share", skip_typescript)]
    pub fn share(&self) -> NpmPartial {
        Self { id: self.id.clone(), held: self.held.clone() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are exact in it")]
fn progress(progress: ProgressStream) -> AsyncItems {
    AsyncItems::new(progress.map(|progress| {
        let object = Object::new();
        global::set(&object, "bytes", &(progress.bytes as f64).into());
        global::set(&object, "total", &(progress.total as f64).into());
        Ok(object.into())
    }))
}
