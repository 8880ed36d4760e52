//! A fast sender is held back, in turn, and the browser's buffer is never over the mark.

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

use super::support::{Within, js, pair::Pair, rest, watched};

const HIGH: u32 = 256 * 1024;
const LOW: u32 = 64 * 1024;

fn with_marks(channel: &DataChannel) {
    channel.set_high_water_mark(HIGH);
    channel.set_low_water_mark(LOW);
}

/// Notes the most that the buffer holds after any send of the page, until this is dropped.
struct Fill {
    most: JsValue,
    _spy: js::Override,
}

impl Fill {
    fn watch() -> Self {
        let prototype = js::eval("RTCDataChannel.prototype");
        let most = js::eval("{ bytes: 0 }");
        let body = "return function(data) {
            original.call(this, data);
            most.bytes = Math.max(most.bytes, this.bufferedAmount);
        }";
        let spy = js::run("most, original", &[&most, &js::get(&prototype, "send")], body);
        Self { most, _spy: js::Override::new(&prototype, "send", &spy) }
    }

    fn most(&self) -> f64 {
        js::number(&self.most, "bytes")
    }
}

async fn assert_all_come(from: DataChannel, to: DataChannel, size: usize, count: usize) {
    let fill = Fill::watch();
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
    join(sending, receiving).within_minutes("all messages").await;
    let most = fill.most();
    assert!(most <= f64::from(HIGH), "{size}: {most} bytes");
    assert!(most > f64::from(LOW), "{size}: only {most} bytes");
}

#[wasm_bindgen_test]
async fn f42_a_fast_sender_never_fills_the_buffer_over_the_mark() {
    watched(async {
        for (size, count) in [(24, 50_000), (16 * 1024, 500), (HIGH as usize - 1, 20), (HIGH as usize, 20)] {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            with_marks(&a);
            assert_all_come(a, b, size, count).await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_the_marks_are_those_of_all_handles() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        assert_eq!((a.high_water_mark(), a.low_water_mark()), (1024 * 1024, 256 * 1024));
        let other = a.clone();
        with_marks(&a);
        assert_eq!((other.high_water_mark(), other.low_water_mark()), (HIGH, LOW));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_a_message_over_the_mark_goes_when_the_buffer_is_empty() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        a.set_high_water_mark(10_000);
        let sends = Rc::new(RefCell::new(Vec::new()));
        let spy = Closure::<dyn FnMut(f64)>::new({
            let sends = sends.clone();
            move |before| sends.borrow_mut().push(before)
        });
        let prototype = js::eval("RTCDataChannel.prototype");
        let body =
            "return function(data) { if (data.length > 10_000) spy(this.bufferedAmount); original.call(this, data); }";
        let replaced = js::run("spy, original", &[spy.as_ref(), &js::get(&prototype, "send")], body);
        let _watched = js::Override::new(&prototype, "send", &replaced);
        for _ in 0..5 {
            a.send(&[0; 5_000]).within("send").await.unwrap();
            a.send(&[0; 50_000]).within("send").await.unwrap();
            assert!(a.buffered_amount() < 10_000.0, "there is room for the next");
        }
        for number in 0..10 {
            let length = b.next().within("a message").await.unwrap().unwrap().as_bytes().unwrap().len();
            assert_eq!(length, [5_000, 50_000][number % 2]);
        }
        assert_eq!(*sends.borrow(), [0.0; 5]);
    })
    .await;
}

/// Fills the buffer: there is no room for another message of this size.
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
async fn f42_without_room_a_message_is_refused_at_once_or_waits() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        let sent = fill(&a, 16 * 1024);
        assert_eq!(sent, 16);
        assert!(a.buffered_amount() <= f64::from(HIGH));
        a.send("at last").within("send").await.unwrap();
        assert!(a.buffered_amount() <= f64::from(LOW) + 7.0);
        a.close();
        let all = rest(b, "the messages and the end").await;
        assert_eq!(all.len(), sent + 1);
        assert_eq!(all.into_iter().last().unwrap().unwrap(), "at last".into());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_who_came_first_is_served_first() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        let sent = fill(&a, 16 * 1024);
        let served = RefCell::new(Vec::new());
        // Of very different sizes, so that there would be room for some before others.
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
        assert_eq!(late.unwrap_err().kind(), &ErrorKind::WouldBlock, "others wait");
        let (_, order) = waiting.within_minutes("all of them").await;
        assert_eq!(order, (0..100).collect::<Vec<u8>>());
        assert_eq!(served.borrow().len(), 100);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_who_gives_up_leaves_the_turn_to_the_next() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        let sent = fill(&a, 16 * 1024);
        let words = ["first", "second", "third", "fourth"];
        let mut sends: Vec<_> = words.iter().map(|word| Box::pin(a.send(*word))).collect();
        for send in &mut sends {
            assert!(poll!(send).is_pending());
        }
        // The first in the line, one in its midst, and in the end one that has been woken.
        drop(sends.remove(2));
        drop(sends.remove(0));
        let (second, fourth) = (sends.remove(0), sends.remove(0));
        second.within("the second").await.unwrap();
        drop(fourth);
        a.send("fifth").within("the fifth").await.unwrap();
        a.close();
        let all = rest(b, "the messages and the end").await;
        let words: Vec<_> = all.into_iter().skip(sent).map(Result::unwrap).collect();
        assert_eq!(words, ["second".into(), "fifth".into()]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_a_flush_ends_at_the_low_mark() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        a.flush().now_or_never().expect("nothing is there").unwrap();
        for _ in 0..3 {
            fill(&a, 1_000);
            let before = a.buffered_amount();
            assert!(before > f64::from(LOW), "{before}");
            assert!(a.flush().now_or_never().is_none());
            let flushes = join_all((0..3).map(|_| a.flush()));
            for outcome in flushes.within("a low buffer").await {
                outcome.unwrap();
            }
            let after = a.buffered_amount();
            assert!(after <= f64::from(LOW), "{after}");
        }
        // A mark that is raised over what is there is reached by that.
        fill(&a, 1_000);
        let mut flush = pin!(a.flush());
        assert!(poll!(&mut flush).is_pending());
        a.set_low_water_mark(HIGH);
        flush.now_or_never().expect("at once").unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_a_mark_that_is_raised_makes_room() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        fill(&a, 1_000);
        let mut send = pin!(a.send(&[0; 1_000]));
        assert!(poll!(&mut send).is_pending());
        a.set_high_water_mark(2 * HIGH);
        send.now_or_never().expect("at once").unwrap();
        assert!(a.buffered_amount() > f64::from(HIGH));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_a_flush_is_not_kept_from_its_end_by_others_that_send() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
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
        let _left = future::select(pin!(join(endless, flushing)), pin!(receiving)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_a_sink_is_not_kept_from_its_end_by_others_that_send() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        fill(&a, 1_000);
        let mut sink = a.clone();
        let (endless, stop) = future::abortable(async {
            loop {
                a.send(&[0; 16 * 1024]).await.unwrap();
            }
        });
        let sinking = async {
            for _ in 0..3 {
                SinkExt::send(&mut sink, "a line".into()).within("the sink").await.unwrap();
            }
            stop.abort();
        };
        let receiving = b.for_each(|_| future::ready(()));
        let _left = future::select(pin!(join(endless, sinking)), pin!(receiving)).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_both_directions_from_two_tasks() {
    watched(async {
        const COUNT: usize = 200;
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        with_marks(&b);
        let side = |channel: DataChannel| async move {
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
        let fill = Fill::watch();
        let (one, other) = join(side(a), side(b)).within_minutes("all of both").await;
        for received in [one, other] {
            assert_eq!(received.len(), COUNT);
            for (number, message) in received.into_iter().enumerate() {
                assert_eq!(message.unwrap(), vec![number as u8; 16 * 1024].into());
            }
        }
        assert!(fill.most() <= f64::from(HIGH), "{}", fill.most());
    })
    .await;
}

#[wasm_bindgen_test]
async fn f43_a_sink_that_is_closed_has_sent_all() {
    watched(async {
        let (_pair, mut a, b) = Pair::with_channel(&ChannelInit::new()).await;
        with_marks(&a);
        let sent = fill(&a, 16 * 1024);
        a.feed("one that must wait".into()).within("feed").await.unwrap();
        assert_eq!(a.try_send("x").unwrap_err().kind(), &ErrorKind::WouldBlock);
        SinkExt::close(&mut a).within("the close").await.unwrap();
        assert_eq!(a.state(), ChannelState::Closed);
        assert_eq!(SinkExt::send(&mut a, "late".into()).within("send").await.unwrap_err().kind(), &ErrorKind::Closed);
        SinkExt::close(&mut a).within("a second close").await.unwrap();
        let all = rest(b, "the messages and the end").await;
        assert_eq!(all.len(), sent + 1);
        assert_eq!(all.into_iter().last().unwrap().unwrap(), "one that must wait".into());
    })
    .await;
}

/// A close of the other side takes its time, and some may still be sent meanwhile.
fn assert_over(ours: bool, outcome: browser_rtc::Result<()>) {
    match outcome {
        Ok(()) => assert!(!ours, "sent after the close"),
        Err(error) => assert_eq!(error.kind(), &ErrorKind::Closed),
    }
}

/// What waits to be sent, and what waits for a low buffer, when `end` happens.
async fn assert_waiting_is_told(ours: bool, end: impl FnOnce(&Pair, &DataChannel, &DataChannel)) {
    let (pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
    with_marks(&a);
    fill(&a, 16 * 1024);
    let mut sends: FuturesUnordered<_> = (0..5).map(|_| a.send("never")).collect();
    let mut sink = a.clone();
    sink.feed("nor this".into()).await.unwrap();
    let flush = a.flush();
    let mut flush = pin!(flush);
    assert!(poll!(&mut flush).is_pending());
    assert!(poll!(sends.next()).is_pending());
    end(&pair, &a, &b);
    while let Some(sent) = sends.next().within("the waiting ones").await {
        assert_over(ours, sent);
    }
    assert_over(ours, SinkExt::flush(&mut sink).within("the sink").await);
    // What was sent goes on its way after a close of ours.
    let _low_or_closed = flush.within("the flush").await;
}

#[wasm_bindgen_test]
async fn f43_whoever_waits_is_told_of_the_close() {
    watched(async {
        assert_waiting_is_told(true, |_, a, _| a.close()).await;
        assert_waiting_is_told(false, |_, _, b| b.close()).await;
        assert_waiting_is_told(true, |pair, _, _| pair.a.close()).await;
        assert_waiting_is_told(false, |pair, _, _| pair.b.close()).await;
    })
    .await;
}

#[wasm_bindgen_test]
async fn f43_a_close_at_any_point_loses_nothing_that_was_sent() {
    watched(async {
        for point in 0..12 {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            with_marks(&a);
            let sender = a.clone();
            let mut sent = Box::pin(async {
                let mut sent = 0_u32;
                while sender.send(&vec![7; 20_000]).await.is_ok() {
                    sent += 1;
                }
                sent
            });
            let receiver = b.clone();
            let mut received = pin!(rest(receiver, "the messages and the end"));
            let mut taken = b.clone();
            for _ in 0..point {
                // One turn of the page each.
                assert!(poll!(&mut sent).is_pending());
                assert!(taken.next().within("a message").await.is_some());
            }
            a.close();
            let (sent, received) = join(sent, &mut received).within("the end").await;
            assert_eq!(received.len() as u32 + point, sent, "closed at {point}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f40_sends_before_the_channel_opens_keep_their_order() {
    watched(async {
        let pair = Pair::new();
        let mut incoming = pair.b.data_channels();
        let channel = pair.a.create_data_channel("early", &ChannelInit::new()).unwrap();
        let sends = join_all(["one", "two", "three", "four"].map(|word| channel.send(word)));
        let receiving = async {
            pair.connect().await;
            let other_end = incoming.next().within("the channel").await.unwrap();
            other_end.take(4).map(Result::unwrap).collect::<Vec<_>>().within("all words").await
        };
        let (sent, received) = join(sends, receiving).await;
        sent.into_iter().for_each(Result::unwrap);
        assert_eq!(received, ["one", "two", "three", "four"].map(Message::from));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f42_while_there_is_room_the_browser_is_asked_nothing() {
    watched(async {
        let (_pair, a, _b) = Pair::with_channel(&ChannelInit::new()).await;
        a.send("the first asks for the largest").within("send").await.unwrap();
        let reads = js::eval("{ count: 0 }");
        let body = "const prototype = RTCDataChannel.prototype, saved = {};
            for (const name of ['bufferedAmount', 'readyState', 'bufferedAmountLowThreshold']) {
                const getter = saved[name] = Object.getOwnPropertyDescriptor(prototype, name);
                Object.defineProperty(prototype, name, { ...getter, get() { reads.count++; return getter.get.call(this); } });
            }
            return () => Object.defineProperties(prototype, saved);";
        let undo = js::run("reads", &[&reads], body);
        for _ in 0..1_000 {
            a.send(&[0; 100]).now_or_never().expect("at once").unwrap();
            a.try_send("text").unwrap();
        }
        js::run("undo", &[&undo], "undo()");
        assert_eq!(js::number(&reads, "count"), 0.0);
    })
    .await;
}
