//! `Files`.

use std::{cell::RefCell, rc::Rc};

use futures::{FutureExt, StreamExt};
use js_sys::{Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, WritableStream};

use super::{hold, iterate::AsyncItems, promise};
use crate::{
    error::Error,
    files::{Files, Incoming, Offer, OfferInit, Partial, ProgressStream, Transfer},
    sys::global,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** How far a file is, in bytes. */
export interface FileProgress { readonly bytes: number; readonly total: number; }
"#;

/// Files to and from the other side, and an async iterable of those that it offers. Kept until the channel closes.
#[wasm_bindgen(js_name = Files)]
pub struct NpmFiles(pub(super) Files);

#[wasm_bindgen(js_class = Files)]
impl NpmFiles {
    /// Offers a `File` or a `Blob`, under a name of its own or the one given.
    #[wasm_bindgen(unchecked_return_type = "Promise<FileTransfer>")]
    pub fn offer(&self, file: Blob, name: Option<String>) -> Promise {
        let (files, init) = (self.0.clone(), OfferInit { name, id: None });
        promise(async move { files.offer_with(&file, &init).await.map(NpmTransfer::of) })
    }

    /// Offers a file again whose connection was lost: the other side goes on from what it has.
    #[wasm_bindgen(js_name = offerAgain, unchecked_return_type = "Promise<FileTransfer>")]
    pub fn offer_again(&self, transfer: &NpmTransfer) -> Promise {
        let (files, former) = (self.0.clone(), transfer.0.clone());
        promise(async move { files.offer_again(&former).await.map(NpmTransfer::of) })
    }

    /// What the other side offers. All iterators share it.
    #[wasm_bindgen(js_name = "[Symbol.asyncIterator]", unchecked_return_type = "AsyncIterator<FileOffer>")]
    pub fn offers(&self) -> AsyncItems {
        AsyncItems::new(self.0.offers().map(|offer| Ok(NpmOffer::of(offer).into())))
    }
}

/// A file on its way to the other side.
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
    /// By what the other side knows the file again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
    }

    /// How far it is, as it changes.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        progress(self.0.progress())
    }

    /// Resolves when the peer has the whole file. Rejects with `Declined`, `Abort`, `Closed`, with `Timeout` where the peer
    /// does not speak the file protocol, and with `NotReadable` where the file has changed since it was offered.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn finished(&self) -> Promise {
        promise(self.0.finished().map(|done| done.map(|()| JsValue::UNDEFINED)))
    }

    /// Ends it, at both sides.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

/// A file that the other side would send. Its name is made harmless.
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
    /// By what the file is known again.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.offer.id().to_owned()
    }

    /// What the other side calls it.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.offer.name().to_owned()
    }

    /// In bytes.
    #[wasm_bindgen(getter)]
    #[expect(clippy::cast_precision_loss, reason = "sizes of files are exact in it")]
    pub fn size(&self) -> f64 {
        self.offer.size() as f64
    }

    /// The MIME type that the other side gives it.
    #[wasm_bindgen(getter, js_name = "type")]
    pub fn mime_type(&self) -> String {
        self.offer.mime_type().to_owned()
    }

    /// Has it come: into a `Blob`, or into the stream that is given, such as that of `showSaveFilePicker`.
    ///
    /// # Errors
    /// Throws `Closed` or `Abort` where the file is no longer offered, `InvalidState` where the offer was answered,
    /// `NotSupported` in a page that is not secure, and a `TypeError` where something else writes to the stream. Except
    /// for `NotSupported`, the offer can still be answered then, if it is pending.
    pub fn accept(&self, into: Option<WritableStream>) -> Result<NpmIncoming, JsValue> {
        Ok(NpmIncoming::of(self.offer.accept_for_javascript(into)?))
    }

    /// Accepts the file and continues from what arrived in a transfer that failed. The partial file is empty afterwards.
    ///
    /// # Errors
    /// Throws `InvalidAccess` where the partial file is of another file, `InvalidState` where it was used before, and as
    /// `accept`. The offer and the partial file stay as they are then.
    pub fn resume(&self, partial: &NpmPartial) -> Result<NpmIncoming, JsValue> {
        Ok(NpmIncoming::of(self.offer.resume(&partial.0)?))
    }

    /// Does not take it.
    ///
    /// # Errors
    /// Throws `InvalidState` where it has been answered already.
    pub fn refuse(&self) -> Result<(), JsValue> {
        Ok(self.offer.refuse()?)
    }
}

/// A file on its way to here.
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
    /// How far it is, as it changes.
    #[wasm_bindgen(unchecked_return_type = "AsyncIterableIterator<FileProgress>")]
    pub fn progress(&self) -> AsyncItems {
        match &*self.0.borrow() {
            Some(incoming) => progress(incoming.progress()),
            None => AsyncItems::new(futures::stream::empty()),
        }
    }

    /// Resolves, once, to the `Blob`, or to nothing where a stream was given, when all has come and is verified.
    #[wasm_bindgen(unchecked_return_type = "Promise<Blob | undefined>")]
    pub fn finished(&self) -> Promise {
        let finished = self.0.borrow_mut().as_mut().map(Incoming::finished);
        promise(async move { finished.ok_or_else(|| Error::closed("file"))?.await })
    }

    /// What has come of a file whose connection was lost, to go on with; nothing where it is complete or cancelled.
    #[wasm_bindgen(unchecked_return_type = "Promise<PartialFile | undefined>")]
    pub fn partial(&self) -> Promise {
        let incoming = self.0.take();
        promise(async move {
            let partial = match incoming {
                Some(incoming) => incoming.into_partial().await,
                None => None,
            };
            Ok(partial.map_or(JsValue::UNDEFINED, |partial| NpmPartial(partial).into()))
        })
    }

    /// Ends it, at both sides.
    pub fn cancel(&self) {
        if let Some(incoming) = &*self.0.borrow() {
            incoming.cancel();
        }
    }
}

/// The beginning of a file whose connection was lost.
#[wasm_bindgen(js_name = PartialFile)]
pub struct NpmPartial(Partial<JsValue>);

#[wasm_bindgen(js_class = PartialFile)]
impl NpmPartial {
    /// By what the offer is known that goes on with it.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_owned()
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
