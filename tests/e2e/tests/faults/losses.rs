//! Packets are lost or overtake each other, by the browser's own emulation.

use std::time::Duration;

use browser_rtc_e2e::{Browser, Conditions, Loose, Page, play_on_network, report};

use crate::support::{connect, nothing_lost, part_and_call_again, still_in_call, until_flowing, wait};

/// Duration of the bad network, in seconds.
const SECONDS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn five_of_a_hundred_packets_are_lost() {
    packets_are_lost("loss of 5 %", 5.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_of_a_hundred_packets_are_lost() {
    packets_are_lost("loss of 20 %", 20.0).await;
}

/// Loses packets in both directions.
async fn packets_are_lost(what: &str, loss: f64) {
    a_bad_network(
        what,
        async |page| {
            page.emulate(Conditions { loss, ..Conditions::default() }).await;
            wait(SECONDS).await;
        },
        |loose| loose.heard < loose.said,
    )
    .await;
}

/// A packet overtakes those that were sent when the way was longer.
#[tokio::test(flavor = "multi_thread")]
async fn packets_overtake_each_other() {
    a_bad_network(
        "reordering",
        async |page| {
            for _ in 0..SECONDS * 2 {
                for latency in [150.0, 0.0] {
                    page.emulate(Conditions { latency, reordering: true, ..Conditions::default() }).await;
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            }
        },
        |loose| loose.overtaken > 0,
    )
    .await;
}

/// A network that is made bad in mid-call, and seen to be so.
async fn a_bad_network(what: &str, make_bad: impl AsyncFnOnce(&Page), is_bad: impl Fn(&Loose) -> bool) {
    play_on_network(what, &[], async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        // Only those sockets suffer that are made while something is emulated, be it nothing.
        ada.emulate(Conditions::default()).await;
        connect(&ada, &bob).await;

        for page in [&ada, &bob] {
            page.begin_bursts().await;
        }
        make_bad(&ada).await;
        let (ada_had, bob_had) = (ada.loose().await, bob.loose().await);
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        nothing_lost(&stood);
        for loose in [ada_had, bob_had] {
            assert!(is_bad(&loose), "the emulation does what it is to do: {loose:?}");
        }
        report(&format!("{what} for {SECONDS} s: {stood}; unreliable messages one way {ada_had}, the other {bob_had}"));

        ada.emulate(Conditions::default()).await;
        part_and_call_again(&ada, &bob).await;
    })
    .await;
}
