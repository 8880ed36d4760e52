use std::time::Duration;

use browser_rtc_proto::signaling::close;
use browser_rtc_signaling::{Config, Limits};
use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{NextFrame, start, start_with, with_timeout};

#[tokio::test]
async fn shutdown_closes_sockets_without_peer_left() {
    let server = start(Config::default()).await;
    let addr = server.addr;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    let mut unjoined = server.connect().await;
    ada.expect_joined(&bob, "Bob").await;

    let stopping = tokio::spawn(server.stop());
    for client in [&mut ada, &mut bob, &mut unjoined] {
        // The close frame is the next frame: no client receives `peer_left` for its peers.
        let Message::Close(Some(frame)) = client.stream.next_frame().await else {
            panic!("not closed");
        };
        assert_eq!(u16::from(frame.code), close::GOING_AWAY);
        assert!(with_timeout(client.stream.next()).await.is_none());
    }
    with_timeout(stopping).await.unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn shutdown_does_not_wait_for_silent_clients() {
    let server = start_with(
        Limits::new()
            .close_timeout(Duration::from_secs(3600))
            .drain_time(Duration::ZERO)
            .shutdown_timeout(Duration::from_millis(100)),
    )
    .await;
    let _mute = server.join("r", "Mute").await;
    let _half_open = TcpStream::connect(server.addr).await.unwrap();
    server.stop().await;
}
