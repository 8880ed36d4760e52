//! What comes is bounded, and nothing is lost in silence.

use browser_rtc::{
    Error, ErrorKind,
    channel::{ChannelInit, ChannelState, DataChannel, Message},
};
use futures::{StreamExt, future::join};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, rest, watched};

async fn sent_and_closed(a: &DataChannel, sizes: &[usize]) {
    for size in sizes {
        // The other side may close meanwhile.
        let _sent_or_closed = a.send(&vec![0; *size]).within("send").await;
    }
    a.closed().within("the close").await;
}

fn sizes(items: Vec<Result<Message, Error>>) -> (Vec<usize>, Option<ErrorKind>) {
    let mut lengths = Vec::new();
    let mut error = None;
    for item in items {
        assert!(error.is_none(), "something after the error");
        match item {
            Ok(message) => lengths.push(message.as_bytes().unwrap().len()),
            Err(failure) => error = Some(failure.kind().clone()),
        }
    }
    (lengths, error)
}

#[wasm_bindgen_test]
async fn f42_a_reader_that_is_too_slow_gets_what_had_come_and_an_error() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        assert_eq!(b.receive_limit(), 64 * 1024 * 1024);
        b.set_receive_limit(100_000);
        assert_eq!(b.clone().receive_limit(), 100_000);
        let a_closed = a.closed();
        sent_and_closed(&a, &[10_000; 20]).await;
        a_closed.await;
        b.closed().within("the close").await;
        assert_eq!(b.state(), ChannelState::Closed);
        let all = rest(b.clone(), "what had come").await;
        assert_eq!(sizes(all), (vec![10_000; 10], Some(ErrorKind::QuotaExceeded)));
        assert!(b.clone().next().within("the end").await.is_none());
        assert!(b.js_messages().next().within("the end").await.is_none());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_what_is_taken_makes_room() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(100_000);
        let taken = async {
            let mut b = b.clone();
            for _ in 0..100 {
                let message = b.next().within("a message").await.unwrap().unwrap();
                assert_eq!(message.as_bytes().unwrap().len(), 30_000);
            }
        };
        let sent = async {
            for _ in 0..100 {
                a.send(&vec![0; 30_000]).within("send").await.unwrap();
            }
        };
        join(taken, sent).await;
        assert_eq!(b.state(), ChannelState::Open);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_one_message_over_the_limit_and_many_empty_ones() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(10_000);
        let waiting = rest(b, "the error");
        let (received, ()) = join(waiting, sent_and_closed(&a, &[10_001, 5])).await;
        assert_eq!(sizes(received), (vec![], Some(ErrorKind::QuotaExceeded)));

        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(640);
        sent_and_closed(&a, &[0; 11]).await;
        assert_eq!(sizes(rest(b, "the error").await), (vec![0; 10], Some(ErrorKind::QuotaExceeded)));

        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(1_000);
        for _ in 0..3 {
            a.send(&"x".repeat(400)).within("send").await.unwrap();
        }
        a.closed().within("the close").await;
        assert_eq!(sizes(rest(b, "the error").await), (vec![400; 2], Some(ErrorKind::QuotaExceeded)));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_a_side_that_gets_too_much_still_says_what_it_had_to_say() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(1_000);
        let heard = rest(a.clone(), "the answers and the end");
        for _ in 0..50 {
            b.try_send([1; 10_000]).unwrap();
        }
        a.try_send([0; 2_000]).unwrap();
        let all = heard.await;
        assert_eq!(sizes(all), (vec![10_000; 50], None));
    })
    .await;
}
