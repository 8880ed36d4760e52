//! Files that go on from where they were when a connection was lost.

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

/// Begun, and cut off when some of it was there.
async fn cut_off<T>(init: &OfferInit, accept: impl FnOnce(Offer) -> Incoming<T>) -> (Outgoing, Incoming<T>) {
    let (pair, a, b) = files().await;
    let transfer = a.offer_with(&blob(&bytes(SIZE)), init).within("the offer").await.unwrap();
    let incoming = accept(offered(&b).await);
    let mut progress = incoming.progress();
    while progress.next().within("progress").await.unwrap().bytes < ENOUGH {}
    pair.a.close();
    pair.b.close();
    for outcome in [transfer.finished().within("the close").await, finished_of(&incoming).await] {
        assert_eq!(outcome.unwrap_err().kind(), &ErrorKind::Closed);
    }
    (transfer, incoming)
}

async fn finished_of<T>(incoming: &Incoming<T>) -> browser_rtc::Result<()> {
    incoming.finished().within("the close").await.map(drop)
}

/// Counts the bytes of files that come in.
fn count(files: &Files) -> (Rc<Cell<u32>>, Listener) {
    let came = Rc::new(Cell::new(0));
    let listener = Listener::new(files.channel().as_raw(), "message", {
        let came = came.clone();
        move |event| {
            let length = js::run("event", &[&event], "return event.data.byteLength ?? 0").as_f64();
            came.set(came.get() + length.unwrap() as u32);
        }
    });
    (came, listener)
}

fn missing(kept: u64) -> u32 {
    (SIZE as u64 - kept) as u32
}

#[wasm_bindgen_test]
async fn f44_a_blob_goes_on_from_where_it_was() {
    watched(async {
        let (transfer, incoming) = cut_off(&OfferInit::new(), |offer| offer.accept_to_blob().unwrap()).await;
        let partial = incoming.into_partial().within("what has come").await.unwrap();
        let kept = partial.progress().bytes;
        assert!(kept > 0 && kept < SIZE as u64 && kept % BLOCK as u64 == 0, "{kept}");

        let (_pair, a, b) = files().await;
        let (came, _counter) = count(&b);
        let again = a.offer_again(&transfer).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        assert_eq!((offer.id(), again.id()), (partial.id(), transfer.id()));
        let incoming = offer.resume(&partial).unwrap();
        assert_eq!(incoming.progress().next().within("progress").await.unwrap().total, SIZE as u64);
        let received = finished(incoming).await.unwrap();
        again.finished().within("the end").await.unwrap();
        assert!(content(&received).await == bytes(SIZE));
        assert_eq!(came.get(), missing(kept), "no more than was missing");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_memory_goes_on_twice() {
    watched(async {
        let (mut transfer, incoming) = cut_off(&OfferInit::new(), |offer| offer.accept_to_memory().unwrap()).await;
        let mut partial = incoming.into_partial().within("what has come").await.unwrap();
        {
            let (pair, a, b) = files().await;
            transfer = a.offer_again(&transfer).within("the offer").await.unwrap();
            let incoming = offered(&b).await.resume(&partial).unwrap();
            let mut progress = incoming.progress();
            while progress.next().within("progress").await.unwrap().bytes < ENOUGH + 9 * MIB as u64 {}
            pair.b.close();
            partial = incoming.into_partial().within("what has come").await.unwrap();
            pair.a.close();
        }
        let (_pair, a, b) = files().await;
        let again = a.offer_again(&transfer).within("the offer").await.unwrap();
        assert!(finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap() == bytes(SIZE));
        again.finished().within("the end").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_stream_goes_on_from_where_it_was() {
    watched(async {
        let sink = sink();
        let stream = js::get(&sink, "stream").unchecked_into();
        let (transfer, incoming) = cut_off(&OfferInit::new(), |offer| offer.accept_to_stream(&stream).unwrap()).await;
        let partial = incoming.into_partial().within("what has come").await.unwrap();
        let (_pair, a, b) = files().await;
        let again = a.offer_again(&transfer).within("the offer").await.unwrap();
        finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap();
        again.finished().within("the end").await.unwrap();
        let written: Blob = js::run("sink", &[&sink], "return new Blob(sink.written)").unchecked_into();
        assert!(content(&written).await == bytes(SIZE));
        assert_eq!(js::get(&sink, "closed"), true);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_private_file_goes_on_after_the_page_was_loaded_anew() {
    watched(async {
        let name = "f44-resumed";
        let init = OfferInit::new().id("chosen-by-the-program");
        let begun = cut_off(&init, |offer| offer.accept_to_private_file(name).unwrap()).await;
        // All that is left is the file, as when both pages are gone.
        begun.1.into_partial().within("what has come").await.unwrap();
        drop(begun.0);

        let (_pair, a, b) = files().await;
        let (came, _counter) = count(&b);
        let again = a.offer_with(&blob(&bytes(SIZE)), &init).within("the offer").await.unwrap();
        let received = finished(offered(&b).await.resume_private_file(name).unwrap()).await.unwrap();
        again.finished().within("the end").await.unwrap();
        assert!(content(&received).await == bytes(SIZE));
        assert!(came.get() <= missing(BLOCK as u64), "{}", came.get());

        // Where it is all there, nothing but its tail comes.
        came.set(0);
        let again = a.offer_with(&blob(&bytes(SIZE)), &init).within("the offer").await.unwrap();
        finished(offered(&b).await.resume_private_file(name).unwrap()).await.unwrap();
        again.finished().within("the end").await.unwrap();
        assert_eq!(came.get(), 5);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_private_file_that_is_damaged_or_too_long_comes_anew() {
    watched(async {
        let name = "f44-damaged";
        for there in [vec![7; 2 * MIB], bytes(9 * MIB)] {
            let body = "return navigator.storage.getDirectory()
                .then(directory => directory.getFileHandle(name, { create: true }))
                .then(async handle => {
                    const writable = await handle.createWritable();
                    await writable.write(content);
                    await writable.close();
                })";
            js::run_to_end("name, content", &[&name.into(), &blob(&there)], body).await;
            let sent = bytes(4 * MIB + 5);
            let (_pair, a, b) = files().await;
            let transfer = a.offer(&blob(&sent)).within("the offer").await.unwrap();
            let received = finished(offered(&b).await.resume_private_file(name).unwrap()).await.unwrap();
            transfer.finished().within("the end").await.unwrap();
            assert!(content(&received).await == sent);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_another_content_under_the_same_id_comes_anew() {
    watched(async {
        let init = OfferInit::new().id("same");
        let (_transfer, incoming) = cut_off(&init, |offer| offer.accept_to_memory().unwrap()).await;
        let partial = incoming.into_partial().within("what has come").await.unwrap();
        let mut other = bytes(SIZE);
        other[0] ^= 1;
        let (_pair, a, b) = files().await;
        let transfer = a.offer_with(&blob(&other), &init).within("the offer").await.unwrap();
        assert!(finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap() == other);
        transfer.finished().within("the end").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn resume_with_another_offer_changes_nothing() {
    watched(async {
        let (transfer, incoming) = cut_off(&OfferInit::new(), |offer| offer.accept_to_blob().unwrap()).await;
        let partial = incoming.into_partial().within("what has come").await.unwrap();
        let kept = partial.progress();
        let (_pair, a, b) = files().await;
        let other = a.offer(&blob(&bytes(SIZE))).within("the offer").await.unwrap();
        let larger = OfferInit::new().id(transfer.id());
        let larger = a.offer_with(&blob(&bytes(SIZE + 1)), &larger).within("the offer").await.unwrap();
        let (other_offer, larger_offer) = (offered(&b).await, offered(&b).await);
        for offer in [&other_offer, &larger_offer] {
            assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::InvalidAccess);
            assert_eq!(partial.progress(), kept);
        }
        // The offer can still be accepted, and refused.
        assert!(finished(other_offer.accept_to_memory().unwrap()).await.unwrap() == bytes(SIZE));
        other.finished().within("the end").await.unwrap();
        larger_offer.decline().unwrap();
        assert_eq!(larger.finished().within("the end").await.unwrap_err().kind(), &ErrorKind::Declined);
        // And the partial file resumes with its own offer, without what had arrived.
        let (came, _counter) = count(&b);
        let again = a.offer_again(&transfer).within("the offer").await.unwrap();
        let received = finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap();
        again.finished().within("the end").await.unwrap();
        assert!(content(&received).await == bytes(SIZE));
        assert_eq!(came.get(), missing(kept.bytes));
    })
    .await;
}

#[wasm_bindgen_test]
async fn partial_survives_an_offer_that_cannot_be_accepted() {
    watched(async {
        let (transfer, incoming) = cut_off(&OfferInit::new(), |offer| offer.accept_to_memory().unwrap()).await;
        let partial = incoming.into_partial().within("what has come").await.unwrap();
        let (_pair, a, b) = files().await;
        let withdrawn = a.offer_again(&transfer).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        withdrawn.cancel();
        offer.withdrawn().within("the withdrawal").await;
        assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::Abort);
        let refused = a.offer_again(&transfer).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        offer.decline().unwrap();
        assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::InvalidState);
        refused.finished().within("the end").await.unwrap_err();

        let again = a.offer_again(&transfer).within("the offer").await.unwrap();
        let incoming = offered(&b).await.resume(&partial).unwrap();
        let _twice = a.offer_again(&transfer).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        assert_eq!(offer.resume(&partial).unwrap_err().kind(), &ErrorKind::InvalidState, "it is in use");
        assert!(finished(incoming).await.unwrap() == bytes(SIZE));
        again.finished().within("the end").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_of_what_was_cancelled_nothing_is_kept() {
    watched(async {
        let (_pair, a, b) = files().await;
        let name = "f44-cancelled";
        let transfer = a.offer(&blob(&bytes(SIZE))).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_private_file(name).unwrap();
        let mut progress = incoming.progress();
        while progress.next().within("progress").await.unwrap().bytes == 0 {}
        incoming.cancel();
        assert!(incoming.into_partial().within("what has come").await.is_none());
        transfer.finished().within("the end").await.unwrap_err();
        assert!(!is_there(name).await);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_private_file_that_is_cancelled_while_it_closes_goes() {
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
        let transfer = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_private_file(name).unwrap();
        js::settled(js::get(&stuck, "closing"), "the close").await;
        incoming.cancel();
        assert!(incoming.into_partial().within("what has come").await.is_none());
        assert_eq!(transfer.finished().within("the end").await.unwrap_err().kind(), &ErrorKind::Abort);
        assert!(!is_there(name).await);
    })
    .await;
}

/// Whether there is a private file of this name.
async fn is_there(name: &str) -> bool {
    let body = "return navigator.storage.getDirectory()
        .then(directory => directory.getFileHandle(name)).then(() => true, () => false)";
    js::run_to_end("name", &[&name.into()], body).await == true
}
