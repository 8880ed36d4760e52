//! The end of a byte stream: by a close, a drop, a protocol violation or the end of its connection.

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

const UNEXPECTED_EOF: (io::ErrorKind, ErrorKind) = (io::ErrorKind::UnexpectedEof, ErrorKind::Closed);
const BROKEN_PIPE: (io::ErrorKind, ErrorKind) = (io::ErrorKind::BrokenPipe, ErrorKind::Closed);
const VIOLATION: (io::ErrorKind, ErrorKind) = (io::ErrorKind::InvalidData, ErrorKind::InvalidData);

#[wasm_bindgen_test]
async fn f44_half_closed_stream_carries_other_direction() {
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
            let received = read_all(&mut b).await;
            // Reads after the end return zero again.
            assert_eq!(b.read(&mut [0]).await.unwrap(), 0);
            b.write_all(&answer).await.unwrap();
            b.close().await.unwrap();
            received
        };
        let ((at_a, a_end), (at_b, b_end)) = join(asking, answering).within("the end of both directions").await;
        assert!(at_b == question && at_a == answer);
        a_end.unwrap();
        b_end.unwrap();
        // The channel stays open until a handle is dropped.
        assert_eq!(a.channel().state(), ChannelState::Open);
        drop(b);
        a.channel().closed().within("the close of the channel").await;
        assert_eq!(a.read(&mut [0]).await.unwrap(), 0, "the close of the channel replaced the end of the stream");
    })
    .await;
}

/// Numbers of bytes around the limits of a message, of the initial credit and of the window.
const POINTS: [usize; 9] = [0, 1, 511, 65_535, 65_536, 65_537, 200_000, 1_048_576, 1_300_000];

#[wasm_bindgen_test]
async fn f44_close_at_any_point_is_end_of_stream() {
    watched(async {
        for length in POINTS {
            let (_pair, mut a, mut b) = streams().await;
            let sent = bytes(4, length);
            let writing = async {
                a.write_all(&sent).await.unwrap();
                a.close().await.unwrap();
                drop(a);
            };
            let ((), (read, end)) = join(writing, read_all(&mut b)).within("the end of the stream").await;
            assert!(read == sent, "{} of {length} bytes read, then {end:?}", read.len());
            end.unwrap();
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_drop_at_any_point_is_unexpected_eof() {
    watched(async {
        for length in POINTS {
            let (_pair, mut a, mut b) = streams().await;
            let sent = bytes(4, length);
            let writing = async {
                a.write_all(&sent).await.unwrap();
                drop(a);
            };
            let ((), (read, end)) = join(writing, read_all(&mut b)).within("the end of the stream").await;
            assert!(read == sent, "{} of {length} bytes read, then {end:?}", read.len());
            assert_eq!(kinds(&end.unwrap_err()), UNEXPECTED_EOF, "after {length} bytes");
            assert_eq!(kinds(&b.write_all(&[0]).await.unwrap_err()), BROKEN_PIPE);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_dropped_reader_at_any_point_breaks_pipe() {
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
                    // A writer with credit does not yield to the page.
                    sleep(Duration::ZERO).await;
                }
            };
            let ((), error) = join(reading, writing).within("the broken pipe").await;
            assert_eq!(kinds(&error), BROKEN_PIPE, "after {length} bytes");
            assert_eq!(kinds(&a.flush().await.err().unwrap_or(error)), BROKEN_PIPE);
            assert_eq!(kinds(&a.read(&mut [0]).await.unwrap_err()), UNEXPECTED_EOF);
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_connection_close_ends_both_halves() {
    watched(async {
        let (pair, mut a, mut b) = streams().await;
        let mut lengths = EventStream::listen(b.channel().as_raw(), "message", |event| {
            Some(js::number(&js::get(&event, "data"), "byteLength"))
        });
        let writing = async {
            let error = a.write_all(&vec![0; 200_000]).await.unwrap_err();
            (kinds(&error), kinds(&a.read(&mut [0]).await.unwrap_err()), kinds(&a.close().await.unwrap_err()))
        };
        // Stream b is not read, so the writer waits once the initial credit is used.
        let closing = async {
            let mut received = 0.0;
            while received < 65_536.0 {
                received += lengths.next().await.unwrap();
            }
            pair.b.close();
            pair.a.close();
        };
        let (ends, ()) = join(writing, closing).within("the failure of the writer").await;
        assert_eq!(ends, (BROKEN_PIPE, UNEXPECTED_EOF, BROKEN_PIPE));
        let (read, end) = read_all(&mut b).within("the end of the stream").await;
        assert_eq!((read.len(), kinds(&end.unwrap_err())), (65_536, UNEXPECTED_EOF));
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_protocol_violation_fails_after_valid_bytes() {
    watched(async {
        let beyond_credit = vec![0; 65_537];
        let violations: [&[Payload<'_>]; 7] = [
            &["".into()],
            &["stop".into()],
            &["++1".into()],
            &["+4294967296".into()],
            &[beyond_credit.as_slice().into()],
            &["end".into(), b"more".into()],
            &["end".into(), "end".into()],
        ];
        for (number, violation) in violations.into_iter().enumerate() {
            let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
            let mut a = ByteStream::with_window(a, 0).unwrap();
            b.send(b"fine").within("send").await.unwrap();
            for payload in violation {
                b.send(payload.clone()).within("send").await.unwrap();
            }
            let mut buffer = [0; 4];
            a.read_exact(&mut buffer).within("the valid bytes").await.unwrap();
            assert_eq!(&buffer, b"fine");
            if number > 4 {
                // The end of the stream precedes the violation.
                assert_eq!(a.read(&mut buffer).within("the end of the stream").await.unwrap(), 0);
            } else {
                let (_, end) = read_all(&mut a).within("the error").await;
                assert_eq!(kinds(&end.unwrap_err()), VIOLATION, "violation {number}");
                assert_eq!(kinds(&a.read(&mut buffer).await.unwrap_err()), VIOLATION, "second read");
                assert_eq!(kinds(&a.write(&[1]).await.unwrap_err()), VIOLATION);
                b.closed().within("the close of the channel").await;
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_blob_is_protocol_violation() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        a.channel().set_binary_type(&BinaryType::Blob);
        b.send(b"bytes").within("send").await.unwrap();
        let error = a.read(&mut [0]).within("the error").await.unwrap_err();
        assert_eq!(kinds(&error), VIOLATION);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_protocol_violation_fails_pending_write() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        let beyond_credit = vec![0; 65_537];
        let (written, sent) = join(a.write_all(&beyond_credit), b.send("nonsense")).within("the error").await;
        sent.unwrap();
        assert_eq!(kinds(&written.unwrap_err()), VIOLATION);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_dropped_pending_write_writes_nothing() {
    watched(async {
        let (_pair, mut a, mut b) = streams().await;
        a.write_all(&vec![1; 65_536]).within("the write of all credit").await.unwrap();
        // Without credit the write is pending, and is dropped.
        assert_eq!(poll_immediate(a.write(&[2; 10])).await.map(Result::unwrap), None);
        let writing = async {
            a.write_all(&[3; 10]).await.unwrap();
            a.close().await.unwrap();
        };
        let ((), (read, end)) = join(writing, read_all(&mut b)).within("the end of the stream").await;
        end.unwrap();
        assert!(read[..65_536].iter().all(|byte| *byte == 1) && read[65_536..] == [3; 10]);
    })
    .await;
}

#[wasm_bindgen_test]
async fn f44_credit_read_by_one_half_wakes_other_half() {
    watched(async {
        // One task reads the credit for which another task waits to write.
        let (_pair, a, mut b) = streams().await;
        let (mut a_in, mut a_out) = a.split();
        let (done, outcome) = futures::channel::oneshot::channel();
        spawn_local(async move {
            let mut read = Vec::new();
            let end = a_in.read_to_end(&mut read).await;
            done.send((read.len(), end.is_ok())).unwrap();
        });
        sleep(Duration::ZERO).await;
        let sent = bytes(6, 300_000);
        let writing = async {
            a_out.write_all(&sent).await.unwrap();
            a_out.close().await.unwrap();
        };
        let echoing = async {
            let (read, end) = read_all(&mut b).await;
            end.unwrap();
            b.write_all(&read).await.unwrap();
            b.close().await.unwrap();
        };
        join(writing, echoing).within("the transfer to the peer").await;
        assert_eq!(outcome.within("the echo").await.unwrap(), (300_000, true));
        assert!(!is_pending(a_out.close()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn ready_resolves_once_peer_wraps_channel() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let (mut a, mut b) = (ByteStream::with_window(a, 0).unwrap(), ByteStream::with_window(b, 0).unwrap());
        let timeout = Duration::from_secs(20);
        let (a_ready, b_ready) = join(a.ready(timeout), b.ready(timeout)).within("ready").await;
        a_ready.unwrap();
        b_ready.unwrap();
        a.ready(Duration::ZERO).within("the second ready").await.unwrap();
        a.write_all(b"bytes").await.unwrap();
        a.close().await.unwrap();
        assert_eq!(read_all(&mut b).within("the end of the stream").await.0, b"bytes");
    })
    .await;
}

#[wasm_bindgen_test]
async fn ready_with_plain_peer_times_out() {
    watched(async {
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.send(b"bytes of something else").within("send").await.unwrap();
        let error = a.ready(Duration::from_millis(300)).within("the timeout").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Timeout);
        // Received bytes are kept, and the peer can still wrap its channel.
        let mut buffer = [0; 23];
        a.read_exact(&mut buffer).within("the bytes").await.unwrap();
        assert_eq!(&buffer, b"bytes of something else");
        let _b = ByteStream::new(b).unwrap();
        a.ready(Duration::from_secs(20)).within("the second ready").await.unwrap();
    })
    .await;
}

#[wasm_bindgen_test]
async fn ready_of_failed_stream_fails() {
    watched(async {
        let timeout = Duration::from_secs(20);
        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.send("nonsense").within("send").await.unwrap();
        let error = a.ready(timeout).within("the error").await.unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::InvalidData);

        let (_pair, a, b) = Pair::with_channel(&ChannelInit::new()).await;
        let mut a = ByteStream::new(a).unwrap();
        b.close();
        assert_eq!(a.ready(timeout).within("the end of ready()").await.unwrap_err().kind(), &ErrorKind::Closed);
    })
    .await;
}
