//! Seats that go from one server to the other, while both are there.

use browser_rtc_signaling::server::Limits;
use browser_rtc_signaling::{ClientMessage, ErrorCode, Ping, Pong, SayFrom, ServerMessage, SignalFrom, close};

use super::support::{Redis, all_hear};
use crate::support::{Client, soon};

#[tokio::test]
async fn a_seat_is_taken_back_on_another_server_with_all_that_was_missed() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let (id, mut heard) = (bob.id.clone(), 0);
    for round in 0..6_u32 {
        let keepsake = bob.keepsake(heard);
        // Some comes before the socket breaks, and is lost with it, and some after.
        let from = round * 10;
        for word in from..from + 5 {
            ada.say(&word.to_string()).await;
        }
        bob.break_off().await;
        for word in from + 5..from + 10 {
            ada.signal(&id, &word.to_string()).await;
        }
        bob = if round % 2 == 0 { one.connect().await } else { two.connect().await };
        let back = bob.resume(&keepsake).await;
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
        all_hear(&mut bob, &mut [&mut ada], &round.to_string()).await;
    }
    all_hear(&mut ada, &mut [&mut bob], "1").await;
}

#[tokio::test]
async fn what_was_under_way_to_a_server_is_sent_again_to_another() {
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
        let keepsake = bob.keepsake(0);
        bob.break_off().await;
        bob = if round % 2 == 0 { one.connect().await } else { two.connect().await };
        let back = bob.resume(&keepsake).await;
        // What was sent again may have been lost again.
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
    all_hear(&mut ada, &mut [&mut bob], "1").await;
    bob.send(ClientMessage::Ping(Ping::new(1).received(1))).await;
    assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(1).received(said)));
}

#[tokio::test]
async fn a_socket_that_seems_well_is_taken_over_from_another_server() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut old = one.join("r", "Bob").await;
    // Older still, and too late with what it says.
    let mut late = two.connect().await;
    let mut new = two.connect().await;
    let keepsake = old.keepsake(0);
    assert!(new.resume(&keepsake).await.resumed);
    assert_eq!(new.id, old.id);
    assert_eq!(old.close_code().await, close::REPLACED);
    late.send(late.join_to_resume(&keepsake)).await;
    assert_eq!(late.close_code().await, close::REPLACED);
    let mut ada = one.join("r", "Ada").await;
    new.expect_joined(&ada, "Ada").await;
    all_hear(&mut new, &mut [&mut ada], "1").await;
}

#[tokio::test]
async fn counts_that_cannot_be_lose_the_seat_to_a_new_one() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    for received in [1, 1_000, u32::MAX] {
        let bob = two.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        let keepsake = bob.keepsake(received);
        let gone = bob.id.clone();
        bob.break_off().await;
        let mut back = one.connect().await;
        assert!(!back.resume(&keepsake).await.resumed);
        ada.expect_left(&gone, browser_rtc_signaling::LeaveReason::Replaced).await;
        ada.expect_joined(&back, "Anew").await;
        back.send_leave().await;
        ada.expect_left(&back.id, browser_rtc_signaling::LeaveReason::Left).await;
    }
}

/// It would not have been kept for it at home either.
#[tokio::test]
async fn whoever_has_missed_more_than_a_queue_holds_is_seated_anew() {
    let Some(redis) = Redis::start().await else { return };
    let small = || Limits { queue_frames: 16, queue_bytes: 16 * 1024, frame_bytes: 8 * 1024, ..Limits::default() };
    let (one, two) = (redis.server_with(small()).await, redis.server_with(small()).await);
    for (words, of_bytes, missed, resumed) in [(20, 1, 17, false), (20, 1, 10, true), (8, 4_000, 6, false)] {
        let mut ada = one.join("r", "Ada").await;
        let mut bob = two.join("r", "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        let word = format!("\"{}\"", "x".repeat(of_bytes));
        for _ in 0..words {
            all_hear(&mut ada, &mut [&mut bob], &word).await;
        }
        let keepsake = bob.keepsake(words - missed);
        bob.break_off().await;
        let mut bob = one.connect().await;
        assert_eq!(bob.resume(&keepsake).await.resumed, resumed, "{missed}");
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
async fn a_server_that_shuts_down_leaves_its_clients_their_seats() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let stopping = tokio::spawn(two.stop());
    assert_eq!(bob.close_code().await, close::GOING_AWAY);
    let keepsake = bob.keepsake(0);
    drop(bob);
    soon(stopping).await.unwrap();
    ada.say("1").await;
    let mut bob = one.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    bob.expect_say(&ada.id, "1").await;
    all_hear(&mut bob, &mut [&mut ada], "2").await;
}

#[tokio::test]
async fn seat_is_resumed_on_another_server_after_a_message_far_over_the_limit() {
    let Some(redis) = Redis::start().await else { return };
    let limits = || Limits { frame_bytes: 1000, ..Limits::default() };
    let (one, two) = (redis.server_with(limits()).await, redis.server_with(limits()).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    bob.send_text(&"x".repeat(100_000)).await;
    assert_eq!(bob.close_code().await, close::TOO_LARGE);
    let mut back = two.connect().await;
    let resumed = back.resume(&bob.keepsake(0)).await;
    assert!(resumed.resumed && resumed.received == 1, "{resumed:?}");
    back.expect_refusal(ErrorCode::TooLarge, Some(1)).await;
    all_hear(&mut back, &mut [&mut ada], "1").await;
    ada.expect_silence().await;
}
