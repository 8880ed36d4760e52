//! As many connections in one page as a large room has, and none left.

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

/// One message over each, from `a` to `b`.
async fn talk((number, (pair, from, mut to)): (usize, (Pair, DataChannel, DataChannel))) -> Pair {
    let text = number.to_string();
    from.send(&*text).within("send").await.unwrap();
    assert_eq!(to.next().within("the message").await.unwrap().unwrap(), Message::Text(text));
    for pc in [&pair.a, &pair.b] {
        reached(pc.connection_states(), ConnectionState::Connected).await;
        assert_eq!(js::string(pc.as_raw(), "connectionState"), "connected");
    }
    // Its channels close here.
    from.close();
    to.close();
    pair
}

/// Opens them all, has them all open at once, and closes them: what the browser might still hold of them.
async fn two_hundred_and_fifty_six() -> WeakConnections {
    let init = ChannelInit::new();
    // Some at a time, so that each is connected in its time on a slow machine too.
    let opened = stream::iter(0..PAIRS).map(|_| Pair::with_channel(&init)).buffer_unordered(8);
    let pairs: Vec<_> = opened.collect().await;
    let mut seen = WeakConnections::default();
    for pc in pairs.iter().flat_map(|(pair, ..)| [&pair.a, &pair.b]) {
        assert_eq!(js::string(pc.as_raw(), "signalingState"), "stable");
        seen.add(pc);
    }
    assert_eq!(seen.count(), 256);
    let pairs = join_all(pairs.into_iter().enumerate().map(talk)).await;
    drop(pairs);
    seen
}

#[wasm_bindgen_test]
async fn f27_two_hundred_and_fifty_six_connections_three_times_over() {
    watched(async {
        // Those of other tests.
        let mut seen = WeakConnections::default().wait_until_collected(WeakConnections::default()).await;
        // The first time, tables and queues grow to the size that they need.
        seen = two_hundred_and_fifty_six().await.wait_until_collected(seen).await;
        let held = Snapshot::now();

        for _ in 0..2 {
            seen = two_hundred_and_fifty_six().await.wait_until_collected(seen).await;
            held.assert_not_grown();
        }
    })
    .await;
}
