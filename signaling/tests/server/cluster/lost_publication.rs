//! Published entries that do not arrive.

use browser_rtc_signaling::Limits;

use super::support::{Redis, RedisProxy, say_to_all};

#[tokio::test]
async fn lost_entries_are_read_from_log() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let one = redis.server_via(&proxy).await;
    let two = redis.server_with(Limits::new().burst(100_000)).await;
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    for round in [0, 1_000] {
        proxy.lose_entries(true);
        // More than are read at once.
        for word in round..round + 600 {
            bob.say(&word.to_string()).await;
            if word % 50 == 0 {
                bob.expect_silence().await;
            }
        }
        bob.expect_silence().await;
        proxy.lose_entries(false);
        bob.signal(&ada.id, "\"found\"").await;
        for word in round..round + 600 {
            ada.expect_say(&bob.id, &word.to_string()).await;
        }
        ada.expect_signal(&bob.id, "\"found\"").await;
    }
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
}

/// The log no longer contains the missing entries.
#[tokio::test]
async fn clients_are_disconnected_if_log_is_too_short() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let (one, two) = (redis.server_via(&proxy).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    proxy.lose_entries(true);
    bob.say("1").await;
    bob.expect_silence().await;
    assert!(redis.query("XTRIM browser-rtc:{r:r}:log MAXLEN 0").await.starts_with(":3"));
    proxy.lose_entries(false);
    bob.say("2").await;
    super::support::expect_unavailable(&mut ada).await;
    bob.expect_left(&ada.id, browser_rtc_proto::signaling::LeaveReason::Lost).await;
    let mut fresh = two.connect().await;
    assert!(!fresh.resume(&ada.save_seat(1)).await.resumed);
    bob.expect_joined(&fresh, "Fresh").await;
}
