//! Packet loss and reordering, emulated by the browser.

use std::time::Duration;

use browser_rtc_e2e::{Browser, BurstStats, Conditions, Page, play_on_network, report};

use crate::support::{assert_nothing_lost, connect, hang_up_and_call_again, still_in_call, until_flowing, wait};

/// The duration of the emulation in seconds.
const SECONDS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_5_percent_loss() {
    call_survives_loss("loss of 5 %", 5.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_20_percent_loss() {
    call_survives_loss("loss of 20 %", 20.0).await;
}

/// Loses packets in both directions.
async fn call_survives_loss(what: &str, loss: f64) {
    call_survives(
        what,
        async |page| {
            page.emulate(Conditions { loss, ..Conditions::default() }).await;
            wait(SECONDS).await;
        },
        |stats| stats.received < stats.sent,
    )
    .await;
}

/// Reorders packets: one that is sent with a low latency overtakes those with a high one.
#[tokio::test(flavor = "multi_thread")]
async fn call_survives_reordering() {
    call_survives(
        "reordering",
        async |page| {
            for _ in 0..SECONDS * 2 {
                for latency in [150.0, 0.0] {
                    page.emulate(Conditions { latency, reordering: true, ..Conditions::default() }).await;
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            }
        },
        |stats| stats.reordered > 0,
    )
    .await;
}

/// Emulates bad conditions during a call, and asserts that they have affected unreliable messages.
async fn call_survives(what: &str, emulate: impl AsyncFnOnce(&Page), is_affected: impl Fn(&BurstStats) -> bool) {
    play_on_network(what, &[], async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        // Emulation affects only sockets that are created while it is active, with any conditions.
        ada.emulate(Conditions::default()).await;
        connect(&ada, &bob).await;

        for page in [&ada, &bob] {
            page.begin_bursts().await;
        }
        emulate(&ada).await;
        let (at_ada, at_bob) = (ada.burst_stats().await, bob.burst_stats().await);
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert_nothing_lost(&traffic);
        for stats in [at_ada, at_bob] {
            assert!(is_affected(&stats), "the emulation has no effect: {stats:?}");
        }
        report(&format!("{what} for {SECONDS} s: {traffic}; unreliable messages to Ada: {at_ada}; to Bob: {at_bob}"));

        ada.emulate(Conditions::default()).await;
        hang_up_and_call_again(&ada, &bob).await;
    })
    .await;
}
