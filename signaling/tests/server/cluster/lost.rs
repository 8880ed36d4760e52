//! Redis comes back without its data, and the servers find it one after the other.

use std::time::Duration;

use browser_rtc_signaling::ErrorCode;
use browser_rtc_signaling::server::Config;

use super::support::{Cable, Redis, all_hear, join_when, join_when_possible, refused};
use crate::support::start;

#[tokio::test]
async fn who_is_expected_back_on_another_server_can_be_spoken_to() {
    let Some(mut redis) = Redis::start().await else { return };
    let cable = Cable::to(&redis).await;
    let (one, two) = (redis.server().await, redis.server_by(&cable).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let carol = two.join("r", "Carol").await;
    for client in [&mut ada, &mut bob] {
        client.recv().await;
    }
    ada.expect_joined(&carol, "Carol").await;
    cable.plug(false);
    redis.stop();
    redis.go_on().await;
    let mut new = join_when_possible(&one, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    let begun = redis.connections().await;
    ada.signal(&carol.id, "1").await;
    all_hear(&mut ada, &mut [&mut bob, &mut new], "2").await;
    // That of the question itself is the only new one: nothing has broken.
    assert_eq!(redis.connections().await, begun + 1);
}

/// Carol leaves while Redis is away. Nobody is to be left in her place, whoever finds Redis first.
async fn who_left_is_gone(first_is_hers: bool, others_are_there: bool) {
    let Some(mut redis) = Redis::start().await else { return };
    let config = |cable: &Cable| Config {
        redis: Some(cable.url.as_str().into()),
        grace: Duration::from_secs(4),
        ..redis.config()
    };
    let cables = (Cable::to(&redis).await, Cable::to(&redis).await);
    let (one, two) = (start(config(&cables.0)).await, start(config(&cables.1)).await);
    let _ada = one.join("r", "Ada").await;
    let mut carol = two.join("r", "Carol").await;
    let _dave = if others_are_there { Some(two.join("r", "Dave").await) } else { None };
    // Hers is to have another room: to join that tells that it has found Redis, and seats nobody in this one.
    let _eve = two.join("q", "Eve").await;
    for cable in [&cables.0, &cables.1] {
        cable.plug(false);
    }
    carol.send_leave().await;
    assert_eq!(carol.close_code().await, 1000);
    redis.stop();
    redis.go_on().await;
    let in_order = if first_is_hers {
        [(&two, &cables.1, "q"), (&one, &cables.0, "r")]
    } else {
        [(&one, &cables.0, "r"), (&two, &cables.1, "q")]
    };
    for (server, cable, room) in in_order {
        cable.plug(true);
        join_when_possible(server, room, "New").await;
    }
    join_when(&one, "r", "Carol", ErrorCode::NameTaken).await;
}

#[tokio::test]
async fn who_left_is_gone_when_the_others_are_back_first() {
    tokio::join!(who_left_is_gone(false, true), who_left_is_gone(false, false));
}

#[tokio::test]
async fn who_left_is_gone_when_her_own_server_is_back_first() {
    tokio::join!(who_left_is_gone(true, true), who_left_is_gone(true, false));
}

/// Nobody has noticed, as no connection has broken.
#[tokio::test]
async fn a_room_that_is_gone_from_redis_is_put_down_again_by_who_speaks() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.expect_ok("FLUSHALL").await;
    for word in ["1", "2"] {
        all_hear(&mut ada, &mut [&mut bob], word).await;
    }
    refused(&server, "r", "Bob", ErrorCode::NameTaken).await;
    all_hear(&mut bob, &mut [&mut ada], "3").await;
}
