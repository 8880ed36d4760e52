//! Large messages, which are split into fragments and reassembled.

use std::{pin::pin, time::Duration};

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, LargeMessages, Message, Payload, Reliability},
};
use futures::{
    FutureExt, StreamExt,
    future::{join, join_all},
    poll,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, pair::Pair, peak_buffer::PeakBuffer, rest, sleep, watched};

const MARK: &[u8] = b"\x9dLM\x01";

async fn large_messages(init: &ChannelInit) -> (Pair, LargeMessages, LargeMessages) {
    let (pair, a, b) = Pair::with_channel(init).await;
    (pair, LargeMessages::new(a), LargeMessages::new(b))
}

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * 7 + at / 251) as u8).collect()
}

async fn received(messages: &mut LargeMessages) -> Message {
    messages.next().within_minutes("a message").await.expect("the channel is closed").unwrap()
}

#[wasm_bindgen_test]
async fn f40_messages_of_any_size_arrive_whole() {
    watched(async {
        let inits = [
            ChannelInit::new(),
            ChannelInit::new().ordered(false),
            // A busy machine can use up 100 retransmits.
            ChannelInit::new().reliability(Reliability::MaxRetransmits(u16::MAX)),
        ];
        for init in inits {
            let (_pair, a, mut b) = large_messages(&init).await;
            let sizes = [0, 1, 262_143, 262_144, 262_145, 262_120, 524_240, 524_241, 1_000_000, 5_000_000];
            for size in sizes {
                let binary = bytes(size);
                let (sent, message) = join(a.send(&binary), received(&mut b)).await;
                sent.unwrap();
                assert_eq!(message, binary.into(), "{size} bytes");
            }
            for size in [0, 262_144, 262_145, 3_000_000] {
                let text = "naïve 🦀 ".chars().cycle().take(size / 2).collect::<String>();
                let (sent, message) = join(a.send(&text), received(&mut b)).await;
                sent.unwrap();
                assert_eq!(message, text.into(), "{size} UTF-16 code units");
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_large_messages_in_javascript_memory_arrive() {
    watched(async {
        let (_pair, a, mut b) = large_messages(&ChannelInit::new()).await;
        for size in [10, 600_000] {
            let expected = bytes(size);
            let view = js_sys::Uint8Array::from(&*expected);
            let padded = js_sys::Uint8Array::new_with_length(size as u32 + 20);
            padded.set(&view, 10);
            let part = padded.subarray(10, 10 + size as u32);
            let blob: web_sys::Blob = js::run("bytes", &[&view], "return new Blob([bytes])").unchecked_into();
            let buffer = view.buffer();
            let payloads: [Payload<'_>; 3] = [(&buffer).into(), (&part).into(), (&blob).into()];
            for payload in payloads {
                let (sent, message) = join(a.send(payload.clone()), received(&mut b)).await;
                sent.unwrap();
                assert_eq!(message.as_bytes(), Some(&*expected), "{size} bytes: {payload:?}");
            }
            let text = "é".repeat(size);
            let js_text: js_sys::JsString = text.as_str().into();
            let (sent, message) = join(a.send(&js_text), received(&mut b)).await;
            sent.unwrap();
            assert_eq!(message, text.into());
        }
        let empty: web_sys::Blob = js::eval("new Blob([])").unchecked_into();
        a.send(&empty).within("send").await.unwrap();
        assert_eq!(received(&mut b).await, vec![].into());
    })
    .await;
}

#[wasm_bindgen_test]
async fn large_views_of_each_type_send_viewed_range() {
    watched(async {
        let (_pair, a, mut b) = large_messages(&ChannelInit::new()).await;
        let expected = bytes(600_000);
        let whole = js_sys::Uint8Array::from(&*[&[9; 8], &*expected, &[9; 8]].concat());
        for expression in ["DataView(buffer, 8, 600_000)", "Float64Array(buffer, 8, 75_000)"] {
            let view = js::run("buffer", &[&whole.buffer()], &format!("return new {expression}"));
            let payload = Payload::try_from(&view).unwrap();
            let (sent, message) = join(a.send(payload), received(&mut b)).await;
            sent.unwrap();
            assert_eq!(message.as_bytes(), Some(&*expected), "{expression}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn buffer_detached_during_send_is_error() {
    watched(async {
        let (_pair, a, mut b) = large_messages(&ChannelInit::new()).await;
        a.channel().set_high_water_mark(1);
        let buffer = js_sys::ArrayBuffer::new(2_000_000);
        let detach = async { js::run("buffer", &[&buffer], "structuredClone(buffer, { transfer: [buffer] })") };
        let (sent, _clone) = join(a.send(&buffer), detach).within("send").await;
        assert_eq!(sent.unwrap_err().operation(), "send");
        a.send("still open").within("send").await.unwrap();
        assert_eq!(received(&mut b).await, "still open".into());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_messages_within_limit_are_sent_unchanged() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let a = LargeMessages::new(a);
        let mut plain = b;
        let buffer = js_sys::Uint8Array::from(&*bytes(1_000)).buffer();
        let payloads: [Payload<'_>; 4] = ["text".into(), b"bytes".into(), (&buffer).into(), "".into()];
        let sends = js::CallCounter::new("RTCDataChannel", "send");
        for payload in payloads {
            a.send(payload).within("send").await.unwrap();
        }
        assert_eq!(sends.count(), 4.0);
        for expected in ["text".into(), b"bytes".as_slice().into(), bytes(1_000).into(), "".into()] {
            assert_eq!(plain.next().within("a message").await.unwrap().unwrap(), expected);
        }
        a.send(MARK).within("send").await.unwrap();
        let escaped = plain.next().within("a message").await.unwrap().unwrap();
        assert_ne!(escaped.as_bytes(), Some(MARK));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_message_that_resembles_fragment_arrives() {
    watched(async {
        let (_pair, a, mut b) = large_messages(&ChannelInit::new()).await;
        for size in [0, 1, 20, 40, 262_140, 600_000] {
            let message = [MARK, &bytes(size)].concat();
            let (sent, received) = join(a.send(&message), received(&mut b)).await;
            sent.unwrap();
            assert_eq!(received, message.into());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_large_messages_keep_order_and_high_water_mark() {
    watched(async {
        let (_pair, a, b) = large_messages(&ChannelInit::new()).await;
        a.channel().set_high_water_mark(600_000);
        let lengths: Vec<usize> = (0..12).map(|number| [700_000, 10][number % 2] + number).collect();
        let bodies: Vec<_> = lengths.iter().map(|length| bytes(*length)).collect();
        let peak = PeakBuffer::new();
        let sends = join_all(bodies.iter().map(|body| a.send(body)));
        let (sent, received) = join(sends, b.take(12).collect::<Vec<_>>()).within_minutes("all messages").await;
        sent.into_iter().for_each(Result::unwrap);
        let received: Vec<_> = received.into_iter().map(|item| item.unwrap().as_bytes().unwrap().len()).collect();
        assert_eq!(received, lengths);
        assert!(peak.bytes() <= 600_000.0, "{} bytes buffered", peak.bytes());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_message_over_either_limit_is_rejected() {
    watched(async {
        let (_pair, a, mut b) = large_messages(&ChannelInit::new()).await;
        assert_eq!(a.limit(), 64 * 1024 * 1024);
        a.set_limit(1_000_000);
        let sends = js::CallCounter::new("RTCDataChannel", "send");
        let error = a.send(&bytes(1_000_001)).within("send").await.unwrap_err();
        assert_eq!((error.operation(), error.kind()), ("send", &ErrorKind::TooLarge { limit: 1_000_000 }));
        assert_eq!(sends.count(), 0.0);
        drop(sends);
        b.set_limit(900_000);
        for _ in 0..2 {
            let (_, message) = join(a.send(&bytes(1_000_000)), b.next()).within("the error").await;
            let error = message.unwrap().unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("message", &ErrorKind::TooLarge { limit: 900_000 }));
            a.send("next").within("send").await.unwrap();
            assert_eq!(received(&mut b).await, "next".into());
            let (sent, message) = join(a.send(&bytes(900_000)), received(&mut b)).await;
            sent.unwrap();
            assert_eq!(message.as_bytes().unwrap().len(), 900_000);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_cancelled_large_message_is_not_received() {
    watched(async {
        for init in [ChannelInit::new(), ChannelInit::new().ordered(false)] {
            let (_pair, a, mut b) = large_messages(&init).await;
            b.set_limit(3_000_000);
            for size in [1_500_000, 2_000_000, 2_500_000] {
                let body = bytes(size);
                {
                    let mut sending = pin!(a.send(&body));
                    assert!(poll!(&mut sending).is_pending());
                    sleep(Duration::from_millis(20)).await;
                }
                a.send("next").within("send").await.unwrap();
                assert_eq!(received(&mut b).await, "next".into());
            }
            let (sent, message) = join(a.send(&bytes(3_000_000)), received(&mut b)).await;
            sent.unwrap();
            assert_eq!(message, bytes(3_000_000).into());
            assert!(b.next().now_or_never().is_none());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn malformed_fragment_is_error_and_stream_continues() {
    watched(async {
        let (_pair, a, mut b) = large_messages(&ChannelInit::new()).await;
        let header = |words: [u32; 5]| [MARK, &words.map(u32::to_le_bytes).concat()].concat();
        let malformed = [
            MARK.to_vec(),
            [MARK, &[0; 19]].concat(),
            header([9, 1, 0, 10, 10]),
            header([2, 2, 0, 0, 0]),
            header([2, 3, 5, 10, 10]),
            [header([2, 4, 0, 10, 10]), vec![0; 9]].concat(),
            [header([1, 5, 0, 2, 2]), vec![0xff; 2]].concat(),
        ];
        for bytes in malformed {
            a.channel().send(&bytes).within("send").await.unwrap();
            let error = b.next().within("an error").await.unwrap().unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("message", &ErrorKind::InvalidData), "{bytes:?}");
            a.send(&bytes).within("send").await.unwrap();
            assert_eq!(received(&mut b).await, bytes.into());
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f43_close_during_large_message_is_error() {
    watched(async {
        let (_pair, a, b) = large_messages(&ChannelInit::new()).await;
        a.channel().set_high_water_mark(300_000);
        a.send("whole").within("send").await.unwrap();
        let body = bytes(5_000_000);
        let sending = a.send(&body);
        let closing = async {
            sleep(Duration::from_millis(5)).await;
            a.channel().close();
        };
        let receiving = rest(b, "the end of the messages");
        let (sent, (), received) = futures::join!(sending, closing, receiving);
        assert_eq!(sent.unwrap_err().kind(), &ErrorKind::Closed);
        let kinds: Vec<_> = received.iter().map(|item| item.as_ref().map_err(|error| error.kind().clone())).collect();
        assert_eq!(kinds, [Ok(&"whole".into()), Err(ErrorKind::Closed)]);
    })
    .await;
}
