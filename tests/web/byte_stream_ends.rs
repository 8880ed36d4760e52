//! How a byte stream ends: by its word, or by anything else at any point.

use std::{io, time::Duration};

use browser_rtc::{
    ErrorKind, EventStream,
    channel::{BinaryType, ByteStream, ChannelInit, ChannelState, Payload},
};
use futures::{
    AsyncReadExt, AsyncWriteExt, StreamExt,
    future::{join, poll_immediate},
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    bytes::{bytes, is_pending, kinds, read_all, streams},
    js,
    pair::Pair,
    sleep, watched,
};

const CUT: (io::ErrorKind, ErrorKind) = (io::ErrorKind::UnexpectedEof, ErrorKind::Closed);
const BROKEN: (io::ErrorKind, ErrorKind) = (io::ErrorKind::BrokenPipe, ErrorKind::Closed);
const BREACH: (io::ErrorKind, ErrorKind) = (io::ErrorKind::InvalidData, ErrorKind::InvalidData);

#[wasm_bindgen_test]
async fn f44_half_closed_from_both_sides() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        let (question, answer) = (bytes(1, 400_000), bytes(2, 700_000));
        let asking = async {
            a.write_all(&question).await.unwrap();
            a.close().await.unwrap();
            let written = a.write(&[1]).await.unwrap_err();
            assert_eq!(kinds(&written), (io::ErrorKind::BrokenPipe, ErrorKind::InvalidState));
            a.close().await.unwrap();
            read_all(&mut a).await
        };
        let answering = async {
            let asked = read_all(&mut b).await;
            // The end stays the end.
            assert_eq!(b.read(&mut [0]).await.unwrap(), 0);
            b.write_all(&answer).await.unwrap();
            b.close().await.unwrap();
            asked
        };
        let ((answered, a_end), (asked, b_end)) = join(asking, answering).within("both ends").await;
        assert!(asked == question && answered == answer);
        a_end.unwrap();
        b_end.unwrap();
        // The channel itself is still there, until a handle goes.
        assert_eq!(a.channel().state(), ChannelState::Open);
        drop(b);
        a.channel().closed().within("the close").await;
        assert_eq!(a.read(&mut [0]).await.unwrap(), 0, "an end that was told stays one");
    })
    .await;
}

/// Around the borders of messages, of what may come before a window is known, and of windows.
const POINTS: [usize; 9] = [0, 1, 511, 65_535, 65_536, 65_537, 200_000, 1_048_576, 1_300_000];

#[wasm_bindgen_test]
async fn f44_a_close_at_every_point_is_an_end() {
    watched(async {
        for length in POINTS {
            let (_pair, mut a, mut b) = streams().await;
            let all = bytes(4, length);
            let writing = async {
                a.write_all(&all).await.unwrap();
                a.close().await.unwrap();
                // And gone at once.
                drop(a);
            };
            let ((), (read, end)) = join(writing, read_all(&mut b)).within("the end").await;
            assert!(read == all, "{} of {length}, then {end:?}", read.len());
            end.unwrap();
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_drop_at_every_point_is_no_end() {
    watched(async {
        for length in POINTS {
            let (_pair, mut a, mut b) = streams().await;
            let all = bytes(4, length);
            let writing = async {
                a.write_all(&all).await.unwrap();
                drop(a);
            };
            let ((), (read, end)) = join(writing, read_all(&mut b)).within("the end").await;
            assert!(read == all, "{} of {length}, then {end:?}", read.len());
            assert_eq!(kinds(&end.unwrap_err()), CUT, "after {length}");
            assert_eq!(kinds(&b.write_all(&[0]).await.unwrap_err()), BROKEN);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_reader_that_goes_breaks_the_pipe_at_every_point() {
    watched(async {
        for length in POINTS {
            let (_pair, mut a, mut b) = streams().await;
            let reading = async {
                b.read_exact(&mut vec![0; length]).await.unwrap();
                drop(b);
            };
            let writing = async {
                let piece = [7; 10_000];
                loop {
                    if let Err(error) = a.write_all(&piece).await {
                        break error;
                    }
                    // The page's own turn: a writer with credit left takes none.
                    sleep(Duration::ZERO).await;
                }
            };
            let ((), error) = join(reading, writing).within("the broken pipe").await;
            assert_eq!(kinds(&error), BROKEN, "after {length}");
            assert_eq!(kinds(&a.flush().await.err().unwrap_or(error)), BROKEN);
            assert_eq!(kinds(&a.read(&mut [0]).await.unwrap_err()), CUT);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_the_connection_goes_while_both_wait() {
    watched(async {
        let (pair, mut a, mut b) = streams().await;
        let mut arriving = EventStream::listen(b.channel().as_raw(), "message", |event| {
            Some(js::number(&js::get(&event, "data"), "byteLength"))
        });
        let writing = async {
            let error = a.write_all(&vec![0; 200_000]).await.unwrap_err();
            (kinds(&error), kinds(&a.read(&mut [0]).await.unwrap_err()), kinds(&a.close().await.unwrap_err()))
        };
        // Nobody reads there, so the writer stands still once all that it may send has come.
        let closing = async {
            let mut come = 0.0;
            while come < 65_536.0 {
                come += arriving.next().await.unwrap();
            }
            pair.b.close();
            pair.a.close();
        };
        let (ends, ()) = join(writing, closing).within("the end").await;
        assert_eq!(ends, (BROKEN, CUT, BROKEN));
        let (read, end) = read_all(&mut b).within("the end").await;
        assert_eq!((read.len(), kinds(&end.unwrap_err())), (65_536, CUT));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_what_breaks_the_rules_ends_the_stream_after_what_was_right() {
    watched(async {
        let too_much = vec![0; 65_537];
        let breaches: [&[Payload<'_>]; 7] = [
            &["".into()],
            &["stop".into()],
            &["++1".into()],
            &["+4294967296".into()],
            &[too_much.as_slice().into()],
            &["end".into(), b"more".into()],
            &["end".into(), "end".into()],
        ];
        for (number, breach) in breaches.into_iter().enumerate() {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            let mut a = ByteStream::with_window(a, 0).unwrap();
            b.send(b"fine").within("what is right").await.unwrap();
            for payload in breach {
                b.send(payload.clone()).within("what is not").await.unwrap();
            }
            let mut into = [0; 4];
            a.read_exact(&mut into).within("what is right").await.unwrap();
            assert_eq!(&into, b"fine");
            if number > 4 {
                // The end has been told, and is seen first.
                assert_eq!(a.read(&mut into).within("the end").await.unwrap(), 0);
            } else {
                let (_, end) = read_all(&mut a).within("the breach").await;
                assert_eq!(kinds(&end.unwrap_err()), BREACH, "breach {number}");
                assert_eq!(kinds(&a.read(&mut into).await.unwrap_err()), BREACH, "it stays one");
                assert_eq!(kinds(&a.write(&[1]).await.unwrap_err()), BREACH);
                b.closed().within("the close").await;
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_blobs_are_no_bytes() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        a.channel().set_binary_type(&BinaryType::Blob);
        b.send(b"bytes").within("send").await.unwrap();
        let end = a.read(&mut [0]).within("the breach").await.unwrap_err();
        assert_eq!(kinds(&end), BREACH);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_nonsense_is_seen_by_a_writer_too() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        let all = vec![0; 65_537];
        let (written, sent) = join(a.write_all(&all), b.send("nonsense")).within("the breach").await;
        sent.unwrap();
        assert_eq!(kinds(&written.unwrap_err()), BREACH);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_write_that_is_given_up_writes_nothing_or_all_it_said() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        a.write_all(&vec![1; 65_536]).within("all credit").await.unwrap();
        // No credit: the write is pending, and is dropped.
        assert_eq!(poll_immediate(a.write(&[2; 10])).await.map(Result::unwrap), None);
        let more = async {
            a.write_all(&[3; 10]).await.unwrap();
            a.close().await.unwrap();
        };
        let ((), (read, end)) = join(more, read_all(&mut b)).within("the end").await;
        end.unwrap();
        assert!(read[..65_536].iter().all(|byte| *byte == 1) && read[65_536..] == [3; 10]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_a_half_that_waits_wakes_when_the_other_half_is_told() {
    watched(async {
        // The reader of one task takes in what the writer of another waits for, and the other way round.
        let (_pair, a, mut b) = streams().await;
        let (mut a_in, mut a_out) = a.split();
        let (done, is_done) = futures::channel::oneshot::channel();
        spawn_local(async move {
            let mut into = Vec::new();
            let end = a_in.read_to_end(&mut into).await;
            done.send((into.len(), end.is_ok())).unwrap();
        });
        sleep(Duration::ZERO).await;
        let all = bytes(6, 300_000);
        let writing = async {
            a_out.write_all(&all).await.unwrap();
            a_out.close().await.unwrap();
        };
        let echoing = async {
            let (read, end) = read_all(&mut b).await;
            end.unwrap();
            b.write_all(&read).await.unwrap();
            b.close().await.unwrap();
        };
        join(writing, echoing).within("there").await;
        assert_eq!(is_done.within("and back").await.unwrap(), (300_000, true));
        assert!(!is_pending(a_out.close()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn ready_resolves_once_the_peer_has_wrapped_its_channel() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let (mut a, mut b) = (ByteStream::with_window(a, 0).unwrap(), ByteStream::with_window(b, 0).unwrap());
        let timeout = Duration::from_secs(20);
        let (a_ready, b_ready) = join(a.ready(timeout), b.ready(timeout)).within("both").await;
        a_ready.unwrap();
        b_ready.unwrap();
        a.ready(Duration::ZERO).within("at once").await.unwrap();
        a.write_all(b"bytes").await.unwrap();
        a.close().await.unwrap();
        assert_eq!(read_all(&mut b).within("the end").await.0, b"bytes");
    })
    .await;
}

#[wasm_bindgen_test]
async fn ready_times_out_beside_a_plain_peer() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.send(b"bytes of something else").within("send").await.unwrap();
        let error = a.ready(Duration::from_millis(300)).within("the timeout").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Timeout);
        // What arrived meanwhile is there, and the peer may still begin.
        let mut into = [0; 23];
        a.read_exact(&mut into).within("the bytes").await.unwrap();
        assert_eq!(&into, b"bytes of something else");
        let _b = ByteStream::new(b).unwrap();
        a.ready(Duration::from_secs(20)).within("the peer").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn ready_fails_with_the_stream() {
    watched(async {
        let timeout = Duration::from_secs(20);
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.send("nonsense").within("send").await.unwrap();
        let error = a.ready(timeout).within("the breach").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidData);

        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.close();
        assert_eq!(a.ready(timeout).within("the close").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}
