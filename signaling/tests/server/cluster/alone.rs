//! A server loses sight of the others, and its clients go to another, and come back.

use browser_rtc_signaling::{ClientMessage, ErrorCode, PeerId, Ping, Pong, ServerMessage};

use super::support::{Cable, Redis, all_hear, join_when_possible, until_alone};
use crate::support::{Client, Running};

/// Ada and Bob are on one server, which can be cut off, and Carol on the other.
struct World {
    cable: Cable,
    one: Running,
    two: Running,
    ada: Client,
    bob: Client,
    carol: Client,
    /// Has a room to himself, on the server that can be cut off.
    dave: Client,
    /// The number of messages that Ada has sent.
    said: u32,
    redis: Redis,
}

impl World {
    async fn new() -> Option<Self> {
        let redis = Redis::start_durable().await?;
        let cable = Cable::to(&redis).await;
        let (one, two) = (redis.server_by(&cable).await, redis.server().await);
        let mut ada = one.join("r", "Ada").await;
        let mut bob = one.join("r", "Bob").await;
        let carol = two.join("r", "Carol").await;
        ada.expect_joined(&bob, "Bob").await;
        for client in [&mut ada, &mut bob] {
            client.expect_joined(&carol, "Carol").await;
        }
        let dave = one.join("d", "Dave").await;
        Some(Self { cable, one, two, ada, bob, carol, dave, said: 0, redis })
    }

    /// Until its clients go on without Redis.
    async fn cut_off(&mut self) {
        self.cable.plug(false);
        until_alone(&self.one, &mut self.dave).await;
    }

    /// Ada speaks to all, of whom Bob is here.
    async fn ada_says(&mut self, words: usize) {
        for word in 0..words {
            self.ada.say(&word.to_string()).await;
            self.said += 1;
            // It has reached Bob, and not Carol.
            self.ada.expect_refusal(ErrorCode::Unavailable, Some(self.said)).await;
            self.bob.expect_say(&self.ada.id, &word.to_string()).await;
        }
    }

    async fn carol_says(&mut self, words: usize) {
        for word in 0..words {
            self.carol.say(&word.to_string()).await;
        }
        all_has_come(&mut self.carol).await;
    }
}

/// What somebody has said comes to one who is back, and nothing else.
async fn expect_words(client: &mut Client, from: &PeerId, words: usize) {
    for word in 0..words {
        client.expect_say(from, &word.to_string()).await;
    }
    client.expect_silence().await;
}

/// What a client has said has come, as its server says.
async fn all_has_come(client: &mut Client) -> u32 {
    client.send(ClientMessage::Ping(Ping::new(1))).await;
    match client.recv().await {
        ServerMessage::Pong(Pong { received, .. }) => received,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_was_told_more_than_redis_knows_is_not_taken_for_one_who_lacks_nothing() {
    for (here, elsewhere) in [(1, 1), (1, 3), (3, 1)] {
        let Some(mut world) = World::new().await else { return };
        world.cut_off().await;
        world.ada_says(here).await;
        world.carol_says(elsewhere).await;
        let keepsake = world.bob.keepsake(1 + u32::try_from(here).unwrap());
        world.bob.break_off().await;
        let mut anew = world.two.connect().await;
        assert!(!anew.resume(&keepsake).await.resumed, "{here} {elsewhere}");
    }
}

#[tokio::test]
async fn who_was_told_nothing_without_redis_comes_back_elsewhere() {
    let Some(mut world) = World::new().await else { return };
    world.cut_off().await;
    world.carol_says(2).await;
    world.bob.expect_silence().await;
    let keepsake = world.bob.keepsake(1);
    let mut bob = world.two.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    expect_words(&mut bob, &world.carol.id, 2).await;
}

/// Nobody has read what came with the new token, and so not what came after it either.
#[tokio::test]
async fn who_has_not_read_what_was_told_without_redis_comes_back_elsewhere() {
    let Some(mut world) = World::new().await else { return };
    let keepsake = world.bob.keepsake(1);
    world.cut_off().await;
    world.ada_says(1).await;
    world.carol_says(2).await;
    let mut bob = world.two.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    expect_words(&mut bob, &world.carol.id, 2).await;
}

#[tokio::test]
async fn the_server_that_is_back_first_does_not_know_what_the_other_has_told() {
    let Some(mut world) = World::new().await else { return };
    world.redis.stop();
    world.cut_off().await;
    world.ada_says(1).await;
    world.redis.go_on().await;
    let _new = join_when_possible(&world.two, "q", "New").await;
    world.carol.expect_silence().await;
    world.carol_says(1).await;
    let keepsake = world.bob.keepsake(2);
    world.bob.break_off().await;
    let mut anew = world.two.connect().await;
    assert!(!anew.resume(&keepsake).await.resumed);
}

#[tokio::test]
async fn once_redis_is_told_who_comes_back_elsewhere_lacks_nothing() {
    let Some(mut world) = World::new().await else { return };
    world.cut_off().await;
    world.ada_says(1).await;
    world.cable.plug(true);
    let new = join_when_possible(&world.one, "r", "New").await;
    world.bob.expect_joined(&new, "New").await;
    let keepsake = world.bob.keepsake(3);
    world.carol.expect_joined(&new, "New").await;
    world.carol_says(2).await;
    world.bob.break_off().await;
    let mut bob = world.two.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    expect_words(&mut bob, &world.carol.id, 2).await;
}

#[tokio::test]
async fn whoever_strays_again_is_not_taken_for_one_who_has_come_together() {
    let Some(mut world) = World::new().await else { return };
    world.cut_off().await;
    world.ada_says(1).await;
    world.cable.plug(true);
    let new = join_when_possible(&world.one, "r", "New").await;
    for client in [&mut world.ada, &mut world.bob] {
        client.expect_joined(&new, "New").await;
    }
    world.cut_off().await;
    world.ada_says(1).await;
    world.carol.expect_joined(&new, "New").await;
    world.carol_says(1).await;
    let keepsake = world.bob.keepsake(4);
    world.bob.break_off().await;
    let mut anew = world.two.connect().await;
    assert!(!anew.resume(&keepsake).await.resumed);
}

#[tokio::test]
async fn a_server_that_is_cut_off_does_not_take_back_who_was_told_more_elsewhere() {
    let Some(mut world) = World::new().await else { return };
    world.cut_off().await;
    let keepsake = world.bob.keepsake(1);
    let mut bob = world.two.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    world.carol_says(1).await;
    expect_words(&mut bob, &world.carol.id, 1).await;
    // In his old place, as many frames wait for him: others.
    world.ada_says(1).await;
    let keepsake = bob.keepsake(2);
    bob.break_off().await;
    let mut back = world.one.connect().await;
    back.send(back.join_to_resume(&keepsake)).await;
    back.expect_error(ErrorCode::Unavailable).await;
}

#[tokio::test]
async fn who_was_told_that_its_frames_have_come_is_not_asked_for_them_elsewhere() {
    let Some(redis) = Redis::start().await else { return };
    let cable = Cable::to(&redis).await;
    let (one, two) = (redis.server_by(&cable).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let mut dave = one.join("d", "Dave").await;
    cable.plug(false);
    until_alone(&one, &mut dave).await;
    for word in ["1", "2", "3"] {
        ada.say(word).await;
        bob.expect_say(&ada.id, word).await;
    }
    assert_eq!(all_has_come(&mut ada).await, 3);
    let keepsake = ada.keepsake(1);
    ada.break_off().await;
    let mut anew = two.connect().await;
    assert!(!anew.resume(&keepsake).await.resumed);
}

#[tokio::test]
async fn whoever_spoke_to_somebody_who_had_gone_elsewhere_is_told() {
    let Some(mut world) = World::new().await else { return };
    let keepsake = world.bob.keepsake(1);
    world.cut_off().await;
    world.ada.signal(&world.bob.id, "\"before\"").await;
    world.ada.expect_silence().await;
    let mut bob = world.two.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    world.ada.signal(&bob.id, "\"after\"").await;
    world.cable.plug(true);
    world.ada.expect_error(ErrorCode::Unavailable).await;
    world.ada.signal(&bob.id, "1").await;
    bob.expect_signal(&world.ada.id, "1").await;
}

#[tokio::test]
async fn what_is_sent_again_elsewhere_is_heard_once() {
    let Some(mut world) = World::new().await else { return };
    // She has not read that her words have come.
    let keepsake = world.ada.keepsake(2);
    world.cut_off().await;
    world.ada_says(3).await;
    let mut ada = world.two.connect().await;
    let back = ada.resume(&keepsake).await;
    assert!(back.resumed && back.received == 0, "{back:?}");
    ada.say("0").await;
    world.carol.expect_say(&ada.id, "0").await;
    world.cable.plug(true);
    let mut new = join_when_possible(&world.one, "r", "New").await;
    for client in [&mut ada, &mut world.bob, &mut world.carol] {
        client.expect_joined(&new, "New").await;
    }
    for word in ["1", "2"] {
        all_hear(&mut ada, &mut [&mut world.carol, &mut new], word).await;
    }
    all_hear(&mut ada, &mut [&mut world.bob, &mut world.carol, &mut new], "3").await;
    // All is counted as it should be, and can be taken back elsewhere.
    let newer = join_when_possible(&world.one, "r", "Newer").await;
    for client in [&mut ada, &mut world.bob, &mut world.carol, &mut new] {
        client.expect_joined(&newer, "Newer").await;
    }
    let keepsake = world.bob.keepsake(1 + 3 + 1 + 1 + 1);
    world.bob.break_off().await;
    all_hear(&mut ada, &mut [&mut world.carol, &mut new], "4").await;
    let mut bob = world.two.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    bob.expect_say(&ada.id, "4").await;
    bob.expect_silence().await;
}
