//! Which seats are kept, and for how long at most. The time of grace itself is over in none of these.

use browser_rtc_signaling::server::Limits;
use browser_rtc_signaling::{ClientMessage, ErrorCode, LeaveReason, Ping, ServerError, ServerMessage, close};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::support::{Client, ada_and_bob, soon, start_with, start_without_grace};

async fn close_with(client: &mut Client, code: Option<u16>) {
    let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
    soon(client.sink.send(Message::Close(frame))).await.unwrap();
}

#[tokio::test]
async fn a_close_frame_frees_the_seat_at_once() {
    let server = start_with(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    for code in [None, Some(1000), Some(1001), Some(3000), Some(4999)] {
        let mut bob = server.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        close_with(&mut bob, code).await;
        ada.expect_left(&bob.id, LeaveReason::Left).await;
        // The page that is loaded again has its name, and the old token is worth nothing.
        let mut back = server.connect().await;
        assert!(!back.resume(&bob.keepsake(0)).await.resumed);
        ada.expect_joined(&back, "Anew").await;
        back.send_leave().await;
        ada.expect_left(&back.id, LeaveReason::Left).await;
    }
}

#[tokio::test]
async fn a_close_frame_is_seen_though_too_much_came_before_it() {
    let server = start_with(Limits { frames_per_second: 1, burst: 20, ..Limits::default() }).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for id in 0..30 {
        bob.send(ClientMessage::Ping(Ping::new(id))).await;
    }
    close_with(&mut bob, Some(1001)).await;
    ada.expect_left(&bob.id, LeaveReason::Left).await;
}

#[tokio::test]
async fn a_client_that_gives_a_socket_up_for_another_keeps_its_seat() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    close_with(&mut bob, Some(close::RESUMING)).await;
    // Answered, so the server has read it.
    soon(async { while bob.next_message().await.is_some() {} }).await;
    ada.say("1").await;
    ada.expect_silence().await;
    let mut back = server.connect().await;
    assert!(back.resume(&bob.keepsake(0)).await.resumed);
    back.expect_say(&ada.id, "1").await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn who_misses_too_much_is_lost() {
    for (limits, word) in [
        (Limits { queue_frames: 4, ..Limits::default() }, "1".to_owned()),
        (Limits { queue_bytes: 4_000, frame_bytes: 1_000, ..Limits::default() }, format!("\"{}\"", "x".repeat(800))),
    ] {
        let server = start_with(limits).await;
        let (mut ada, bob) = ada_and_bob(&server).await;
        let (id, keepsake) = (bob.id.clone(), bob.keepsake(0));
        bob.break_off().await;
        for _ in 0..4 {
            ada.say(&word).await;
            ada.expect_silence().await;
        }
        ada.say(&word).await;
        ada.expect_left(&id, LeaveReason::Lost).await;
        let mut back = server.connect().await;
        assert!(!back.resume(&keepsake).await.resumed);
        ada.expect_joined(&back, "Anew").await;
    }
}

#[tokio::test]
async fn a_seat_is_kept_with_its_name_and_its_room() {
    let server = start_with(Limits { rooms: 1, seats_per_room: 1, ..Limits::default() }).await;
    let bob = server.join("r", "Bob").await;
    let keepsake = bob.keepsake(0);
    bob.break_off().await;
    let mut eve = server.connect().await;
    for (room, name, expected) in
        [("r", "Bob", ErrorCode::NameTaken), ("r", "Eve", ErrorCode::RoomFull), ("other", "Eve", ErrorCode::ServerFull)]
    {
        let refused = eve.ask_to_join(room, name).await;
        assert!(matches!(&refused, ServerMessage::Error(ServerError { code, .. }) if *code == expected), "{refused:?}");
    }
    let mut bob = server.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    bob.send_leave().await;
    assert_eq!(bob.close_code().await, close::NORMAL);
    assert_eq!(eve.join("other", "Eve").await, []);
}

#[tokio::test]
async fn as_many_seats_are_kept_as_clients_are_let_in_and_those_can_come_back() {
    let server = start_with(Limits { clients: 2, ..Limits::default() }).await;
    let mut ada = server.join("r", "Ada").await;
    let mut away = Vec::new();
    for name in ["Bob", "Carol", "Dave"] {
        // The place is free as soon as the server has seen the socket of the one before go.
        let mut client = server.connect_when_there_is_place().await;
        client.join("r", name).await;
        ada.expect_joined(&client, name).await;
        away.push((client.id.clone(), client.keepsake(0)));
        client.break_off().await;
    }
    // There is no permit for the third.
    ada.expect_left(&away[2].0, LeaveReason::Lost).await;
    let mut bob = server.connect_when_there_is_place().await;
    assert!(bob.resume(&away[0].1).await.resumed);
    assert_eq!(bob.id, away[0].0);
    ada.expect_silence().await;
}

#[tokio::test]
async fn a_shutdown_waits_for_nobody_who_is_away() {
    let limits = Limits { shutdown: std::time::Duration::from_secs(3600), ..Limits::default() };
    let server = start_with(limits).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    bob.break_off().await;
    ada.expect_silence().await;
    let stopping = tokio::spawn(server.stop());
    assert_eq!(ada.next_message().await, Some(Message::Close(Some(going_away()))));
    drop(ada);
    soon(stopping).await.unwrap();
}

fn going_away() -> CloseFrame {
    CloseFrame { code: close::GOING_AWAY.into(), reason: "the server shuts down".into() }
}

#[tokio::test]
async fn without_grace_no_seat_is_kept_and_no_token_given() {
    let server = start_without_grace(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    assert_eq!(ada.token, None);
    let mut keepsake = ada.keepsake(0);
    keepsake.token = Some("0".repeat(32).as_str().into());
    let mut bob = server.connect().await;
    assert!(!bob.resume(&keepsake).await.resumed);
    assert_eq!(bob.token, None);
    ada.expect_joined(&bob, "Anew").await;
    let id = bob.id.clone();
    bob.break_off().await;
    ada.expect_left(&id, LeaveReason::Lost).await;
}
