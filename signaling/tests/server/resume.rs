use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, PeerId, Ping, Pong, Say, SayFrom, ServerError, ServerMessage, close,
};
use browser_rtc_signaling::Limits;
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{ada_and_bob, message_id, start_with, with_timeout};

#[tokio::test]
async fn resumed_seat_receives_missed_frames() {
    let server = start_with(Limits::default()).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let (id, saved) = (bob.id.clone(), bob.save_seat(0));
    bob.reset().await;
    for word in ["1", "2", "3"] {
        ada.say(word).await;
    }
    ada.signal(&id, "4").await;
    ada.expect_silence().await;

    let mut bob = server.connect().await;
    let back = bob.resume(&saved).await;
    assert!(back.resumed);
    assert_eq!((&bob.id, back.name.as_str(), back.received), (&id, "Bob", 0));
    assert!(saved.token.as_ref().is_some_and(|token| token.as_str().len() == 32));
    assert_eq!(bob.token, saved.token);
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
async fn frames_lost_to_client_are_sent_again() {
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
    let mut saved = bob.save_seat(received);
    bob.reset().await;
    for word in 30..40 {
        ada.say(&word.to_string()).await;
    }
    ada.expect_silence().await;
    // Half of the frames are lost a second time.
    for until in [35, 40] {
        let mut bob = server.connect().await;
        assert!(bob.resume(&saved).await.resumed);
        for word in saved.received..until {
            bob.expect_say(&ada.id, &word.to_string()).await;
        }
        if until == 40 {
            bob.expect_silence().await;
        }
        saved = bob.save_seat(until);
        bob.reset().await;
    }
}

#[tokio::test]
async fn frames_lost_to_server_are_not_acknowledged() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    let id = bob.id.clone();
    let mut said = 0;
    for _ in 0..10 {
        let until = said + 20;
        for word in said..until {
            bob.say(&word.to_string()).await;
        }
        // The server may have read any part of the frames before the reset.
        let saved = bob.save_seat(0);
        bob.reset().await;
        bob = server.connect().await;
        let back = bob.resume(&saved).await;
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
async fn refused_frames_are_counted() {
    let server = start_with(Limits::new().frames_per_second(1).burst(10)).await;
    let (mut ada, mut bob) = ada_and_bob(&server).await;
    bob.send_text("nonsense").await;
    bob.expect_refusal(ErrorCode::BadMessage, Some(1)).await;
    bob.send(ClientMessage::Ping(Ping::new(1))).await;
    assert_eq!(bob.recv().await, ServerMessage::Pong(Pong::new(1).received(1)));
    bob.signal(&PeerId::from("nobody"), "1").await;
    bob.expect_refusal(ErrorCode::UnknownPeer, Some(2)).await;
    // Sent in one packet, so that no pause refills the bucket.
    for _ in 0..15 {
        let word = ClientMessage::Say(Say::new(message_id("2"), Data::from_json("2").unwrap())).to_json();
        with_timeout(bob.sink.feed(Message::text(word))).await.unwrap();
    }
    with_timeout(bob.sink.flush()).await.unwrap();
    let (mut refused, mut delivered) = (0, 0);
    with_timeout(async {
        while refused + delivered < 15 {
            tokio::select! {
                answer = bob.recv() => {
                    assert!(matches!(answer, ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. })), "{answer:?}");
                    refused += 1;
                }
                say = ada.recv() => {
                    assert!(matches!(say, ServerMessage::Say(_)), "{say:?}");
                    delivered += 1;
                }
            }
        }
    })
    .await;
    assert!(refused > 0);
    let saved = bob.save_seat(2 + refused);
    bob.reset().await;
    let mut bob = server.connect().await;
    let back = bob.resume(&saved).await;
    assert!(back.resumed);
    assert_eq!(back.received, 17);
    bob.expect_silence().await;
}

#[tokio::test]
async fn working_socket_is_replaced() {
    let server = start_with(Limits::default()).await;
    let (mut ada, mut old) = ada_and_bob(&server).await;
    ada.say("1").await;
    old.expect_say(&ada.id, "1").await;
    let mut bob = server.connect().await;
    assert!(bob.resume(&old.save_seat(1)).await.resumed);
    assert_eq!(bob.id, old.id);
    ada.say("2").await;
    bob.expect_say(&ada.id, "2").await;
    // The old socket may stay open briefly, but its frames are ignored.
    let _ = with_timeout(old.sink.send(Message::text(r#"{"type":"say","id":"m-3","data":3}"#))).await;
    assert_eq!(old.close_code().await, close::REPLACED);
    drop(old);
    bob.say("4").await;
    ada.expect_say(&bob.id, "4").await;
    ada.expect_silence().await;
    bob.expect_silence().await;
}

#[tokio::test]
async fn older_socket_does_not_replace_newer() {
    let server = start_with(Limits::default()).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let saved = bob.save_seat(0);
    bob.reset().await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    assert!(second.resume(&saved).await.resumed);
    // This socket is older, although its join is read later.
    first.send(first.join_to_resume(&saved)).await;
    assert_eq!(first.close_code().await, close::REPLACED);
    ada.say("1").await;
    second.expect_say(&ada.id, "1").await;
    second.expect_silence().await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn unanswered_resume_can_be_retried() {
    let server = start_with(Limits::default()).await;
    let (mut ada, bob) = ada_and_bob(&server).await;
    let (id, saved) = (bob.id.clone(), bob.save_seat(0));
    ada.say("1").await;
    bob.reset().await;
    for _ in 0..5 {
        let mut unanswered = server.connect().await;
        unanswered.send(unanswered.join_to_resume(&saved)).await;
        unanswered.reset().await;
    }
    let mut bob = server.connect().await;
    assert!(bob.resume(&saved).await.resumed);
    assert_eq!(bob.id, id);
    bob.expect_say(&ada.id, "1").await;
    bob.expect_silence().await;
    ada.expect_silence().await;
}
