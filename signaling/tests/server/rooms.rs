use std::time::Duration;

use browser_rtc_proto::signaling::{
    ClientMessage, Data, ErrorCode, IceServer, Join, Joined, LeaveReason, Peer, PeerId, ResumeToken, ServerError,
    ServerMessage, SignalFrom, close,
};
use browser_rtc_signaling::{Config, Limits};

use crate::support::{start, start_with, start_without_grace, with_timeout};

#[tokio::test]
async fn members_receive_joins_and_departures() {
    let server = start(Config::default()).await;
    let mut ada = server.connect().await;
    assert_eq!(ada.join("lobby", "Ada").await, []);
    let mut bob = server.connect().await;
    let there = bob.join(" lobby ", " Bob ").await;
    let expected = Peer::new(ada.id.clone(), "Ada");
    assert_eq!(there, [expected]);
    ada.expect_joined(&bob, "Bob").await;

    bob.send(ClientMessage::Leave).await;
    assert_eq!(bob.close_code().await, close::NORMAL);
    ada.expect_left(&bob.id, LeaveReason::Left).await;
    ada.expect_silence().await;
}

#[tokio::test]
async fn joined_contains_configuration() {
    let ice_servers = vec![IceServer::stun("stun:a"), IceServer::turn("turn:b", "u", "p")];
    let server = start(Config::new().ice_servers(ice_servers.clone()).heartbeat_ms(1234).grace(Duration::ZERO)).await;
    let mut ada = server.connect().await;
    ada.send(ClientMessage::Join(
        Join::new("r", "Ada").resume(ResumeToken::from("unknown")).token("unused".to_owned()),
    ))
    .await;
    let ServerMessage::Joined(Joined { you, .. }) = &ada.recv().await else {
        panic!("not joined");
    };
    assert_eq!(you.id.as_str().len(), 32);

    let mut bob = server.connect().await;
    let joined = bob.try_join("other", "Ada").await;
    let ServerMessage::Joined(Joined { you, .. }) = joined.clone() else {
        panic!("not joined");
    };
    let expected = ServerMessage::Joined(Joined::new(you, 1234).ice_servers(ice_servers).max_frame_bytes(65_536));
    assert_eq!(joined, expected);
}

#[tokio::test]
async fn dropped_socket_is_lost_peer() {
    let server = start_without_grace(Limits::default()).await;
    let mut ada = server.join("r", "Ada").await;
    let bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let id = bob.id.clone();
    drop(bob);
    ada.expect_left(&id, LeaveReason::Lost).await;
    server.join("r", "Bob").await;
}

#[tokio::test]
async fn name_is_unique_in_room_until_peer_leaves() {
    let server = start(Config::default()).await;
    let mut ada = server.join("r", "Ada").await;
    let _elsewhere = server.join("s", "Ada").await;
    let mut twin = server.connect().await;
    let refused = twin.try_join("r", "Ada").await;
    assert!(
        matches!(&refused, ServerMessage::Error(ServerError { code, .. }) if *code == ErrorCode::NameTaken),
        "{refused:?}"
    );
    ada.expect_silence().await;

    ada.send(ClientMessage::Leave).await;
    assert_eq!(ada.close_code().await, close::NORMAL);
    twin.join("r", "Ada").await;
}

#[tokio::test]
async fn signal_reaches_receiver_with_actual_sender() {
    let server = start(Config::default()).await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    let mut eve = server.join("r", "Eve").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.expect_joined(&eve, "Eve").await;
    bob.expect_joined(&eve, "Eve").await;

    // Eve sends the id of Ada.
    let frame = format!(r#"{{"type":"signal","to":"{}","from":"{}","data":{{ "any" : 1e2 }}}}"#, bob.id, ada.id);
    eve.send_text(&frame).await;
    let expected =
        ServerMessage::Signal(SignalFrom::new(eve.id.clone(), Data::from_json(r#"{ "any" : 1e2 }"#).unwrap()));
    assert_eq!(bob.recv().await, expected);
    bob.expect_silence().await;
    ada.expect_silence().await;
    eve.expect_silence().await;
}

#[tokio::test]
async fn say_reaches_all_others_in_room() {
    let server = start(Config::default()).await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    let mut eve = server.join("r", "Eve").await;
    let mut far = server.join("s", "Far").await;
    ada.expect_joined(&bob, "Bob").await;
    ada.expect_joined(&eve, "Eve").await;
    bob.expect_joined(&eve, "Eve").await;
    for word in ["1", "null", "[2]"] {
        ada.say(word).await;
    }
    for listener in [&mut bob, &mut eve] {
        for word in ["1", "null", "[2]"] {
            listener.expect_say(&ada.id, word).await;
        }
    }
    ada.expect_silence().await;
    far.expect_silence().await;
}

#[tokio::test]
async fn invalid_requests_are_refused_and_connection_stays() {
    let server = start(Config::default()).await;
    let mut ada = server.connect().await;
    ada.say("1").await;
    ada.expect_error(ErrorCode::NotJoined).await;
    ada.signal(&PeerId::from("x"), "1").await;
    ada.expect_error(ErrorCode::NotJoined).await;
    for (room, name, code) in [
        ("", "Ada", ErrorCode::BadRoom),
        ("a\u{0}b", "Ada", ErrorCode::BadRoom),
        ("r", " \t", ErrorCode::BadName),
        ("r", &"x".repeat(65), ErrorCode::BadName),
    ] {
        let refused = ada.try_join(room, name).await;
        assert!(matches!(&refused, ServerMessage::Error(ServerError { code: c, .. }) if *c == code), "{refused:?}");
    }
    ada.join("r", "Ada").await;
    let stranger = server.join("s", "Eve").await;
    ada.signal(&stranger.id, "1").await;
    ada.expect_error(ErrorCode::UnknownPeer).await;
    let again = ada.try_join("r", "Ada").await;
    assert!(
        matches!(&again, ServerMessage::Error(ServerError { code, .. }) if *code == ErrorCode::AlreadyJoined),
        "{again:?}"
    );
    ada.expect_silence().await;
}

#[tokio::test]
async fn full_room_refuses_join() {
    let server = start_without_grace(Limits::new().seats_per_room(2)).await;
    let _ada = server.join("r", "Ada").await;
    let bob = server.join("r", "Bob").await;
    let mut eve = server.connect().await;
    let refused = eve.try_join("r", "Eve").await;
    assert!(
        matches!(&refused, ServerMessage::Error(ServerError { code, .. }) if *code == ErrorCode::RoomFull),
        "{refused:?}"
    );
    drop(bob);
    // The seat is free as soon as the server detects that the socket is closed.
    with_timeout(async {
        while let ServerMessage::Error(ServerError { code, .. }) = eve.try_join("r", "Eve").await {
            assert_eq!(code, ErrorCode::RoomFull);
        }
    })
    .await;
}

#[tokio::test]
async fn empty_room_makes_room_for_another() {
    let server = start_with(Limits::new().rooms(1)).await;
    let mut ada = server.join("first", "Ada").await;
    let mut bob = server.connect().await;
    let refused = bob.try_join("second", "Bob").await;
    assert!(
        matches!(&refused, ServerMessage::Error(ServerError { code, .. }) if *code == ErrorCode::ServerFull),
        "{refused:?}"
    );
    ada.send(ClientMessage::Leave).await;
    assert_eq!(ada.close_code().await, close::NORMAL);
    assert_eq!(bob.join("second", "Bob").await, []);
}
