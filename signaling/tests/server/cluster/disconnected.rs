//! A server is disconnected from Redis, and its clients resume their seats on another server and return.

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, PeerId, Ping, Pong, ServerMessage};

use super::support::{
    Redis, RedisProxy, join_on_two_servers, join_when_available, say_to_all, wait_until_disconnected,
};
use crate::support::{Client, TestServer};

/// Ada and Bob on one server, which can be disconnected, and Carol on the other.
struct Model {
    proxy: RedisProxy,
    one: TestServer,
    two: TestServer,
    ada: Client,
    bob: Client,
    carol: Client,
    /// A client alone in a room, on the server that can be disconnected.
    dave: Client,
    /// The number of messages that Ada has sent.
    said: u32,
    redis: Redis,
}

impl Model {
    async fn new() -> Option<Self> {
        let redis = Redis::start_durable().await?;
        let proxy = RedisProxy::to(&redis).await;
        let (one, two) = (redis.server_via(&proxy).await, redis.server().await);
        let (ada, bob, carol) = join_on_two_servers(&one, &two).await;
        let dave = one.join("d", "Dave").await;
        Some(Self { proxy, one, two, ada, bob, carol, dave, said: 0, redis })
    }

    /// Disconnects the server, and waits until its clients continue without Redis.
    async fn cut_off(&mut self) {
        self.proxy.set_connected(false);
        wait_until_disconnected(&self.one, &mut self.dave).await;
    }

    /// Sends messages from Ada, which reach only Bob.
    async fn ada_says(&mut self, words: usize) {
        for word in 0..words {
            self.ada.say(&word.to_string()).await;
            self.said += 1;
            // The message has reached Bob, and not Carol.
            self.ada.expect_refusal(ErrorCode::Unavailable, Some(self.said)).await;
            self.bob.expect_say(&self.ada.id, &word.to_string()).await;
        }
    }

    async fn carol_says(&mut self, words: usize) {
        for word in 0..words {
            self.carol.say(&word.to_string()).await;
        }
        acknowledged(&mut self.carol).await;
    }
}

/// Expects the messages of a peer, and no other message.
async fn expect_words(client: &mut Client, from: &PeerId, words: usize) {
    for word in 0..words {
        client.expect_say(from, &word.to_string()).await;
    }
    client.expect_silence().await;
}

/// Returns the number of frames that the server has received from a client.
async fn acknowledged(client: &mut Client) -> u32 {
    client.send(ClientMessage::Ping(Ping::new(1))).await;
    match client.recv().await {
        ServerMessage::Pong(Pong { received, .. }) => received,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn unlogged_frames_give_new_seat_elsewhere() {
    for (here, elsewhere) in [(1, 1), (1, 3), (3, 1)] {
        let Some(mut model) = Model::new().await else { return };
        model.cut_off().await;
        model.ada_says(here).await;
        model.carol_says(elsewhere).await;
        let saved = model.bob.save_seat(1 + u32::try_from(here).unwrap());
        model.bob.reset().await;
        let mut fresh = model.two.connect().await;
        assert!(!fresh.resume(&saved).await.resumed, "{here} {elsewhere}");
    }
}

#[tokio::test]
async fn client_without_unlogged_frames_resumes_elsewhere() {
    let Some(mut model) = Model::new().await else { return };
    model.cut_off().await;
    model.carol_says(2).await;
    model.bob.expect_silence().await;
    let saved = model.bob.save_seat(1);
    let mut bob = model.two.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    expect_words(&mut bob, &model.carol.id, 2).await;
}

/// The client has not read the new token, and therefore nothing that was sent after it.
#[tokio::test]
async fn unread_unlogged_frames_allow_resume_elsewhere() {
    let Some(mut model) = Model::new().await else { return };
    let saved = model.bob.save_seat(1);
    model.cut_off().await;
    model.ada_says(1).await;
    model.carol_says(2).await;
    let mut bob = model.two.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    expect_words(&mut bob, &model.carol.id, 2).await;
}

#[tokio::test]
async fn unlogged_frames_are_unknown_to_reconnected_server() {
    let Some(mut model) = Model::new().await else { return };
    model.redis.stop();
    model.cut_off().await;
    model.ada_says(1).await;
    model.redis.restart().await;
    let _new = join_when_available(&model.two, "q", "New").await;
    model.carol.expect_silence().await;
    model.carol_says(1).await;
    let saved = model.bob.save_seat(2);
    model.bob.reset().await;
    let mut fresh = model.two.connect().await;
    assert!(!fresh.resume(&saved).await.resumed);
}

#[tokio::test]
async fn published_branch_resumes_elsewhere() {
    let Some(mut model) = Model::new().await else { return };
    model.cut_off().await;
    model.ada_says(1).await;
    model.proxy.set_connected(true);
    let new = join_when_available(&model.one, "r", "New").await;
    model.bob.expect_joined(&new, "New").await;
    let saved = model.bob.save_seat(3);
    model.carol.expect_joined(&new, "New").await;
    model.carol_says(2).await;
    model.bob.reset().await;
    let mut bob = model.two.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    expect_words(&mut bob, &model.carol.id, 2).await;
}

#[tokio::test]
async fn second_divergence_prevents_resume_elsewhere() {
    let Some(mut model) = Model::new().await else { return };
    model.cut_off().await;
    model.ada_says(1).await;
    model.proxy.set_connected(true);
    let new = join_when_available(&model.one, "r", "New").await;
    for client in [&mut model.ada, &mut model.bob] {
        client.expect_joined(&new, "New").await;
    }
    model.cut_off().await;
    model.ada_says(1).await;
    model.carol.expect_joined(&new, "New").await;
    model.carol_says(1).await;
    let saved = model.bob.save_seat(4);
    model.bob.reset().await;
    let mut fresh = model.two.connect().await;
    assert!(!fresh.resume(&saved).await.resumed);
}

#[tokio::test]
async fn disconnected_server_refuses_newer_seat() {
    let Some(mut model) = Model::new().await else { return };
    model.cut_off().await;
    let saved = model.bob.save_seat(1);
    let mut bob = model.two.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    model.carol_says(1).await;
    expect_words(&mut bob, &model.carol.id, 1).await;
    // The same number of frames waits in his old seat, but they are different frames.
    model.ada_says(1).await;
    let saved = bob.save_seat(2);
    bob.reset().await;
    let mut back = model.one.connect().await;
    back.send(back.join_to_resume(&saved)).await;
    back.expect_error(ErrorCode::Unavailable).await;
}

#[tokio::test]
async fn unlogged_ack_prevents_resume_elsewhere() {
    let Some(redis) = Redis::start().await else { return };
    let proxy = RedisProxy::to(&redis).await;
    let (one, two) = (redis.server_via(&proxy).await, redis.server().await);
    let mut ada = one.join("r", "Ada").await;
    let mut bob = one.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let mut dave = one.join("d", "Dave").await;
    proxy.set_connected(false);
    wait_until_disconnected(&one, &mut dave).await;
    for word in ["1", "2", "3"] {
        ada.say(word).await;
        bob.expect_say(&ada.id, word).await;
    }
    assert_eq!(acknowledged(&mut ada).await, 3);
    let saved = ada.save_seat(1);
    ada.reset().await;
    let mut fresh = two.connect().await;
    assert!(!fresh.resume(&saved).await.resumed);
}

#[tokio::test]
async fn signal_to_moved_seat_is_refused_later() {
    let Some(mut model) = Model::new().await else { return };
    let saved = model.bob.save_seat(1);
    model.cut_off().await;
    model.ada.signal(&model.bob.id, "\"before\"").await;
    model.ada.expect_silence().await;
    let mut bob = model.two.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    model.ada.signal(&bob.id, "\"after\"").await;
    model.proxy.set_connected(true);
    model.ada.expect_error(ErrorCode::Unavailable).await;
    model.ada.signal(&bob.id, "1").await;
    bob.expect_signal(&model.ada.id, "1").await;
}

#[tokio::test]
async fn frames_sent_again_elsewhere_arrive_once() {
    let Some(mut model) = Model::new().await else { return };
    // Ada has not read that her messages were received.
    let saved = model.ada.save_seat(2);
    model.cut_off().await;
    model.ada_says(3).await;
    let mut ada = model.two.connect().await;
    let back = ada.resume(&saved).await;
    assert!(back.resumed && back.received == 0, "{back:?}");
    ada.say("0").await;
    model.carol.expect_say(&ada.id, "0").await;
    model.proxy.set_connected(true);
    let mut new = join_when_available(&model.one, "r", "New").await;
    for client in [&mut ada, &mut model.bob, &mut model.carol] {
        client.expect_joined(&new, "New").await;
    }
    for word in ["1", "2"] {
        say_to_all(&mut ada, &mut [&mut model.carol, &mut new], word).await;
    }
    say_to_all(&mut ada, &mut [&mut model.bob, &mut model.carol, &mut new], "3").await;
    // The counts must be consistent, so that the seat can be resumed elsewhere.
    let newer = join_when_available(&model.one, "r", "Newer").await;
    for client in [&mut ada, &mut model.bob, &mut model.carol, &mut new] {
        client.expect_joined(&newer, "Newer").await;
    }
    let saved = model.bob.save_seat(1 + 3 + 1 + 1 + 1);
    model.bob.reset().await;
    say_to_all(&mut ada, &mut [&mut model.carol, &mut new], "4").await;
    let mut bob = model.two.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    bob.expect_say(&ada.id, "4").await;
    bob.expect_silence().await;
}
