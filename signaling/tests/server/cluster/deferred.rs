//! Frames that wait while Redis is briefly unavailable.

use browser_rtc_proto::signaling::LeaveReason;

use super::support::{Redis, RedisProxy, join_on_two_servers, say_to_all};
use crate::support::{Client, TestServer};

/// Sends a message, and waits until the server has read it.
async fn say_and_wait_until_read(server: &TestServer, client: &mut Client, word: &str) {
    let read = server.metric("signaling_frames_received_total").await;
    client.say(word).await;
    server.wait_for_metric("signaling_frames_received_total", read + 1).await;
}

#[tokio::test]
async fn deferred_frame_precedes_departure() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let (one, two) = (redis.server_via(&proxy).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    proxy.set_connected(false);
    say_and_wait_until_read(&one, &mut ada, "1").await;
    proxy.hold_subscriptions();
    proxy.set_connected(true);
    proxy.wait_until_held().await;
    // Ada leaves when Redis is available again, before her message is delivered.
    let id = ada.id.clone();
    ada.send_leave().await;
    assert_eq!(ada.close_code().await, 1000);
    proxy.release();
    bob.expect_say(&id, "1").await;
    bob.expect_left(&id, LeaveReason::Left).await;
}

#[tokio::test]
async fn deferred_frame_stays_local_after_data_loss() {
    let Some(mut redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let (one, two) = (redis.server_via(&proxy).await, redis.server().await);
    let (mut ada, mut bob, _carol) = join_on_two_servers(&one, &two).await;
    proxy.set_connected(false);
    say_and_wait_until_read(&one, &mut ada, "1").await;
    redis.stop();
    redis.restart().await;
    proxy.set_connected(true);
    bob.expect_say(&ada.id, "1").await;
    // Carol is on the other server and does not receive the message, so Ada receives an error.
    ada.expect_error(browser_rtc_proto::signaling::ErrorCode::Unavailable).await;
    // No client receives the message twice.
    say_to_all(&mut ada, &mut [&mut bob], "2").await;
}
