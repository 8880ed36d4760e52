use std::time::Duration;

use browser_rtc_signaling::close;
use browser_rtc_signaling::server::{Config, Limits};
use futures_util::StreamExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Frames, soon, start, start_with};

#[tokio::test]
async fn a_shutdown_closes_every_socket_and_announces_no_losses() {
    let server = start(Config::default()).await;
    let addr = server.addr;
    let mut ada = server.join("r", "Ada").await;
    let mut bob = server.join("r", "Bob").await;
    let mut unjoined = server.connect().await;
    ada.expect_joined(&bob, "Bob").await;

    let stopping = tokio::spawn(server.stop());
    for client in [&mut ada, &mut bob, &mut unjoined] {
        // The very next frame: nobody is told that the others were lost.
        let Message::Close(Some(frame)) = client.stream.next_frame().await else {
            panic!("not closed");
        };
        assert_eq!(u16::from(frame.code), close::GOING_AWAY);
        assert!(soon(client.stream.next()).await.is_none());
    }
    soon(stopping).await.unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_those_who_never_answer() {
    let server = start_with(Limits {
        close: Duration::from_secs(3600),
        drain: Duration::ZERO,
        shutdown: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    let _mute = server.join("r", "Mute").await;
    let _half_open = TcpStream::connect(server.addr).await.unwrap();
    server.stop().await;
}
