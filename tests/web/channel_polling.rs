//! Receiving without waiting, such as in a game loop.

use std::time::Duration;

use browser_rtc::{
    ErrorKind, Result,
    channel::{ChannelInit, Json, Message, Packed, Reliability, Typed},
};
use futures::{FutureExt, StreamExt};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, pair::Pair, sleep, watched};

/// Polls until a message has arrived.
async fn poll<T>(what: &str, receive: impl Fn() -> Result<Option<T>>) -> Result<T> {
    async {
        loop {
            if let Some(message) = receive().transpose() {
                return message;
            }
            sleep(Duration::from_millis(5)).await;
        }
    }
    .within(what)
    .await
}

#[wasm_bindgen_test]
async fn try_receive_returns_each_message_once_until_closed() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        assert_eq!(b.try_receive().unwrap(), None);
        a.send("one").within("send").await.unwrap();
        a.send(&[2]).within("send").await.unwrap();
        a.send("three").within("send").await.unwrap();
        assert_eq!(poll("a text", || b.try_receive()).await.unwrap(), Message::from("one"));
        assert_eq!(poll("bytes", || b.try_receive()).await.unwrap(), Message::from([2]));
        assert_eq!(b.next().within("the stream").await.unwrap().unwrap(), Message::from("three"));
        assert!(b.next().now_or_never().is_none());
        assert_eq!(b.try_receive().unwrap(), None);

        a.send("last").within("send").await.unwrap();
        a.close();
        b.closed().within("the close").await;
        assert_eq!(b.try_receive().unwrap(), Some(Message::from("last")));
        for _ in 0..2 {
            let error = b.try_receive().unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("receive", &ErrorKind::Closed));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn try_receive_leaves_waiting_stream_registered() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut waiting = b.clone();
        let next = waiting.next();
        let polled = async {
            assert_eq!(b.try_receive().unwrap(), None);
            a.send("for the stream").within("send").await.unwrap();
        };
        let (message, ()) = futures::future::join(next, polled).within("a message").await;
        assert_eq!(message.unwrap().unwrap(), Message::from("for the stream"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn try_receive_reports_exceeded_limit_once() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        b.set_receive_limit(100);
        for _ in 0..2 {
            a.send("x").within("send").await.unwrap();
        }
        b.closed().within("the close").await;
        assert_eq!(b.try_receive().unwrap(), Some(Message::from("x")));
        assert_eq!(b.try_receive().unwrap_err().kind(), &ErrorKind::QuotaExceeded);
        assert_eq!(b.try_receive().unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn packed_messages_are_received_without_waiting() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let packed = Packed::new(b);
        assert_eq!(packed.try_receive().unwrap(), None);
        a.send(b"\x03one\x03two").within("send").await.unwrap();
        a.send("no frame").within("send").await.unwrap();
        a.send(b"\x05three").within("send").await.unwrap();
        assert_eq!(poll("a message", || packed.try_receive()).await.unwrap(), "one");
        assert_eq!(packed.try_receive().unwrap().unwrap(), "two");
        assert_eq!(poll("an error", || packed.try_receive()).await.unwrap_err().kind(), &ErrorKind::InvalidData);
        assert_eq!(poll("a message", || packed.try_receive()).await.unwrap(), "three");
        a.close();
        packed.channel().closed().within("the close").await;
        assert_eq!(packed.try_receive().unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}

#[wasm_bindgen_test]
async fn typed_values_are_received_without_waiting() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::unreliable()).await;
        assert_eq!((a.ordered(), a.reliability()), (false, Reliability::MaxRetransmits(0)));
        let typed: Typed<u32> = Typed::new(b.clone());
        let typed_packed: Typed<u32, Json, u32, Packed> = Typed::new(Packed::new(b));
        assert_eq!(typed.try_receive().unwrap(), None);
        assert_eq!(typed_packed.try_receive().unwrap(), None);
        a.send("7").within("send").await.unwrap();
        assert_eq!(poll("a value", || typed.try_receive()).await.unwrap(), 7);
        a.send("seven").within("send").await.unwrap();
        assert_eq!(poll("an error", || typed.try_receive()).await.unwrap_err().kind(), &ErrorKind::InvalidData);
        a.send(b"\x018\x019").within("send").await.unwrap();
        assert_eq!(poll("a value", || typed_packed.try_receive()).await.unwrap(), 8);
        assert_eq!(typed_packed.try_receive().unwrap(), Some(9));
        a.close();
        typed.channel().closed().within("the close").await;
        assert_eq!(typed.try_receive().unwrap_err().kind(), &ErrorKind::Closed);
        assert_eq!(typed_packed.try_receive().unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}
