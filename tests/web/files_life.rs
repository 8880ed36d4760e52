//! Files that do not come to their end: cancelled, cut off, or spoken of by somebody who lies.

use std::{cell::Cell, rc::Rc};

use browser_rtc::{
    ErrorKind, EventStream, Result,
    channel::{ChannelInit, DataChannel, Reliability},
    files::Files,
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    files::{MIB, blob, bytes, files, finished, offered, sink},
    js, memory,
    pair::Pair,
    rest, unheard_rejections, watched,
};

fn kind<T>(result: Result<T>) -> ErrorKind {
    result.err().expect("it is complete").kind().clone()
}

/// A small file arrives: nothing else is in the way.
async fn still_works(from: &Files, to: &Files) {
    let transfer = from.offer(&blob(b"still")).within("the offer").await.unwrap();
    assert_eq!(finished(offered(to).await.accept_to_memory().unwrap()).await.unwrap(), b"still");
    transfer.finished().within("the end").await.unwrap();
}

#[wasm_bindgen_test]
async fn f44_the_sender_cancels() {
    watched(async {
        let (_pair, a, b) = files().await;
        let file = blob(&bytes(20 * MIB));
        for by_dropping in [false, true] {
            let transfer = a.offer(&file).within("the offer").await.unwrap();
            let incoming = offered(&b).await.accept_to_blob().unwrap();
            let mut progress = incoming.progress();
            while progress.next().within("progress").await.unwrap().bytes == 0 {}
            let done = transfer.finished();
            if by_dropping {
                drop(transfer);
            } else {
                transfer.cancel();
            }
            assert_eq!(kind(done.within("the end").await), ErrorKind::Abort);
            assert_eq!(kind(finished(incoming).await), ErrorKind::Abort);
            rest(progress, "the end of the progress").await;
            still_works(&a, &b).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_the_receiver_cancels() {
    watched(async {
        let (_pair, a, b) = files().await;
        let file = blob(&bytes(20 * MIB));
        for by_dropping in [false, true] {
            let transfer = a.offer(&file).within("the offer").await.unwrap();
            let sink = sink();
            let offer = offered(&b).await;
            let incoming = offer.accept_to_stream(js::get(&sink, "stream").unchecked_ref()).unwrap();
            let mut progress = incoming.progress();
            while progress.next().within("progress").await.unwrap().bytes == 0 {}
            let done = incoming.finished();
            if by_dropping {
                drop(incoming);
            } else {
                incoming.cancel();
            }
            assert_eq!(kind(done.within("the end").await), ErrorKind::Abort);
            assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::Abort);
            still_works(&a, &b).await;
            assert_eq!((js::get(&sink, "aborted"), js::get(&sink, "closed")), (true.into(), false.into()));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_the_receiver_cancels_what_a_stream_is_stuck_with() {
    watched(async {
        let (_pair, a, b) = files().await;
        let file = blob(&bytes(10 * MIB));
        for by_dropping in [false, true] {
            let transfer = a.offer(&file).within("the offer").await.unwrap();
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
            if by_dropping {
                drop(incoming);
            } else {
                incoming.cancel();
                assert!(incoming.into_partial().within("what has come").await.is_none());
            }
            assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::Abort);
            still_works(&a, &b).await;
        }
        // Nothing is left that holds the channel.
        let closed = b.channel().closed();
        drop(b);
        closed.within("the close").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_the_receiver_cancels_while_its_stream_closes() {
    watched(async {
        let (_pair, a, b) = files().await;
        let transfer = a.offer(&blob(b"file")).within("the offer").await.unwrap();
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
        js::settled(js::get(&sink, "closing"), "the close").await;
        incoming.cancel();
        js::run("sink", &[&sink], "sink.close()");
        assert_eq!(kind(finished(incoming).await), ErrorKind::Abort);
        assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::Abort);
        still_works(&a, &b).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_an_offer_is_withdrawn() {
    watched(async {
        let (_pair, a, b) = files().await;
        let transfer = a.offer(&blob(b"no")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        transfer.cancel();
        offer.withdrawn().within("the withdrawal").await;
        assert_eq!(kind(offer.accept_to_memory()), ErrorKind::Abort);
        // One that nobody took by then is not even seen.
        let mut arrivals = EventStream::listen(b.channel().as_raw(), "message", |_| Some(()));
        drop(a.offer(&blob(b"no")).within("the offer").await.unwrap());
        for _ in ["the offer", "its end"] {
            arrivals.next().within("a message").await;
        }
        still_works(&a, &b).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_disk_that_is_full() {
    let unheard = unheard_rejections(async {
        let (_pair, a, b) = files().await;
        let transfer = a.offer(&blob(&bytes(3 * MIB))).within("the offer").await.unwrap();
        let full =
            js::eval("new WritableStream({ write() { throw new DOMException('full', 'QuotaExceededError'); } })");
        let incoming = offered(&b).await.accept_to_stream(full.unchecked_ref()).unwrap();
        assert_eq!(kind(finished(incoming).await), ErrorKind::QuotaExceeded);
        assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::Operation);
        still_works(&a, &b).await;
    })
    .await;
    // Of the stream that failed, browsers also reject `closed` and `ready`.
    assert!(unheard.iter().all(|reason| reason.contains("full")), "{unheard:?}");
}

#[wasm_bindgen_test]
async fn f44_a_close_at_any_point_ends_everything() {
    watched(async {
        let sent = bytes(2 * MIB + 5);
        // Two sides, by turns the one or the other closes, after so many messages have come to it.
        for point in 0..24_u32 {
            let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            let (closing, seen) = if point % 2 == 0 { (a.clone(), a.clone()) } else { (b.clone(), b.clone()) };
            let count = Rc::new(Cell::new(0));
            let _closer = browser_rtc::Listener::new(seen.as_raw(), "message", {
                let count = count.clone();
                move |_| {
                    count.set(count.get() + 1);
                    if count.get() == point / 2 {
                        closing.close();
                    }
                }
            });
            drop(seen);
            let (a, b) = (Files::new(a), Files::new(b));
            if point < 2 {
                a.channel().close();
            }
            let send = async {
                let transfer = a.offer(&blob(&sent)).await?;
                let told = transfer.progress().collect::<Vec<_>>();
                let (_accepted, _told) = join(transfer.accepted(), told).await;
                transfer.finished().await
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
            let (sender, receiver) = join(send, receive).in_time(&format!("the end after {point}")).await;
            match receiver {
                Ok(Some(received)) => assert!(received == sent),
                Ok(None) => assert_eq!(kind(sender.clone()), ErrorKind::Closed),
                Err(error) => assert_eq!(error.kind(), &ErrorKind::Closed, "{error}"),
            }
            if let Err(error) = sender {
                assert_eq!(error.kind(), &ErrorKind::Closed, "{error}");
                assert_eq!(kind(a.offer(&blob(b"late")).within("the refusal").await), ErrorKind::Closed);
            }
            drop(pair);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_the_channel_closes_with_the_last_handle() {
    watched(async {
        let (_pair, a, b) = files().await;
        let closed = b.channel().closed();
        let transfer = a.offer(&blob(&bytes(3 * MIB))).within("the offer").await.unwrap();
        let incoming = offered(&b).await.accept_to_memory().unwrap();
        drop(b);
        drop(a);
        // A transfer needs no `Files`.
        finished(incoming).await.unwrap();
        transfer.finished().within("the end").await.unwrap();
        drop(transfer);
        closed.within("the close").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_an_insecure_page_and_a_channel_that_loses() {
    watched(async {
        let (_pair, a, b) = files().await;
        let transfer = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        {
            let _insecure = js::Override::new(&js::eval("globalThis"), "crypto", &js::eval("({})"));
            let refused = a.offer(&blob(b"file")).within("the refusal").await.unwrap_err();
            assert_eq!(refused.kind(), &ErrorKind::NotSupported);
            assert!(refused.message().contains("https"), "{refused}");
            assert_eq!(kind(offer.accept_to_memory()), ErrorKind::NotSupported);
        }
        assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::NotSupported);

        let (_pair, lossy, _b) =
            Pair::with_channel(&ChannelInit::new().reliability(Reliability::MaxRetransmits(0))).await;
        assert_eq!(kind(Files::new(lossy).offer(&blob(b"")).within("the refusal").await), ErrorKind::NotSupported);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_an_id_that_cannot_be_one() {
    watched(async {
        let (_pair, a, _b) = files().await;
        let init = browser_rtc::files::OfferInit::new().id("a/b");
        assert_eq!(kind(a.offer_with(&blob(b""), &init).within("the refusal").await), ErrorKind::Syntax);
    })
    .await;
}

/// One side by this library, the other by hand.
async fn by_hand() -> (Pair, DataChannel, Files) {
    let (pair, hand, b) = Pair::with_channel(&ChannelInit::new()).await;
    (pair, hand, Files::new(b))
}

const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

async fn offer_by_hand(hand: &DataChannel, id: u32, size: usize) {
    let offer = format!(
        r#"{{"type":"offer","version":1,"id":{id},"file_id":"f{id}","name":"n","size":{size},"mime_type":""}}"#
    );
    hand.send(&offer).within("send").await.unwrap();
}

async fn cancel_by_hand(hand: &DataChannel, id: u32) {
    hand.send(&format!(r#"{{"type":"cancel","id":{id},"reason":"cancelled"}}"#)).within("send").await.unwrap();
}

async fn block_by_hand(hand: &DataChannel, id: u32, length: usize, digest: &str) {
    let block = format!(r#"{{"type":"block","id":{id},"index":0,"length":{length},"sha256":"{digest}"}}"#);
    hand.send(&block).within("send").await.unwrap();
}

async fn told(hand: &mut DataChannel, what: &str) -> String {
    loop {
        let message = hand.next().within(what).await.expect("the channel closed").unwrap();
        if let Some(text) = message.as_text().filter(|text| text.contains(what)) {
            return text.to_owned();
        }
    }
}

#[wasm_bindgen_test]
async fn f44_a_transfer_by_hand_as_the_protocol_says() {
    watched(async {
        let (_pair, mut hand, b) = by_hand().await;
        offer_by_hand(&hand, 0, 5).await;
        let incoming = offered(&b).await.accept_to_memory().unwrap();
        assert_eq!(told(&mut hand, "accept").await, r#"{"type":"accept","id":0,"window":32}"#);
        // Of "hello", and of this digest.
        let digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let of_all = "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50";
        block_by_hand(&hand, 0, 5, digest).await;
        hand.send(b"hel").within("send").await.unwrap();
        hand.send(r#"{"type":"later versions say more"}"#).within("send").await.unwrap();
        hand.send(b"lo").within("send").await.unwrap();
        hand.send(&format!(r#"{{"type":"end","id":0,"sha256":"{of_all}"}}"#)).within("send").await.unwrap();
        assert_eq!(finished(incoming).await.unwrap(), b"hello");
        assert_eq!(told(&mut hand, "received").await, r#"{"type":"received","id":0}"#);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_wrong_hashes_and_sizes_end_the_transfer_alone() {
    watched(async {
        let (_pair, mut hand, b) = by_hand().await;
        for (id, announced, length, digest) in [
            (0, 5, 5, NO_DIGEST),
            // Longer than the file, and shorter; more bytes than announced.
            (1, 6, 6, NO_DIGEST),
            (2, 4, 4, NO_DIGEST),
            (3, 5, 9, NO_DIGEST),
        ] {
            offer_by_hand(&hand, id, 5).await;
            let incoming = offered(&b).await.accept_to_memory().unwrap();
            told(&mut hand, "accept").await;
            block_by_hand(&hand, id, announced, digest).await;
            hand.send(&vec![0; length]).within("send").await.unwrap();
            assert_eq!(kind(finished(incoming).await), ErrorKind::InvalidData, "{id}");
            assert!(told(&mut hand, "stop").await.contains("invalid"));
        }
        assert!(b.ended().now_or_never().is_none(), "the channel is still good");
        // More is acknowledged than was sent.
        let transfer = b.offer(&blob(b"hello")).within("the offer").await.unwrap();
        hand.send(r#"{"type":"accept","id":0,"window":8}"#).within("send").await.unwrap();
        hand.send(r#"{"type":"block_ack","id":0,"blocks":7}"#).within("send").await.unwrap();
        assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::InvalidData);
        told(&mut hand, "cancel").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_file_whose_final_hash_is_wrong() {
    watched(async {
        let (_pair, mut hand, b) = by_hand().await;
        offer_by_hand(&hand, 0, 0).await;
        let incoming = offered(&b).await.accept_to_memory().unwrap();
        told(&mut hand, "accept").await;
        hand.send(&format!(r#"{{"type":"end","id":0,"sha256":"{NO_DIGEST}"}}"#)).within("send").await.unwrap();
        assert_eq!(kind(finished(incoming).await), ErrorKind::InvalidData);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_what_is_not_of_the_protocol_ends_the_channel() {
    watched(async {
        for wrong in 0..4 {
            let (_pair, hand, b) = by_hand().await;
            offer_by_hand(&hand, 0, 5).await;
            let incoming = offered(&b).await.accept_to_memory().unwrap();
            let transfer = b.offer(&blob(b"mine")).within("the offer").await.unwrap();
            match wrong {
                0 => hand.send("hello").within("send").await.unwrap(),
                1 => hand.send(b"of no block").within("send").await.unwrap(),
                2 => hand.send(&format!(r#"{{"type":"{}"}}"#, "x".repeat(9_000))).within("send").await.unwrap(),
                _ => offer_by_hand(&hand, 0, 5).await,
            }
            assert_eq!(kind(b.ended().within("the end").await), ErrorKind::InvalidData);
            assert_eq!(kind(finished(incoming).await), ErrorKind::InvalidData);
            assert_eq!(kind(transfer.finished().within("the end").await), ErrorKind::InvalidData);
            hand.closed().within("the close").await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_too_many_offers_are_refused() {
    watched(async {
        let (_pair, mut hand, b) = by_hand().await;
        for id in 0..65 {
            offer_by_hand(&hand, id, 1).await;
        }
        assert_eq!(told(&mut hand, "decline").await, r#"{"type":"decline","id":64,"reason":"busy"}"#);
        let mut waiting = Vec::new();
        for _ in 0..64 {
            waiting.push(offered(&b).await);
        }
        drop(waiting);
        assert!(told(&mut hand, "decline").await.contains("declined"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_offers_that_are_withdrawn_take_no_memory() {
    const COUNT: u32 = 3_000;
    watched(async {
        let (_pair, mut hand, b) = by_hand().await;
        let before = memory::live();
        for id in 0..COUNT {
            offer_by_hand(&hand, id, 1).await;
            cancel_by_hand(&hand, id).await;
        }
        // When this is answered, all before it was read.
        let offer = r#"{"type":"offer","version":2,"id":9999,"file_id":"f","name":"n","size":1,"mime_type":""}"#;
        hand.send(offer).within("send").await.unwrap();
        told(&mut hand, "unsupported").await;
        let kept = memory::live().saturating_sub(before) / COUNT as usize;
        assert!(kept < 50, "of each offer {kept} bytes are kept");
        offer_by_hand(&hand, 10_000, 1).await;
        assert_eq!(offered(&b).await.id(), "f10000");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_an_offer_that_is_dropped_while_it_is_sent() {
    watched(async {
        let (_pair, mut hand, b) = by_hand().await;
        // The browser takes it over, and there is no room for the next.
        b.channel().set_high_water_mark(1);
        assert!(b.offer(&blob(b"no")).now_or_never().is_none());
        assert!(told(&mut hand, "offer").await.contains(r#""id":0"#));
        assert_eq!(told(&mut hand, "cancel").await, r#"{"type":"cancel","id":0,"reason":"cancelled"}"#);
    })
    .await;
}
