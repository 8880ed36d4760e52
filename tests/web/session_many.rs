//! As many sessions one after the other as a page has that is never reloaded, and nothing left of them.

use browser_rtc::{peer::ConnectionState, session::Session};
use futures::{StreamExt, stream};
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

use super::support::{
    Within,
    leaks::{Snapshot, WeakConnections},
    now,
    pair::reached,
    session::{exchange_message, sessions},
    watched,
};

/// Few enough that Chromium, which has room for 500 connections, need not have freed the former ones yet.
const BATCH: usize = 75;

const BATCHES: usize = 10;

/// In bytes: less than one word of each session.
const TABLE: usize = 4096;

/// Two that are connected, and one has said something.
async fn one_pair(number: usize) -> (Session, Session) {
    let (a, b) = sessions();
    exchange_message(&a, &b, &number.to_string()).within_minutes("the message").await;
    for session in [&a, &b] {
        reached(session.connection().connection_states(), ConnectionState::Connected).await;
    }
    (a, b)
}

/// One side of each is dropped, and the other told.
async fn pairs(count: usize) -> WeakConnections {
    let mut seen = WeakConnections::default();
    let mut pairs = stream::iter(0..count).map(one_pair).buffer_unordered(8);
    while let Some((a, b)) = pairs.next().await {
        seen.add(a.connection());
        seen.add(b.connection());
        let ends = [a.ended(), b.ended()];
        drop(a);
        for end in ends {
            end.within("the end").await;
        }
    }
    seen
}

#[wasm_bindgen_test]
async fn sessions_1500_leave_nothing_behind() {
    watched(async {
        // Those of other tests.
        let mut former = WeakConnections::default().wait_until_collected(WeakConnections::default()).await;
        // The first time, tables and queues grow to the size that they need.
        former = pairs(10).await.wait_until_collected(former).await;
        let (held, started) = (Snapshot::now(), now());
        for _ in 0..BATCHES {
            let seen = pairs(BATCH).await;
            assert_eq!(seen.count(), 150);
            former = seen.wait_until_collected(former).await;
        }
        held.wait_until_restored(TABLE).await;
        console_log!("{} sessions in {:.1} s", 2 * BATCH * BATCHES, (now() - started) / 1000.0);
    })
    .await;
}
