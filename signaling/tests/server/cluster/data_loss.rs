//! Redis loses its data, and the servers detect the loss one after another.

use std::time::Duration;

use browser_rtc_proto::signaling::ErrorCode;

use super::support::{Redis, RedisProxy, expect_join_refused, join_once_not, join_when_available, say_to_all};
use crate::support::start;

#[tokio::test]
async fn peer_on_disconnected_server_can_be_signalled() {
    let Some(mut redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let (one, two) = (redis.server().await, redis.server_via(&proxy).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let carol = two.join("r", "Carol").await;
    for client in [&mut ada, &mut bob] {
        client.recv().await;
    }
    ada.expect_joined(&carol, "Carol").await;
    proxy.set_connected(false);
    redis.stop();
    redis.restart().await;
    let mut new = join_when_available(&one, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    let before = redis.connections().await;
    ada.signal(&carol.id, "1").await;
    say_to_all(&mut ada, &mut [&mut bob, &mut new], "2").await;
    // The query is the only new connection, so no connection was broken.
    assert_eq!(redis.connections().await, before + 1);
}

/// Carol leaves while Redis is unavailable. Her seat must be removed, whichever server reconnects first.
async fn departed_peer_stays_gone(first_is_hers: bool, others_are_there: bool) {
    let Some(mut redis) = Redis::start().await else { return };
    let config =
        |proxy: &RedisProxy| redis.config().redis(Some(proxy.url.as_str().into())).grace(Duration::from_secs(4));
    let proxies = (RedisProxy::to(&redis).await, RedisProxy::to(&redis).await);
    let (one, two) = (start(config(&proxies.0)).await, start(config(&proxies.1)).await);
    let _ada = one.join("r", "Ada").await;
    let mut carol = two.join("r", "Carol").await;
    let _dave = if others_are_there { Some(two.join("r", "Dave").await) } else { None };
    // A join in another room on Carol's server shows that the server has reconnected.
    let _eve = two.join("q", "Eve").await;
    for proxy in [&proxies.0, &proxies.1] {
        proxy.set_connected(false);
    }
    carol.send_leave().await;
    assert_eq!(carol.close_code().await, 1000);
    redis.stop();
    redis.restart().await;
    let in_order = if first_is_hers {
        [(&two, &proxies.1, "q"), (&one, &proxies.0, "r")]
    } else {
        [(&one, &proxies.0, "r"), (&two, &proxies.1, "q")]
    };
    for (server, proxy, room) in in_order {
        proxy.set_connected(true);
        join_when_available(server, room, "New").await;
    }
    join_once_not(&one, "r", "Carol", ErrorCode::NameTaken).await;
}

#[tokio::test]
async fn departed_peer_stays_removed_if_other_server_first() {
    tokio::join!(departed_peer_stays_gone(false, true), departed_peer_stays_gone(false, false));
}

#[tokio::test]
async fn departed_peer_stays_removed_if_own_server_first() {
    tokio::join!(departed_peer_stays_gone(true, true), departed_peer_stays_gone(true, false));
}

/// No connection breaks, so the loss is not detected earlier.
#[tokio::test]
async fn deleted_room_is_registered_again_by_next_frame() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.expect_ok("FLUSHALL").await;
    for word in ["1", "2"] {
        say_to_all(&mut ada, &mut [&mut bob], word).await;
    }
    expect_join_refused(&server, "r", "Bob", ErrorCode::NameTaken).await;
    say_to_all(&mut bob, &mut [&mut ada], "3").await;
}
