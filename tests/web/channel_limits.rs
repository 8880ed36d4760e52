//! The receive limit of a channel.

use browser_rtc::{
    Error, ErrorKind,
    channel::{ChannelInit, ChannelState, DataChannel, Message},
};
use futures::{StreamExt, future::join};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, rest, watched};

/// Sends messages of these sizes, and waits for the close by the peer.
async fn send_until_closed(a: &DataChannel, sizes: &[usize]) {
    for size in sizes {
        // The peer may close the channel before the last message.
        let _sent_or_closed = a.send(&vec![0; *size]).within("send").await;
    }
    a.closed().within("the close of the channel").await;
}

/// Returns the lengths of the messages, and the kind of the error that ends them.
fn sizes(items: Vec<Result<Message, Error>>) -> (Vec<usize>, Option<ErrorKind>) {
    let mut lengths = Vec::new();
    let mut error = None;
    for item in items {
        assert!(error.is_none(), "an item follows the error");
        match item {
            Ok(message) => lengths.push(message.as_bytes().unwrap().len()),
            Err(failure) => error = Some(failure.kind().clone()),
        }
    }
    (lengths, error)
}

#[wasm_bindgen_test]
async fn f42_exceeded_receive_limit_ends_messages() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        assert_eq!(b.receive_limit(), 64 * 1024 * 1024);
        b.set_receive_limit(100_000);
        assert_eq!(b.clone().receive_limit(), 100_000);
        let a_closed = a.closed();
        send_until_closed(&a, &[10_000; 20]).await;
        a_closed.await;
        b.closed().within("the close of the channel").await;
        assert_eq!(b.state(), ChannelState::Closed);
        let received = rest(b.clone(), "the messages within the limit").await;
        assert_eq!(sizes(received), (vec![10_000; 10], Some(ErrorKind::QuotaExceeded)));
        assert!(b.clone().next().within("the end of the messages").await.is_none());
        assert!(b.js_messages().next().within("the end of the JavaScript messages").await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_read_messages_free_receive_limit() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(100_000);
        let receiving = async {
            let mut b = b.clone();
            for _ in 0..100 {
                let message = b.next().within("a message").await.unwrap().unwrap();
                assert_eq!(message.as_bytes().unwrap().len(), 30_000);
            }
        };
        let sending = async {
            for _ in 0..100 {
                a.send(&vec![0; 30_000]).within("send").await.unwrap();
            }
        };
        join(receiving, sending).await;
        assert_eq!(b.state(), ChannelState::Open);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_receive_limit_counts_every_message() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(10_000);
        let receiving = rest(b, "the error");
        let (received, ()) = join(receiving, send_until_closed(&a, &[10_001, 5])).await;
        assert_eq!(sizes(received), (vec![], Some(ErrorKind::QuotaExceeded)));

        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(640);
        send_until_closed(&a, &[0; 11]).await;
        assert_eq!(sizes(rest(b, "the error").await), (vec![0; 10], Some(ErrorKind::QuotaExceeded)));

        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(1_000);
        for _ in 0..3 {
            a.send(&"x".repeat(400)).within("send").await.unwrap();
        }
        a.closed().within("the close of the channel").await;
        assert_eq!(sizes(rest(b, "the error").await), (vec![400; 2], Some(ErrorKind::QuotaExceeded)));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_receive_limit_error_keeps_queued_sends() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(1_000);
        let receiving = rest(a.clone(), "the end of the messages");
        for _ in 0..50 {
            b.try_send([1; 10_000]).unwrap();
        }
        a.try_send([0; 2_000]).unwrap();
        assert_eq!(sizes(receiving.await), (vec![10_000; 50], None));
    })
    .await;
}
