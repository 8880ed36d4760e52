//! The socket on a pipe of limited capacity.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    time::timeout,
};

use super::{
    super::{
        config::Limits,
        outbox::{QueueClosed, queue},
    },
    *,
};

#[tokio::test]
async fn partial_writes_keep_frames_whole_and_in_order() {
    let (near, mut far) = duplex(100);
    let socket = WebSocket::new(near, 1000);
    let (outbox, mut reader) = queue(&Limits::default());
    let texts: Vec<String> = (0..300).map(|index| format!("{index:0>97}")).collect();
    for text in &texts {
        outbox.push(text.as_str().into());
    }
    let reading = async {
        let mut all = vec![0; texts.len() * 99];
        far.read_exact(&mut all).await.unwrap();
        all
    };
    let mut counted = (0, 0);
    let write = socket.write(&mut reader, |frames, bytes| counted = (counted.0 + frames, counted.1 + bytes));
    let (written, all) = tokio::join!(write, reading);
    written.unwrap();
    assert_eq!(counted, (300, 300 * 97));
    let expected: Vec<u8> = texts.iter().flat_map(|text| [&[0x81, 97], text.as_bytes()].concat()).collect();
    assert!(all == expected);
    assert_eq!(lock(&socket.unsent).capacity(), 0);
}

#[tokio::test]
async fn pongs_are_sent_between_frames_and_limited() {
    let (near, mut far) = duplex(50);
    let socket = WebSocket::new(near, 1000);
    let (outbox, mut reader) = queue(&Limits::default());
    outbox.push("x".repeat(97).as_str().into());
    // Only half of the frame fits.
    let half = timeout(Duration::from_millis(10), socket.write(&mut reader, |_, _| {})).await;
    assert!(half.is_err());
    for _ in 0..10_000 {
        far.write_all(&[0x89, 0x81, 0, 0, 0, 0, b'!']).await.unwrap();
        assert!(matches!(socket.next().await.unwrap(), (Received::Control, 1)));
    }
    assert!(lock(&socket.unsent).len() < MAX_UNSENT_REPLIES + 100);
    outbox.close(QueueClosed::Ending);
    let (written, read) = tokio::join!(socket.write(&mut reader, |_, _| {}), async {
        let mut all = [0; 102];
        far.read_exact(&mut all).await.unwrap();
        let mut rest = vec![0; 8192];
        while timeout(Duration::from_millis(50), far.read(&mut rest)).await.is_ok_and(|read| read.unwrap() > 0) {}
        all
    });
    written.unwrap();
    assert_eq!(read[99..], [0x8a, 1, b'!']);
    assert!(read[2..99].iter().all(|byte| *byte == b'x'));
}

#[tokio::test]
async fn end_of_stream_is_error() {
    let (near, far) = duplex(50);
    let socket = WebSocket::new(near, 1000);
    drop(far);
    assert!(matches!(socket.next().await, Err(ReadError::Io(_))));
    assert!(socket.close(CloseFrame { code: 1000, reason: "".into() }).await.is_err());
}

#[tokio::test]
async fn violation_follows_earlier_frames() {
    let (near, mut far) = duplex(1000);
    let socket = WebSocket::new(near, 1000);
    far.write_all(&[0x82, 0x83, 0, 0, 0, 0, 1, 2, 3]).await.unwrap();
    assert!(matches!(socket.next().await.unwrap(), (Received::Binary, 3)));
    far.write_all(&[0x81, 0x81, 0, 0, 0, 0, b'1', 0x81, 0x81, 0, 0, 0, 0, b'2', 0xff, 0xff]).await.unwrap();
    for text in ["1", "2"] {
        assert_eq!(socket.next().await.unwrap(), (Received::Text(text.into()), text.len()));
    }
    for _ in 0..2 {
        assert!(matches!(socket.next().await, Err(ReadError::Violation(Violation::Protocol))));
    }

    let (near, mut far) = duplex(1000);
    let socket = WebSocket::new(near, 1000);
    socket.reply_to_close().await.unwrap();
    far.write_all(&[0x88, 0x82, 0, 0, 0, 0, 0x0f, 0xa2, 0x81, 0x81]).await.unwrap();
    assert!(matches!(socket.next().await, Ok((Received::Close(Some(4002)), 0))));
    socket.reply_to_close().await.unwrap();
    let mut answer = [0; 4];
    far.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, [0x88, 2, 0x0f, 0xa2]);
    let inbound = lock(&socket.inbound);
    assert_eq!((inbound.frames.capacity(), inbound.violation), (0, None));
}
