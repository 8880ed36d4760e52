//! Byte streams over channels: transfer, back-pressure, message sizes and the wire format.

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
async fn f44_bytes_in_both_directions_at_once_arrive() {
    watched(async {
        let (_pair, a, b) = streams().await;
        let ((a_in, a_out), (b_in, b_out)) = (a.split(), b.split());
        let (from_a, from_b, rng) = (bytes(1, 3_000_000), bytes(2, 2_000_000), Rng::new(44));
        let writing = (write_in_pieces(a_out, &from_a, &rng), write_in_pieces(b_out, &from_b, &rng));
        let reading = (read_in_pieces(b_in, &rng), read_in_pieces(a_in, &rng));
        let ((), (), at_b, at_a) =
            join4(writing.0, writing.1, reading.0, reading.1).within_minutes("the transfer of all bytes").await;
        assert!(at_b == from_a && at_a == from_b);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_lines_across_messages_are_read_whole() {
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

/// Asserts that `length` bytes can be written, in pieces, and that the next write is pending.
async fn assert_writable(stream: &mut ByteStream, length: usize, window: &str) {
    let (piece, mut written) = ([7; 5_000], 0);
    let writing = async {
        while written < length {
            written += stream.write(&piece).await.unwrap();
        }
    };
    writing.within_minutes(&format!("the write of {length} bytes ({window})")).await;
    assert_eq!(written, length, "{window}");
    let timeout = pin!(sleep(Duration::from_millis(700)));
    let next = select(stream.write(&piece), timeout).await;
    assert!(matches!(next, Either::Right(_)), "a write after {length} bytes is not pending ({window})");
}

#[wasm_bindgen_test]
async fn f44_slow_reader_stops_fast_writer() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        assert_writable(&mut a, 65_536, "no window is known before the first read").await;
        let mut buffer = vec![0; 1_000];
        b.read_exact(&mut buffer).within("the first bytes").await.unwrap();
        assert_writable(&mut a, WINDOW - 65_536, "the window includes the first bytes").await;

        // The reader sends credit once a quarter of the window is read.
        let mut buffer = vec![0; WINDOW / 4 - 1_000];
        b.read_exact(&mut buffer).within("a quarter of the window").await.unwrap();
        assert_writable(&mut a, WINDOW / 4, "a quarter of the window was read").await;
        let sent = async {
            while a.channel().buffered_amount() > 0.0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        sent.within("the transfer of the buffered bytes to the peer").await;

        // A reader that continues receives all bytes.
        let mut buffer = vec![0; WINDOW];
        b.read_exact(&mut buffer).within("the remaining bytes").await.unwrap();
        assert!(buffer.iter().all(|byte| *byte == 7));
        assert!(is_pending(b.read(&mut [0])));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_window_size_limits_unread_bytes() {
    watched(async {
        for (size, expected) in [(0, 65_536), (65_536, 65_536), (100_000, 100_000)] {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            let (mut a, mut b) = (ByteStream::new(a).unwrap(), ByteStream::with_window(b, size).unwrap());
            assert!(is_pending(b.read(&mut [0])));
            assert_writable(&mut a, expected, &format!("window of {size} bytes")).await;
            // A write that is larger than the window completes.
            let large = bytes(size, 300_000);
            let reading = async {
                let mut buffer = vec![0; expected + large.len()];
                b.read_exact(&mut buffer).await.unwrap();
                buffer.split_off(expected)
            };
            let (read, written) = join(reading, a.write_all(&large)).within("the large write").await;
            written.unwrap();
            assert!(read == large);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_small_writes_are_joined_and_large_split() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.send("+1000000").within("send").await.unwrap();
        for byte in 0..100 {
            a.write_all(&[byte]).await.unwrap();
        }
        a.flush().within("flush").await.unwrap();
        let large = bytes(3, 200_000);
        a.write_all(&large).within("the large write").await.unwrap();
        a.close().within("close").await.unwrap();
        // A separate task sends the greeting, before or after the first bytes.
        let messages = b.map(Result::unwrap).filter(|message| ready(message != &Message::from("+0")));
        let messages: Vec<_> = messages.take(6).collect().within("the messages").await;
        let lengths: Vec<_> = messages.iter().map(|message| message.as_bytes().unwrap().len()).collect();
        assert_eq!(lengths[0], 100);
        assert!(lengths.iter().all(|length| *length <= 65_536), "{lengths:?}");
        assert_eq!(messages.last(), Some(&Message::from("end")));
        let joined: Vec<u8> = messages[1..5].iter().flat_map(|message| message.as_bytes().unwrap()).copied().collect();
        assert!(joined == large);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_write_is_sent_without_flush() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        let mut buffer = [0; 5];
        let (read, written) =
            join(b.read_exact(&mut buffer), a.write_all(b"hello")).within("a write that is not flushed").await;
        read.unwrap();
        written.unwrap();
        assert_eq!(&buffer, b"hello");
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_wire_format_matches_documentation() {
    watched(async {
        let (_pair, a, mut b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        let next = async |b: &mut DataChannel| b.next().within("a message").await.unwrap().unwrap();
        assert_eq!(next(&mut b).await, Message::from("+0"));
        // The first read sends the size of the window beyond the initial credit.
        assert!(is_pending(a.read(&mut [0])));
        assert_eq!(next(&mut b).await, Message::from("+983040"));
        b.send(&vec![1; 100_000]).within("send").await.unwrap();
        b.send(&vec![2; 200_000]).within("send").await.unwrap();
        b.send("end").within("send").await.unwrap();
        let mut read = Vec::new();
        a.read_to_end(&mut read).within("the end of the stream").await.unwrap();
        assert_eq!(read.len(), 300_000);
        let Message::Text(credit) = next(&mut b).await else { panic!("the credit is not a text message") };
        let credit: usize = credit.strip_prefix('+').unwrap().parse().unwrap();
        assert!((262_144..=300_000).contains(&credit), "{credit}");
        a.close().within("close").await.unwrap();
        assert_eq!(next(&mut b).await, Message::from("end"));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_bytes_written_before_open_arrive() {
    watched(async {
        let pair = Pair::new();
        let mut incoming = pair.b.data_channels();
        let mut early = ByteStream::new(pair.a.create_data_channel("early", &ChannelInit::new()).unwrap()).unwrap();
        let sent = bytes(5, 500_000);
        let writing = async {
            early.write_all(&sent).await.unwrap();
            early.close().await.unwrap();
        };
        let reading = async {
            pair.connect().await;
            let mut incoming = ByteStream::new(incoming.next().await.unwrap()).unwrap();
            let mut read = Vec::new();
            incoming.read_to_end(&mut read).await.unwrap();
            read
        };
        let ((), read) = join(writing, reading).within("the transfer of the early bytes").await;
        assert!(read == sent);
        // The other direction is still open.
        assert!(is_pending(early.read(&mut [0])));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_unordered_or_unreliable_channel_is_rejected() {
    watched(async {
        let unsupported = [
            ChannelInit::new().ordered(false),
            ChannelInit::new().reliability(Reliability::MaxRetransmits(3)),
            ChannelInit::new().reliability(Reliability::MaxPacketLifeTime(100)),
        ];
        let pair = Pair::new();
        for init in unsupported {
            let channel = pair.a.create_data_channel("unsupported", &init).unwrap();
            let error = ByteStream::new(channel).unwrap_err();
            assert_eq!((error.operation(), error.kind()), ("ByteStream", &ErrorKind::NotSupported));
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn empty_write_and_read_return_zero() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        assert_eq!(a.write(&[]).within("the empty write").await.unwrap(), 0);
        assert_eq!(b.read(&mut []).within("the empty read").await.unwrap(), 0);
        a.close().within("close").await.unwrap();
        assert_eq!(kinds(&a.write(&[1]).await.unwrap_err()).1, ErrorKind::InvalidState);
    })
    .await;
}
