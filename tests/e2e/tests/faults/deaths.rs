//! Sudden ends of pages, browsers and hosts.

use std::time::Instant;

use browser_rtc_e2e::{Browser, Page, play_on_network, report};

use crate::support::{RECOVERY, connect, hang_up};

/// Options of a server for which a client is lost after three seconds of silence.
const SHORT: &[&str] = &["--heartbeat-ms", "1000"];

#[tokio::test(flavor = "multi_thread")]
async fn reloaded_page_is_noticed() {
    play_on_network("page reloaded", SHORT, async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        let started = Instant::now();
        // The page can rejoin only because the name is free.
        let (took, ()) = tokio::join!(until_noticed(&ada, started), stage.rejoin(&bob));
        report(&format!("remote page reloaded: detected after {took:.1} s"));
        connect(&bob, &ada).await;
        hang_up(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_browser_is_noticed() {
    play_on_network("browser killed", SHORT, async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        let started = Instant::now();
        stage.kill(&bob);
        let took = until_noticed(&ada, started).await;
        ada.until_gone(&bob).await;
        report(&format!("remote browser killed: detected after {took:.1} s"));

        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&bob, &ada).await;
        hang_up(&ada, &bob).await;
    })
    .await;
}

/// The link of the host is cut, so that its socket is not closed, and only its silence is detected.
#[tokio::test(flavor = "multi_thread")]
async fn lost_host_is_noticed() {
    play_on_network("host lost", SHORT, async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        let started = Instant::now();
        stage.cut(&bob);
        stage.kill(&bob);
        let took = until_noticed(&ada, started).await;
        ada.until_gone(&bob).await;
        stage.restore(&bob);
        report(&format!("remote host lost: detected after {took:.1} s"));

        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&bob, &ada).await;
        hang_up(&ada, &bob).await;
    })
    .await;
}

/// Waits until the call has ended because the peer has left. Returns the elapsed seconds.
async fn until_noticed(page: &Page, started: Instant) -> f32 {
    let has_ended = |seen: &browser_rtc_e2e::Seen| seen.is_idle() && seen.has_freed_all();
    page.until_within(RECOVERY, "the call has ended", has_ended).await;
    let took = started.elapsed().as_secs_f32();
    page.until_status("peer-left").await;
    took
}
