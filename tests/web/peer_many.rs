//! 256 connections that are open at the same time in one page, and are freed after their close.

use browser_rtc::{
    channel::{ChannelInit, DataChannel, Message},
    peer::ConnectionState,
};
use futures::{StreamExt, future::join_all, stream};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within, js,
    leaks::{Snapshot, WeakConnections},
    pair::{Pair, reached},
    watched,
};

const PAIRS: usize = 128;

/// Sends one message from `a` to `b`, and returns the pair with its channels closed.
async fn exchange_messages((number, (pair, from, mut to)): (usize, (Pair, DataChannel, DataChannel))) -> Pair {
    let text = number.to_string();
    from.send(&*text).within("send").await.unwrap();
    assert_eq!(to.next().within("the message").await.unwrap().unwrap(), Message::Text(text));
    for pc in [&pair.a, &pair.b] {
        reached(pc.connection_states(), ConnectionState::Connected).await;
        assert_eq!(js::string(pc.as_raw(), "connectionState"), "connected");
    }
    from.close();
    to.close();
    pair
}

/// Opens 256 connections, which are all open at the same time, and closes them. Returns weak references to the closed
/// ones.
async fn open_and_close_256() -> WeakConnections {
    let init = ChannelInit::new();
    // Eight at a time, so that none exceeds its time limit on a slow machine.
    let opened = stream::iter(0..PAIRS).map(|_| Pair::with_channel(&init)).buffer_unordered(8);
    let pairs: Vec<_> = opened.collect().await;
    let mut seen = WeakConnections::default();
    for pc in pairs.iter().flat_map(|(pair, ..)| [&pair.a, &pair.b]) {
        assert_eq!(js::string(pc.as_raw(), "signalingState"), "stable");
        seen.add(pc);
    }
    assert_eq!(seen.count(), 256);
    let pairs = join_all(pairs.into_iter().enumerate().map(exchange_messages)).await;
    drop(pairs);
    seen
}

#[wasm_bindgen_test]
async fn f27_256_connections_leave_nothing_behind() {
    watched(async {
        // Connections of other tests.
        let mut seen = WeakConnections::default().wait_until_collected(WeakConnections::default()).await;
        // The first round lets tables and queues grow to the size that they need.
        seen = open_and_close_256().await.wait_until_collected(seen).await;
        let held = Snapshot::now();

        for _ in 0..2 {
            seen = open_and_close_256().await.wait_until_collected(seen).await;
            held.assert_not_grown();
        }
    })
    .await;
}
