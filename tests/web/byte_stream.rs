//! A channel as a socket: bytes both ways, held back by who reads slowly.

use std::{pin::pin, time::Duration};

use browser_rtc::{
    ErrorKind,
    channel::{ByteStream, ChannelInit, DataChannel, Message, Reliability},
};
use futures::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, StreamExt,
    future::{Either, join, join4, ready, select},
};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    bytes::{bytes, is_pending, kinds, read_in_pieces, streams, write_in_pieces},
    pair::Pair,
    rng::Rng,
    sleep, watched,
};

const WINDOW: usize = 1024 * 1024;

#[wasm_bindgen_test]
async fn f44_bytes_both_ways_at_once() {
    watched(async {
        let (_pair, a, b) = streams().await;
        let ((a_in, a_out), (b_in, b_out)) = (a.split(), b.split());
        let (there, back, rng) = (bytes(1, 3_000_000), bytes(2, 2_000_000), Rng::new(44));
        let writing = (write_in_pieces(a_out, &there, &rng), write_in_pieces(b_out, &back, &rng));
        let reading = (read_in_pieces(b_in, &rng), read_in_pieces(a_in, &rng));
        let ((), (), at_b, at_a) = join4(writing.0, writing.1, reading.0, reading.1).within_minutes("all bytes").await;
        assert!(at_b == there && at_a == back);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_lines_are_read_where_they_lie() {
    watched(async {
        let (_pair, mut a, b) = streams().await;
        a.write_all("first\nsecond\n".as_bytes()).await.unwrap();
        a.flush().await.unwrap();
        a.write_all("third\nwithout end".as_bytes()).await.unwrap();
        a.close().await.unwrap();
        let lines: Vec<_> = b.lines().map(Result::unwrap).collect().within("the lines").await;
        assert_eq!(lines, ["first", "second", "third", "without end"]);
    })
    .await;
}

/// A writer gets rid of so much, in pieces, and then stands still.
async fn stands_after(stream: &mut ByteStream, length: usize, why: &str) {
    let (piece, mut written) = ([7; 5_000], 0);
    let writing = async {
        while written < length {
            written += stream.write(&piece).await.unwrap();
        }
    };
    writing.within_minutes(&format!("{why}: {length} bytes")).await;
    assert_eq!(written, length, "{why}");
    let a_while = pin!(sleep(Duration::from_millis(700)));
    let more = select(stream.write(&piece), a_while).await;
    assert!(matches!(more, Either::Right(_)), "{why}: it goes on after {length} bytes");
}

#[wasm_bindgen_test]
async fn f44_a_slow_reader_stops_a_fast_writer() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        stands_after(&mut a, 65_536, "nobody has begun to read, so no window is known").await;
        let mut into = vec![0; 1_000];
        b.read_exact(&mut into).within("the first bytes").await.unwrap();
        stands_after(&mut a, WINDOW - 65_536, "the window, with what was read first in it").await;

        // What is read is worth a message once it is a quarter.
        let mut into = vec![0; WINDOW / 4 - 1_000];
        b.read_exact(&mut into).within("a quarter").await.unwrap();
        stands_after(&mut a, WINDOW / 4, "a quarter of the window").await;
        let sent = async {
            while a.channel().buffered_amount() > 0.0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        sent.within("nothing left here: it waits at the other side").await;

        // A reader that comes back gets it all.
        let mut into = vec![0; WINDOW];
        b.read_exact(&mut into).within("the rest").await.unwrap();
        assert!(into.iter().all(|byte| *byte == 7));
        assert!(is_pending(b.read(&mut [0])));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_windows_of_all_sizes() {
    watched(async {
        for (size, held) in [(0, 65_536), (65_536, 65_536), (100_000, 100_000)] {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            let (mut a, mut b) = (ByteStream::new(a).unwrap(), ByteStream::with_window(b, size).unwrap());
            assert!(is_pending(b.read(&mut [0])));
            stands_after(&mut a, held, &format!("window {size}")).await;
            // More than any window goes through.
            let all = bytes(size, 300_000);
            let rest = async {
                let mut into = vec![0; held + all.len()];
                b.read_exact(&mut into).await.unwrap();
                into.split_off(held)
            };
            let (read, written) = join(rest, a.write_all(&all)).within("the rest").await;
            written.unwrap();
            assert!(read == all);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_small_writes_share_a_message_and_large_ones_are_split() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.send("+1000000").within("credit").await.unwrap();
        for byte in 0..100 {
            a.write_all(&[byte]).await.unwrap();
        }
        a.flush().within("flush").await.unwrap();
        let large = bytes(3, 200_000);
        a.write_all(&large).within("a large write").await.unwrap();
        a.close().within("the end").await.unwrap();
        // The greeting is sent by a task of its own, before or after the first bytes.
        let messages = b.map(Result::unwrap).filter(|message| ready(message != &Message::from("+0")));
        let messages: Vec<_> = messages.take(6).collect().within("the messages").await;
        let lengths: Vec<_> = messages.iter().map(|message| message.as_bytes().unwrap().len()).collect();
        assert_eq!(lengths[0], 100);
        assert!(lengths.iter().all(|length| *length <= 65_536), "{lengths:?}");
        assert_eq!(messages.last(), Some(&Message::from("end")));
        let all: Vec<u8> = messages[1..5].iter().flat_map(|message| message.as_bytes().unwrap()).copied().collect();
        assert!(all == large);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_write_leaves_by_itself() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        let mut into = [0; 5];
        let (read, written) = join(b.read_exact(&mut into), a.write_all(b"hello")).within("what nobody flushed").await;
        read.unwrap();
        written.unwrap();
        assert_eq!(&into, b"hello");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_the_wire_is_as_documented() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        let next = async |b: &mut DataChannel| b.next().within("a message").await.unwrap().unwrap();
        assert_eq!(next(&mut b).await, Message::from("+0"));
        // A reader tells how large its window is, beyond what is known.
        assert!(is_pending(a.read(&mut [0])));
        assert_eq!(next(&mut b).await, Message::from("+983040"));
        b.send(&vec![1; 100_000]).within("bytes").await.unwrap();
        b.send(&vec![2; 200_000]).within("bytes").await.unwrap();
        b.send("end").within("the end").await.unwrap();
        let mut all = Vec::new();
        a.read_to_end(&mut all).within("the end").await.unwrap();
        assert_eq!(all.len(), 300_000);
        let Message::Text(credit) = next(&mut b).await else { panic!("not text") };
        let credit: usize = credit.strip_prefix('+').unwrap().parse().unwrap();
        assert!((262_144..=300_000).contains(&credit), "{credit}");
        a.close().within("the end").await.unwrap();
        assert_eq!(next(&mut b).await, Message::from("end"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_bytes_written_before_the_channel_opens() {
    watched(async {
        let pair = Pair::new();
        let mut incoming = pair.b.data_channels();
        let mut early = ByteStream::new(pair.a.create_data_channel("early", &ChannelInit::new()).unwrap()).unwrap();
        let all = bytes(5, 500_000);
        let writing = async {
            early.write_all(&all).await.unwrap();
            early.close().await.unwrap();
        };
        let reading = async {
            pair.connect().await;
            let mut other = ByteStream::new(incoming.next().await.unwrap()).unwrap();
            let mut read = Vec::new();
            other.read_to_end(&mut read).await.unwrap();
            read
        };
        let ((), read) = join(writing, reading).within("what was written early").await;
        assert!(read == all);
        // And the one who was early reads as well.
        assert!(is_pending(early.read(&mut [0])));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_only_an_ordered_and_reliable_channel_carries_bytes() {
    watched(async {
        let unfit = [
            ChannelInit::new().ordered(false),
            ChannelInit::new().reliability(Reliability::MaxRetransmits(3)),
            ChannelInit::new().reliability(Reliability::MaxPacketLifeTime(100)),
        ];
        let pair = Pair::new();
        for init in unfit {
            let channel = pair.a.create_data_channel("unfit", &init).unwrap();
            let refused = ByteStream::new(channel).unwrap_err();
            assert_eq!((refused.operation(), refused.kind()), ("ByteStream", &ErrorKind::NotSupported));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn nothing_to_write_and_no_place_to_read_to() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        assert_eq!(a.write(&[]).within("nothing").await.unwrap(), 0);
        assert_eq!(b.read(&mut []).within("nothing").await.unwrap(), 0);
        a.close().within("the end").await.unwrap();
        assert_eq!(kinds(&a.write(&[1]).await.unwrap_err()).1, ErrorKind::InvalidState);
    })
    .await;
}
