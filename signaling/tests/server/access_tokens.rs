//! Access tokens of clients.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, Join, Joined, ResumeToken, ServerError, ServerMessage};
use browser_rtc_signaling::{Config, JwtVerifier};
use ring::hmac;

use crate::support::{Client, TestServer, start};

const SECRET: &str = "a secret of 32 characters or more";

/// Returns a token that expires after a number of seconds.
fn token(room: &str, seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let expires = now.cast_signed() + seconds;
    let part = |json: String| URL_SAFE_NO_PAD.encode(json);
    let message = format!(
        "{}.{}",
        part(r#"{"alg":"HS256"}"#.to_owned()),
        part(format!(r#"{{"room":"{room}","exp":{expires}}}"#))
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()));
    format!("{message}.{signature}")
}

async fn guarded() -> TestServer {
    let tokens = JwtVerifier::new().hs256(&SECRET.into()).unwrap().leeway(Duration::ZERO);
    start(Config::new().jwt(Some(tokens)).grace(Duration::from_secs(3600))).await
}

async fn join(client: &mut Client, name: &str, token: Option<String>) -> ServerMessage {
    let join = ClientMessage::Join(Join::new("r", name).token(token));
    client.send(join).await;
    client.recv().await
}

fn is_unauthorized(answer: &ServerMessage) -> bool {
    matches!(answer, ServerMessage::Error(ServerError { code: ErrorCode::Unauthorized, message, .. }) if !message.is_empty())
}

#[tokio::test]
async fn join_needs_valid_token() {
    let server = guarded().await;
    let mut ada = server.connect().await;
    for bad in [None, Some("nonsense".to_owned()), Some(token("s", 60)), Some(token("r", -60))] {
        let answer = join(&mut ada, "Ada", bad).await;
        assert!(is_unauthorized(&answer), "{answer:?}");
    }
    assert_eq!(server.metric("signaling_rooms").await, 0);
    assert_eq!(server.metric("signaling_errors_total{code=\"unauthorized\"}").await, 4);
    assert!(matches!(join(&mut ada, "Ada", Some(token("r", 60))).await, ServerMessage::Joined(_)));
}

#[tokio::test]
async fn expired_token_does_not_prevent_resume() {
    let server = guarded().await;
    let mut ada = server.connect().await;
    let ServerMessage::Joined(Joined { you, resume, .. }) = join(&mut ada, "Ada", Some(token("r", 60))).await else {
        panic!("not joined");
    };
    (ada.id, ada.token) = (you.id, resume);
    let (id, saved) = (ada.id.clone(), ada.save_seat(0));
    ada.reset().await;
    let mut ada = server.connect().await;
    let ClientMessage::Join(Join { room, name, resume, received, .. }) = ada.join_to_resume(&saved) else {
        unreachable!()
    };
    ada.send(ClientMessage::Join(Join::new(room, name).resume(resume).received(received).token(token("r", -60)))).await;
    match ada.recv().await {
        ServerMessage::Joined(Joined { you, resumed: true, .. }) => assert_eq!(you.id, id),
        other => panic!("expected a resumed seat, received {other:?}"),
    }
}

#[tokio::test]
async fn resume_token_does_not_replace_access_token() {
    let server = guarded().await;
    let mut ada = server.connect().await;
    assert!(matches!(join(&mut ada, "Ada", Some(token("r", 60))).await, ServerMessage::Joined(_)));
    // In an existing room and in a new one, with a token that no server has issued.
    for room in ["r", "empty"] {
        let mut eve = server.connect().await;
        eve.send(ClientMessage::Join(
            Join::new(room, "Eve").resume(ResumeToken::from("0123456789abcdef0123456789abcdef")),
        ))
        .await;
        let answer = eve.recv().await;
        assert!(is_unauthorized(&answer), "{answer:?}");
    }
    ada.expect_silence().await;
    assert_eq!(server.metric("signaling_rooms").await, 1);
    assert_eq!(server.metric("signaling_seats").await, 1);
}

#[tokio::test]
async fn failed_resume_frees_seat_and_room() {
    let server = guarded().await;
    let mut ada = server.connect().await;
    let ServerMessage::Joined(Joined { resume, .. }) = join(&mut ada, "Ada", Some(token("r", 60))).await else {
        panic!("not joined");
    };
    ada.reset().await;
    let mut ada = server.connect().await;
    // A count that is higher than the number of frames sent.
    let received = 7;
    ada.send(ClientMessage::Join(Join::new("r", "Ada").resume(resume).received(received))).await;
    let answer = ada.recv().await;
    assert!(is_unauthorized(&answer), "{answer:?}");
    assert_eq!(server.metric("signaling_rooms").await, 0);
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn shared_rooms_check_access_on_failed_resume() {
    let Some(redis) = crate::cluster::Redis::start().await else { return };
    let guarded = async || {
        let tokens = JwtVerifier::new().hs256(&SECRET.into()).unwrap();
        start(redis.config().jwt(Some(tokens))).await
    };
    let (one, two) = (guarded().await, guarded().await);
    let mut ada = one.connect().await;
    let ServerMessage::Joined(Joined { you, resume, .. }) = join(&mut ada, "Ada", Some(token("r", 60))).await else {
        panic!()
    };
    let claim = |room: &str, resume: Option<&str>, received| {
        ClientMessage::Join(Join::new(room, "Eve").resume(resume.map(Into::into)).received(received))
    };
    let mut eve = two.connect().await;
    for (room, resume) in
        [("r", "made up"), ("r", "00112233445566778899aabbccddeeff"), ("s", "00112233445566778899aabbccddeeff")]
    {
        eve.send(claim(room, Some(resume), 0)).await;
        let answer = eve.recv().await;
        assert!(is_unauthorized(&answer), "{answer:?}");
    }
    assert_eq!(two.metric("signaling_errors_total{code=\"unauthorized\"}").await, 3);
    assert_eq!(two.metric("signaling_seats").await, 0);

    ada.reset().await;
    let resume = resume.unwrap();
    eve.send(claim("r", Some(resume.as_str()), 0)).await;
    let answer = eve.recv().await;
    assert!(
        matches!(&answer, ServerMessage::Joined(Joined { you: again, resumed: true, .. }) if *again == you),
        "{answer:?}"
    );
    eve.reset().await;

    // An impossible count frees the seat, and with it the room.
    let mut late = one.connect().await;
    late.send(claim("r", Some(resume.as_str()), 1_000)).await;
    let answer = late.recv().await;
    assert!(is_unauthorized(&answer), "{answer:?}");
    two.wait_for_metric("signaling_seats", 0).await;
    let mut bob = two.connect().await;
    let answer = join(&mut bob, "Ada", Some(token("r", 60))).await;
    assert!(matches!(&answer, ServerMessage::Joined(Joined { peers, .. }) if peers.is_empty()), "{answer:?}");
}
