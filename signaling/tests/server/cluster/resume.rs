//! Seats that are resumed on another server, while both servers run.

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, Ping, Pong, SayFrom, ServerMessage, SignalFrom, close};
use browser_rtc_signaling::Limits;

use super::support::{Redis, say_to_all};
use crate::support::{Client, with_timeout};

#[tokio::test]
async fn seat_resumes_on_other_server_with_missed_frames() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let (id, mut heard) = (bob.id.clone(), 0);
    for round in 0..6_u32 {
        let saved = bob.save_seat(heard);
        // Some frames are lost with the socket, and some are sent after it broke.
        let from = round * 10;
        for word in from..from + 5 {
            ada.say(&word.to_string()).await;
        }
        bob.reset().await;
        for word in from + 5..from + 10 {
            ada.signal(&id, &word.to_string()).await;
        }
        bob = if round % 2 == 0 { one.connect().await } else { two.connect().await };
        let back = bob.resume(&saved).await;
        assert!(back.resumed, "{round}");
        assert_eq!((&bob.id, back.name.as_str()), (&id, "Bob"));
        for word in from..from + 10 {
            match bob.recv().await {
                ServerMessage::Say(SayFrom { data, .. }) | ServerMessage::Signal(SignalFrom { data, .. }) => {
                    assert_eq!(data.get(), word.to_string());
                }
                other => panic!("{other:?}"),
            }
        }
        heard += 10;
        say_to_all(&mut bob, &mut [&mut ada], &round.to_string()).await;
    }
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
}

#[tokio::test]
async fn frames_lost_to_one_server_are_resent_to_other() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let (id, mut said, mut had) = (bob.id.clone(), 0, 0);
    for round in 0..10 {
        let until = said + 20;
        for word in said..until {
            bob.say(&word.to_string()).await;
        }
        let saved = bob.save_seat(0);
        bob.reset().await;
        bob = if round % 2 == 0 { one.connect().await } else { two.connect().await };
        let back = bob.resume(&saved).await;
        // Frames that were sent again may be lost again.
        assert!(back.resumed && (had..=until).contains(&back.received), "{back:?}");
        had = back.received;
        for word in back.received..until {
            bob.say(&word.to_string()).await;
        }
        said = until;
    }
    for word in 0..said {
        ada.expect_say(&id, &word.to_string()).await;
    }
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
    bob.send(ClientMessage::Ping(Ping::new(1).received(1))).await;
    assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(1).received(said)));
}

#[tokio::test]
async fn working_socket_is_replaced_from_other_server() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut old = one.join("r", "Bob").await;
    // This socket is older than the new one, although its join is read later.
    let mut late = two.connect().await;
    let mut new = two.connect().await;
    let saved = old.save_seat(0);
    assert!(new.resume(&saved).await.resumed);
    assert_eq!(new.id, old.id);
    assert_eq!(old.close_code().await, close::REPLACED);
    late.send(late.join_to_resume(&saved)).await;
    assert_eq!(late.close_code().await, close::REPLACED);
    let mut ada = one.join("r", "Ada").await;
    new.expect_joined(&ada, "Ada").await;
    say_to_all(&mut new, &mut [&mut ada], "1").await;
}

#[tokio::test]
async fn impossible_count_replaces_seat() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    for received in [1, 1_000, u32::MAX] {
        let bob = two.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        let saved = bob.save_seat(received);
        let gone = bob.id.clone();
        bob.reset().await;
        let mut back = one.connect().await;
        assert!(!back.resume(&saved).await.resumed);
        ada.expect_left(&gone, browser_rtc_proto::signaling::LeaveReason::Replaced).await;
        ada.expect_joined(&back, "Fresh").await;
        back.send_leave().await;
        ada.expect_left(&back.id, browser_rtc_proto::signaling::LeaveReason::Left).await;
    }
}

/// The seat could not be resumed on its own server, either.
#[tokio::test]
async fn missed_frames_above_queue_limit_give_new_seat() {
    let Some(redis) = Redis::start().await else { return };
    let small = || Limits::new().queue_frames(16).queue_bytes(16 * 1024).frame_bytes(8 * 1024);
    let (one, two) = (redis.server_with(small()).await, redis.server_with(small()).await);
    for (words, of_bytes, missed, resumed) in [(20, 1, 17, false), (20, 1, 10, true), (8, 4_000, 6, false)] {
        let mut ada = one.join("r", "Ada").await;
        let mut bob = two.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        let word = format!("\"{}\"", "x".repeat(of_bytes));
        for _ in 0..words {
            say_to_all(&mut ada, &mut [&mut bob], &word).await;
        }
        let saved = bob.save_seat(words - missed);
        bob.reset().await;
        let mut bob = one.connect().await;
        assert_eq!(bob.resume(&saved).await.resumed, resumed, "{missed}");
        for client in [ada, bob] {
            leave(client).await;
        }
    }
}

async fn leave(mut client: Client) {
    client.send_leave().await;
    assert_eq!(client.close_code().await, 1000);
}

#[tokio::test]
async fn shutdown_keeps_seats_for_other_servers() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let stopping = tokio::spawn(two.stop());
    assert_eq!(bob.close_code().await, close::GOING_AWAY);
    let saved = bob.save_seat(0);
    drop(bob);
    with_timeout(stopping).await.unwrap();
    ada.say("1").await;
    let mut bob = one.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    bob.expect_say(&ada.id, "1").await;
    say_to_all(&mut bob, &mut [&mut ada], "2").await;
}

#[tokio::test]
async fn seat_resumes_elsewhere_after_too_large_message() {
    let Some(redis) = Redis::start().await else { return };
    let limits = || Limits::new().frame_bytes(1000);
    let (one, two) = (redis.server_with(limits()).await, redis.server_with(limits()).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    bob.send_text(&"x".repeat(100_000)).await;
    assert_eq!(bob.close_code().await, close::TOO_LARGE);
    let mut back = two.connect().await;
    let resumed = back.resume(&bob.save_seat(0)).await;
    assert!(resumed.resumed && resumed.received == 1, "{resumed:?}");
    back.expect_refusal(ErrorCode::TooLarge, Some(1)).await;
    say_to_all(&mut back, &mut [&mut ada], "1").await;
    ada.expect_silence().await;
}
