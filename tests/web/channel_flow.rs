//! Back-pressure of channels: water marks, the order of waiting sends, flush and close.

use std::{cell::RefCell, pin::pin, rc::Rc};

use browser_rtc::{
    ErrorKind,
    channel::{ChannelInit, ChannelState, DataChannel, Message},
};
use futures::{
    FutureExt, SinkExt, StreamExt, future,
    future::{join, join_all},
    poll,
    stream::{self, FuturesUnordered},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{Within, js, pair::Pair, peak_buffer::PeakBuffer, rest, watched};

const HIGH: u32 = 256 * 1024;
const LOW: u32 = 64 * 1024;

fn set_marks(channel: &DataChannel) {
    channel.set_high_water_mark(HIGH);
    channel.set_low_water_mark(LOW);
}

/// Asserts that all messages are received in order, and that the buffer never exceeds the high water mark.
async fn assert_transfer(from: DataChannel, to: DataChannel, size: usize, count: usize) {
    let peak = PeakBuffer::new();
    let sending = async {
        let mut message = vec![0; size];
        for number in 0..count {
            message[..4].copy_from_slice(&(number as u32).to_le_bytes());
            from.send(&message).await.unwrap();
        }
    };
    let receiving = async {
        let mut numbers = to.take(count).enumerate();
        while let Some((number, message)) = numbers.next().await {
            let message = message.unwrap();
            let bytes = message.as_bytes().unwrap();
            assert_eq!((bytes.len(), &bytes[..4]), (size, (number as u32).to_le_bytes().as_slice()));
        }
    };
    join(sending, receiving).within_minutes("the transfer of all messages").await;
    let peak = peak.bytes();
    assert!(peak <= f64::from(HIGH), "{peak} bytes buffered, with messages of {size} bytes");
    assert!(peak > f64::from(LOW), "only {peak} bytes buffered, with messages of {size} bytes");
}

#[wasm_bindgen_test]
async fn f42_fast_sender_never_exceeds_high_water_mark() {
    watched(async {
        for (size, count) in [(24, 50_000), (16 * 1024, 500), (HIGH as usize - 1, 20), (HIGH as usize, 20)] {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            set_marks(&a);
            assert_transfer(a, b, size, count).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_handles_share_water_marks() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        assert_eq!((a.high_water_mark(), a.low_water_mark()), (1024 * 1024, 256 * 1024));
        let clone = a.clone();
        set_marks(&a);
        assert_eq!((clone.high_water_mark(), clone.low_water_mark()), (HIGH, LOW));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_oversized_message_waits_for_empty_buffer() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        a.set_high_water_mark(10_000);
        let buffered = Rc::new(RefCell::new(Vec::new()));
        let spy = Closure::<dyn FnMut(f64)>::new({
            let buffered = buffered.clone();
            move |amount| buffered.borrow_mut().push(amount)
        });
        let prototype = js::eval("RTCDataChannel.prototype");
        let body =
            "return function(data) { if (data.length > 10_000) spy(this.bufferedAmount); original.call(this, data); }";
        let replaced = js::run("spy, original", &[spy.as_ref(), &js::get(&prototype, "send")], body);
        let _spy = js::Override::new(&prototype, "send", &replaced);
        for _ in 0..5 {
            a.send(&[0; 5_000]).within("send").await.unwrap();
            a.send(&[0; 50_000]).within("send").await.unwrap();
            assert!(a.buffered_amount() < 10_000.0, "the buffer has no room for another message");
        }
        for number in 0..10 {
            let length = b.next().within("a message").await.unwrap().unwrap().as_bytes().unwrap().len();
            assert_eq!(length, [5_000, 50_000][number % 2]);
        }
        assert_eq!(*buffered.borrow(), [0.0; 5], "amount buffered before each oversized message");
    })
    .await;
}

/// Sends messages of `size` bytes until the buffer has no room for another one. Returns their number.
fn fill(channel: &DataChannel, size: usize) -> usize {
    let message = vec![b'.'; size];
    let sent = (0..).find(|_| match channel.try_send(&message) {
        Ok(()) => false,
        Err(error) if error.kind() == &ErrorKind::WouldBlock => true,
        Err(error) => panic!("{error}"),
    });
    sent.unwrap()
}

#[wasm_bindgen_test]
async fn f42_full_buffer_rejects_try_send_and_delays_send() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        let sent = fill(&a, 16 * 1024);
        assert_eq!(sent, 16);
        assert!(a.buffered_amount() <= f64::from(HIGH));
        a.send("at last").within("send").await.unwrap();
        assert!(a.buffered_amount() <= f64::from(LOW) + 7.0);
        a.close();
        let received = rest(b, "the end of the messages").await;
        assert_eq!(received.len(), sent + 1);
        assert_eq!(received.into_iter().last().unwrap().unwrap(), "at last".into());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_waiting_sends_are_served_in_order() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        let sent = fill(&a, 16 * 1024);
        let served = RefCell::new(Vec::new());
        // The buffer has room for a small message before it has room for a large one.
        let bodies: Vec<_> =
            (0..100_usize).map(|number| vec![number as u8; if number % 3 == 0 { 60_000 } else { 1 }]).collect();
        let sends = bodies.iter().enumerate().map(|(number, body)| {
            let (a, served) = (a.clone(), &served);
            async move {
                a.send(body).await.unwrap();
                served.borrow_mut().push(number);
            }
        });
        let receiving = async {
            for _ in 0..sent {
                b.next().await.unwrap().unwrap();
            }
            let mut order = Vec::new();
            for _ in 0..100 {
                order.push(b.next().await.unwrap().unwrap().as_bytes().unwrap()[0]);
            }
            order
        };
        let waiting = join(join_all(sends), receiving);
        let mut waiting = pin!(waiting);
        assert!(poll!(&mut waiting).is_pending());
        let late = a.try_send("x");
        assert_eq!(late.unwrap_err().kind(), &ErrorKind::WouldBlock, "earlier sends wait");
        let (_, order) = waiting.within_minutes("the transfer of all messages").await;
        assert_eq!(order, (0..100).collect::<Vec<u8>>());
        assert_eq!(served.borrow().len(), 100);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_cancelled_send_passes_turn_to_next() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        let sent = fill(&a, 16 * 1024);
        let words = ["first", "second", "third", "fourth"];
        let mut sends: Vec<_> = words.iter().map(|word| Box::pin(a.send(*word))).collect();
        for send in &mut sends {
            assert!(poll!(send).is_pending());
        }
        // The first send of the queue, one from its middle and one that was woken are dropped.
        drop(sends.remove(2));
        drop(sends.remove(0));
        let (second, fourth) = (sends.remove(0), sends.remove(0));
        second.within("the second send").await.unwrap();
        drop(fourth);
        a.send("fifth").within("the fifth send").await.unwrap();
        a.close();
        let received = rest(b, "the end of the messages").await;
        let words: Vec<_> = received.into_iter().skip(sent).map(Result::unwrap).collect();
        assert_eq!(words, ["second".into(), "fifth".into()]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_flush_ends_at_low_water_mark() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        a.flush().now_or_never().expect("flush of an empty buffer is pending").unwrap();
        for _ in 0..3 {
            fill(&a, 1_000);
            let before = a.buffered_amount();
            assert!(before > f64::from(LOW), "{before} bytes buffered before the flush");
            assert!(a.flush().now_or_never().is_none());
            let flushes = join_all((0..3).map(|_| a.flush()));
            for outcome in flushes.within("the flushes").await {
                outcome.unwrap();
            }
            let after = a.buffered_amount();
            assert!(after <= f64::from(LOW), "{after} bytes buffered after the flush");
        }
        // A low water mark that is raised above the buffered amount ends the flush.
        fill(&a, 1_000);
        let mut flush = pin!(a.flush());
        assert!(poll!(&mut flush).is_pending());
        a.set_low_water_mark(HIGH);
        flush.now_or_never().expect("the flush is still pending").unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_raised_high_water_mark_wakes_send() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        fill(&a, 1_000);
        let mut send = pin!(a.send(&[0; 1_000]));
        assert!(poll!(&mut send).is_pending());
        a.set_high_water_mark(2 * HIGH);
        send.now_or_never().expect("the send is still pending").unwrap();
        assert!(a.buffered_amount() > f64::from(HIGH));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_flush_ends_while_other_handle_sends() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        fill(&a, 1_000);
        let (endless, stop) = future::abortable(async {
            loop {
                a.send(&[0; 16 * 1024]).await.unwrap();
            }
        });
        let flushing = async {
            for _ in 0..3 {
                a.flush().within("flush").await.unwrap();
            }
            stop.abort();
        };
        let receiving = b.for_each(|_| future::ready(()));
        let _pending = future::select(pin!(join(endless, flushing)), pin!(receiving)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_sink_send_ends_while_other_handle_sends() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        fill(&a, 1_000);
        let mut sink = a.clone();
        let (endless, stop) = future::abortable(async {
            loop {
                a.send(&[0; 16 * 1024]).await.unwrap();
            }
        });
        let sinking = async {
            for _ in 0..3 {
                SinkExt::send(&mut sink, "a line".into()).within("the sink's send").await.unwrap();
            }
            stop.abort();
        };
        let receiving = b.for_each(|_| future::ready(()));
        let _pending = future::select(pin!(join(endless, sinking)), pin!(receiving)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_both_directions_at_once_stay_below_mark() {
    watched(async {
        const COUNT: usize = 200;
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        set_marks(&b);
        let exchange = |channel: DataChannel| async move {
            let (mut sink, stream) = channel.split();
            let mut numbers = stream::iter(0..COUNT).map(|number| Ok(Message::from(vec![number as u8; 16 * 1024])));
            let sending = async {
                sink.send_all(&mut numbers).await.unwrap();
                sink
            };
            let (sink, received) = join(sending, stream.take(COUNT).collect::<Vec<_>>()).await;
            drop(sink);
            received
        };
        let peak = PeakBuffer::new();
        let (at_a, at_b) = join(exchange(a), exchange(b)).within_minutes("the transfer of all messages").await;
        for received in [at_a, at_b] {
            assert_eq!(received.len(), COUNT);
            for (number, message) in received.into_iter().enumerate() {
                assert_eq!(message.unwrap(), vec![number as u8; 16 * 1024].into());
            }
        }
        assert!(peak.bytes() <= f64::from(HIGH), "{} bytes buffered", peak.bytes());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f43_sink_close_sends_all_messages() {
    watched(async {
        let (_pair, mut a, b) = Pair::with_channel(&ChannelInit::new()).await;
        set_marks(&a);
        let sent = fill(&a, 16 * 1024);
        a.feed("the last message".into()).within("feed").await.unwrap();
        assert_eq!(a.try_send("x").unwrap_err().kind(), &ErrorKind::WouldBlock);
        SinkExt::close(&mut a).within("the close").await.unwrap();
        assert_eq!(a.state(), ChannelState::Closed);
        assert_eq!(SinkExt::send(&mut a, "late".into()).within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
        SinkExt::close(&mut a).within("the second close").await.unwrap();
        let received = rest(b, "the end of the messages").await;
        assert_eq!(received.len(), sent + 1);
        assert_eq!(received.into_iter().last().unwrap().unwrap(), "the last message".into());
    })
    .await;
}

/// Asserts that a send failed. Until a close of the remote peer is received, a send can succeed.
fn assert_closed(local: bool, outcome: browser_rtc::Result<()>) {
    match outcome {
        Ok(()) => assert!(!local, "a message was sent after the close"),
        Err(error) => assert_eq!(error.kind(), &ErrorKind::Closed),
    }
}

/// Asserts that `end` completes the pending sends and flushes. `local` is `true` for a close by the local peer.
async fn assert_pending_calls_end(local: bool, end: impl FnOnce(&Pair, &DataChannel, &DataChannel)) {
    let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    set_marks(&a);
    fill(&a, 16 * 1024);
    let mut sends: FuturesUnordered<_> = (0..5).map(|_| a.send("never")).collect();
    let mut sink = a.clone();
    sink.feed("never".into()).await.unwrap();
    let flush = a.flush();
    let mut flush = pin!(flush);
    assert!(poll!(&mut flush).is_pending());
    assert!(poll!(sends.next()).is_pending());
    end(&pair, &a, &b);
    while let Some(sent) = sends.next().within("the end of the pending sends").await {
        assert_closed(local, sent);
    }
    assert_closed(local, SinkExt::flush(&mut sink).within("the sink's flush").await);
    // After a local close, the browser still sends the buffered messages.
    let _low_or_closed = flush.within("the flush").await;
}

#[wasm_bindgen_test]
async fn f43_close_wakes_pending_sends_and_flushes() {
    watched(async {
        assert_pending_calls_end(true, |_, a, _| a.close()).await;
        assert_pending_calls_end(false, |_, _, b| b.close()).await;
        assert_pending_calls_end(true, |pair, _, _| pair.a.close()).await;
        assert_pending_calls_end(false, |pair, _, _| pair.b.close()).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f43_close_at_any_point_loses_no_sent_message() {
    watched(async {
        for point in 0..12 {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            set_marks(&a);
            let sender = a.clone();
            let mut sent = Box::pin(async {
                let mut sent = 0_u32;
                while sender.send(&vec![7; 20_000]).await.is_ok() {
                    sent += 1;
                }
                sent
            });
            let receiver = b.clone();
            let mut remaining = pin!(rest(receiver, "the end of the messages"));
            let mut receiver = b.clone();
            for _ in 0..point {
                assert!(poll!(&mut sent).is_pending());
                assert!(receiver.next().within("a message").await.is_some());
            }
            a.close();
            let (sent, remaining) = join(sent, &mut remaining).within("the close").await;
            assert_eq!(remaining.len() as u32 + point, sent, "closed after {point} messages");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_sends_before_open_keep_order() {
    watched(async {
        let pair = Pair::new();
        let mut incoming = pair.b.data_channels();
        let channel = pair.a.create_data_channel("early", &ChannelInit::new()).unwrap();
        let sends = join_all(["one", "two", "three", "four"].map(|word| channel.send(word)));
        let receiving = async {
            pair.connect().await;
            let other_end = incoming.next().within("the incoming channel").await.unwrap();
            other_end.take(4).map(Result::unwrap).collect::<Vec<_>>().within("all messages").await
        };
        let (sent, received) = join(sends, receiving).await;
        sent.into_iter().for_each(Result::unwrap);
        assert_eq!(received, ["one", "two", "three", "four"].map(Message::from));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_send_with_room_reads_no_browser_property() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        // The first send reads the largest message size.
        a.send("first").within("send").await.unwrap();
        let reads = js::eval("{ count: 0 }");
        let body = "const prototype = RTCDataChannel.prototype, saved = {};
            for (const name of ['bufferedAmount', 'readyState', 'bufferedAmountLowThreshold']) {
                const getter = saved[name] = Object.getOwnPropertyDescriptor(prototype, name);
                Object.defineProperty(prototype, name, { ...getter, get() { reads.count++; return getter.get.call(this); } });
            }
            return () => Object.defineProperties(prototype, saved);";
        let undo = js::run("reads", &[&reads], body);
        for _ in 0..1_000 {
            a.send(&[0; 100]).now_or_never().expect("the send is pending").unwrap();
            a.try_send("text").unwrap();
        }
        js::run("undo", &[&undo], "undo()");
        assert_eq!(js::number(&reads, "count"), 0.0);
    })
    .await;
}
