//! As many connections in one page as a large room has, and none left.

use std::time::Duration;

use browser_rtc::{
    channel::{ChannelInit, DataChannel, Message},
    peer::ConnectionState,
};
use futures::{StreamExt, future::join_all, stream};
use wasm_bindgen_test::wasm_bindgen_test;

use super::support::{
    Within,
    js::{self, ListenerCount},
    memory,
    pair::{Pair, reached},
    sleep, watched,
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
async fn two_hundred_and_fifty_six() -> js_sys::Array {
    let init = ChannelInit::new();
    // Some at a time, so that each is connected in its time on a slow machine too.
    let opened = stream::iter(0..PAIRS).map(|_| Pair::with_channel(&init)).buffer_unordered(8);
    let pairs: Vec<_> = opened.collect().await;
    let weak = js_sys::Array::new();
    for pc in pairs.iter().flat_map(|(pair, ..)| [&pair.a, &pair.b]) {
        assert_eq!(js::string(pc.as_raw(), "signalingState"), "stable");
        weak.push(&js::run("object", &[pc.as_raw()], "return new WeakRef(object)"));
    }
    assert_eq!(weak.length(), 256);
    let pairs = join_all(pairs.into_iter().enumerate().map(talk)).await;
    drop(pairs);
    weak
}

/// Waits until the browser has freed all of these. Chromium has room for 500 connections, and counts those that are
/// closed until it has collected them. Firefox cannot be asked to.
async fn collected(weak: &js_sys::Array) {
    sleep(Duration::from_millis(100)).await;
    if js::is_firefox() {
        return;
    }
    let freed = async {
        loop {
            js::eval("gc()");
            // Whatever a task has looked at stays until the next task.
            sleep(Duration::from_millis(50)).await;
            if js::run("weak", &[weak], "return weak.every(one => !one.deref())").is_truthy() {
                return;
            }
        }
    };
    freed.within("the closed connections freed").await;
}

#[wasm_bindgen_test]
async fn f27_two_hundred_and_fifty_six_connections_three_times_over() {
    watched(async {
        // Those of other tests.
        collected(&js_sys::Array::new()).await;
        // The first time, tables and queues grow to the size that they need.
        collected(&two_hundred_and_fifty_six().await).await;
        let listeners = ListenerCount::new();
        let (objects, bytes) = (wasm_bindgen::externref_heap_live_count(), memory::live());

        for _ in 0..2 {
            collected(&two_hundred_and_fifty_six().await).await;
            assert_eq!(listeners.live(), 0);
            let objects_now = wasm_bindgen::externref_heap_live_count();
            assert!(objects_now <= objects, "Rust held {objects} of JavaScript's objects, and now {objects_now}");
            let bytes_now = memory::live();
            assert!(bytes_now <= bytes, "Rust held {bytes} bytes, and now {bytes_now}");
        }
    })
    .await;
}
