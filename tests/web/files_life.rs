//! File transfers that are cancelled or interrupted, and peers that violate the protocol.

use std::{cell::Cell, rc::Rc};

use browser_rtc::{
    ErrorKind, EventStream,
    channel::{ChannelInit, DataChannel, Reliability},
    files::Files,
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    files::{MIB, blob, bytes, files, finished, kind, offered, sink},
    js, memory,
    pair::Pair,
    rest, unhandled_rejections, watched,
};

/// Transfers a small file, to check that an earlier transfer left the channel usable.
async fn assert_usable(from: &Files, to: &Files) {
    let outgoing = from.offer(&blob(b"file")).within("the offer").await.unwrap();
    assert_eq!(finished(offered(to).await.accept_to_memory().unwrap()).await.unwrap(), b"file");
    outgoing.finished().within("the end of the transfer").await.unwrap();
}

#[wasm_bindgen_test]
async fn cancelled_outgoing_file_ends_at_both_peers() {
    watched(async {
        let (_pair, a, b) = files().await;
        let file = blob(&bytes(20 * MIB));
        for by_drop in [false, true] {
            let outgoing = a.offer(&file).within("the offer").await.unwrap();
            let incoming = offered(&b).await.accept_to_blob().unwrap();
            let mut progress = incoming.progress();
            while progress.next().within("the progress").await.unwrap().bytes == 0 {}
            let done = outgoing.finished();
            if by_drop {
                drop(outgoing);
            } else {
                outgoing.cancel();
            }
            assert_eq!(kind(done.within("the end of the transfer").await), ErrorKind::Abort);
            assert_eq!(kind(finished(incoming).await), ErrorKind::Abort);
            rest(progress, "the end of the progress").await;
            assert_usable(&a, &b).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn cancelled_incoming_file_ends_at_both_peers() {
    watched(async {
        let (_pair, a, b) = files().await;
        let file = blob(&bytes(20 * MIB));
        for by_drop in [false, true] {
            let outgoing = a.offer(&file).within("the offer").await.unwrap();
            let sink = sink();
            let offer = offered(&b).await;
            let incoming = offer.accept_to_stream(js::get(&sink, "stream").unchecked_ref()).unwrap();
            let mut progress = incoming.progress();
            while progress.next().within("the progress").await.unwrap().bytes == 0 {}
            let done = incoming.finished();
            if by_drop {
                drop(incoming);
            } else {
                incoming.cancel();
            }
            assert_eq!(kind(done.within("the end of the transfer").await), ErrorKind::Abort);
            assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::Abort);
            assert_usable(&a, &b).await;
            assert_eq!((js::get(&sink, "aborted"), js::get(&sink, "closed")), (true.into(), false.into()));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn cancel_does_not_wait_for_stuck_stream() {
    watched(async {
        let (_pair, a, b) = files().await;
        let file = blob(&bytes(10 * MIB));
        for by_drop in [false, true] {
            let outgoing = a.offer(&file).within("the offer").await.unwrap();
            let stuck = js::eval(
                "(() => {
                    const stuck = {};
                    stuck.writing = new Promise((writing) => {
                        stuck.stream = new WritableStream({ write() { writing(); return new Promise(() => {}); } });
                    });
                    return stuck;
                })()",
            );
            let incoming = offered(&b).await.accept_to_stream(js::get(&stuck, "stream").unchecked_ref()).unwrap();
            js::settled(js::get(&stuck, "writing"), "the write").await;
            if by_drop {
                drop(incoming);
            } else {
                incoming.cancel();
                assert!(incoming.into_partial().within("the partial file").await.is_none());
            }
            assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::Abort);
            assert_usable(&a, &b).await;
        }
        // The stuck stream does not keep the channel open.
        let closed = b.channel().closed();
        drop(b);
        closed.within("the close of the channel").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn cancel_while_stream_closes_is_abort() {
    watched(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let sink = js::eval(
            "(() => {
                const sink = {};
                sink.closing = new Promise((closing) => {
                    sink.stream = new WritableStream({
                        close() { closing(); return new Promise((close) => (sink.close = close)); },
                    });
                });
                return sink;
            })()",
        );
        let incoming = offered(&b).await.accept_to_stream(js::get(&sink, "stream").unchecked_ref()).unwrap();
        js::settled(js::get(&sink, "closing"), "the close of the stream").await;
        incoming.cancel();
        js::run("sink", &[&sink], "sink.close()");
        assert_eq!(kind(finished(incoming).await), ErrorKind::Abort);
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::Abort);
        assert_usable(&a, &b).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn withdrawn_offer_cannot_be_accepted() {
    watched(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(b"no")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        outgoing.cancel();
        offer.withdrawn().within("the withdrawal").await;
        assert_eq!(kind(offer.accept_to_memory()), ErrorKind::Abort);
        // An offer that is withdrawn before `next_offer` returns it is skipped.
        let mut messages = EventStream::listen(b.channel().as_raw(), "message", |_| Some(()));
        drop(a.offer(&blob(b"no")).within("the offer").await.unwrap());
        for message in ["the offer message", "the cancel message"] {
            messages.next().within(message).await;
        }
        assert_usable(&a, &b).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn full_disk_fails_transfer() {
    let reasons = unhandled_rejections(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(&bytes(3 * MIB))).within("the offer").await.unwrap();
        let full =
            js::eval("new WritableStream({ write() { throw new DOMException('full', 'QuotaExceededError'); } })");
        let incoming = offered(&b).await.accept_to_stream(full.unchecked_ref()).unwrap();
        assert_eq!(kind(finished(incoming).await), ErrorKind::QuotaExceeded);
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::Operation);
        assert_usable(&a, &b).await;
    })
    .await;
    // Browsers also reject `closed` and `ready` of the failed stream.
    assert!(reasons.iter().all(|reason| reason.contains("full")), "{reasons:?}");
}

#[wasm_bindgen_test]
async fn close_at_any_point_ends_all_transfers() {
    watched(async {
        let sent = bytes(2 * MIB + 5);
        // Either peer closes the channel, after each number of received messages.
        for point in 0..24_u32 {
            let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            let closing = if point % 2 == 0 { a.clone() } else { b.clone() };
            let raw = closing.as_raw().clone();
            let count = Rc::new(Cell::new(0));
            let _listener = browser_rtc::Listener::new(&raw, "message", {
                let count = count.clone();
                move |_| {
                    count.set(count.get() + 1);
                    if count.get() == point / 2 {
                        closing.close();
                    }
                }
            });
            let (a, b) = (Files::new(a), Files::new(b));
            if point < 2 {
                a.channel().close();
            }
            let send = async {
                let outgoing = a.offer(&blob(&sent)).await?;
                let progress = outgoing.progress().collect::<Vec<_>>();
                let (_accepted, _progress) = join(outgoing.accepted(), progress).await;
                outgoing.finished().await
            };
            let receive = async {
                let Some(offer) = b.next_offer().await else { return Ok(None) };
                let incoming = offer.accept_to_memory()?;
                incoming.progress().collect::<Vec<_>>().await;
                let received = incoming.finished().await;
                if received.is_err() {
                    incoming.into_partial().await;
                }
                received.map(Some)
            };
            let (sender, receiver) =
                join(send, receive).within_minutes(&format!("the end of the transfer at point {point}")).await;
            match receiver {
                Ok(Some(received)) => assert!(received == sent),
                Ok(None) => assert_eq!(kind(sender.clone()), ErrorKind::Closed),
                Err(error) => assert_eq!(error.kind(), &ErrorKind::Closed, "{error}"),
            }
            if let Err(error) = sender {
                assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
                assert_eq!(kind(a.offer(&blob(b"late")).within("the offer").await), ErrorKind::Closed);
            }
            drop(pair);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn channel_closes_with_last_files_handle() {
    watched(async {
        let (_pair, a, b) = files().await;
        let closed = b.channel().closed();
        let outgoing = a.offer(&blob(&bytes(3 * MIB))).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_memory().unwrap();
        drop(b);
        drop(a);
        // Transfers continue without a `Files`.
        finished(incoming).await.unwrap();
        outgoing.finished().within("the end of the transfer").await.unwrap();
        drop(outgoing);
        closed.within("the close of the channel").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn insecure_page_or_lossy_channel_is_not_supported() {
    watched(async {
        let (_pair, a, b) = files().await;
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        {
            let _insecure = js::Override::new(&js::eval("globalThis"), "crypto", &js::eval("({})"));
            let error = a.offer(&blob(b"file")).within("the offer").await.unwrap_err();
            assert_eq!(error.kind(), &ErrorKind::NotSupported);
            assert!(error.message().contains("https"), "{error}");
            assert_eq!(kind(offer.accept_to_memory()), ErrorKind::NotSupported);
        }
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::NotSupported);

        let (_pair, lossy, _b) =
            Pair::with_channel(&ChannelInit::new().reliability(Reliability::MaxRetransmits(0))).await;
        assert_eq!(kind(Files::new(lossy).offer(&blob(b"")).within("the offer").await), ErrorKind::NotSupported);
    })
    .await;
}

#[wasm_bindgen_test]
async fn invalid_id_is_syntax_error() {
    watched(async {
        let (_pair, a, _b) = files().await;
        let init = browser_rtc::files::OfferInit::new().id("a/b");
        assert_eq!(kind(a.offer_with(&blob(b""), &init).within("the offer").await), ErrorKind::Syntax);
    })
    .await;
}

/// Returns a plain channel, and the `Files` at its other end.
async fn with_plain_peer() -> (Pair, DataChannel, Files) {
    let (pair, plain, b) = Pair::with_channel(&ChannelInit::new()).await;
    (pair, plain, Files::new(b))
}

const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

async fn send_offer(plain: &DataChannel, id: u32, size: usize) {
    let offer = format!(
        r#"{{"type":"offer","version":1,"id":{id},"file_id":"f{id}","name":"n","size":{size},"mime_type":""}}"#
    );
    plain.send(&offer).within("send").await.unwrap();
}

async fn send_cancel(plain: &DataChannel, id: u32) {
    plain.send(&format!(r#"{{"type":"cancel","id":{id},"reason":"cancelled"}}"#)).within("send").await.unwrap();
}

async fn send_block(plain: &DataChannel, id: u32, length: usize, digest: &str) {
    let block = format!(r#"{{"type":"block","id":{id},"index":0,"length":{length},"sha256":"{digest}"}}"#);
    plain.send(&block).within("send").await.unwrap();
}

/// Returns the next text message that contains `part`.
async fn text_with(plain: &mut DataChannel, part: &str) -> String {
    loop {
        let message =
            plain.next().within(&format!("a message with {part:?}")).await.expect("the channel is closed").unwrap();
        if let Some(text) = message.as_text().filter(|text| text.contains(part)) {
            return text.to_owned();
        }
    }
}

#[wasm_bindgen_test]
async fn f44_plain_peer_follows_documented_protocol() {
    watched(async {
        let (_pair, mut plain, b) = with_plain_peer().await;
        send_offer(&plain, 0, 5).await;
        let incoming = offered(&b).await.accept_to_memory().unwrap();
        assert_eq!(text_with(&mut plain, "accept").await, r#"{"type":"accept","id":0,"window":32}"#);
        // The digest of "hello", and the digest of this digest.
        let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let final_digest = "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50";
        send_block(&plain, 0, 5, digest).await;
        plain.send(b"hel").within("send").await.unwrap();
        plain.send(r#"{"type":"from a later version"}"#).within("send").await.unwrap();
        plain.send(b"lo").within("send").await.unwrap();
        plain.send(&format!(r#"{{"type":"end","id":0,"sha256":"{final_digest}"}}"#)).within("send").await.unwrap();
        assert_eq!(finished(incoming).await.unwrap(), b"hello");
        assert_eq!(text_with(&mut plain, "received").await, r#"{"type":"received","id":0}"#);
    })
    .await;
}

#[wasm_bindgen_test]
async fn wrong_hash_or_size_ends_one_transfer() {
    watched(async {
        let (_pair, mut plain, b) = with_plain_peer().await;
        for (id, announced, length, digest) in [
            (0, 5, 5, NO_DIGEST),
            // A block longer than the file, a block shorter than the file, and more bytes than announced.
            (1, 6, 6, NO_DIGEST),
            (2, 4, 4, NO_DIGEST),
            (3, 5, 9, NO_DIGEST),
        ] {
            send_offer(&plain, id, 5).await;
            let incoming = offered(&b).await.accept_to_memory().unwrap();
            text_with(&mut plain, "accept").await;
            send_block(&plain, id, announced, digest).await;
            plain.send(&vec![0; length]).within("send").await.unwrap();
            assert_eq!(kind(finished(incoming).await), ErrorKind::InvalidData, "{id}");
            assert!(text_with(&mut plain, "stop").await.contains("invalid"));
        }
        assert!(b.ended().now_or_never().is_none(), "the channel is closed");
        // The peer acknowledges more blocks than were sent.
        let outgoing = b.offer(&blob(b"hello")).within("the offer").await.unwrap();
        plain.send(r#"{"type":"accept","id":0,"window":8}"#).within("send").await.unwrap();
        plain.send(r#"{"type":"block_ack","id":0,"blocks":7}"#).within("send").await.unwrap();
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::InvalidData);
        text_with(&mut plain, "cancel").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn wrong_final_hash_is_invalid_data() {
    watched(async {
        let (_pair, mut plain, b) = with_plain_peer().await;
        send_offer(&plain, 0, 0).await;
        let incoming = offered(&b).await.accept_to_memory().unwrap();
        text_with(&mut plain, "accept").await;
        plain.send(&format!(r#"{{"type":"end","id":0,"sha256":"{NO_DIGEST}"}}"#)).within("send").await.unwrap();
        assert_eq!(kind(finished(incoming).await), ErrorKind::InvalidData);
    })
    .await;
}

#[wasm_bindgen_test]
async fn protocol_violation_ends_channel() {
    watched(async {
        for wrong in 0..4 {
            let (_pair, plain, b) = with_plain_peer().await;
            send_offer(&plain, 0, 5).await;
            let incoming = offered(&b).await.accept_to_memory().unwrap();
            let outgoing = b.offer(&blob(b"mine")).within("the offer").await.unwrap();
            match wrong {
                0 => plain.send("hello").within("send").await.unwrap(),
                1 => plain.send(b"bytes without a block").within("send").await.unwrap(),
                2 => plain.send(&format!(r#"{{"type":"{}"}}"#, "x".repeat(9_000))).within("send").await.unwrap(),
                _ => send_offer(&plain, 0, 5).await,
            }
            assert_eq!(kind(b.ended().within("ended()").await), ErrorKind::InvalidData);
            assert_eq!(kind(finished(incoming).await), ErrorKind::InvalidData);
            assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::InvalidData);
            plain.closed().within("the close of the channel").await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn offers_beyond_limit_are_declined() {
    watched(async {
        let (_pair, mut plain, b) = with_plain_peer().await;
        for id in 0..65 {
            send_offer(&plain, id, 1).await;
        }
        assert_eq!(text_with(&mut plain, "decline").await, r#"{"type":"decline","id":64,"reason":"busy"}"#);
        let mut offers = Vec::new();
        for _ in 0..64 {
            offers.push(offered(&b).await);
        }
        drop(offers);
        assert!(text_with(&mut plain, "decline").await.contains("declined"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn withdrawn_offers_take_no_memory() {
    const COUNT: u32 = 3_000;
    watched(async {
        let (_pair, mut plain, b) = with_plain_peer().await;
        let before = memory::live();
        for id in 0..COUNT {
            send_offer(&plain, id, 1).await;
            send_cancel(&plain, id).await;
        }
        // Once this offer is answered, all earlier messages have been read.
        let offer = r#"{"type":"offer","version":2,"id":9999,"file_id":"f","name":"n","size":1,"mime_type":""}"#;
        plain.send(offer).within("send").await.unwrap();
        text_with(&mut plain, "unsupported").await;
        let kept = memory::live().saturating_sub(before) / COUNT as usize;
        assert!(kept < 50, "{kept} bytes are kept for each offer");
        send_offer(&plain, 10_000, 1).await;
        assert_eq!(offered(&b).await.id(), "f10000");
    })
    .await;
}

#[wasm_bindgen_test]
async fn offer_dropped_while_sending_is_cancelled() {
    watched(async {
        let (_pair, mut plain, b) = with_plain_peer().await;
        // The buffer has no room for a message after the offer.
        b.channel().set_high_water_mark(1);
        assert!(b.offer(&blob(b"no")).now_or_never().is_none());
        assert!(text_with(&mut plain, "offer").await.contains(r#""id":0"#));
        assert_eq!(text_with(&mut plain, "cancel").await, r#"{"type":"cancel","id":0,"reason":"cancelled"}"#);
    })
    .await;
}
