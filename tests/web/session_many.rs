//! 1500 sessions in one page that is never reloaded, which are freed after their end.

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

/// The number of pairs of a batch. Chromium allows 500 connections at a time, including closed ones that it has not
/// freed yet.
const BATCH: usize = 75;

const BATCHES: usize = 10;

/// The allowed growth of tables in bytes, which is less than one word per session.
const TABLE: usize = 4096;

/// Connects two sessions, and sends a message.
async fn connected_pair(number: usize) -> (Session, Session) {
    let (a, b) = sessions();
    exchange_message(&a, &b, &number.to_string()).within_minutes("the message").await;
    for session in [&a, &b] {
        reached(session.connection().connection_states(), ConnectionState::Connected).await;
    }
    (a, b)
}

/// Connects this number of pairs, drops one peer of each, and waits for the end of the other. Returns weak references
/// to the connections.
async fn open_and_close(count: usize) -> WeakConnections {
    let mut seen = WeakConnections::default();
    let mut pairs = stream::iter(0..count).map(connected_pair).buffer_unordered(8);
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
        // Connections of other tests.
        let mut former = WeakConnections::default().wait_until_collected(WeakConnections::default()).await;
        // The first round lets tables and queues grow to the size that they need.
        former = open_and_close(10).await.wait_until_collected(former).await;
        let (held, started) = (Snapshot::now(), now());
        for _ in 0..BATCHES {
            let seen = open_and_close(BATCH).await;
            assert_eq!(seen.count(), 150);
            former = seen.wait_until_collected(former).await;
        }
        held.wait_until_restored(TABLE).await;
        console_log!("{} sessions in {:.1} s", 2 * BATCH * BATCHES, (now() - started) / 1000.0);
    })
    .await;
}
