//! Each bound with its error and its metric.

use std::net::SocketAddr;

use browser_rtc_signaling::server::{Alphabet, Config, Limits, Server};
use browser_rtc_signaling::{ClientMessage, ErrorCode, Ping, Pong, ServerError, ServerMessage, close};
use futures_util::SinkExt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, Running, soon, start, start_with};

async fn count(server: &Running, limit: &str) -> u64 {
    server.metric(&format!("signaling_limits_total{{limit=\"{limit}\"}}")).await
}

async fn told(server: &Running, code: &str) -> u64 {
    server.metric(&format!("signaling_errors_total{{code=\"{code}\"}}")).await
}

async fn expect_refusal(client: &mut Client, (room, name): (&str, &str), expected: ErrorCode) {
    match client.ask_to_join(room, name).await {
        ServerMessage::Error(ServerError { code, .. }) => assert_eq!(code, expected, "{room} {name}"),
        other => panic!("not refused but {other:?}"),
    }
}

#[tokio::test]
async fn what_has_not_happened_is_counted_as_nothing() {
    let server = start(Config::default()).await;
    let (head, body) = server.get("/metrics").await;
    assert!(head.contains("content-type: application/openmetrics-text"), "{head}");
    for line in [
        "signaling_limits_total{limit=\"queue\"} 0",
        "signaling_errors_total{code=\"name_taken\"} 0",
        "signaling_clients 0",
        "signaling_rooms 0",
        "# EOF",
    ] {
        assert!(body.lines().any(|have| have == line), "{line}: {body}");
    }
}

#[tokio::test]
async fn who_is_there_and_what_passes_is_counted() {
    let server = start(Config::default()).await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let elsewhere = server.join("s", "Ada").await;
    ada.say("\"hello\"").await;
    bob.expect_say(&ada.id, "\"hello\"").await;
    assert_eq!(server.metric("signaling_clients").await, 3);
    assert_eq!(server.metric("signaling_rooms").await, 2);
    assert_eq!(server.metric("signaling_seats").await, 3);
    assert_eq!(server.metric("signaling_joins_total").await, 3);
    assert_eq!(server.metric("signaling_frames_received_total").await, 4);
    // Three answers, one arrival, one word.
    server.until_metric("signaling_frames_sent_total", 5).await;
    let join = |room, name| format!(r#"{{"type":"join","room":"{room}","name":"{name}"}}"#).len();
    let bytes = join("r", "Ada")
        + join("r", "Bob")
        + join("s", "Ada")
        + r#"{"type":"say","id":"m-hello","data":"hello"}"#.len();
    assert_eq!(server.metric("signaling_bytes_received_total").await, bytes as u64);
    drop(elsewhere);
    bob.send_leave().await;
    assert_eq!(bob.close_code().await, close::NORMAL);
    server.until_metric("signaling_ends_total{reason=\"left\"}", 1).await;
    server.until_metric("signaling_ends_total{reason=\"broken\"}", 1).await;
    server.until_metric("signaling_clients", 1).await;
}

#[tokio::test]
async fn json_may_be_deep_but_not_too_deep() {
    let server = start_with(Limits { json_depth: 4, ..Limits::default() }).await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    // The frame itself is the first level.
    ada.say("[[[1]]]").await;
    ada.say("[[[[1]]]]").await;
    ada.say("\"[[[[[[\"").await;
    ada.expect_error(ErrorCode::TooDeep).await;
    bob.expect_say(&ada.id, "[[[1]]]").await;
    bob.expect_say(&ada.id, "\"[[[[[[\"").await;
    // It was counted: nobody is to send it again.
    ada.send(ClientMessage::Ping(Ping::new(1))).await;
    assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(1).received(3)));
    assert_eq!((count(&server, "json_depth").await, told(&server, "too_deep").await), (1, 1));
}

#[tokio::test]
async fn bytes_are_bounded_as_frames_are() {
    let limits = Limits { frame_bytes: 1000, burst_bytes: 2500, bytes_per_second: 1, ..Limits::default() };
    let server = start_with(limits).await;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let long = format!("\"{}\"", "x".repeat(900));
    for _ in 0..3 {
        ada.say(&long).await;
    }
    ada.expect_error(ErrorCode::RateLimited).await;
    ada.say("\"short\"").await;
    for expected in [&long, &long, "\"short\""] {
        bob.expect_say(&ada.id, expected).await;
    }
    assert_eq!((count(&server, "bytes_per_second").await, count(&server, "frames_per_second").await), (1, 0));
    assert_eq!(told(&server, "rate_limited").await, 1);
}

#[tokio::test]
async fn a_flood_of_bytes_ends_the_connection_as_one_of_frames_does() {
    let limits = Limits { frame_bytes: 100, burst_bytes: 100, bytes_per_second: 1, burst: 5, ..Limits::default() };
    let server = start_with(Limits { frames_per_second: 1_000_000, ..limits }).await;
    let mut ada = server.join("r", "Ada").await;
    for _ in 0..10 {
        let _ = ada.try_send_text(&"x".repeat(90)).await;
    }
    assert_eq!(ada.close_code().await, close::POLICY);
    server.until_metric("signaling_ends_total{reason=\"flood\"}", 1).await;
}

#[tokio::test]
async fn frames_a_second_and_their_size_are_counted() {
    let limits = Limits { frame_bytes: 1000, frames_per_second: 1, burst: 2, ..Limits::default() };
    let server = start_with(limits).await;
    let mut ada = server.join("r", "Ada").await;
    // Within one packet, so that no pause refills the bucket. The time since the join may have, for the one frame.
    for id in 0..3 {
        let ping = ClientMessage::Ping(Ping::new(id)).to_json().unwrap();
        soon(ada.sink.feed(Message::text(ping))).await.unwrap();
    }
    soon(ada.sink.flush()).await.unwrap();
    let mut refused = 0;
    for _ in 0..3 {
        match ada.recv().await {
            ServerMessage::Pong(_) => {}
            ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. }) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!((1..=2).contains(&refused), "{refused}");
    assert_eq!(count(&server, "frames_per_second").await, refused);
    assert_eq!(told(&server, "rate_limited").await, refused);
    let mut bob = server.connect().await;
    bob.send_text(&"x".repeat(1001)).await;
    bob.expect_error(ErrorCode::TooLarge).await;
    assert_eq!((count(&server, "frame_bytes").await, told(&server, "too_large").await), (1, 1));
}

#[tokio::test]
async fn seats_rooms_and_clients_are_counted_when_there_are_no_more() {
    let limits = Limits { seats_per_room: 1, rooms: 1, clients: 2, ..Limits::default() };
    let server = start_with(limits).await;
    let _ada = server.join("r", "Ada").await;
    let mut bob = server.connect().await;
    expect_refusal(&mut bob, ("r", "Bob"), ErrorCode::RoomFull).await;
    expect_refusal(&mut bob, ("s", "Bob"), ErrorCode::ServerFull).await;
    assert_eq!(server.refusal(server.request()).await.0, 503);
    for limit in ["seats_per_room", "rooms", "clients"] {
        assert_eq!(count(&server, limit).await, 1, "{limit}");
    }
    assert_eq!((told(&server, "room_full").await, told(&server, "server_full").await), (1, 1));
}

#[tokio::test]
async fn an_address_has_so_many_clients_and_others_have_theirs() {
    let server = start(Config {
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        limits: Limits { clients_per_address: 1, ..Limits::default() },
        ..Config::default()
    })
    .await;
    let mut ada = server.connect_from("2001:db8::1").await;
    ada.join("r", "Ada").await;
    let mut neighbour = server.connect_from("2001:db8::2").await;
    neighbour.expect_error(ErrorCode::TooManyClients).await;
    assert_eq!(neighbour.close_code().await, close::TRY_AGAIN_LATER);
    server.connect_from("2001:db8:0:1::1").await.join("r", "Far").await;
    // The proxy itself is on this machine: no bound.
    server.join("r", "Near").await;
    server.join("r", "Next").await;
    assert_eq!((count(&server, "clients_per_address").await, told(&server, "too_many_clients").await), (1, 1));

    drop(ada);
    server.until_metric("signaling_clients", 0).await;
    server.connect_from("2001:db8::2").await.join("r", "Neighbour").await;
}

/// What comes from this very machine is bounded as well, when it comes by the address that others see.
#[tokio::test]
async fn an_address_has_so_many_connections_whatever_they_are_for() {
    let limits = Limits { clients_per_address: 1, ..Limits::default() };
    let server = Server::bind(Config { listen: ([0, 0, 0, 0], 0).into(), limits, ..Config::default() }).await.unwrap();
    let here = SocketAddr::from(([127, 0, 0, 1], server.local_addr().port()));
    let mut outside = server.urls().into_iter().filter_map(|url| url.strip_prefix("http://")?.parse().ok());
    let outside = outside.find(|address: &SocketAddr| !address.ip().is_loopback());
    tokio::spawn(server.run(std::future::pending()));
    let Some(outside) = outside else {
        eprintln!("left out: this machine has no address but its own");
        return;
    };
    let mut held = Vec::new();
    for _ in 0..65 {
        held.push(TcpStream::connect(outside).await.unwrap());
    }
    let mut beyond = TcpStream::connect(outside).await.unwrap();
    assert!(matches!(soon(beyond.read(&mut [0; 1])).await, Ok(0) | Err(_)));
    assert_eq!(count(&Running::elsewhere(here), "clients_per_address").await, 1);
    drop(held);
    soon(async { while Running::elsewhere(outside).try_get("/healthz").await.is_none() {} }).await;
}

#[tokio::test]
async fn nobody_is_believed_about_an_address_who_is_not_trusted() {
    let server = start_with(Limits { clients_per_address: 1, ..Limits::default() }).await;
    let [mut ada, mut bob] = [server.connect_from("203.0.113.9").await, server.connect_from("203.0.113.9").await];
    ada.join("r", "Ada").await;
    bob.join("r", "Bob").await;
}

#[tokio::test]
async fn names_have_the_length_and_the_letters_that_were_configured() {
    let limits = Limits {
        name_chars: 3,
        room_chars: 10,
        room_alphabet: Alphabet::Word,
        name_alphabet: Alphabet::Ascii,
        ..Limits::default()
    };
    let server = start_with(limits).await;
    let mut ada = server.connect().await;
    for (room, name, code) in [
        ("lobby", "Adam", ErrorCode::BadName),
        ("lobby", "Zoë", ErrorCode::BadName),
        ("lob by", "Ada", ErrorCode::BadRoom),
        ("elevenchars", "Ada", ErrorCode::BadRoom),
    ] {
        expect_refusal(&mut ada, (room, name), code).await;
    }
    ada.join("ten.chars-", "A a").await;
    assert_eq!((count(&server, "name").await, count(&server, "room_name").await), (2, 2));
}
