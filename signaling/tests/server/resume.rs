use browser_rtc_signaling::server::Limits;
use browser_rtc_signaling::{
    ClientMessage, Data, ErrorCode, PeerId, Ping, Pong, Say, SayFrom, ServerError, ServerMessage, close,
};

use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{ada_and_bob, message_id, soon, start_with};

#[tokio::test]
async fn a_seat_is_taken_back_and_nobody_was_told() {
    let server = start_with(Limits::default()).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let (id, keepsake) = (bob.id.clone(), bob.keepsake(0));
    bob.break_off().await;
    for word in ["1", "2", "3"] {
        ada.say(word).await;
    }
    ada.signal(&id, "4").await;
    ada.expect_silence().await;

    let mut bob = server.connect().await;
    let back = bob.resume(&keepsake).await;
    assert!(back.resumed);
    assert_eq!((&bob.id, back.name.as_str(), back.received), (&id, "Bob", 0));
    assert!(keepsake.token.as_ref().is_some_and(|token| token.as_str().len() == 32));
    assert_eq!(bob.token, keepsake.token);
    for word in ["1", "2", "3"] {
        bob.expect_say(&ada.id, word).await;
    }
    bob.expect_signal(&ada.id, "4").await;
    bob.expect_silence().await;
    bob.say("5").await;
    ada.expect_say(&id, "5").await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn what_was_under_way_to_the_client_comes_again_from_where_it_was() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    for word in 0..30 {
        ada.say(&word.to_string()).await;
    }
    for word in 0..10 {
        bob.expect_say(&ada.id, &word.to_string()).await;
    }
    bob.send(ClientMessage::Ping(Ping::new(1).received(5))).await;
    let mut received = 10;
    while let ServerMessage::Say(SayFrom { data, .. }) = bob.recv().await {
        assert_eq!(data.get(), received.to_string());
        received += 1;
    }
    let mut keepsake = bob.keepsake(received);
    bob.break_off().await;
    for word in 30..40 {
        ada.say(&word.to_string()).await;
    }
    ada.expect_silence().await;
    // The second time, half of what came the first time gets lost again.
    for until in [35, 40] {
        let mut bob = server.connect().await;
        assert!(bob.resume(&keepsake).await.resumed);
        for word in keepsake.received..until {
            bob.expect_say(&ada.id, &word.to_string()).await;
        }
        if until == 40 {
            bob.expect_silence().await;
        }
        keepsake = bob.keepsake(until);
        bob.break_off().await;
    }
}

#[tokio::test]
async fn what_was_under_way_to_the_server_is_sent_again_from_where_it_was() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    let id = bob.id.clone();
    let mut said = 0;
    for _ in 0..10 {
        let until = said + 20;
        for word in said..until {
            bob.say(&word.to_string()).await;
        }
        // How much of it the server has read before the reset is anybody's guess.
        let keepsake = bob.keepsake(0);
        bob.break_off().await;
        bob = server.connect().await;
        let back = bob.resume(&keepsake).await;
        assert!(back.resumed && (said..=until).contains(&back.received), "{back:?}");
        for word in back.received..until {
            bob.say(&word.to_string()).await;
        }
        said = until;
        bob.send(ClientMessage::Ping(Ping::new(1))).await;
        assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(1).received(said)));
    }
    for word in 0..said {
        ada.expect_say(&id, &word.to_string()).await;
    }
    ada.expect_silence().await;
}

#[tokio::test]
async fn refused_frames_have_come_all_the_same() {
    let server = start_with(Limits { frames_per_second: 1, burst: 10, ..Limits::default() }).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    bob.send_text("nonsense").await;
    bob.expect_refusal(ErrorCode::BadMessage, Some(1)).await;
    bob.send(ClientMessage::Ping(Ping::new(1))).await;
    assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(1).received(1)));
    bob.signal(&PeerId::from("nobody"), "1").await;
    bob.expect_refusal(ErrorCode::UnknownPeer, Some(2)).await;
    // Within one packet, so that no pause refills the bucket.
    for _ in 0..15 {
        let word = ClientMessage::Say(Say::new(message_id("2"), Data::from_json("2").unwrap())).to_json().unwrap();
        soon(bob.sink.feed(Message::text(word))).await.unwrap();
    }
    soon(bob.sink.flush()).await.unwrap();
    let (mut refused, mut told) = (0, 0);
    soon(async {
        while refused + told < 15 {
            tokio::select! {
                answer = bob.recv() => {
                    assert!(matches!(answer, ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. })), "{answer:?}");
                    refused += 1;
                }
                say = ada.recv() => {
                    assert!(matches!(say, ServerMessage::Say(_)), "{say:?}");
                    told += 1;
                }
            }
        }
    })
    .await;
    assert!(refused > 0);
    let keepsake = bob.keepsake(2 + refused);
    bob.break_off().await;
    let mut bob = server.connect().await;
    let back = bob.resume(&keepsake).await;
    assert!(back.resumed);
    assert_eq!(back.received, 17);
    bob.expect_silence().await;
}

#[tokio::test]
async fn a_socket_that_seems_well_is_taken_over() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut old) = ada_and_bob(&server).await;
    ada.say("1").await;
    old.expect_say(&ada.id, "1").await;
    let mut bob = server.connect().await;
    assert!(bob.resume(&old.keepsake(1)).await.resumed);
    assert_eq!(bob.id, old.id);
    ada.say("2").await;
    bob.expect_say(&ada.id, "2").await;
    // It may go on for a moment, and is not heard.
    let _ = soon(old.sink.send(Message::text(r#"{"type":"say","id":"m-3","data":3}"#))).await;
    assert_eq!(old.close_code().await, close::REPLACED);
    drop(old);
    bob.say("4").await;
    ada.expect_say(&bob.id, "4").await;
    ada.expect_silence().await;
    bob.expect_silence().await;
}

#[tokio::test]
async fn an_older_socket_does_not_take_the_seat_from_a_newer() {
    let server = start_with(Limits::default()).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let keepsake = bob.keepsake(0);
    bob.break_off().await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    assert!(second.resume(&keepsake).await.resumed);
    // The join was sent before, and comes after.
    first.send(first.join_to_resume(&keepsake)).await;
    assert_eq!(first.close_code().await, close::REPLACED);
    ada.say("1").await;
    second.expect_say(&ada.id, "1").await;
    second.expect_silence().await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn who_was_never_answered_tries_again_with_what_it_knows() {
    let server = start_with(Limits::default()).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let (id, keepsake) = (bob.id.clone(), bob.keepsake(0));
    ada.say("1").await;
    bob.break_off().await;
    for _ in 0..5 {
        let mut unanswered = server.connect().await;
        unanswered.send(unanswered.join_to_resume(&keepsake)).await;
        unanswered.break_off().await;
    }
    let mut bob = server.connect().await;
    assert!(bob.resume(&keepsake).await.resumed);
    assert_eq!(bob.id, id);
    bob.expect_say(&ada.id, "1").await;
    bob.expect_silence().await;
    ada.expect_silence().await;
}
