//! The way to an end.

use std::time::{Duration, Instant};

use browser_rtc_signaling::server::{Config, Limits, Server};
use browser_rtc_signaling::{ErrorCode, ServerError, ServerMessage, close};
use tokio::sync::oneshot;

use crate::support::{Running, soon, start, start_with};

/// So long that nobody's turn comes by itself.
const AGES: Duration = Duration::from_secs(100_000_000);

#[tokio::test]
async fn who_is_there_stays_and_nobody_new_is_taken() {
    let limits = Limits { drain: AGES, join: AGES, ..Limits::default() };
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), limits, ..Config::default() };
    let server = Server::bind(config).await.unwrap();
    let running = Running::elsewhere(server.local_addr());
    let (drain, drained) = oneshot::channel::<()>();
    let (hurry, hurried) = oneshot::channel::<()>();
    let ending = tokio::spawn(server.run_until(
        async {
            let _ = drained.await;
        },
        async {
            let _ = hurried.await;
        },
    ));
    let mut ada = running.join("r", "Ada").await;
    let mut bob = running.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let mut late = running.connect().await;
    assert!(running.get("/readyz").await.0.starts_with("http/1.1 200"));
    drain.send(()).unwrap();
    soon(async { while running.get("/readyz").await.0.starts_with("http/1.1 200") {} }).await;

    assert!(running.get("/readyz").await.0.starts_with("http/1.1 503"));
    assert!(running.get("/healthz").await.0.starts_with("http/1.1 200"));
    assert_eq!(running.refusal(running.request()).await, (503, "the server shuts down".to_owned()));
    match late.ask_to_join("r", "Late").await {
        ServerMessage::Error(ServerError { code, .. }) => assert_eq!(code, ErrorCode::Draining),
        other => panic!("let in: {other:?}"),
    }
    ada.say("1").await;
    bob.expect_say(&ada.id, "1").await;
    assert_eq!(running.metric("signaling_draining").await, 1);
    assert_eq!(running.metric("signaling_refusals_total{reason=\"draining\"}").await, 1);

    hurry.send(()).unwrap();
    for client in [&mut ada, &mut bob, &mut late] {
        assert_eq!(client.close_code().await, close::GOING_AWAY);
    }
    soon(ending).await.unwrap();
}

#[tokio::test]
async fn within_the_drain_everybody_is_told_one_after_the_other() {
    let server = start_with(Limits { drain: Duration::from_secs(1), ..Limits::default() }).await;
    let mut clients = Vec::new();
    for name in 0..20 {
        clients.push(server.join(&format!("r{name}"), "Ada").await);
    }
    let began = Instant::now();
    let stopping = tokio::spawn(server.stop());
    let told = clients.iter_mut().map(async |client| {
        assert_eq!(client.close_code().await, close::GOING_AWAY);
        began.elapsed()
    });
    let mut told = futures_util::future::join_all(told).await;
    told.sort();
    // Twenty within the same tenth of a second: never, or there is no spread.
    assert!(told[19] - told[0] > Duration::from_millis(100), "{told:?}");
    soon(stopping).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_seat_of_somebody_away_is_not_waited_for() {
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let server = start(Config { limits, grace: AGES, ..Config::default() }).await;
    server.join("r", "Ada").await.break_off().await;
    server.until_metric("signaling_clients", 0).await;
    assert_eq!(server.metric("signaling_seats").await, 1);
    server.stop().await;
}
