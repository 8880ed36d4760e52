//! Servers in separate processes that are killed.

use browser_rtc_proto::signaling::{ErrorCode, LeaveReason, SayFrom, ServerMessage, SignalFrom};

use super::support::{Redis, expect_join_refused, say_to_all};

#[tokio::test]
async fn seats_of_killed_server_resume_elsewhere() {
    let Some(redis) = Redis::start().await else { return };
    let (one, _one) = redis.program(60_000);
    let (two, mut killed) = redis.program(60_000);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let carol = two.join("r", "Carol").await;
    ada.expect_joined(&carol, "Carol").await;
    bob.expect_joined(&carol, "Carol").await;
    // Frames in flight in all directions may be lost.
    for word in 0..50 {
        ada.say(&word.to_string()).await;
        bob.signal(&ada.id, &word.to_string()).await;
        bob.signal(&carol.id, &word.to_string()).await;
        if word == 25 {
            for word in 0..10 {
                bob.expect_say(&ada.id, &word.to_string()).await;
            }
        }
    }
    killed.kill();
    for word in 50..60 {
        ada.say(&word.to_string()).await;
    }
    expect_join_refused(&one, "r", "Bob", ErrorCode::NameTaken).await;
    let (bobs, carols) = (bob.save_seat(11), carol.save_seat(0));
    let (mut bob_again, mut carol_again) = (one.connect().await, one.connect().await);
    let back = bob_again.resume(&bobs).await;
    assert!(back.resumed && bob_again.id == bob.id && back.name == "Bob" && back.received <= 100, "{back:?}");
    // Frames that the server has not received are sent again.
    for frame in back.received..100 {
        let to = if frame % 2 == 0 { &ada.id } else { &carol.id };
        bob_again.signal(to, &(frame / 2).to_string()).await;
    }
    for word in 10..60 {
        bob_again.expect_say(&ada.id, &word.to_string()).await;
    }
    for word in 0..50 {
        ada.expect_signal(&bob.id, &word.to_string()).await;
    }
    assert!(carol_again.resume(&carols).await.resumed);
    let (mut said, mut signalled) = (0, 0);
    while said < 60 || signalled < 50 {
        let (data, count) = match carol_again.recv().await {
            ServerMessage::Say(SayFrom { data, .. }) => (data, &mut said),
            ServerMessage::Signal(SignalFrom { data, .. }) => (data, &mut signalled),
            other => panic!("{other:?}"),
        };
        assert_eq!(data.get(), count.to_string());
        *count += 1;
    }
    say_to_all(&mut ada, &mut [&mut bob_again, &mut carol_again], "60").await;
    say_to_all(&mut bob_again, &mut [&mut ada, &mut carol_again], "61").await;
}

#[tokio::test]
async fn seats_of_killed_server_are_lost_after_grace_time() {
    let Some(redis) = Redis::start().await else { return };
    let ((one, _one), (two, _two)) = (redis.program(500), redis.program(500));
    let (three, mut killed) = redis.program(500);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let carol = three.join("r", "Carol").await;
    // Dave's room has no other client.
    let _alone = three.join("alone", "Dave").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&carol, "Carol").await;
    }
    killed.kill();
    for client in [&mut ada, &mut bob] {
        client.expect_left(&carol.id, LeaveReason::Lost).await;
    }
    // The departure is announced once.
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
    say_to_all(&mut bob, &mut [&mut ada], "2").await;
    let mut back = one.connect().await;
    assert!(!back.resume(&carol.save_seat(0)).await.resumed);
    // A client that joins the room later is notified as well.
    let mut eve = one.connect().await;
    let peers = eve.join("alone", "Eve").await;
    assert_eq!(peers.len(), 1);
    eve.expect_left(&peers[0].id, LeaveReason::Lost).await;
}
