//! Redis does not answer, and answers again.

use std::{cell::Cell, time::Duration};

use browser_rtc_proto::signaling::{ErrorCode, LeaveReason};
use browser_rtc_signaling::Limits;

use super::support::{
    Redis, RedisProxy, expect_join_refused, expect_unavailable, is_ready, join_once_not, join_when_available,
    say_to_all, wait_until_ready,
};
use crate::support::{TestServer, start, with_timeout};

/// Expects that no seat is assigned, and that the server says so.
async fn expect_not_ready(server: &TestServer) {
    expect_join_refused(server, "new", "New", ErrorCode::Unavailable).await;
    let (head, body) = server.get("/readyz").await;
    assert!(head.starts_with("http/1.1 503") && body == "Redis is unavailable", "{head} {body}");
    assert!(server.get("/healthz").await.0.starts_with("http/1.1 200"));
    assert_eq!((server.metric("signaling_rooms").await, server.metric("signaling_seats").await), (0, 0));
}

#[tokio::test]
async fn seats_resume_when_redis_returns() {
    let Some(mut redis) = Redis::start_durable().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&carol, "Carol").await;
    }
    say_to_all(&mut ada, &mut [&mut bob, &mut carol], "0").await;
    redis.stop();
    // Nothing of this is acknowledged.
    ada.say("1").await;
    for client in [&mut ada, &mut bob, &mut carol] {
        expect_unavailable(client).await;
    }
    for server in [&one, &two] {
        expect_not_ready(server).await;
    }
    redis.restart().await;
    for server in [&one, &two] {
        wait_until_ready(server).await;
    }
    for name in ["Ada", "Bob", "Carol"] {
        expect_join_refused(&one, "r", name, ErrorCode::NameTaken).await;
    }
    // Each client resumes on the other server.
    let saved = [ada.save_seat(2), bob.save_seat(2), carol.save_seat(1)];
    let ids = [&ada, &bob, &carol].map(|client| client.id.clone());
    let (mut ada, mut bob, mut carol) = (two.connect().await, two.connect().await, one.connect().await);
    for ((client, saved), id) in [&mut ada, &mut bob, &mut carol].into_iter().zip(&saved).zip(&ids) {
        let back = client.resume(saved).await;
        assert!(back.resumed && client.id == *id && back.received <= 2, "{back:?}");
    }
    say_to_all(&mut ada, &mut [&mut bob, &mut carol], "1").await;
    say_to_all(&mut carol, &mut [&mut ada, &mut bob], "2").await;
    ada.signal(&bob.id, "3").await;
    bob.expect_signal(&ada.id, "3").await;
}

/// The connections to a paused Redis do not break.
#[tokio::test]
async fn paused_redis_is_unavailable() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.pause();
    let paused = std::time::Instant::now();
    for client in [&mut ada, &mut bob] {
        expect_unavailable(client).await;
    }
    // The heartbeat, the timeout of a command, and the time until the rooms are given up.
    assert!(paused.elapsed() < Duration::from_secs(12), "{:?}", paused.elapsed());
    expect_not_ready(&one).await;
    redis.unpause();
    wait_until_ready(&one).await;
    let mut back = one.connect().await;
    assert!(back.resume(&bob.save_seat(0)).await.resumed);
    let mut back_too = one.connect().await;
    assert!(back_too.resume(&ada.save_seat(1)).await.resumed);
    say_to_all(&mut back, &mut [&mut back_too], "1").await;
}

/// Covers a Redis whose disk is full, or that is no longer the master.
#[tokio::test]
async fn read_only_redis_is_unavailable() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    redis.query("CONFIG SET min-replicas-to-write 1").await;
    let before = redis.connections().await;
    expect_unavailable(&mut ada).await;
    expect_not_ready(&server).await;
    let more = redis.connections().await - before;
    assert!(more < 40, "{more} connections");
    redis.query("CONFIG SET min-replicas-to-write 0").await;
    wait_until_ready(&server).await;
    let mut back = server.connect().await;
    assert!(back.resume(&ada.save_seat(0)).await.resumed);
}

#[tokio::test]
async fn clients_of_cut_off_server_resume_elsewhere() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let (one, two) = (redis.server_via(&proxy).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut carol = two.join("r", "Carol").await;
    ada.expect_joined(&carol, "Carol").await;
    proxy.set_connected(false);
    expect_unavailable(&mut ada).await;
    carol.say("1").await;
    let mut back = two.connect().await;
    assert!(back.resume(&ada.save_seat(1)).await.resumed && back.id == ada.id);
    back.expect_say(&carol.id, "1").await;
    expect_not_ready(&one).await;
    proxy.set_connected(true);
    let new = join_when_available(&one, "r", "New").await;
    for client in [&mut back, &mut carol] {
        client.expect_joined(&new, "New").await;
    }
    say_to_all(&mut back, &mut [&mut carol], "2").await;
}

#[tokio::test]
async fn seats_of_cut_off_server_are_lost_after_grace() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let config = redis.config().grace(Duration::from_millis(500));
    let one = start(config.clone().redis(Some(proxy.url.as_str().into()))).await;
    let two = start(config).await;
    let mut ada = one.join("r", "Ada").await;
    let mut carol = two.join("r", "Carol").await;
    proxy.set_connected(false);
    expect_unavailable(&mut ada).await;
    carol.expect_left(&ada.id, LeaveReason::Lost).await;
    // The server frees the seats of its own past in rooms that no other server has.
    proxy.set_connected(true);
    let mut dave = join_when_available(&one, "d", "Dave").await;
    proxy.set_connected(false);
    expect_unavailable(&mut dave).await;
    proxy.set_connected(true);
    let mut eve = join_when_available(&one, "d", "Eve").await;
    eve.expect_left(&dave.id, LeaveReason::Lost).await;
    join_once_not(&one, "d", "Dave", ErrorCode::NameTaken).await;
}

#[tokio::test]
async fn brief_disconnect_has_no_effect() {
    let Some(mut redis) = Redis::start_durable().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    for round in 0..3 {
        for word in 0..30 {
            if word == 15 {
                // The connections break between the two messages.
                redis.query("CLIENT KILL TYPE normal").await;
                redis.query("CLIENT KILL TYPE pubsub").await;
            }
            ada.say(&(round * 100 + word).to_string()).await;
            bob.say(&word.to_string()).await;
        }
        for word in 0..30 {
            let said = (round * 100 + word).to_string();
            bob.expect_say(&ada.id, &said).await;
            ada.expect_say(&bob.id, &word.to_string()).await;
        }
    }
    say_to_all(&mut ada, &mut [&mut bob], "1").await;
    redis.stop();
}

#[tokio::test]
async fn server_starts_without_redis() {
    let Some(mut redis) = Redis::start().await else { return };
    redis.stop();
    let server = redis.server().await;
    expect_join_refused(&server, "r", "Ada", ErrorCode::Unavailable).await;
    redis.restart().await;
    let mut ada = join_when_available(&server, "r", "Ada").await;
    ada.expect_silence().await;
}

fn fast() -> Limits {
    Limits::new().burst(100_000).queue_frames(10_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn unanswered_commands_are_applied_once() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server_with(fast()).await, redis.server_with(fast()).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let (to_ada, to_bob) = (ada.id.clone(), bob.id.clone());
    let (mut said, breaking) = (0, Cell::new(true));
    let breaks = async {
        for _ in 0..10 {
            let before = redis.connections().await;
            redis.query("CLIENT KILL TYPE normal").await;
            redis.query("CLIENT KILL TYPE pubsub").await;
            // Waits until both servers are connected again. Each query is a connection as well.
            let mut asked = 3;
            with_timeout(async {
                while redis.connections().await < before + asked + 2 {
                    asked += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                for server in [&one, &two] {
                    while !is_ready(server).await {}
                }
            })
            .await;
        }
        breaking.set(false);
    };
    let talk = async {
        while breaking.get() && said < 5_000 {
            for word in said..said + 100 {
                ada.say(&word.to_string()).await;
                bob.say(&word.to_string()).await;
            }
            said += 100;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(breaks, talk);
    for word in 0..said {
        ada.expect_say(&to_bob, &word.to_string()).await;
        bob.expect_say(&to_ada, &word.to_string()).await;
    }
    say_to_all(&mut ada, &mut [&mut bob], "\"end\"").await;
    say_to_all(&mut bob, &mut [&mut ada], "\"end\"").await;
}
