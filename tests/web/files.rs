//! Complete file transfers.

use browser_rtc::{ErrorKind, files::OfferInit};
use futures::{StreamExt, future::join};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    files::{BLOCK, MIB, blob, bytes, content, file, files, finished, offered, sink},
    js, rest, watched,
};

#[wasm_bindgen_test]
async fn file_is_received_as_blob() {
    watched(async {
        let (_pair, a, b) = files().await;
        for length in [0, 1, 70_000, BLOCK, BLOCK + 1, 11 * MIB - 7] {
            let sent = bytes(length);
            let outgoing = a.offer(&file(&sent, "holiday.png")).within("the offer").await.unwrap();
            let offer = offered(&b).await;
            assert_eq!((offer.name(), offer.size(), offer.mime_type()), ("holiday.png", length as u64, "image/png"));
            assert_eq!(offer.id(), outgoing.id());
            let (received, done) = join(finished(offer.accept_to_blob().unwrap()), outgoing.finished()).await;
            done.unwrap();
            let received = received.unwrap();
            assert_eq!(received.type_(), "image/png");
            assert!(content(&received).await == sent, "{length} bytes");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn file_is_received_in_memory() {
    watched(async {
        let (_pair, a, b) = files().await;
        let sent = bytes(3 * MIB + 5);
        let outgoing =
            a.offer_with(&blob(&sent), &OfferInit::new().name("../notes")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        assert_eq!(offer.name(), ".._notes", "path separators are replaced");
        let received = finished(offer.accept_to_memory().unwrap()).await.unwrap();
        assert!(received == sent);
        outgoing.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn file_is_received_in_stream() {
    watched(async {
        let (_pair, a, b) = files().await;
        let sent = bytes(2 * MIB + 5);
        let outgoing = a.offer(&blob(&sent)).within("the offer").await.unwrap();
        let sink = sink();
        let offer = offered(&b).await;
        finished(offer.accept_to_stream(js::get(&sink, "stream").unchecked_ref()).unwrap()).await.unwrap();
        outgoing.finished().within("the end of the transfer").await.unwrap();
        let written = js::run("sink", &[&sink], "return new Blob(sink.written)").unchecked_into();
        assert!(content(&written).await == sent);
        assert_eq!(js::get(&sink, "closed"), true);
    })
    .await;
}

#[wasm_bindgen_test]
async fn file_is_received_in_private_file() {
    watched(async {
        let (_pair, a, b) = files().await;
        for length in [3 * MIB + 5, 5] {
            let sent = bytes(length);
            let outgoing = a.offer(&blob(&sent)).within("the offer").await.unwrap();
            let offer = offered(&b).await;
            let received = finished(offer.accept_to_private_file("f44-file").unwrap()).await.unwrap();
            outgoing.finished().within("the end of the transfer").await.unwrap();
            assert!(content(&received).await == sent, "a longer file of the same name is replaced");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn many_files_are_transferred_in_both_directions() {
    watched(async {
        let (_pair, a, b) = files().await;
        let lengths = [5 * MIB, 3, 0, 2 * MIB + 1, 70_000];
        let transfer = async |from: &browser_rtc::files::Files, to: &browser_rtc::files::Files| {
            let mut transfers = Vec::new();
            for (index, length) in lengths.into_iter().enumerate() {
                let init = OfferInit::new().name(index.to_string());
                transfers.push(from.offer_with(&blob(&bytes(length)), &init).within("the offer").await.unwrap());
            }
            let incoming = lengths.map(async |_| {
                let offer = offered(to).await;
                let index: usize = offer.name().parse().unwrap();
                assert!(finished(offer.accept_to_memory().unwrap()).await.unwrap() == bytes(lengths[index]));
            });
            futures::future::join_all(incoming).await;
            for outgoing in transfers {
                outgoing.finished().within("the end of the transfer").await.unwrap();
            }
        };
        join(transfer(&a, &b), transfer(&b, &a)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn small_file_does_not_wait_for_large_file() {
    watched(async {
        let (_pair, a, b) = files().await;
        let large = a.offer(&blob(&bytes(40 * MIB))).within("the offer").await.unwrap();
        let large_in = offered(&b).await.accept_to_blob().unwrap();
        large.accepted().within("the answer").await.unwrap();
        let small = a.offer(&blob(&bytes(10))).within("the offer").await.unwrap();
        finished(offered(&b).await.accept_to_memory().unwrap()).await.unwrap();
        small.finished().within("the end of the transfer").await.unwrap();
        let progress = large_in.progress_now();
        assert!(progress.bytes < progress.total, "{progress:?}");
        finished(large_in).await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn declined_file_fails_at_sender() {
    watched(async {
        let (_pair, a, b) = files().await;
        for by_drop in [false, true] {
            let outgoing = a.offer(&blob(&bytes(10))).within("the offer").await.unwrap();
            let offer = offered(&b).await;
            if by_drop {
                drop(offer);
            } else {
                offer.decline().unwrap();
            }
            assert_eq!(outgoing.accepted().within("the answer").await.unwrap_err().kind(), &ErrorKind::Declined);
            assert_eq!(
                outgoing.finished().within("the end of the transfer").await.unwrap_err().kind(),
                &ErrorKind::Declined
            );
            rest(outgoing.progress(), "the end of the progress").await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn progress_rises_to_size() {
    watched(async {
        let (_pair, a, b) = files().await;
        let total = 8 * MIB as u64 + 3;
        let outgoing = a.offer(&blob(&bytes(total as usize))).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_blob().unwrap();
        for stream in [outgoing.progress(), incoming.progress()] {
            let steps: Vec<_> = stream.collect().within_minutes("the end of the progress").await;
            assert!(steps.iter().all(|progress| progress.total == total));
            assert!(steps.windows(2).all(|pair| pair[0].bytes < pair[1].bytes), "{steps:?}");
            assert_eq!(steps.last().unwrap().bytes, total);
            assert_eq!(steps.last().unwrap().fraction(), 1.0);
        }
        finished(incoming).await.unwrap();
        outgoing.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn slow_disk_stops_fast_sender() {
    watched(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(&bytes(30 * MIB))).within("the offer").await.unwrap();
        let sink = sink();
        js::run("sink", &[&sink], "sink.gate = new Promise(open => { sink.open = open; })");
        let offer = offered(&b).await;
        let incoming = offer.accept_to_stream(js::get(&sink, "stream").unchecked_ref()).unwrap();
        let mut progress = incoming.progress();
        while progress.next().within("the progress").await.unwrap().bytes < 8 * MIB as u64 {}
        // The sender must not send more.
        super::support::sleep(std::time::Duration::from_millis(500)).await;
        assert_eq!(incoming.progress_now().bytes, 8 * MIB as u64, "size of the window");
        assert_eq!(outgoing.progress_now().bytes, 8 * MIB as u64);
        js::run("sink", &[&sink], "sink.open()");
        finished(incoming).await.unwrap();
        outgoing.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn file_names_are_received_short_and_safe() {
    watched(async {
        let (_pair, a, b) = files().await;
        let report = "報告書".repeat(27) + "報告.docx";
        for (name, expected) in [
            ("報告書".repeat(40) + ".docx", &*report),
            ("a".repeat(252) + ".pdf", &*("a".repeat(251) + ".pdf")),
            ("می\u{200c}خواهم.txt".to_owned(), "می\u{200c}خواهم.txt"),
            ("👨\u{200d}👩\u{200d}👧.png".to_owned(), "👨\u{200d}👩\u{200d}👧.png"),
            ("evil\u{202e}gpj.exe".to_owned(), "evil_gpj.exe"),
            ("con.txt. ".to_owned(), "_con.txt"),
            ("\u{200d}".to_owned(), "file"),
        ] {
            let outgoing = a.offer(&file(b"x", &name)).within("the offer").await.unwrap();
            assert!(outgoing.name().len() <= 255);
            assert_eq!(offered(&b).await.name(), expected);
        }
        // A lone surrogate of JavaScript becomes a replacement character.
        let lone = js::eval("new File(['x'], 'a\\ud83d.txt')").unchecked_into();
        let _outgoing = a.offer(&lone).within("the offer").await.unwrap();
        assert_eq!(offered(&b).await.name(), "a\u{fffd}.txt");
    })
    .await;
}

#[wasm_bindgen_test]
async fn oversized_mime_type_is_omitted() {
    watched(async {
        let (_pair, a, b) = files().await;
        let blob = js::eval("new Blob(['x'], { type: 'text/' + 'x'.repeat(5000) })").unchecked_into();
        let _outgoing = a.offer(&blob).within("the offer").await.unwrap();
        assert_eq!(offered(&b).await.mime_type(), "");
    })
    .await;
}

/// Returns the size of the WebAssembly memory in MiB.
fn wasm_memory() -> f64 {
    let memory = js::get(&wasm_bindgen::memory(), "buffer");
    js::number(&memory, "byteLength") / MIB as f64
}

/// Transfers a large blob into a private file, and checks that neither peer keeps it in memory.
async fn transfer_large_file(mebibytes: u32) {
    let (_pair, a, b) = files().await;
    let body = "const part = new Blob(Array(16).fill(crypto.getRandomValues(new Uint8Array(65_536))));
        return new Blob(Array(count).fill(part))";
    let large = js::run("count", &[&mebibytes.into()], body).unchecked_into();
    let before = (wasm_memory(), super::support::memory::live());
    let outgoing = a.offer(&large).within("the offer").await.unwrap();
    let incoming = offered(&b).await.accept_to_private_file("f44-large").unwrap();
    let (received, sent) = join(incoming.finished(), outgoing.finished()).await;
    sent.unwrap();
    assert_eq!(received.unwrap().size(), f64::from(mebibytes) * MIB as f64);
    let digests = mebibytes as usize * 4 * 32 * 8;
    assert!(wasm_memory() - before.0 < 8.0, "the memory grew from {} to {} MiB", before.0, wasm_memory());
    assert!(super::support::memory::live() < before.1 + digests, "more than the digests is allocated");
    let body = "return navigator.storage.getDirectory().then(directory => directory.removeEntry('f44-large'))";
    js::run_async("", &[], body).await;
}

#[wasm_bindgen_test]
async fn large_file_is_never_in_memory() {
    watched(transfer_large_file(96)).await;
}

/// Run with `wasm-pack test … --test web -- --include-ignored gibibyte`.
#[wasm_bindgen_test]
#[ignore = "takes a minute or two"]
async fn gibibyte_is_never_in_memory() {
    watched(transfer_large_file(1024)).await;
}
