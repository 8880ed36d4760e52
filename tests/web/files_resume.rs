//! File transfers that resume after a lost connection.

use std::{cell::Cell, rc::Rc};

use browser_rtc::{
    ErrorKind, Listener,
    files::{Files, Incoming, Offer, OfferInit, Outgoing},
};
use futures::StreamExt;
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::support::{
    Within,
    files::{BLOCK, MIB, blob, bytes, content, files, finished, offered, sink},
    js, watched,
};

const SIZE: usize = 24 * MIB + 5;

const ENOUGH: u64 = 10 * MIB as u64;

/// Starts a transfer, and interrupts it when [`ENOUGH`] bytes are received.
async fn interrupted<T>(init: &OfferInit, accept: impl FnOnce(Offer) -> Incoming<T>) -> (Outgoing, Incoming<T>) {
    let (pair, a, b) = files().await;
    let outgoing = a.offer_with(&blob(&bytes(SIZE)), init).within("the offer").await.unwrap();
    let incoming = accept(offered(&b).await);
    let mut progress = incoming.progress();
    while progress.next().within("the progress").await.unwrap().bytes < ENOUGH {}
    pair.a.close();
    pair.b.close();
    let sent = outgoing.finished().within("the end of the outgoing transfer").await;
    let received = incoming.finished().within("the end of the incoming transfer").await.map(drop);
    for outcome in [sent, received] {
        assert_eq!(outcome.unwrap_err().kind(), &ErrorKind::Closed);
    }
    (outgoing, incoming)
}

/// Counts the received bytes of files, without those of other messages.
fn count(files: &Files) -> (Rc<Cell<u32>>, Listener) {
    let received = Rc::new(Cell::new(0));
    let listener = Listener::new(files.channel().as_raw(), "message", {
        let received = received.clone();
        move |event| {
            let length = js::run("event", &[&event], "return event.data.byteLength ?? 0").as_f64();
            received.set(received.get() + length.unwrap() as u32);
        }
    });
    (received, listener)
}

fn missing(kept: u64) -> u32 {
    (SIZE as u64 - kept) as u32
}

#[wasm_bindgen_test]
async fn blob_resumes_on_another_channel() {
    watched(async {
        let (outgoing, incoming) = interrupted(&OfferInit::new(), |offer| offer.accept_to_blob().unwrap()).await;
        let partial = incoming.into_partial().within("the partial file").await.unwrap();
        let kept = partial.progress().bytes;
        assert!(kept > 0 && kept < SIZE as u64 && kept % BLOCK as u64 == 0, "{kept}");

        let (_pair, a, b) = files().await;
        let (received_bytes, _listener) = count(&b);
        let again = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        assert_eq!((offer.id(), again.id()), (partial.id(), outgoing.id()));
        let incoming = offer.resume(&partial).unwrap();
        assert_eq!(incoming.progress().next().within("the progress").await.unwrap().total, SIZE as u64);
        let received = finished(incoming).await.unwrap();
        again.finished().within("the end of the transfer").await.unwrap();
        assert!(content(&received).await == bytes(SIZE));
        assert_eq!(received_bytes.get(), missing(kept), "bytes received of the resumed file");
    })
    .await;
}

#[wasm_bindgen_test]
async fn memory_resumes_twice() {
    watched(async {
        let (mut outgoing, incoming) = interrupted(&OfferInit::new(), |offer| offer.accept_to_memory().unwrap()).await;
        let mut partial = incoming.into_partial().within("the partial file").await.unwrap();
        {
            let (pair, a, b) = files().await;
            outgoing = a.offer_again(&outgoing).within("the offer").await.unwrap();
            let incoming = offered(&b).await.resume(&partial).unwrap();
            let mut progress = incoming.progress();
            while progress.next().within("the progress").await.unwrap().bytes < ENOUGH + 9 * MIB as u64 {}
            pair.b.close();
            partial = incoming.into_partial().within("the partial file").await.unwrap();
            pair.a.close();
        }
        let (_pair, a, b) = files().await;
        let again = a.offer_again(&outgoing).within("the offer").await.unwrap();
        assert!(finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap() == bytes(SIZE));
        again.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn stream_resumes_on_another_channel() {
    watched(async {
        let sink = sink();
        let stream = js::get(&sink, "stream").unchecked_into();
        let (outgoing, incoming) =
            interrupted(&OfferInit::new(), |offer| offer.accept_to_stream(&stream).unwrap()).await;
        let partial = incoming.into_partial().within("the partial file").await.unwrap();
        let (_pair, a, b) = files().await;
        let again = a.offer_again(&outgoing).within("the offer").await.unwrap();
        finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap();
        again.finished().within("the end of the transfer").await.unwrap();
        let written: Blob = js::run("sink", &[&sink], "return new Blob(sink.written)").unchecked_into();
        assert!(content(&written).await == bytes(SIZE));
        assert_eq!(js::get(&sink, "closed"), true);
    })
    .await;
}

#[wasm_bindgen_test]
async fn private_file_resumes_after_reload() {
    watched(async {
        let name = "f44-resumed";
        let init = OfferInit::new().id("chosen-by-the-program");
        let (outgoing, incoming) = interrupted(&init, |offer| offer.accept_to_private_file(name).unwrap()).await;
        // Only the private file is left, as after a reload of both pages.
        incoming.into_partial().within("the partial file").await.unwrap();
        drop(outgoing);

        let (_pair, a, b) = files().await;
        let (received_bytes, _listener) = count(&b);
        let again = a.offer_with(&blob(&bytes(SIZE)), &init).within("the offer").await.unwrap();
        let received = finished(offered(&b).await.resume_private_file(name).unwrap()).await.unwrap();
        again.finished().within("the end of the transfer").await.unwrap();
        assert!(content(&received).await == bytes(SIZE));
        assert!(received_bytes.get() <= missing(BLOCK as u64), "{}", received_bytes.get());

        // A complete file is not sent again, except for the bytes after its last whole block.
        received_bytes.set(0);
        let again = a.offer_with(&blob(&bytes(SIZE)), &init).within("the offer").await.unwrap();
        finished(offered(&b).await.resume_private_file(name).unwrap()).await.unwrap();
        again.finished().within("the end of the transfer").await.unwrap();
        assert_eq!(received_bytes.get(), 5);
    })
    .await;
}

#[wasm_bindgen_test]
async fn damaged_or_long_private_file_restarts() {
    watched(async {
        let name = "f44-damaged";
        for existing in [vec![7; 2 * MIB], bytes(9 * MIB)] {
            let body = "return navigator.storage.getDirectory()
                .then(directory => directory.getFileHandle(name, { create: true }))
                .then(async handle => {
                    const writable = await handle.createWritable();
                    await writable.write(content);
                    await writable.close();
                })";
            js::run_async("name, content", &[&name.into(), &blob(&existing)], body).await;
            let sent = bytes(4 * MIB + 5);
            let (_pair, a, b) = files().await;
            let outgoing = a.offer(&blob(&sent)).within("the offer").await.unwrap();
            let received = finished(offered(&b).await.resume_private_file(name).unwrap()).await.unwrap();
            outgoing.finished().within("the end of the transfer").await.unwrap();
            assert!(content(&received).await == sent);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn other_content_with_same_id_restarts() {
    watched(async {
        let init = OfferInit::new().id("same");
        let (_outgoing, incoming) = interrupted(&init, |offer| offer.accept_to_memory().unwrap()).await;
        let partial = incoming.into_partial().within("the partial file").await.unwrap();
        let mut other = bytes(SIZE);
        other[0] ^= 1;
        let (_pair, a, b) = files().await;
        let outgoing = a.offer_with(&blob(&other), &init).within("the offer").await.unwrap();
        assert!(finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap() == other);
        outgoing.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn resume_with_another_offer_changes_nothing() {
    watched(async {
        let (outgoing, incoming) = interrupted(&OfferInit::new(), |offer| offer.accept_to_blob().unwrap()).await;
        let partial = incoming.into_partial().within("the partial file").await.unwrap();
        let kept = partial.progress();
        let (_pair, a, b) = files().await;
        let other = a.offer(&blob(&bytes(SIZE))).within("the offer").await.unwrap();
        let larger = OfferInit::new().id(outgoing.id());
        let larger = a.offer_with(&blob(&bytes(SIZE + 1)), &larger).within("the offer").await.unwrap();
        let (other_offer, larger_offer) = (offered(&b).await, offered(&b).await);
        for offer in [&other_offer, &larger_offer] {
            assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::InvalidAccess);
            assert_eq!(partial.progress(), kept);
        }
        // The offers can still be accepted and declined.
        assert!(finished(other_offer.accept_to_memory().unwrap()).await.unwrap() == bytes(SIZE));
        other.finished().within("the end of the transfer").await.unwrap();
        larger_offer.decline().unwrap();
        assert_eq!(larger.finished().within("the end of the transfer").await.unwrap_err().kind(), &ErrorKind::Declined);
        // The partial file resumes with its own offer.
        let (received_bytes, _listener) = count(&b);
        let again = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let received = finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap();
        again.finished().within("the end of the transfer").await.unwrap();
        assert!(content(&received).await == bytes(SIZE));
        assert_eq!(received_bytes.get(), missing(kept.bytes));
    })
    .await;
}

#[wasm_bindgen_test]
async fn partial_file_survives_failed_resume() {
    watched(async {
        let (outgoing, incoming) = interrupted(&OfferInit::new(), |offer| offer.accept_to_memory().unwrap()).await;
        let partial = incoming.into_partial().within("the partial file").await.unwrap();
        let (_pair, a, b) = files().await;
        let withdrawn = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        withdrawn.cancel();
        offer.withdrawn().within("the withdrawal").await;
        assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::Abort);
        let declined = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        offer.decline().unwrap();
        assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::InvalidState);
        declined.finished().within("the end of the transfer").await.unwrap_err();

        let again = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let incoming = offered(&b).await.resume(&partial).unwrap();
        let _second = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::InvalidState, "the partial file is in use");
        assert!(finished(incoming).await.unwrap() == bytes(SIZE));
        again.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn cancelled_private_file_is_removed() {
    watched(async {
        let (_pair, a, b) = files().await;
        let name = "f44-cancelled";
        let outgoing = a.offer(&blob(&bytes(SIZE))).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_private_file(name).unwrap();
        let mut progress = incoming.progress();
        while progress.next().within("the progress").await.unwrap().bytes == 0 {}
        incoming.cancel();
        assert!(incoming.into_partial().within("the partial file").await.is_none());
        outgoing.finished().within("the end of the transfer").await.unwrap_err();
        assert!(!private_file_exists(name).await);
    })
    .await;
}

#[wasm_bindgen_test]
async fn private_file_cancelled_while_closing_is_removed() {
    watched(async {
        let (_pair, a, b) = files().await;
        let name = "f44-closing";
        let stuck = js::eval(
            "(() => {
                const stuck = {};
                stuck.closing = new Promise((closing) => {
                    stuck.close = () => { closing(); return new Promise(() => {}); };
                });
                return stuck;
            })()",
        );
        let writers = js::eval("WritableStreamDefaultWriter.prototype");
        let _stuck = js::Override::new(&writers, "close", &js::get(&stuck, "close"));
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_private_file(name).unwrap();
        js::settled(js::get(&stuck, "closing"), "the close of the stream").await;
        incoming.cancel();
        assert!(incoming.into_partial().within("the partial file").await.is_none());
        assert_eq!(outgoing.finished().within("the end of the transfer").await.unwrap_err().kind(), &ErrorKind::Abort);
        assert!(!private_file_exists(name).await);
    })
    .await;
}

/// Returns `true` if a private file of this name exists.
async fn private_file_exists(name: &str) -> bool {
    let body = "return navigator.storage.getDirectory()
        .then(directory => directory.getFileHandle(name)).then(() => true, () => false)";
    js::run_async("name", &[&name.into()], body).await == true
}
