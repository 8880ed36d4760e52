//! Redis goes away, and comes back with its data or without.

use std::cell::Cell;
use std::time::Duration;

use browser_rtc_signaling::server::{Config, Limits};
use browser_rtc_signaling::{ErrorCode, PeerLeft, SayFrom, ServerMessage};

use super::support::{Cable, Redis, all_hear, join_when_possible, refused, until_alone};
use crate::support::{Client, soon, start};

async fn redis_goes_and_comes_back(mut redis: Redis) {
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.expect_joined(&carol, "Carol").await;
    bob.expect_joined(&carol, "Carol").await;
    // Rooms of one server only.
    let mut dave = one.join("d", "Dave").await;
    let mut eve = one.join("d", "Eve").await;
    dave.expect_joined(&eve, "Eve").await;
    all_hear(&mut ada, &mut [&mut bob, &mut carol], "0").await;
    // That has been answered.
    ada.expect_silence().await;

    redis.stop();
    until_alone(&one, &mut dave).await;
    refused(&one, "r", "New", ErrorCode::Unavailable).await;
    refused(&two, "new", "New", ErrorCode::Unavailable).await;
    let (head, body) = one.get("/readyz").await;
    assert!(head.starts_with("http/1.1 503") && body == "Redis is away", "{head} {body}");
    assert!(one.get("/healthz").await.0.starts_with("http/1.1 200"));
    for word in 1..20 {
        let word = word.to_string();
        dave.signal(&eve.id, &word).await;
        eve.expect_signal(&dave.id, &word).await;
        all_hear(&mut eve, &mut [&mut dave], &word).await;
        ada.signal(&bob.id, &word).await;
        bob.expect_signal(&ada.id, &word).await;
    }
    // Who is elsewhere is not reached, and that is said.
    ada.signal(&carol.id, "20").await;
    ada.expect_error(ErrorCode::Unavailable).await;
    bob.say("21").await;
    bob.expect_error(ErrorCode::Unavailable).await;
    ada.expect_say(&bob.id, "21").await;
    assert_eq!(one.metric("signaling_errors_total{code=\"unavailable\"}").await, 3);
    assert_eq!((one.metric("signaling_rooms").await, one.metric("signaling_seats").await), (2, 4));
    // Who is away comes back to the server where it was. It has had: a peer, a word, signals, and an error.
    let keepsake = bob.keepsake(1 + 1 + 19 + 1);
    bob.break_off().await;
    ada.signal(&dave.id, "22").await;
    ada.expect_error(ErrorCode::UnknownPeer).await;
    let mut bob = one.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    // And goes, of which those elsewhere are told later.
    eve.send_leave().await;
    dave.expect_left(&eve.id, browser_rtc_signaling::LeaveReason::Left).await;

    redis.go_on().await;
    let mut new = join_when_possible(&two, "r", "New").await;
    assert!(two.get("/readyz").await.0.starts_with("http/1.1 200"));
    for client in [&mut ada, &mut bob, &mut carol] {
        client.expect_joined(&new, "New").await;
    }
    for name in ["Ada", "Bob", "Carol"] {
        refused(&one, "r", name, ErrorCode::NameTaken).await;
        refused(&two, "r", name, ErrorCode::NameTaken).await;
    }
    all_hear(&mut ada, &mut [&mut bob, &mut carol, &mut new], "30").await;
    all_hear(&mut carol, &mut [&mut ada, &mut bob, &mut new], "31").await;
    all_hear(&mut new, &mut [&mut ada, &mut bob, &mut carol], "32").await;
    ada.signal(&carol.id, "33").await;
    carol.expect_signal(&ada.id, "33").await;
    let mut eve = join_when_possible(&two, "d", "Eve").await;
    dave.expect_joined(&eve, "Eve").await;
    all_hear(&mut dave, &mut [&mut eve], "34").await;

    // Seats go from server to server as before. She has had: a word at first, and since then a peer and two words, and
    // one that was for her.
    let keepsake = carol.keepsake(5);
    let id = carol.id.clone();
    carol.break_off().await;
    all_hear(&mut ada, &mut [&mut bob, &mut new], "35").await;
    let mut carol = one.connect().await;
    assert!(carol.resume(&keepsake).await.resumed);
    assert_eq!(carol.id, id);
    carol.expect_say(&ada.id, "35").await;
    all_hear(&mut carol, &mut [&mut ada, &mut bob, &mut new], "36").await;
}

#[tokio::test]
async fn redis_comes_back_with_its_data() {
    let Some(redis) = Redis::start_durable().await else { return };
    redis_goes_and_comes_back(redis).await;
}

#[tokio::test]
async fn redis_comes_back_without_its_data() {
    let Some(redis) = Redis::start().await else { return };
    redis_goes_and_comes_back(redis).await;
}

/// Of what was said since they were saved, Redis knows nothing.
#[tokio::test]
async fn redis_comes_back_with_older_data() {
    let Some(mut redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    assert!(redis.ask("SAVE").await.starts_with("+OK"));
    for word in 0..20 {
        all_hear(&mut ada, &mut [&mut bob], &word.to_string()).await;
    }
    // All of it has been answered.
    ada.expect_silence().await;
    redis.stop();
    redis.go_on().await;
    let mut new = join_when_possible(&two, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    refused(&one, "r", "Bob", ErrorCode::NameTaken).await;
    all_hear(&mut ada, &mut [&mut bob, &mut new], "20").await;
    all_hear(&mut bob, &mut [&mut ada, &mut new], "21").await;
}

/// As one whose disk is full, or that is no master any more.
#[tokio::test]
async fn a_redis_that_takes_no_writes_is_not_there() {
    let Some(redis) = Redis::start().await else { return };
    let server = redis.server().await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.ask("CONFIG SET min-replicas-to-write 1").await;
    let begun = redis.connections().await;
    for word in 0..3 {
        all_hear(&mut ada, &mut [&mut bob], &word.to_string()).await;
        refused(&server, "r", "New", ErrorCode::Unavailable).await;
    }
    let more = redis.connections().await - begun;
    assert!(more < 40, "{more} connections");
    redis.ask("CONFIG SET min-replicas-to-write 0").await;
    let mut new = join_when_possible(&server, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    all_hear(&mut ada, &mut [&mut bob, &mut new], "3").await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_away() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("q", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    redis.hang();
    for word in 0..3 {
        all_hear(&mut ada, &mut [&mut bob], &word.to_string()).await;
        refused(&two, "q", "New", ErrorCode::Unavailable).await;
    }
    redis.wake();
    let mut new = join_when_possible(&two, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    all_hear(&mut new, &mut [&mut ada, &mut bob], "3").await;
    let dave = join_when_possible(&one, "q", "Dave").await;
    carol.expect_joined(&dave, "Dave").await;
}

#[tokio::test]
async fn one_server_is_cut_off_and_the_other_is_not() {
    let Some(redis) = Redis::start().await else { return };
    let cable = Cable::to(&redis).await;
    let one = start(Config { redis: Some(cable.url.as_str().into()), ..redis.config() }).await;
    let two = redis.server().await;
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    let mut carol = two.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&carol, "Carol").await;
    }
    let mut dave = one.join("d", "Dave").await;
    cable.plug(false);
    until_alone(&one, &mut dave).await;
    refused(&one, "r", "New", ErrorCode::Unavailable).await;
    ada.say("1").await;
    bob.expect_say(&ada.id, "1").await;
    ada.expect_error(ErrorCode::Unavailable).await;
    let mut new = two.join("r", "New").await;
    carol.expect_joined(&new, "New").await;
    all_hear(&mut carol, &mut [&mut new], "2").await;
    // Who is cut off still has a seat, and its name.
    refused(&two, "r", "Ada", ErrorCode::NameTaken).await;
    cable.plug(true);
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
        client.expect_say(&carol.id, "2").await;
    }
    all_hear(&mut ada, &mut [&mut bob, &mut carol, &mut new], "3").await;
    all_hear(&mut new, &mut [&mut ada, &mut bob, &mut carol], "4").await;
}

#[tokio::test]
async fn a_short_absence_is_not_noticed() {
    let Some(mut redis) = Redis::start_durable().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    for round in 0..3 {
        for word in 0..30 {
            if word == 15 {
                // Connections break in the middle of it.
                redis.ask("CLIENT KILL TYPE normal").await;
                redis.ask("CLIENT KILL TYPE pubsub").await;
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
    all_hear(&mut ada, &mut [&mut bob], "1").await;
    redis.stop();
}

#[tokio::test]
async fn without_redis_a_server_starts_and_seats_nobody_until_it_is_there() {
    let Some(mut redis) = Redis::start().await else { return };
    redis.stop();
    let server = redis.server().await;
    refused(&server, "r", "Ada", ErrorCode::Unavailable).await;
    redis.go_on().await;
    let mut ada = join_when_possible(&server, "r", "Ada").await;
    ada.expect_silence().await;
}

fn fast() -> Limits {
    Limits { burst: 100_000, queue_frames: 10_000, ..Limits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_not_answered_is_not_done_again() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server_with(fast()).await, redis.server_with(fast()).await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = two.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let (to_ada, to_bob) = (ada.id.clone(), bob.id.clone());
    let (mut said, breaking) = (0, Cell::new(true));
    let breaks = async {
        for _ in 0..10 {
            let begun = redis.connections().await;
            redis.ask("CLIENT KILL TYPE normal").await;
            redis.ask("CLIENT KILL TYPE pubsub").await;
            // Until both servers are connected again. What is asked here are connections too.
            let mut asked = 3;
            soon(async {
                while redis.connections().await < begun + asked + 2 {
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
    all_hear(&mut ada, &mut [&mut bob], "\"end\"").await;
    all_hear(&mut bob, &mut [&mut ada], "\"end\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_redis_went_is_not_told_again_when_it_is_back() {
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
        // All of it reaches those who are here, though Redis may have had it, and not have said so.
        for word in 0..1_000 {
            bob.expect_say(&ada.id, &(round * 1_000 + word).to_string()).await;
        }
        redis.go_on().await;
        let mut new = join_when_possible(&two, "r", "New").await;
        bob.expect_joined(&new, "New").await;
        new.send_leave().await;
        bob.expect_left(&new.id, browser_rtc_signaling::LeaveReason::Left).await;
    }
    ada.say("\"end\"").await;
    bob.expect_say(&ada.id, "\"end\"").await;
    // Those elsewhere miss some of it, and hear none of it twice.
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
async fn what_was_told_without_redis_is_known_to_its_server_alone() {
    let Some(mut redis) = Redis::start_durable().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let bob = one.join("r", "Bob").await;
    let carol = one.join("r", "Carol").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.expect_joined(&carol, "Carol").await;
    let mut eve = one.join("d", "Eve").await;
    redis.stop();
    until_alone(&one, &mut eve).await;
    ada.say("1").await;
    ada.expect_silence().await;
    redis.go_on().await;
    let dave = join_when_possible(&one, "r", "Dave").await;
    ada.expect_joined(&dave, "Dave").await;
    // Bob has had that Carol came, and nothing else; Carol nothing.
    let (bobs, carols) = (bob.keepsake(1), carol.keepsake(0));
    bob.break_off().await;
    carol.break_off().await;
    let mut carol = one.connect().await;
    assert!(carol.resume(&carols).await.resumed);
    carol.expect_say(&ada.id, "1").await;
    carol.expect_joined(&dave, "Dave").await;
    let mut anew = two.connect().await;
    assert!(!anew.resume(&bobs).await.resumed);
    all_hear_after_that(&mut ada, &mut anew).await;
}

/// Somebody has got a new seat for an old one.
async fn all_hear_after_that(ada: &mut Client, anew: &mut Client) {
    let left = ada.recv().await;
    let replaced = browser_rtc_signaling::LeaveReason::Replaced;
    assert!(matches!(&left, ServerMessage::PeerLeft(PeerLeft { reason, .. }) if *reason == replaced), "{left:?}");
    ada.expect_joined(anew, "Anew").await;
    all_hear(ada, &mut [anew], "2").await;
}
