//! Seats that are kept for disconnected clients. The grace time does not end in these tests.

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, LeaveReason, Ping, ServerError, ServerMessage, close};
use browser_rtc_signaling::Limits;
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::support::{Client, ada_and_bob, start_with, start_without_grace, with_timeout};

async fn close_with(client: &mut Client, code: Option<u16>) {
    let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
    with_timeout(client.sink.send(Message::Close(frame))).await.unwrap();
}

#[tokio::test]
async fn close_frame_frees_seat_at_once() {
    let server = start_with(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    for code in [None, Some(1000), Some(1001), Some(3000), Some(4999)] {
        let mut bob = server.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        close_with(&mut bob, code).await;
        ada.expect_left(&bob.id, LeaveReason::Left).await;
        // The reloaded page can use its name again, and the old token is invalid.
        let mut back = server.connect().await;
        assert!(!back.resume(&bob.save_seat(0)).await.resumed);
        ada.expect_joined(&back, "Fresh").await;
        back.send_leave().await;
        ada.expect_left(&back.id, LeaveReason::Left).await;
    }
}

#[tokio::test]
async fn close_frame_is_handled_despite_rate_limit() {
    let server = start_with(Limits::new().frames_per_second(1).burst(20)).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for id in 0..30 {
        bob.send(ClientMessage::Ping(Ping::new(id))).await;
    }
    close_with(&mut bob, Some(1001)).await;
    ada.expect_left(&bob.id, LeaveReason::Left).await;
}

#[tokio::test]
async fn resuming_close_code_keeps_seat() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    close_with(&mut bob, Some(close::RESUMING)).await;
    // The reply shows that the server has read the close frame.
    with_timeout(async { while bob.next_message().await.is_some() {} }).await;
    ada.say("1").await;
    ada.expect_silence().await;
    let mut back = server.connect().await;
    assert!(back.resume(&bob.save_seat(0)).await.resumed);
    back.expect_say(&ada.id, "1").await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn queue_overflow_loses_kept_seat() {
    for (limits, word) in [
        (Limits::new().queue_frames(4), "1".to_owned()),
        (Limits::new().queue_bytes(4_000).frame_bytes(1_000), format!("\"{}\"", "x".repeat(800))),
    ] {
        let server = start_with(limits).await;
        let (mut ada, bob) = ada_and_bob(&server).await;
        let (id, saved) = (bob.id.clone(), bob.save_seat(0));
        bob.reset().await;
        for _ in 0..4 {
            ada.say(&word).await;
            ada.expect_silence().await;
        }
        ada.say(&word).await;
        ada.expect_left(&id, LeaveReason::Lost).await;
        let mut back = server.connect().await;
        assert!(!back.resume(&saved).await.resumed);
        ada.expect_joined(&back, "Fresh").await;
    }
}

#[tokio::test]
async fn kept_seat_holds_name_and_room() {
    let server = start_with(Limits::new().rooms(1).seats_per_room(1)).await;
    let bob = server.join("r", "Bob").await;
    let saved = bob.save_seat(0);
    bob.reset().await;
    let mut eve = server.connect().await;
    for (room, name, expected) in
        [("r", "Bob", ErrorCode::NameTaken), ("r", "Eve", ErrorCode::RoomFull), ("other", "Eve", ErrorCode::ServerFull)]
    {
        let refused = eve.try_join(room, name).await;
        assert!(matches!(&refused, ServerMessage::Error(ServerError { code, .. }) if *code == expected), "{refused:?}");
    }
    let mut bob = server.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    bob.send_leave().await;
    assert_eq!(bob.close_code().await, close::NORMAL);
    assert_eq!(eve.join("other", "Eve").await, []);
}

#[tokio::test]
async fn kept_seats_are_limited_and_can_be_resumed() {
    let server = start_with(Limits::new().clients(2)).await;
    let mut ada = server.join("r", "Ada").await;
    let mut away = Vec::new();
    for name in ["Bob", "Carol", "Dave"] {
        // The permit is released as soon as the server detects that the previous socket is closed.
        let mut client = server.connect_when_admitted().await;
        client.join("r", name).await;
        ada.expect_joined(&client, name).await;
        away.push((client.id.clone(), client.save_seat(0)));
        client.reset().await;
    }
    // The third seat has no permit.
    ada.expect_left(&away[2].0, LeaveReason::Lost).await;
    let mut bob = server.connect_when_admitted().await;
    assert!(bob.resume(&away[0].1).await.resumed);
    assert_eq!(bob.id, away[0].0);
    ada.expect_silence().await;
}

#[tokio::test]
async fn shutdown_does_not_wait_for_kept_seats() {
    let limits = Limits::new().shutdown_timeout(std::time::Duration::from_secs(3600));
    let server = start_with(limits).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    bob.reset().await;
    ada.expect_silence().await;
    let stopping = tokio::spawn(server.stop());
    assert_eq!(ada.next_message().await, Some(Message::Close(Some(going_away()))));
    drop(ada);
    with_timeout(stopping).await.unwrap();
}

fn going_away() -> CloseFrame {
    CloseFrame { code: close::GOING_AWAY.into(), reason: "the server is shutting down".into() }
}

#[tokio::test]
async fn zero_grace_keeps_no_seat_and_sends_no_token() {
    let server = start_without_grace(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    assert_eq!(ada.token, None);
    let mut saved = ada.save_seat(0);
    saved.token = Some("0".repeat(32).as_str().into());
    let mut bob = server.connect().await;
    assert!(!bob.resume(&saved).await.resumed);
    assert_eq!(bob.token, None);
    ada.expect_joined(&bob, "Fresh").await;
    let id = bob.id.clone();
    bob.reset().await;
    ada.expect_left(&id, LeaveReason::Lost).await;
}
