//! Refused frames: each error has the frame number that PROTOCOL.md defines, and only the frame is lost.

use std::time::Duration;

use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, Joined, LeaveReason, PeerId, Ping, Pong, Say, SayFrom, ServerError, ServerMessage,
    close,
};
use browser_rtc_signaling::{Config, Limits};
use futures_util::SinkExt;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, ada_and_bob, message_id, start, start_with, with_timeout};

/// Returns the limits for [`check_error_frame_numbers`].
pub fn limits() -> Limits {
    Limits::new().frame_bytes(1000).json_depth(4)
}

fn binary(length: usize) -> Message {
    Message::binary(vec![0; length])
}

/// Sends a frame for each reason of refusal that does not depend on time, and checks the numbers in the errors.
pub async fn check_error_frame_numbers(server: &TestServer) {
    let (mut ada, mut bob) = ada_and_bob(server).await;
    let refused = [
        (Message::text("nonsense"), ErrorCode::BadMessage),
        (Message::text(r#"{"type":"dance"}"#), ErrorCode::BadMessage),
        (Message::text(r#"{"type":"ping"}"#), ErrorCode::BadMessage),
        (Message::text(r#"{"type":"say","id":"no id","data":1}"#), ErrorCode::BadMessage),
        (Message::text(r#"{"type":"say","data":1}"#), ErrorCode::BadMessage),
        (Message::text(r#"{"type":"say","id":"m","data":[[[[1]]]]}"#), ErrorCode::TooDeep),
        (Message::text(r#"{"type":"signal","to":"nobody","data":1}"#), ErrorCode::UnknownPeer),
        (binary(10), ErrorCode::BadMessage),
        (Message::text("x".repeat(1001)), ErrorCode::TooLarge),
        (binary(60_000), ErrorCode::TooLarge),
    ];
    let mut number = 0;
    for (message, code) in refused {
        bob.say("1").await;
        with_timeout(bob.sink.send(message)).await.unwrap();
        bob.expect_refusal(code, Some(number + 2)).await;
        // The count includes refused frames.
        bob.send(ClientMessage::Ping(Ping::new(1))).await;
        number += 2;
        assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(1).received(number)));
        ada.expect_say(&bob.id, "1").await;
    }
    // These frames are not numbered.
    bob.send(bob.join_to_resume(&bob.save_seat(0))).await;
    bob.expect_refusal(ErrorCode::AlreadyJoined, None).await;
    bob.send_text(r#"{"type":"ping","id":1,"more":[[[[1]]]]}"#).await;
    bob.expect_refusal(ErrorCode::TooDeep, None).await;
    bob.send(ClientMessage::Ping(Ping::new(2))).await;
    assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(2).received(number)));
    ada.expect_silence().await;
}

#[tokio::test]
async fn error_states_frame_number() {
    check_error_frame_numbers(&start_with(limits()).await).await;
}

#[tokio::test]
async fn rate_limited_states_frame_number() {
    let server = start_with(Limits::new().frames_per_second(1).burst(10)).await;
    let mut ada = server.join("r", "Ada").await;
    // Sent in one packet, so that no pause refills the bucket.
    for word in 0..16 {
        let message = if word % 2 == 0 {
            ClientMessage::Say(Say::new(message_id("1"), Data::from_json("1").unwrap()))
        } else {
            ClientMessage::Ping(Ping::new(1))
        };
        with_timeout(ada.sink.feed(Message::text(message.to_json()))).await.unwrap();
    }
    with_timeout(ada.sink.flush()).await.unwrap();
    let mut named = Vec::new();
    let mut unnumbered = 0;
    // Each ping is answered or refused; `say` frames are only answered if they are refused.
    let mut pongs = 0;
    while pongs + unnumbered < 8 || named.last() != Some(&8) {
        match ada.recv().await {
            ServerMessage::Pong(_) => pongs += 1,
            ServerMessage::Error(ServerError { code, frame, .. }) => {
                assert_eq!(code, ErrorCode::RateLimited);
                match frame {
                    Some(frame) => named.push(frame),
                    None => unnumbered += 1,
                }
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    let first = named[0];
    assert!(first > 1 && unnumbered > 0, "{named:?} and {unnumbered}");
    assert_eq!(named, (first..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn joined_states_frame_limit() {
    let server = start_with(Limits::new().frame_bytes(12_345)).await;
    let joined = server.connect().await.try_join("r", "Ada").await;
    assert!(matches!(joined, ServerMessage::Joined(Joined { max_frame_bytes: 12_345, .. })), "{joined:?}");
}

#[tokio::test]
async fn too_large_message_without_seat_closes_socket() {
    let server = start_with(limits()).await;
    for length in [1001, 1_000_000] {
        let mut client = server.connect().await;
        with_timeout(client.sink.send(binary(length))).await.unwrap();
        client.expect_refusal(ErrorCode::TooLarge, None).await;
        assert_eq!(client.close_code().await, close::TOO_LARGE);
    }
}

/// Waits until the socket is closed with this code, and resumes the seat.
async fn resume_after(server: &TestServer, mut old: Client, code: u16, received: u32) -> (Client, u32) {
    assert_eq!(old.close_code().await, code);
    let mut client = server.connect().await;
    let back = client.resume(&old.save_seat(received)).await;
    assert!(back.resumed);
    assert_eq!(client.id, old.id);
    (client, back.received)
}

#[tokio::test]
async fn huge_message_closes_socket_and_keeps_seat() {
    let server = start_with(limits()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    // The seat is kept any number of times.
    for round in 1..=5 {
        bob.say("1").await;
        with_timeout(bob.sink.send(Message::text("x".repeat(1024 * 1024)))).await.unwrap();
        let (back, received) = resume_after(&server, bob, close::TOO_LARGE, round - 1).await;
        bob = back;
        // The frame was received, and is not sent again.
        assert_eq!(received, 2 * round);
        bob.expect_refusal(ErrorCode::TooLarge, Some(2 * round)).await;
        ada.expect_say(&bob.id, "1").await;
    }
    ada.expect_silence().await;
}

#[tokio::test]
async fn discarded_bytes_are_rate_limited() {
    let limits = limits().burst_bytes(10_000).bytes_per_second(100_000);
    let server = start_with(limits).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    let started = Instant::now();
    for number in 1..=3 {
        with_timeout(bob.sink.send(binary(30_000))).await.unwrap();
        bob.expect_refusal(ErrorCode::TooLarge, Some(number)).await;
    }
    // Not refused, because the server has waited until the rate allows the frame.
    bob.say(&format!("\"{}\"", "x".repeat(900))).await;
    ada.expect_say(&bob.id, &format!("\"{}\"", "x".repeat(900))).await;
    let least = Duration::from_millis(750);
    assert!(started.elapsed() >= least, "{:?}", started.elapsed());
    bob.expect_silence().await;
}

#[tokio::test]
async fn repeated_floods_lose_seat() {
    let server = start_with(Limits::new().frames_per_second(1).burst(10)).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    let flood = async |client: &mut Client| {
        for _ in 0..100 {
            with_timeout(client.sink.feed(Message::text(r#"{"type":"ping","id":1}"#))).await.unwrap();
        }
        let _ = with_timeout(client.sink.flush()).await;
    };
    for _ in 0..3 {
        flood(&mut bob).await;
        let (back, received) = resume_after(&server, bob, close::POLICY, 0).await;
        bob = back;
        assert_eq!(received, 0);
    }
    ada.expect_silence().await;
    flood(&mut bob).await;
    assert_eq!(bob.close_code().await, close::POLICY);
    ada.expect_left(&bob.id, LeaveReason::Lost).await;
    assert!(!server.connect().await.resume(&bob.save_seat(0)).await.resumed);
}

#[tokio::test]
async fn flood_loses_seat_without_grace() {
    let limits = Limits::new().frames_per_second(1).burst(10);
    let server = start(Config::new().grace(Duration::ZERO).limits(limits)).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for _ in 0..100 {
        let _ = bob.try_send_text(r#"{"type":"ping","id":1}"#).await;
    }
    assert_eq!(bob.close_code().await, close::POLICY);
    ada.expect_left(&bob.id, LeaveReason::Lost).await;
}

#[tokio::test]
async fn message_id_is_relayed() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for id in ["a", "-_-", &"Z9".repeat(32)] {
        let (id, data) = (id.parse().unwrap(), Data::from_json("1").unwrap());
        bob.send(ClientMessage::Say(Say::new(id, data))).await;
    }
    for expected in ["a", "-_-", &"Z9".repeat(32)] {
        match ada.recv().await {
            ServerMessage::Say(SayFrom { from, id, .. }) => assert_eq!((from, id.as_str()), (bob.id.clone(), expected)),
            other => panic!("expected a message, received {other:?}"),
        }
    }
    bob.signal(&PeerId::from("nobody"), "1").await;
    bob.expect_refusal(ErrorCode::UnknownPeer, Some(4)).await;
}
