//! The drain before a shutdown.

use std::time::{Duration, Instant};

use browser_rtc_proto::signaling::{ErrorCode, ServerError, ServerMessage, close};
use browser_rtc_signaling::{Config, Limits, Server};
use tokio::sync::oneshot;

use crate::support::{TestServer, start, start_with, with_timeout};

/// A duration that no test reaches.
const NEVER: Duration = Duration::from_secs(100_000_000);

#[tokio::test]
async fn drain_refuses_new_clients_only() {
    let limits = Limits::new().drain_time(NEVER).join_timeout(NEVER);
    let config = Config::new().listen(([127, 0, 0, 1], 0)).limits(limits);
    let server = Server::bind(config).await.unwrap();
    let running = TestServer::external(server.local_addr());
    let (drain, drained) = oneshot::channel::<()>();
    let (stop, stopped) = oneshot::channel::<()>();
    let ending = tokio::spawn(server.run_until(
        async {
            let _ = drained.await;
        },
        async {
            let _ = stopped.await;
        },
    ));
    let mut ada = running.join("r", "Ada").await;
    let mut bob = running.join("r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    let mut late = running.connect().await;
    assert!(running.get("/readyz").await.0.starts_with("http/1.1 200"));
    drain.send(()).unwrap();
    with_timeout(async { while running.get("/readyz").await.0.starts_with("http/1.1 200") {} }).await;

    assert!(running.get("/readyz").await.0.starts_with("http/1.1 503"));
    assert!(running.get("/healthz").await.0.starts_with("http/1.1 200"));
    assert_eq!(running.refusal(running.request()).await, (503, "the server is shutting down".to_owned()));
    match late.try_join("r", "Late").await {
        ServerMessage::Error(ServerError { code, .. }) => assert_eq!(code, ErrorCode::Draining),
        other => panic!("expected a refusal, received {other:?}"),
    }
    ada.say("1").await;
    bob.expect_say(&ada.id, "1").await;
    assert_eq!(running.metric("signaling_draining").await, 1);
    assert_eq!(running.metric("signaling_refusals_total{reason=\"draining\"}").await, 1);

    stop.send(()).unwrap();
    for client in [&mut ada, &mut bob, &mut late] {
        assert_eq!(client.close_code().await, close::GOING_AWAY);
    }
    with_timeout(ending).await.unwrap();
}

#[tokio::test]
async fn drain_closes_clients_at_different_times() {
    let server = start_with(Limits::new().drain_time(Duration::from_secs(1))).await;
    let mut clients = Vec::new();
    for name in 0..20 {
        clients.push(server.join(&format!("r{name}"), "Ada").await);
    }
    let started = Instant::now();
    let stopping = tokio::spawn(server.stop());
    let closed = clients.iter_mut().map(async |client| {
        assert_eq!(client.close_code().await, close::GOING_AWAY);
        started.elapsed()
    });
    let mut closed = futures_util::future::join_all(closed).await;
    closed.sort();
    // If all twenty clients were closed within 100 ms, they were not spread over the drain.
    assert!(closed[19] - closed[0] > Duration::from_millis(100), "{closed:?}");
    with_timeout(stopping).await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn drain_does_not_wait_for_kept_seats() {
    let limits = Limits::new().drain_time(Duration::from_millis(100));
    let server = start(Config::new().limits(limits).grace(NEVER)).await;
    server.join("r", "Ada").await.reset().await;
    server.wait_for_metric("signaling_clients", 0).await;
    assert_eq!(server.metric("signaling_seats").await, 1);
    server.stop().await;
}
