//! Redis becomes unavailable, and returns with or without its data.

use std::{cell::Cell, time::Duration};

use browser_rtc_proto::signaling::{ErrorCode, PeerLeft, SayFrom, ServerMessage};
use browser_rtc_signaling::Limits;

use super::support::{
    Redis, RedisProxy, expect_join_refused, join_when_available, say_to_all, wait_until_disconnected,
};
use crate::support::{Client, start, with_timeout};

async fn outage_and_return(mut redis: Redis) {
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.expect_joined(&carol, "Carol").await;
    bob.expect_joined(&carol, "Carol").await;
    // A room of one server only.
    let mut dave = one.join("d", "Dave").await;
    let mut eve = one.join("d", "Eve").await;
    dave.expect_joined(&eve, "Eve").await;
    say_to_all(&mut ada, &mut [&mut bob, &mut carol], "0").await;
    // All earlier frames are answered.
    ada.expect_silence().await;

    redis.stop();
    wait_until_disconnected(&one, &mut dave).await;
    expect_join_refused(&one, "r", "New", ErrorCode::Unavailable).await;
    expect_join_refused(&two, "new", "New", ErrorCode::Unavailable).await;
    let (head, body) = one.get("/readyz").await;
    assert!(head.starts_with("http/1.1 503") && body == "Redis is unavailable", "{head} {body}");
    assert!(one.get("/healthz").await.0.starts_with("http/1.1 200"));
    for word in 1..20 {
        let word = word.to_string();
        dave.signal(&eve.id, &word).await;
        eve.expect_signal(&dave.id, &word).await;
        say_to_all(&mut eve, &mut [&mut dave], &word).await;
        ada.signal(&bob.id, &word).await;
        bob.expect_signal(&ada.id, &word).await;
    }
    // Peers on other servers cannot be reached, and the sender receives an error.
    ada.signal(&carol.id, "20").await;
    ada.expect_error(ErrorCode::Unavailable).await;
    bob.say("21").await;
    bob.expect_error(ErrorCode::Unavailable).await;
    ada.expect_say(&bob.id, "21").await;
    assert_eq!(one.metric("signaling_errors_total{code=\"unavailable\"}").await, 3);
    assert_eq!((one.metric("signaling_rooms").await, one.metric("signaling_seats").await), (2, 4));
    // A client resumes its seat on its server. It has received a peer, a message, signals, and an error.
    let saved = bob.save_seat(1 + 1 + 19 + 1);
    bob.reset().await;
    ada.signal(&dave.id, "22").await;
    ada.expect_error(ErrorCode::UnknownPeer).await;
    let mut bob = one.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    // Another client leaves, which is announced on the other server later.
    eve.send_leave().await;
    dave.expect_left(&eve.id, browser_rtc_proto::signaling::LeaveReason::Left).await;

    redis.restart().await;
    let mut new = join_when_available(&two, "r", "New").await;
    assert!(two.get("/readyz").await.0.starts_with("http/1.1 200"));
    for client in [&mut ada, &mut bob, &mut carol] {
        client.expect_joined(&new, "New").await;
    }
    for name in ["Ada", "Bob", "Carol"] {
        expect_join_refused(&one, "r", name, ErrorCode::NameTaken).await;
        expect_join_refused(&two, "r", name, ErrorCode::NameTaken).await;
    }
    say_to_all(&mut ada, &mut [&mut bob, &mut carol, &mut new], "30").await;
    say_to_all(&mut carol, &mut [&mut ada, &mut bob, &mut new], "31").await;
    say_to_all(&mut new, &mut [&mut ada, &mut bob, &mut carol], "32").await;
    ada.signal(&carol.id, "33").await;
    carol.expect_signal(&ada.id, "33").await;
    let mut eve = join_when_available(&two, "d", "Eve").await;
    dave.expect_joined(&eve, "Eve").await;
    say_to_all(&mut dave, &mut [&mut eve], "34").await;

    // Seats move between servers as before. Carol has received one message before the outage, and a peer, two messages
    // and one signal since then.
    let saved = carol.save_seat(5);
    let id = carol.id.clone();
    carol.reset().await;
    say_to_all(&mut ada, &mut [&mut bob, &mut new], "35").await;
    let mut carol = one.connect().await;
    assert!(carol.resume(&saved).await.resumed);
    assert_eq!(carol.id, id);
    carol.expect_say(&ada.id, "35").await;
    say_to_all(&mut carol, &mut [&mut ada, &mut bob, &mut new], "36").await;
}

#[tokio::test]
async fn redis_returns_with_data() {
    let Some(redis) = Redis::start_durable().await else { return };
    outage_and_return(redis).await;
}

#[tokio::test]
async fn redis_returns_without_data() {
    let Some(redis) = Redis::start().await else { return };
    outage_and_return(redis).await;
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
    let mut new = join_when_available(&two, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    expect_join_refused(&one, "r", "Bob", ErrorCode::NameTaken).await;
    say_to_all(&mut ada, &mut [&mut bob, &mut new], "20").await;
    say_to_all(&mut bob, &mut [&mut ada, &mut new], "21").await;
}

/// Covers a Redis whose disk is full, or that is no longer the master.
#[tokio::test]
async fn read_only_redis_is_unavailable() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.query("CONFIG SET min-replicas-to-write 1").await;
    let before = redis.connections().await;
    for word in 0..3 {
        say_to_all(&mut ada, &mut [&mut bob], &word.to_string()).await;
        expect_join_refused(&server, "r", "New", ErrorCode::Unavailable).await;
    }
    let more = redis.connections().await - before;
    assert!(more < 40, "{more} connections");
    redis.query("CONFIG SET min-replicas-to-write 0").await;
    let mut new = join_when_available(&server, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    say_to_all(&mut ada, &mut [&mut bob, &mut new], "3").await;
}

#[tokio::test]
async fn paused_redis_is_unavailable() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("q", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.pause();
    for word in 0..3 {
        say_to_all(&mut ada, &mut [&mut bob], &word.to_string()).await;
        expect_join_refused(&two, "q", "New", ErrorCode::Unavailable).await;
    }
    redis.unpause();
    let mut new = join_when_available(&two, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    say_to_all(&mut new, &mut [&mut ada, &mut bob], "3").await;
    let dave = join_when_available(&one, "q", "Dave").await;
    carol.expect_joined(&dave, "Dave").await;
}

#[tokio::test]
async fn single_disconnected_server_is_isolated() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let one = start(redis.config().redis(Some(proxy.url.as_str().into()))).await;
    let two = redis.server().await;
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&carol, "Carol").await;
    }
    let mut dave = one.join("d", "Dave").await;
    proxy.set_connected(false);
    wait_until_disconnected(&one, &mut dave).await;
    expect_join_refused(&one, "r", "New", ErrorCode::Unavailable).await;
    ada.say("1").await;
    bob.expect_say(&ada.id, "1").await;
    ada.expect_error(ErrorCode::Unavailable).await;
    let mut new = two.join("r", "New").await;
    carol.expect_joined(&new, "New").await;
    say_to_all(&mut carol, &mut [&mut new], "2").await;
    // A disconnected client still has its seat and its name.
    expect_join_refused(&two, "r", "Ada", ErrorCode::NameTaken).await;
    proxy.set_connected(true);
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
        client.expect_say(&carol.id, "2").await;
    }
    say_to_all(&mut ada, &mut [&mut bob, &mut carol, &mut new], "3").await;
    say_to_all(&mut new, &mut [&mut ada, &mut bob, &mut carol], "4").await;
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
                    while !server.get("/readyz").await.0.starts_with("http/1.1 200") {}
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

#[tokio::test(flavor = "multi_thread")]
async fn frames_before_outage_are_not_repeated() {
    let Some(mut redis) = Redis::start_durable().await else { return };
    let (one, two) = (redis.server_with(fast()).await, redis.server_with(fast()).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    bob.expect_joined(&carol, "Carol").await;
    for round in 0..3 {
        for word in 0..1_000 {
            ada.say(&(round * 1_000 + word).to_string()).await;
            if word == 500 {
                redis.stop();
            }
        }
        // All frames reach the clients of this server, even if Redis had received them without answering.
        for word in 0..1_000 {
            bob.expect_say(&ada.id, &(round * 1_000 + word).to_string()).await;
        }
        redis.restart().await;
        let mut new = join_when_available(&two, "r", "New").await;
        bob.expect_joined(&new, "New").await;
        new.send_leave().await;
        bob.expect_left(&new.id, browser_rtc_proto::signaling::LeaveReason::Left).await;
    }
    ada.say("\"end\"").await;
    bob.expect_say(&ada.id, "\"end\"").await;
    // Clients of the other server miss some frames, and receive none twice.
    let mut last = None;
    loop {
        match carol.recv().await {
            ServerMessage::Say(SayFrom { data, .. }) => match data.parse::<u32>() {
                Ok(word) => {
                    assert!(last < Some(word), "{last:?} {word}");
                    last = Some(word);
                }
                Err(_) => break,
            },
            ServerMessage::PeerJoined(_) | ServerMessage::PeerLeft(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn unlogged_frames_are_resent_by_own_server_only() {
    let Some(mut redis) = Redis::start_durable().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let bob = one.join("r", "Bob").await;
    let carol = one.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.expect_joined(&carol, "Carol").await;
    let mut eve = one.join("d", "Eve").await;
    redis.stop();
    wait_until_disconnected(&one, &mut eve).await;
    ada.say("1").await;
    ada.expect_silence().await;
    redis.restart().await;
    let dave = join_when_available(&one, "r", "Dave").await;
    ada.expect_joined(&dave, "Dave").await;
    // Bob has received Carol's join and nothing else; Carol has received nothing.
    let (bobs, carols) = (bob.save_seat(1), carol.save_seat(0));
    bob.reset().await;
    carol.reset().await;
    let mut carol = one.connect().await;
    assert!(carol.resume(&carols).await.resumed);
    carol.expect_say(&ada.id, "1").await;
    carol.expect_joined(&dave, "Dave").await;
    let mut fresh = two.connect().await;
    assert!(!fresh.resume(&bobs).await.resumed);
    expect_replaced_and_say(&mut ada, &mut fresh).await;
}

/// Expects that a peer is replaced by a new one, and that both exchange messages.
async fn expect_replaced_and_say(ada: &mut Client, fresh: &mut Client) {
    let left = ada.recv().await;
    let replaced = browser_rtc_proto::signaling::LeaveReason::Replaced;
    assert!(matches!(&left, ServerMessage::PeerLeft(PeerLeft { reason, .. }) if *reason == replaced), "{left:?}");
    ada.expect_joined(fresh, "Fresh").await;
    say_to_all(ada, &mut [fresh], "2").await;
}
