//! What is said while Redis is away for a moment, and waits for it.

use browser_rtc_signaling::LeaveReason;

use super::support::{Cable, Redis, all_hear};
use crate::support::{Client, Running};

/// Says something to all, and waits until the server has read it.
async fn say_and_be_read(server: &Running, client: &mut Client, word: &str) {
    let read = server.metric("signaling_frames_received_total").await;
    client.say(word).await;
    server.until_metric("signaling_frames_received_total", read + 1).await;
}

#[tokio::test]
async fn last_words_come_before_the_departure() {
    let Some(redis) = Redis::start().await else { return };
    let cable = Cable::to(&redis).await;
    let (one, two) = (redis.server_by(&cable).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    cable.plug(false);
    say_and_be_read(&one, &mut ada, "1").await;
    cable.hold_subscriptions();
    cable.plug(true);
    cable.until_something_is_held().await;
    // She goes when Redis is back, and has not yet been told what she said.
    let id = ada.id.clone();
    ada.send_leave().await;
    assert_eq!(ada.close_code().await, 1000);
    cable.let_go();
    bob.expect_say(&id, "1").await;
    bob.expect_left(&id, LeaveReason::Left).await;
}

#[tokio::test]
async fn what_waits_for_a_redis_that_has_lost_its_data_is_told_where_it_was_said() {
    let Some(mut redis) = Redis::start().await else { return };
    let cable = Cable::to(&redis).await;
    let (one, two) = (redis.server_by(&cable).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let carol = two.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&carol, "Carol").await;
    }
    cable.plug(false);
    say_and_be_read(&one, &mut ada, "1").await;
    redis.stop();
    redis.go_on().await;
    cable.plug(true);
    bob.expect_say(&ada.id, "1").await;
    // Carol, who is elsewhere, is not told, and that is said.
    ada.expect_error(browser_rtc_signaling::ErrorCode::Unavailable).await;
    // And nobody twice.
    all_hear(&mut ada, &mut [&mut bob], "2").await;
}
