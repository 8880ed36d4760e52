//! Files that cannot be read, stored or accepted.

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, LargeMessages},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::Blob;

use super::support::{
    Within,
    files::{BLOCK, MIB, blob, bytes, content, files, finished, kind, offered, sink},
    js,
    pair::Pair,
    unhandled_rejections, watched,
};

/// Replaces `Blob.arrayBuffer`: after `reads` more reads, it rejects as Firefox does for a file that has changed.
fn failing_reads(reads: u32) -> js::Override {
    let prototype = js::eval("Blob.prototype");
    let body = "return function() {
        if (reads-- > 0) return original.call(this);
        return Promise.reject(new DOMException('The operation was aborted.', 'AbortError'));
    }";
    let failing = js::run("original, reads", &[&js::get(&prototype, "arrayBuffer"), &reads.into()], body);
    js::Override::new(&prototype, "arrayBuffer", &failing)
}

#[wasm_bindgen_test]
async fn transfer_of_unreadable_source_can_be_resumed() {
    watched(async {
        let (_pair, a, b) = files().await;
        let sent = bytes(6 * MIB + 5);
        let outgoing = a.offer(&blob(&sent)).within("the offer").await.unwrap();
        let partial = {
            let _failing = failing_reads(4);
            let incoming = offered(&b).await.accept_to_blob().unwrap();
            let failed = outgoing.finished().within("the end of the transfer").await.unwrap_err();
            assert_eq!(failed.kind(), &ErrorKind::NotReadable);
            assert!(failed.js().is_none(), "the error is the browser's AbortError");
            assert_eq!(kind(incoming.finished().within("the end of the transfer").await), ErrorKind::Operation);
            incoming.into_partial().within("the partial file").await.expect("the received blocks are lost")
        };
        assert!(partial.progress().bytes > 0 && partial.progress().bytes % BLOCK as u64 == 0);
        let again = a.offer_again(&outgoing).within("the offer").await.unwrap();
        let received = finished(offered(&b).await.resume(&partial).unwrap()).await.unwrap();
        again.finished().within("the end of the transfer").await.unwrap();
        assert!(content(&received).await == sent);
    })
    .await;
}

/// Writes a private file and returns its handle.
async fn private_file(name: &str, content: &Blob) -> JsValue {
    let body = "return navigator.storage.getDirectory()
        .then(directory => directory.getFileHandle(name, { create: true }))
        .then(async handle => {
            const writable = await handle.createWritable();
            await writable.write(content);
            await writable.close();
            return handle;
        })";
    js::run_async("name, content", &[&name.into(), content], body).await
}

#[wasm_bindgen_test]
async fn file_changed_after_offer_is_not_readable() {
    watched(async {
        let (_pair, a, b) = files().await;
        let handle = private_file("changes", &blob(&bytes(30 * MIB))).await;
        let file: Blob = js::run_async("handle", &[&handle], "return handle.getFile()").await.unchecked_into();
        let outgoing = a.offer(&file).within("the offer").await.unwrap();
        let sink = sink();
        js::run("sink", &[&sink], "sink.gate = new Promise(open => { sink.open = open; })");
        let offer = offered(&b).await;
        let incoming = offer.accept_to_stream(js::get(&sink, "stream").unchecked_ref()).unwrap();
        let mut progress = incoming.progress();
        while progress.next().within("the progress").await.unwrap().bytes < 8 * MIB as u64 {}
        private_file("changes", &blob(&bytes(29 * MIB))).await;
        js::run("sink", &[&sink], "sink.open()");
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::NotReadable);
        assert_eq!(kind(incoming.finished().within("the end of the transfer").await), ErrorKind::Operation);
        let partial = incoming.into_partial().within("the partial file").await.expect("the received blocks are lost");
        assert!(partial.progress().bytes >= 8 * MIB as u64);
        let remove = "return navigator.storage.getDirectory().then(directory => directory.removeEntry('changes'))";
        js::run_async("", &[], remove).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn abort_error_of_stream_is_not_cancellation() {
    let reasons = unhandled_rejections(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(&bytes(3 * MIB))).within("the offer").await.unwrap();
        let failing =
            js::eval("new WritableStream({ write() { throw new DOMException('disk unplugged', 'AbortError'); } })");
        let incoming = offered(&b).await.accept_to_stream(failing.unchecked_ref()).unwrap();
        let failed = incoming.finished().within("the end of the transfer").await.unwrap_err();
        assert_eq!(failed.kind(), &ErrorKind::Operation);
        assert!(failed.message().contains("disk unplugged"), "{failed}");
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::Operation);
        assert!(incoming.into_partial().within("the partial file").await.is_some());
    })
    .await;
    assert!(reasons.iter().all(|reason| reason.contains("disk unplugged")), "{reasons:?}");
}

#[wasm_bindgen_test]
async fn failed_accept_leaves_offer_pending() {
    watched(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        let sink = sink();
        let stream = js::get(&sink, "stream");
        let writer = js::run("stream", &[&stream], "return stream.getWriter()");
        assert_eq!(kind(offer.accept_to_stream(stream.unchecked_ref())), ErrorKind::Type);
        assert!(outgoing.finished().now_or_never().is_none());
        js::run("writer", &[&writer], "writer.releaseLock()");
        let incoming = offer.accept_to_stream(stream.unchecked_ref()).unwrap();
        for again in [offer.accept_to_memory().map(drop), offer.accept_to_blob().map(drop), offer.decline()] {
            assert_eq!(kind(again), ErrorKind::InvalidState);
        }
        drop(offer);
        finished(incoming).await.unwrap();
        outgoing.finished().within("the end of the transfer").await.unwrap();
        assert_eq!((js::get(&sink, "closed"), js::get(&sink, "aborted")), (true.into(), false.into()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn large_message_of_unreadable_blob_fails() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        let messages = LargeMessages::new(a);
        let large = blob(&bytes(2 * MIB));
        let _failing = failing_reads(2);
        assert_eq!(kind(messages.send(&large).within("send").await), ErrorKind::NotReadable);
    })
    .await;
}
