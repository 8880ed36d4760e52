use std::time::Duration;

use browser_rtc_proto::signaling::{
    ClientMessage, ErrorCode, LeaveReason, PeerLeft, Ping, Pong, SayFrom, ServerError, ServerMessage, close,
};
use browser_rtc_signaling::{Config, Limits};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, NextFrame, start, start_with, with_timeout};

#[tokio::test]
async fn malformed_frames_are_refused_and_connection_stays() {
    let server = start(Config::default()).await;
    let mut ada = server.join("r", "Ada").await;
    let deep = "[".repeat(60_000);
    for (frame, number) in [
        "",
        "nonsense",
        "null",
        "[]",
        "{}",
        "{",
        &deep,
        r#"["say",null,null,null,null,null,1,1]"#,
        r#"{"type":7}"#,
        r#"{"type":"dance"}"#,
        r#"{"type":"joined"}"#,
        r#"{"type":"join"}"#,
        r#"{"type":"join","room":7,"name":"x"}"#,
        r#"{"type":"signal","data":1}"#,
        r#"{"type":"signal","to":"x"}"#,
        r#"{"type":"say"}"#,
        r#"{"type":"say","data":1}"#,
        r#"{"type":"say","id":"","data":1}"#,
        r#"{"type":"say","id":"a b","data":1}"#,
        r#"{"type":"say","id":"m"}"#,
        r#"{"type":"say","id":"m","data":}"#,
        r#"{"type":"say","id":"m","data":1} trailing"#,
        r#"{"type":"ping","id":-1}"#,
        r#"{"type":"ping","id":"7"}"#,
    ]
    .into_iter()
    .zip(1..)
    {
        ada.send_text(frame).await;
        ada.expect_refusal(ErrorCode::BadMessage, Some(number)).await;
    }
    let binary = Message::binary(br#"{"type":"ping","id":1}"#.as_slice());
    ada.sink.send(binary).await.unwrap();
    ada.expect_error(ErrorCode::BadMessage).await;
    ada.expect_silence().await;
}

async fn feed_pings(client: &mut Client, count: u32) {
    for id in 0..count {
        let ping = ClientMessage::Ping(Ping::new(id)).to_json();
        with_timeout(client.sink.feed(Message::text(ping))).await.unwrap();
    }
}

#[tokio::test]
async fn excess_frames_are_refused_and_flood_closes() {
    let server = start_with(Limits::new().frames_per_second(1).burst(10)).await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    // Sent in one packet, so that no pause refills the bucket.
    feed_pings(&mut ada, 15).await;
    with_timeout(ada.sink.flush()).await.unwrap();
    let (mut pongs, mut refused) = (0, 0);
    for _ in 0..15 {
        match ada.recv().await {
            ServerMessage::Pong(_) => pongs += 1,
            ServerMessage::Error(ServerError { code, .. }) => {
                assert_eq!(code, ErrorCode::RateLimited);
                refused += 1;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(pongs >= 9 && refused >= 1, "{pongs} and {refused}");
    // The connection stays open, and Bob has his own rate limit.
    bob.say("1").await;
    ada.expect_say(&bob.id, "1").await;

    feed_pings(&mut ada, 100).await;
    let _ = with_timeout(ada.sink.flush()).await;
    assert_eq!(ada.close_code().await, close::POLICY);
    // Ada's seat is kept.
    bob.expect_silence().await;
}

#[tokio::test]
async fn slow_reader_is_disconnected_alone() {
    let server = start_with(
        Limits::new()
            .queue_bytes(256 * 1024)
            .frames_per_second(1_000_000)
            .burst(1_000_000)
            .close_timeout(Duration::from_secs(20)),
    )
    .await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let mut slow = server.connect_with_small_buffer().await;
    slow.join("r", "Slow").await;
    ada.expect_joined(&slow, "Slow").await;
    bob.expect_joined(&slow, "Slow").await;

    // Slow does not read. Ada sends until the buffers of the system and the queue are full.
    let padding = "x".repeat(32 * 1024);
    let mut said = 0_u32;
    let cut_off = loop {
        ada.say(&format!("[{said},\"{padding}\"]")).await;
        let expected_prefix = format!("[{said},");
        said += 1;
        let mut left = None;
        loop {
            match bob.recv().await {
                ServerMessage::Say(SayFrom { data, .. }) => {
                    assert!(data.get().starts_with(&expected_prefix));
                    break;
                }
                other => left = Some(other),
            }
        }
        ada.send(ClientMessage::Ping(Ping::new(said))).await;
        match ada.recv().await {
            ServerMessage::Pong(Pong { id, .. }) => assert_eq!(id, said),
            other => break (left, other),
        }
        assert!(said < 10_000, "the slow reader was not disconnected");
    };
    let left = ServerMessage::PeerLeft(PeerLeft::new(slow.id.clone(), LeaveReason::Lost));
    assert_eq!(cut_off.1, left);
    assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(said).received(said)));
    if cut_off.0.is_none() {
        assert_eq!(bob.recv().await, left);
    }

    // When Slow reads, it receives the frames in flight without a gap, and then the close code.
    let mut next = 0;
    let code = loop {
        match slow.stream.next_frame().await {
            Message::Text(text) => {
                let ServerMessage::Say(SayFrom { data, .. }) = ServerMessage::from_json(&text).unwrap() else {
                    panic!("unexpected {text}");
                };
                assert!(data.get().starts_with(&format!("[{next},")));
                next += 1;
            }
            Message::Close(frame) => break u16::from(frame.unwrap().code),
            other => panic!("unexpected {other:?}"),
        }
    };
    assert_eq!(code, close::TRY_AGAIN_LATER);
    assert!(next > 0 && next < said, "{next} of {said}");
    assert_eq!(server.metric("signaling_limits_total{limit=\"queue\"}").await, 1);
}

#[tokio::test]
async fn silent_client_is_lost_and_pinging_client_stays() {
    let server = start(Config::new().heartbeat_ms(1_000).grace(Duration::from_secs(3600))).await;
    let mut ada = server.join("r", "Ada").await;
    let started = tokio::time::Instant::now();
    let mut silent = server.join("r", "Silent").await;
    ada.expect_joined(&silent, "Silent").await;
    let left = with_timeout(async {
        loop {
            ada.send(ClientMessage::Ping(Ping::new(1))).await;
            match ada.recv().await {
                ServerMessage::Pong(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                other => break other,
            }
        }
    })
    .await;
    assert!(started.elapsed() >= Duration::from_millis(2_900));
    assert_eq!(left, ServerMessage::PeerLeft(PeerLeft::new(silent.id.clone(), LeaveReason::Lost)));
    assert_eq!(silent.close_code().await, close::IDLE);
}

#[tokio::test]
async fn websocket_pongs_keep_client_alive() {
    let server = start(Config::new().heartbeat_ms(2_000)).await;
    let mut ada = server.join("r", "Ada").await;
    let mut pings = 0;
    // Reading answers the pings. More than three heartbeats pass.
    while pings < 5 {
        match with_timeout(ada.stream.next()).await {
            Some(Ok(Message::Ping(_))) => pings += 1,
            other => panic!("expected a ping, received {other:?}"),
        }
    }
    ada.send(ClientMessage::Ping(Ping::new(7))).await;
    assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(7)));
}

#[tokio::test]
async fn client_without_join_is_closed() {
    let server = start_with(Limits::new().join_timeout(Duration::from_secs(2))).await;
    let mut ada = server.join("r", "Ada").await;
    let mut idler = server.connect().await;
    assert_eq!(idler.close_code().await, close::POLICY);
    ada.expect_silence().await;
}

#[tokio::test]
async fn full_server_refuses_upgrade() {
    let server = start_with(Limits::new().clients(1)).await;
    let ada = server.join("r", "Ada").await;
    let (status, message) = server.refusal(server.request()).await;
    assert_eq!((status, message.as_str()), (503, "the server has reached its limit of clients"));
    drop(ada);
    with_timeout(async { while server.try_connect(server.request()).await.is_err() {} }).await;
}
