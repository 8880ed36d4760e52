//! Redis loses data, and the servers detect it.

use browser_rtc_proto::signaling::ErrorCode;

use super::support::{
    Redis, expect_join_refused, expect_unavailable, join_when_available, say_to_all, wait_until_ready,
};

/// No connection breaks, so the loss is detected by the next frame.
#[tokio::test]
async fn deleted_room_is_detected_by_next_frame() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    redis.expect_ok("FLUSHALL").await;
    ada.say("1").await;
    expect_unavailable(&mut ada).await;
    expect_unavailable(&mut bob).await;
    let mut again = one.connect().await;
    assert!(!again.resume(&ada.save_seat(2)).await.resumed);
    let mut bob = one.join("r", "Bob").await;
    again.expect_joined(&bob, "Bob").await;
    say_to_all(&mut bob, &mut [&mut again], "2").await;
    // Redis does not know that the other server has seats in the room.
    carol.say("2").await;
    expect_unavailable(&mut carol).await;
    let mut carol = two.join("r", "Carol").await;
    for client in [&mut again, &mut bob] {
        client.expect_joined(&carol, "Carol").await;
    }
    say_to_all(&mut carol, &mut [&mut again, &mut bob], "3").await;
}

#[tokio::test]
async fn join_of_deleted_room_replaces_it() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    redis.expect_ok("FLUSHALL").await;
    let mut bob = server.connect().await;
    assert!(bob.join("r", "Bob").await.is_empty());
    expect_unavailable(&mut ada).await;
    let mut ada = server.join("r", "Ada").await;
    bob.expect_joined(&ada, "Ada").await;
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
}

#[tokio::test]
async fn redis_returns_empty() {
    let Some(mut redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.stop();
    redis.restart().await;
    // Redis may have returned before its rooms were given up: the loss is detected then.
    expect_unavailable(&mut ada).await;
    expect_unavailable(&mut bob).await;
    wait_until_ready(&one).await;
    wait_until_ready(&two).await;
    let mut again = two.connect().await;
    assert!(!again.resume(&ada.save_seat(1)).await.resumed);
    let mut bob = join_when_available(&one, "r", "Bob").await;
    again.expect_joined(&bob, "Bob").await;
    say_to_all(&mut again, &mut [&mut bob], "1").await;
}

/// Frames that were sent after the data was saved are missing in Redis.
#[tokio::test]
async fn redis_returns_with_older_data() {
    let Some(mut redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    assert!(redis.query("SAVE").await.starts_with("+OK"));
    for word in 0..20 {
        say_to_all(&mut ada, &mut [&mut bob], &word.to_string()).await;
    }
    // All frames are answered.
    ada.expect_silence().await;
    redis.stop();
    redis.restart().await;
    expect_unavailable(&mut ada).await;
    expect_unavailable(&mut bob).await;
    wait_until_ready(&one).await;
    // Bob has received frames that Redis does not have, so he cannot resume his seat.
    let mut fresh = one.connect().await;
    assert!(!fresh.resume(&bob.save_seat(20)).await.resumed);
}

/// The server reads the log while its clients are silent.
#[tokio::test]
async fn lost_room_is_detected_after_reconnect() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    redis.expect_ok("FLUSHALL").await;
    let mut bob = two.join("r", "Bob").await;
    for kind in ["normal", "pubsub"] {
        redis.query(&format!("CLIENT KILL TYPE {kind}")).await;
    }
    expect_unavailable(&mut ada).await;
    expect_join_refused(&one, "r", "Bob", ErrorCode::NameTaken).await;
    let ada = one.join("r", "Ada").await;
    bob.expect_joined(&ada, "Ada").await;
}
