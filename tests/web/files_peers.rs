//! Offers to peers that do not use the file protocol, or do so later.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, DataChannel},
    files::Files,
};
use futures::{FutureExt, StreamExt, future::join};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    files::{blob, files, finished, kind, offered},
    pair::Pair,
    rest, sleep, watched,
};

const SHORT: Duration = Duration::from_millis(200);

/// Longer than [`SHORT`].
const LONGER: Duration = Duration::from_millis(700);

/// Returns a `Files` with a short timeout, and the plain channel at its other end.
async fn with_plain_peer() -> (Pair, Files, DataChannel) {
    let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    let files = Files::new(a);
    assert_eq!(files.ack_timeout(), Duration::from_secs(30));
    files.set_ack_timeout(SHORT);
    (pair, files, b)
}

async fn assert_usable(from: &Files, to: &Files) {
    let outgoing = from.offer(&blob(b"file")).within("the offer").await.unwrap();
    assert_eq!(finished(offered(to).await.accept_to_memory().unwrap()).await.unwrap(), b"file");
    outgoing.finished().within("the end of the transfer").await.unwrap();
}

#[wasm_bindgen_test]
async fn offer_to_silent_peer_times_out() {
    watched(async {
        let (_pair, a, mut b) = with_plain_peer().await;
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let (accepted, done) = join(outgoing.accepted(), outgoing.finished()).within("the timeout").await;
        assert_eq!((kind(accepted), kind(done)), (ErrorKind::Timeout, ErrorKind::Timeout));
        rest(outgoing.progress(), "the end of the progress").await;
        for expected in [r#""type":"offer""#, r#"{"type":"cancel","id":0,"reason":"failed"}"#] {
            let message = b.next().within("a message").await.unwrap().unwrap();
            assert!(message.as_text().unwrap().contains(expected), "{message:?}");
        }
        assert!(a.ended().now_or_never().is_none(), "the channel is closed");
        // The peer can still create a `Files`.
        assert_usable(&a, &Files::new(b)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn messages_of_other_protocols_do_not_acknowledge() {
    watched(async {
        let (_pair, a, b) = with_plain_peer().await;
        b.send(r#"{"type":"chat"}"#).within("send").await.unwrap();
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        b.send(r#"{"type":"chat","id":0}"#).within("send").await.unwrap();
        assert_eq!(kind(outgoing.finished().within("the timeout").await), ErrorKind::Timeout);
    })
    .await;
}

#[wasm_bindgen_test]
async fn acknowledged_offer_waits_for_answer() {
    watched(async {
        let (_pair, a, b) = files().await;
        a.set_ack_timeout(SHORT);
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        let offer = offered(&b).await;
        sleep(LONGER).await;
        assert!(outgoing.finished().now_or_never().is_none());
        assert_eq!(finished(offer.accept_to_memory().unwrap()).await.unwrap(), b"file");
        outgoing.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn late_files_handle_acknowledges_earlier_offer() {
    watched(async {
        let (_pair, a, b) = with_plain_peer().await;
        a.set_ack_timeout(Duration::from_secs(20));
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        sleep(LONGER).await;
        let b = Files::new(b);
        assert_eq!(finished(offered(&b).await.accept_to_memory().unwrap()).await.unwrap(), b"file");
        outgoing.finished().within("the end of the transfer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn offer_to_known_peer_does_not_time_out() {
    watched(async {
        let (_pair, a, b) = with_plain_peer().await;
        // The offer makes the peer known. After it, the peer is silent, as after a network failure.
        let offer = r#"{"type":"offer","version":1,"id":0,"file_id":"f","name":"n","size":1,"mime_type":""}"#;
        b.send(offer).within("send").await.unwrap();
        let _offer = offered(&a).await;
        let outgoing = a.offer(&blob(b"file")).within("the offer").await.unwrap();
        sleep(LONGER).await;
        assert!(outgoing.finished().now_or_never().is_none());
        b.send(r#"{"type":"decline","id":0,"reason":"declined"}"#).within("send").await.unwrap();
        assert_eq!(kind(outgoing.finished().within("the end of the transfer").await), ErrorKind::Declined);
    })
    .await;
}

#[wasm_bindgen_test]
async fn every_offer_is_acknowledged_or_declined() {
    watched(async {
        let (_pair, mut plain, b) = Pair::with_channel(&ChannelInit::new()).await;
        let b = Files::new(b);
        for id in 0..65 {
            let offer = format!(
                r#"{{"type":"offer","version":1,"id":{id},"file_id":"f","name":"n","size":3000000000,"mime_type":""}}"#
            );
            plain.send(&offer).within("send").await.unwrap();
        }
        for id in 0..64 {
            let message = plain.next().within("an acknowledgement").await.unwrap().unwrap();
            assert_eq!(message.as_text(), Some(&*format!(r#"{{"type":"offer_ack","id":{id}}}"#)));
        }
        let message = plain.next().within("the decline message").await.unwrap().unwrap();
        assert_eq!(message.as_text(), Some(r#"{"type":"decline","id":64,"reason":"busy"}"#));
        // An offer that is too large for memory can still be declined.
        let offer = offered(&b).await;
        assert!(matches!(kind(offer.accept_to_memory()), ErrorKind::TooLarge { .. }));
        offer.decline().unwrap();
        let message = plain.next().within("the decline message").await.unwrap().unwrap();
        assert_eq!(message.as_text(), Some(r#"{"type":"decline","id":0,"reason":"declined"}"#));
    })
    .await;
}
