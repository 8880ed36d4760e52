//! Each limit with its error and its metric.

use std::net::SocketAddr;

use browser_rtc_proto::signaling::{ClientMessage, ErrorCode, Ping, Pong, ServerError, ServerMessage, close};
use browser_rtc_signaling::{Alphabet, Config, Limits, Server};
use futures_util::SinkExt;
use tokio::{io::AsyncReadExt, net::TcpStream};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Client, TestServer, start, start_with, with_timeout};

async fn limit_count(server: &TestServer, limit: &str) -> u64 {
    server.metric(&format!("signaling_limits_total{{limit=\"{limit}\"}}")).await
}

async fn error_count(server: &TestServer, code: &str) -> u64 {
    server.metric(&format!("signaling_errors_total{{code=\"{code}\"}}")).await
}

async fn expect_refusal(client: &mut Client, (room, name): (&str, &str), expected: ErrorCode) {
    match client.try_join(room, name).await {
        ServerMessage::Error(ServerError { code, .. }) => assert_eq!(code, expected, "{room} {name}"),
        other => panic!("expected a refusal, received {other:?}"),
    }
}

#[tokio::test]
async fn metrics_start_at_zero() {
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
async fn clients_rooms_and_frames_are_counted() {
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
    // Three `joined`, one `peer_joined`, one `say`.
    server.wait_for_metric("signaling_frames_sent_total", 5).await;
    let join = |room, name| format!(r#"{{"type":"join","room":"{room}","name":"{name}"}}"#).len();
    let bytes = join("r", "Ada")
        + join("r", "Bob")
        + join("s", "Ada")
        + r#"{"type":"say","id":"m-hello","data":"hello"}"#.len();
    assert_eq!(server.metric("signaling_bytes_received_total").await, bytes as u64);
    drop(elsewhere);
    bob.send_leave().await;
    assert_eq!(bob.close_code().await, close::NORMAL);
    server.wait_for_metric("signaling_ends_total{reason=\"left\"}", 1).await;
    server.wait_for_metric("signaling_ends_total{reason=\"broken\"}", 1).await;
    server.wait_for_metric("signaling_clients", 1).await;
}

#[tokio::test]
async fn json_over_depth_limit_is_refused() {
    let server = start_with(Limits::new().json_depth(4)).await;
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
    // The refused frame is counted, so the client does not send it again.
    ada.send(ClientMessage::Ping(Ping::new(1))).await;
    assert_eq!(ada.recv().await, ServerMessage::Pong(Pong::new(1).received(3)));
    assert_eq!((limit_count(&server, "json_depth").await, error_count(&server, "too_deep").await), (1, 1));
}

#[tokio::test]
async fn byte_rate_is_limited() {
    let limits = Limits::new().frame_bytes(1000).burst_bytes(2500).bytes_per_second(1);
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
    assert_eq!(
        (limit_count(&server, "bytes_per_second").await, limit_count(&server, "frames_per_second").await),
        (1, 0)
    );
    assert_eq!(error_count(&server, "rate_limited").await, 1);
}

#[tokio::test]
async fn flood_of_bytes_closes_connection() {
    let limits = Limits::new().frame_bytes(100).burst_bytes(100).bytes_per_second(1).burst(5);
    let server = start_with(limits.frames_per_second(1_000_000)).await;
    let mut ada = server.join("r", "Ada").await;
    for _ in 0..10 {
        let _ = ada.try_send_text(&"x".repeat(90)).await;
    }
    assert_eq!(ada.close_code().await, close::POLICY);
    server.wait_for_metric("signaling_ends_total{reason=\"flood\"}", 1).await;
}

#[tokio::test]
async fn frame_rate_and_size_limits_are_counted() {
    let limits = Limits::new().frame_bytes(1000).frames_per_second(1).burst(2);
    let server = start_with(limits).await;
    let mut ada = server.join("r", "Ada").await;
    // Sent in one packet, so that no pause refills the bucket. The time since the join may have refilled it for one
    // frame.
    for id in 0..3 {
        let ping = ClientMessage::Ping(Ping::new(id)).to_json();
        with_timeout(ada.sink.feed(Message::text(ping))).await.unwrap();
    }
    with_timeout(ada.sink.flush()).await.unwrap();
    let mut refused = 0;
    for _ in 0..3 {
        match ada.recv().await {
            ServerMessage::Pong(_) => {}
            ServerMessage::Error(ServerError { code: ErrorCode::RateLimited, .. }) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!((1..=2).contains(&refused), "{refused}");
    assert_eq!(limit_count(&server, "frames_per_second").await, refused);
    assert_eq!(error_count(&server, "rate_limited").await, refused);
    let mut bob = server.connect().await;
    bob.send_text(&"x".repeat(1001)).await;
    bob.expect_error(ErrorCode::TooLarge).await;
    assert_eq!((limit_count(&server, "frame_bytes").await, error_count(&server, "too_large").await), (1, 1));
}

#[tokio::test]
async fn seat_room_and_client_limits_are_counted() {
    let limits = Limits::new().seats_per_room(1).rooms(1).clients(2);
    let server = start_with(limits).await;
    let _ada = server.join("r", "Ada").await;
    let mut bob = server.connect().await;
    expect_refusal(&mut bob, ("r", "Bob"), ErrorCode::RoomFull).await;
    expect_refusal(&mut bob, ("s", "Bob"), ErrorCode::ServerFull).await;
    assert_eq!(server.refusal(server.request()).await.0, 503);
    for limit in ["seats_per_room", "rooms", "clients"] {
        assert_eq!(limit_count(&server, limit).await, 1, "{limit}");
    }
    assert_eq!((error_count(&server, "room_full").await, error_count(&server, "server_full").await), (1, 1));
}

#[tokio::test]
async fn clients_are_limited_per_address() {
    let server = start(
        Config::new()
            .trusted_proxies(vec!["127.0.0.0/8".parse().unwrap()])
            .limits(Limits::new().clients_per_address(1)),
    )
    .await;
    let mut ada = server.connect_from("2001:db8::1").await;
    ada.join("r", "Ada").await;
    let mut neighbour = server.connect_from("2001:db8::2").await;
    neighbour.expect_error(ErrorCode::TooManyClients).await;
    assert_eq!(neighbour.close_code().await, close::TRY_AGAIN_LATER);
    server.connect_from("2001:db8:0:1::1").await.join("r", "Far").await;
    // The proxy is on this machine, which is not limited.
    server.join("r", "Near").await;
    server.join("r", "Next").await;
    assert_eq!(
        (limit_count(&server, "clients_per_address").await, error_count(&server, "too_many_clients").await),
        (1, 1)
    );

    drop(ada);
    server.wait_for_metric("signaling_clients", 0).await;
    server.connect_from("2001:db8::2").await.join("r", "Neighbour").await;
}

/// Connections to the external address of this machine are limited, although they come from this machine.
#[tokio::test]
async fn connections_are_limited_per_address() {
    let limits = Limits::new().clients_per_address(1);
    let server = Server::bind(Config::new().listen(([0, 0, 0, 0], 0)).limits(limits)).await.unwrap();
    let here = SocketAddr::from(([127, 0, 0, 1], server.local_addr().port()));
    let mut outside = server.urls().into_iter().filter_map(|url| url.strip_prefix("http://")?.parse().ok());
    let outside = outside.find(|address: &SocketAddr| !address.ip().is_loopback());
    tokio::spawn(server.run(std::future::pending()));
    let Some(outside) = outside else {
        eprintln!("skipped: this machine has only a loopback address");
        return;
    };
    let mut held = Vec::new();
    for _ in 0..65 {
        held.push(TcpStream::connect(outside).await.unwrap());
    }
    let mut beyond = TcpStream::connect(outside).await.unwrap();
    assert!(matches!(with_timeout(beyond.read(&mut [0; 1])).await, Ok(0) | Err(_)));
    assert_eq!(limit_count(&TestServer::external(here), "clients_per_address").await, 1);
    drop(held);
    with_timeout(async { while TestServer::external(outside).try_get("/healthz").await.is_none() {} }).await;
}

#[tokio::test]
async fn untrusted_forwarded_header_is_ignored() {
    let server = start_with(Limits::new().clients_per_address(1)).await;
    let [mut ada, mut bob] = [server.connect_from("203.0.113.9").await, server.connect_from("203.0.113.9").await];
    ada.join("r", "Ada").await;
    bob.join("r", "Bob").await;
}

#[tokio::test]
async fn configured_name_rules_are_enforced() {
    let limits =
        Limits::new().name_chars(3).room_chars(10).room_alphabet(Alphabet::Word).name_alphabet(Alphabet::Ascii);
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
    assert_eq!((limit_count(&server, "name").await, limit_count(&server, "room_name").await), (2, 2));
}
