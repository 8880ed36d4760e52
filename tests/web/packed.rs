//! Many small messages packed into one channel message.

use std::time::Duration;

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, DataChannel, Message, Packed, Payload, Reliability},
};
use bytes::Bytes;
use futures::{SinkExt, StreamExt, TryStreamExt, future::join, stream};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, memory, pair::Pair, rest, sleep, watched};

async fn packed(init: &ChannelInit) -> (Pair, Packed, Packed) {
    let (pair, a, b) = Pair::with_channel(init).await;
    (pair, Packed::new(a), Packed::new(b))
}

async fn next(packed: &mut Packed) -> Bytes {
    packed.next().within("a message").await.expect("the channel closed").unwrap()
}

#[wasm_bindgen_test]
async fn f44_messages_of_one_task_share_one_frame() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let packed = Packed::new(a);
        packed.send(b"one").within("send").await.unwrap();
        packed.send(b"").within("send").await.unwrap();
        packed.send(&[7; 200]).within("send").await.unwrap();
        let mut frame = b"\x03one\x00\xc8\x01".to_vec();
        frame.extend([7; 200]);
        let next = async |b: &mut DataChannel| b.next().within("a frame").await.unwrap().unwrap();
        assert_eq!(next(&mut b).await, Message::from(frame));

        // Messages of the next task are in the next frame, and a flush separates frames as well.
        packed.send(b"two").within("send").await.unwrap();
        packed.flush().within("flush").await.unwrap();
        packed.send(b"three").within("send").await.unwrap();
        assert_eq!(next(&mut b).await, Message::from(b"\x03two".to_vec()));
        assert_eq!(next(&mut b).await, Message::from(b"\x05three".to_vec()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_full_frame_is_sent_immediately() {
    watched(async {
        for (init, size) in [
            (ChannelInit::new(), 16_384),
            (ChannelInit::new().ordered(false), 16_384),
            (ChannelInit::new().reliability(Reliability::MaxRetransmits(0)), 1_100),
        ] {
            let (_pair, a, b) = Pair::with_channel(&init).await;
            let packed = Packed::new(a);
            assert_eq!(packed.frame_size(), size);
            packed.set_frame_size(1_000);
            for _ in 0..25 {
                packed.try_send(&[7; 99]).unwrap();
            }
            packed.try_send(&[8; 5_000]).unwrap();
            packed.close();
            assert_eq!(packed.try_send(b"late").unwrap_err().kind(), &ErrorKind::Closed);
            let mut lengths: Vec<_> =
                rest(b, "the frames").await.into_iter().map(|frame| frame.unwrap().as_bytes().unwrap().len()).collect();
            if !packed.channel().ordered() {
                lengths.sort_unstable();
            }
            let mut expected = vec![1_000, 1_000, 500, 5_002];
            if !packed.channel().ordered() {
                expected.sort_unstable();
            }
            assert_eq!(lengths, expected);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_packed_messages_arrive_in_order() {
    watched(async {
        let (_pair, a, b) = packed(&ChannelInit::new()).await;
        const COUNT: u32 = 30_000;
        let send = async |packed: Packed, seed: u32| {
            for number in 0..COUNT {
                let message = vec![seed as u8; 4 + (number % 300) as usize];
                packed.send(&[&number.to_le_bytes(), &message[..]].concat()).await.unwrap();
            }
        };
        let receive = async |mut packed: Packed, seed: u32| {
            for number in 0..COUNT {
                let message = packed.next().await.unwrap().unwrap();
                assert_eq!(message.len(), 8 + (number % 300) as usize);
                assert_eq!(message[..4], number.to_le_bytes());
                assert!(message[4..].iter().all(|byte| *byte == seed as u8));
            }
        };
        let a_to_b = join(send(a.clone(), 1), receive(b.clone(), 1));
        let b_to_a = join(send(b, 2), receive(a, 2));
        join(a_to_b, b_to_a).within_minutes("all messages").await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_packed_send_applies_back_pressure() {
    watched(async {
        let (_pair, a, mut b) = packed(&ChannelInit::new()).await;
        let message = [7; 1_000];
        let mut was_blocked = false;
        let sending = async {
            for _ in 0..20_000 {
                was_blocked |= matches!(a.try_send(&message), Err(error) if *error.kind() == ErrorKind::WouldBlock);
                a.send(&message).await.unwrap();
                assert!(a.channel().buffered_amount() <= 1_048_576.0);
            }
            a.close();
        };
        let counting = async {
            let mut count = 0;
            while let Some(message) = b.next().await {
                assert_eq!(message.unwrap().len(), 1_000);
                count += 1;
            }
            count
        };
        let ((), count) = join(sending, counting).within_minutes("all messages").await;
        assert!(was_blocked && count >= 20_000, "{count}");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_packed_messages_do_not_allocate() {
    watched(async {
        let (_pair, a, mut b) = packed(&ChannelInit::new()).await;
        let send_and_receive = async |b: &mut Packed| {
            for number in 0..500 {
                a.try_send(&[number as u8; 24]).unwrap();
            }
            for _ in 0..500 {
                next(b).await;
            }
        };
        // In the first rounds, buffers and queues grow to the required size.
        for _ in 0..3 {
            send_and_receive(&mut b).await;
        }
        let before = memory::allocations();
        for _ in 0..10 {
            send_and_receive(&mut b).await;
        }
        // The waits of the test and each frame allocate as well.
        let each = (memory::allocations() - before) as f64 / 5_000.0;
        let by_waiting = {
            let before = memory::allocations();
            for _ in 0..100 {
                async {}.within("an empty future").await;
            }
            (memory::allocations() - before) as f64 / 100.0
        };
        assert!(each - by_waiting < 0.1, "{each} allocations per message, {by_waiting} of them by the test itself");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_malformed_frames_are_errors_in_order() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut packed = Packed::new(b);
        let payloads: [Payload<'_>; 8] = [
            b"\x01a".into(),
            "text".into(),
            [].as_slice().into(),
            b"\x01b\x06short".into(),
            b"\x80".into(),
            b"\x01c\x80\x80\x80\x80\x00".into(),
            b"\xff\xff\xff\x7f".into(),
            b"\x01d".into(),
        ];
        for payload in payloads {
            a.send(payload).within("send").await.unwrap();
        }
        let mut seen = String::new();
        while !seen.ends_with('d') {
            match packed.next().within("a message").await.unwrap() {
                Ok(message) => seen.push_str(std::str::from_utf8(&message).unwrap()),
                Err(error) => {
                    assert_eq!((error.operation(), error.kind()), ("Packed", &ErrorKind::InvalidData));
                    seen.push('!');
                }
            }
        }
        assert_eq!(seen, "a!b!!c!!d");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_packed_messages_arrive_before_close() {
    watched(async {
        for is_dropped in [false, true] {
            let (_pair, a, b) = packed(&ChannelInit::new()).await;
            for number in 0..=255 {
                a.send(&[number; 1_000]).within("send").await.unwrap();
            }
            let closed = (!is_dropped).then(|| {
                a.close();
                a
            });
            let all: Vec<_> = b.map(Result::unwrap).collect().within("all messages and the end").await;
            assert_eq!(all.len(), 256);
            assert!(all.iter().enumerate().all(|(number, message)| message[..] == [number as u8; 1_000]));
            if let Some(closed) = closed {
                assert_eq!(closed.send(b"late").await.unwrap_err().kind(), &ErrorKind::Closed);
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_unopened_channel_buffers_one_frame() {
    watched(async {
        let pair = Pair::new();
        let mut incoming = pair.b.data_channels();
        let packed = Packed::new(pair.a.create_data_channel("early", &ChannelInit::new()).unwrap());
        let mut early = 0;
        while packed.try_send(&[early; 1_000]).is_ok() {
            early += 1;
        }
        assert_eq!(early, 16);
        assert_eq!(packed.try_send(&[0; 1_000]).unwrap_err().kind(), &ErrorKind::WouldBlock);
        let sending = async { packed.send(&[early; 1_000]).await.unwrap() };
        let connecting = async {
            pair.connect().await;
            incoming.next().await.unwrap()
        };
        let ((), other_end) = join(sending, connecting).within("the channel").await;
        let mut other_end = Packed::new(other_end);
        // In Chromium 156, a channel that has just opened may lose messages that are not received before its close.
        let all: Vec<_> = other_end.by_ref().take(17).map(Result::unwrap).collect().within("all messages").await;
        packed.close();
        assert!(other_end.next().within("the end").await.is_none());
        assert_eq!(all.iter().map(|message| message[0]).collect::<Vec<_>>(), (0..=16).collect::<Vec<_>>());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_pending_packed_send_fails_on_close() {
    watched(async {
        let (pair, a, b) = packed(&ChannelInit::new()).await;
        let sending = async {
            loop {
                if let Err(error) = a.send(&[7; 10_000]).await {
                    break error;
                }
            }
        };
        let closing = async {
            sleep(Duration::from_millis(20)).await;
            pair.a.close();
            pair.b.close();
        };
        let (error, ()) = join(sending, closing).within("the end").await;
        assert_eq!(error.kind(), &ErrorKind::Closed);
        assert_eq!(a.flush().within("flush").await.unwrap_err().kind(), &ErrorKind::Closed);
        let errors = b.filter(|message| std::future::ready(message.is_err())).collect::<Vec<_>>();
        assert!(errors.within("the end").await.is_empty());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_packed_message_over_limit_is_refused() {
    watched(async {
        let (_pair, a, mut b) = packed(&ChannelInit::new()).await;
        let max_size = a.channel().max_message_size().unwrap();
        if max_size > 1 << 20 {
            // The limit of Firefox is too large for a test.
            return;
        }
        a.try_send(b"before").unwrap();
        let refused = a.send(&vec![0; max_size as usize]).within("send").await.unwrap_err();
        let limit = max_size - 4;
        assert_eq!(refused.kind(), &ErrorKind::TooLarge { limit });
        let refused =
            SinkExt::send(&mut a.clone(), vec![0; max_size as usize].into()).within("send").await.unwrap_err();
        assert_eq!(refused.kind(), &ErrorKind::TooLarge { limit });
        let largest = vec![7; limit as usize];
        a.send(&largest).within("send").await.unwrap();
        assert_eq!(next(&mut b).await, "before");
        assert!(next(&mut b).await == largest);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_packed_streams_are_forwarded() {
    watched(async {
        let (_pair, a, b) = packed(&ChannelInit::new()).await;
        let (to_a, from_a) = b.split();
        // Forwarding ends when the other end closes its side.
        let echoing = async { from_a.forward(to_a).await.err() };
        let (mut to_b, from_b) = a.split();
        let numbers = 0..5_000_u32;
        let mut messages = stream::iter(numbers.clone().map(|number| Ok(Bytes::from(vec![number as u8; 100]))));
        let sending = async {
            SinkExt::send_all(&mut to_b, &mut messages).await.unwrap();
            to_b
        };
        let both = async {
            let (mut to_b, all) = join(sending, from_b.take(5_000).try_collect::<Vec<_>>()).await;
            SinkExt::close(&mut to_b).await.unwrap();
            all.unwrap()
        };
        let (_closed, all) = join(echoing, both).within_minutes("the echo").await;
        assert!(all.iter().zip(numbers).all(|(message, number)| message[..] == [number as u8; 100]));
    })
    .await;
}
