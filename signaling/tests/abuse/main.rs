//! Malicious clients, and large numbers of clients. After each test, the server must work normally.
//!
//! This is a separate test binary, because a thousand clients would make the timeouts of other tests fail.

use std::{
    panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, Ping, Pong, ServerError, ServerMessage, close};
use browser_rtc_signaling::{Config, Limits, raise_open_file_limit};
use futures_util::{StreamExt, future::join_all};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::Message;

#[allow(dead_code, reason = "shared with other tests")]
#[path = "../server/support.rs"]
mod support;

#[cfg(feature = "redis")]
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../server/cluster/support.rs"]
mod cluster;

#[cfg(feature = "redis")]
#[path = "../server/ports.rs"]
mod ports;

use crate::support::{Client, TestServer, start, start_with, with_timeout};

/// Returns a frame of a client with this first byte, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = vec![first];
    if length < 126 {
        frame.push(0x80 | u8::try_from(length).unwrap());
    } else {
        frame.push(0x80 | 126);
        frame.extend(u16::try_from(length).unwrap().to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

impl Client {
    /// Sends raw bytes on the underlying connection.
    async fn send_raw(self, bytes: &[u8]) -> Self {
        let Self { sink, stream, id, token } = self;
        let mut socket = sink.reunite(stream).unwrap();
        with_timeout(socket.get_mut().write_all(bytes)).await.unwrap();
        let (sink, stream) = socket.split();
        Self { sink, stream, id, token }
    }
}

/// Returns the header of a frame with this payload length, without the payload.
fn header(first: u8, length: u64) -> Vec<u8> {
    [&[first, 0xff], length.to_be_bytes().as_slice(), &[0; 4]].concat()
}

#[tokio::test]
async fn invalid_frame_closes_socket_and_keeps_seat() {
    let server = start_with(Limits::new().frame_bytes(1000)).await;
    let mut ada = server.join("r", "Ada").await;
    let unmasked = vec![0x81, 2, b'{', b'}'];
    let cases = [
        ("reserved bits", frame(0xc1, b"{}"), close::PROTOCOL),
        ("unmasked", unmasked, close::PROTOCOL),
        ("an unknown opcode", frame(0x83, b"{}"), close::PROTOCOL),
        ("an unknown control opcode", frame(0x8b, b""), close::PROTOCOL),
        ("a ping too large", frame(0x89, &[b'x'; 126]), close::PROTOCOL),
        ("a ping in fragments", frame(0x09, b"x"), close::PROTOCOL),
        ("a continuation without a start", frame(0x80, b"{}"), close::PROTOCOL),
        ("a text message within a text message", [frame(0x01, b"{"), frame(0x81, b"}")].concat(), close::PROTOCOL),
        ("half a close code", frame(0x88, &[3]), close::PROTOCOL),
        ("a close code that is never sent", frame(0x88, &1005_u16.to_be_bytes()), close::PROTOCOL),
        ("a close reason that is not UTF-8", frame(0x88, &[3, 0xe8, 0xff]), close::NOT_UTF8),
        ("a text message that is not UTF-8", frame(0x81, &[0xff]), close::NOT_UTF8),
        ("a fragment that is not UTF-8", frame(0x01, b"\xc3("), close::NOT_UTF8),
        ("a text message that ends within a character", frame(0x81, b"\xc3"), close::NOT_UTF8),
    ];
    let mut eve = server.join("r", "Eve").await;
    ada.expect_joined(&eve, "Eve").await;
    let (mut errors, mut counted) = (0, 0);
    for (what, bytes, code) in cases {
        eve = eve.send_raw(&bytes).await;
        // An invalid text is received and refused like any other frame, so it is not sent again.
        let is_message = code == close::NOT_UTF8 && bytes[0] != 0x88;
        if is_message {
            (errors, counted) = (errors + 1, counted + 1);
            eve.expect_refusal(ErrorCode::BadMessage, Some(counted)).await;
        }
        assert_eq!(eve.close_code().await, code, "{what}");
        let saved = eve.save_seat(errors);
        eve = server.connect().await;
        let back = eve.resume(&saved).await;
        assert!(back.resumed && back.received == counted, "{what}: {back:?}");
        eve.expect_silence().await;
        ada.expect_silence().await;
    }
}

#[tokio::test]
async fn message_over_limit_is_only_discarded() {
    let server = start_with(Limits::new().frame_bytes(1000)).await;
    let mut ada = server.join("r", "Ada").await;
    let mut eve = server.join("r", "Eve").await;
    ada.expect_joined(&eve, "Eve").await;
    let cases = [
        ("one frame", frame(0x81, &[b' '; 1001])),
        ("a binary", frame(0x82, &[0; 5000])),
        ("fragments", [frame(0x01, &[b' '; 600]), frame(0x80, &[b' '; 600])].concat()),
        ("fragments after it", [frame(0x01, &[b' '; 1001]), frame(0x00, b"\xff"), frame(0x80, b"")].concat()),
        ("many fragments", [frame(0x01, b""), frame(0x00, b"").repeat(2000), frame(0x80, b"")].concat()),
        ("a ping within", [frame(0x01, &[b' '; 1001]), frame(0x8a, b"x"), frame(0x80, b"")].concat()),
    ];
    for ((what, bytes), number) in cases.into_iter().zip(1..) {
        eve = eve.send_raw(&bytes).await;
        eve.expect_refusal(ErrorCode::TooLarge, Some(2 * number - 1)).await;
        eve.say("1").await;
        ada.expect_say(&eve.id, "1").await;
        eve.send(ClientMessage::Ping(Ping::new(1))).await;
        let pong = ServerMessage::Pong(Pong::new(1).received(2 * number));
        assert_eq!(eve.recv().await, pong, "{what}");
    }
    ada.expect_silence().await;
}

#[tokio::test]
async fn endless_message_closes_socket_and_keeps_seat() {
    let server = start_with(Limits::new().frame_bytes(1000)).await;
    let mut ada = server.join("r", "Ada").await;
    let mut eve = server.join("r", "Eve").await;
    ada.expect_joined(&eve, "Eve").await;
    let cases = [
        ("a length of 2^40", [header(0x81, 1 << 40), vec![0; 70_000]].concat()),
        ("the largest length", [header(0x81, u64::MAX), vec![0; 70_000]].concat()),
        ("empty fragments", [frame(0x01, b""), frame(0x00, b"").repeat(20_000)].concat()),
        ("fragments of a length of 2^40", [frame(0x01, b"x"), header(0x00, 1 << 40), vec![0; 70_000]].concat()),
    ];
    for ((what, bytes), number) in cases.into_iter().zip(1..) {
        eve = eve.send_raw(&bytes).await;
        eve.expect_refusal(ErrorCode::TooLarge, Some(number)).await;
        assert_eq!(eve.close_code().await, close::TOO_LARGE, "{what}");
        let saved = eve.save_seat(number);
        eve = server.connect().await;
        let back = eve.resume(&saved).await;
        assert!(back.resumed && back.received == number, "{what}: {back:?}");
        ada.expect_silence().await;
    }
    // The header is refused immediately: the server does not wait for the payload.
    eve = eve.send_raw(&header(0x81, 1 << 40)).await;
    eve.expect_refusal(ErrorCode::TooLarge, Some(5)).await;
}

#[tokio::test]
async fn fragmented_message_is_accepted() {
    let server = start(Config::default()).await;
    let ada = server.join("r", "Ada").await;
    let ping = |id: u32| ClientMessage::Ping(Ping::new(id)).to_json();
    let whole = ping(1);
    let (head, tail) = whole.split_at(9);
    let mut bytes = [frame(0x01, head.as_bytes()), frame(0x89, b"!"), frame(0x80, tail.as_bytes())].concat();
    bytes.extend(frame(0x01, b""));
    bytes.extend(frame(0x00, ping(2).as_bytes()));
    bytes.extend(frame(0x80, b""));
    let mut ada = ada.send_raw(&bytes).await;
    for id in [1, 2] {
        let answer = loop {
            match ada.next_message().await {
                Some(Message::Pong(payload)) => assert_eq!(payload.as_ref(), b"!"),
                Some(Message::Text(text)) => break ServerMessage::from_json(&text).unwrap(),
                other => panic!("unexpected {other:?}"),
            }
        };
        assert_eq!(answer, ServerMessage::Pong(Pong::new(id)));
    }
    for byte in frame(0x81, ping(3).as_bytes()) {
        ada = ada.send_raw(&[byte]).await;
    }
    let answer = loop {
        match ada.next_message().await {
            Some(Message::Pong(_)) => {}
            Some(Message::Text(text)) => break ServerMessage::from_json(&text).unwrap(),
            other => panic!("unexpected {other:?}"),
        }
    };
    assert_eq!(answer, ServerMessage::Pong(Pong::new(3)));
}

#[tokio::test]
async fn pings_of_idle_client_are_answered() {
    let server = start(Config::new().heartbeat_ms(3_600_000)).await;
    let mut ada = server.join("r", "Ada").await;
    for number in 0..200_u8 {
        ada = ada.send_raw(&frame(0x89, &[number])).await;
        match ada.next_message().await {
            Some(Message::Pong(payload)) => assert_eq!(payload.as_ref(), [number]),
            other => panic!("unexpected {other:?}"),
        }
    }
}

#[tokio::test]
async fn answers_to_one_packet_may_exceed_queue() {
    let server = start_with(Limits::new().queue_frames(64)).await;
    let ada = server.join("r", "Ada").await;
    let ping = |id| frame(0x81, ClientMessage::Ping(Ping::new(id)).to_json().as_bytes());
    let packet: Vec<u8> = (0..900).flat_map(ping).collect();
    let mut ada = ada.send_raw(&packet).await;
    for id in 0..900 {
        assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(id)));
    }
}

#[tokio::test]
async fn thousand_clients_join_one_room() {
    const CLIENTS: usize = 1000;
    raise_open_file_limit();
    let limits = Limits::new().seats_per_room(CLIENTS).clients(CLIENTS + 1).queue_frames(4 * CLIENTS);
    let server = start_with(limits).await;
    let mut clients = Vec::new();
    for wave in 0..CLIENTS / 50 {
        let names: Vec<String> = (0..50).map(|index| format!("{}", wave * 50 + index)).collect();
        clients.extend(
            join_all(names.iter().map(async |name| {
                let mut client = server.connect().await;
                let peers = client.join("r", name).await.len();
                (client, peers)
            }))
            .await,
        );
    }
    let here: Vec<usize> = (0..CLIENTS).collect();
    let mut first: Vec<usize> = clients.iter().map(|(_, peers)| *peers).collect();
    first.sort_unstable();
    assert_eq!(first, here, "each client receives the clients that joined before it");
    join_all(clients.iter_mut().map(async |(client, peers)| {
        for _ in *peers + 1..CLIENTS {
            let message = client.recv().await;
            assert!(matches!(message, ServerMessage::PeerJoined(_)), "{message:?}");
        }
    }))
    .await;
    // A message of one client reaches all clients.
    let (mut speaker, _) = clients.remove(0);
    speaker.say("1").await;
    for (client, _) in &mut clients {
        client.expect_say(&speaker.id, "1").await;
    }
    assert!(matches!(
        server.connect().await.try_join("r", "one more").await,
        ServerMessage::Error(ServerError { code: ErrorCode::RoomFull, .. })
    ));
}

#[tokio::test]
async fn unfinished_requests_are_closed() {
    raise_open_file_limit();
    let server = start_with(Limits::new().clients(2)).await;
    let mut half = join_all((0..300).map(async |_| {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(b"GET /signal HTTP/1.1\r\nHost: test\r\nX-Slow: ").await.unwrap();
        stream
    }))
    .await;
    let mut ada = server.join("r", "Ada").await;
    ada.expect_silence().await;
    // The head must be complete within 15 s, regardless of the bytes sent during that time.
    let mut slow = half.pop().unwrap();
    let closed = async {
        let mut answer = [0; 256];
        loop {
            tokio::select! {
                read = slow.read(&mut answer) => if !matches!(read, Ok(1..)) { break },
                () = tokio::time::sleep(Duration::from_millis(500)) => {
                    let _ = slow.write_all(b"x").await;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), closed).await.expect("the connections were not closed");
    ada.expect_silence().await;
}

#[tokio::test]
async fn flood_of_connections_is_limited() {
    raise_open_file_limit();
    let server = start_with(Limits::new().clients(5)).await;
    let mut ada = server.join("r", "Ada").await;
    let tried = join_all((0..300).map(|_| server.try_connect(server.request()))).await;
    let admitted: Vec<Client> = tried.into_iter().filter_map(Result::ok).collect();
    assert_eq!(admitted.len(), 4);
    ada.expect_silence().await;
    drop(admitted);
    server.connect_when_admitted().await.join("r", "Bob").await;
}

/// The connection is reset before the pings are answered and the `leave` is read.
#[tokio::test]
async fn leave_and_reset_do_not_panic() {
    let panics = Arc::new(AtomicUsize::new(0));
    let before = panic::take_hook();
    panic::set_hook(Box::new({
        let panics = panics.clone();
        move |info| {
            panics.fetch_add(1, Ordering::Relaxed);
            before(info);
        }
    }));
    let server = start(Config::default()).await;
    let mut ada = server.join("quiet", "Ada").await;
    let ping = frame(0x81, ClientMessage::Ping(Ping::new(1)).to_json().as_bytes());
    let leave = frame(0x81, ClientMessage::Leave.to_json().as_bytes());
    let packet = [ping.repeat(30), leave].concat();
    for _ in 0..100 {
        let Client { sink, stream, .. } = server.join("loud", "Eve").await;
        let mut socket = sink.reunite(stream).unwrap();
        with_timeout(socket.get_mut().write_all(&packet)).await.unwrap();
        socket.get_ref().set_zero_linger().unwrap();
        drop(socket);
        tokio::task::yield_now().await;
    }
    ada.expect_silence().await;
    expect_working(&server, &mut ada).await;
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn server_survives_garbage_and_floods() {
    let limits = Limits::new().frames_per_second(10).burst(20).frame_bytes(4096);
    let server = start_with(limits).await;
    let mut ada = server.join("quiet", "Ada").await;
    let garbage = |seed: u32| -> Vec<u8> {
        let mut state = seed | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        };
        (0..50_000).map(|_| next()).collect()
    };
    let ping = frame(0x81, ClientMessage::Ping(Ping::new(1)).to_json().as_bytes());
    let abuse = async |index: u32| {
        let eve = server.join("loud", &format!("Eve {index}")).await;
        let bytes = if index.is_multiple_of(2) { garbage(index + 1) } else { ping.repeat(2000) };
        // The server may close the connection before all of it is written.
        let Client { sink, stream, .. } = eve;
        let mut socket = sink.reunite(stream).unwrap();
        let _ = with_timeout(socket.get_mut().write_all(&bytes)).await;
        with_timeout(async { while let Some(Ok(_)) = socket.next().await {} }).await;
    };
    join_all((0..40).map(abuse)).await;
    ada.expect_silence().await;
    expect_working(&server, &mut ada).await;
}

/// Expects that a new client and an existing one can exchange signals.
async fn expect_working(server: &TestServer, ada: &mut Client) {
    let mut bob = server.join("quiet", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.signal(&bob.id.clone(), "1").await;
    bob.expect_signal(&ada.id.clone(), "1").await;
}
