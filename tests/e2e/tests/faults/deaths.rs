//! Pages, browsers and hosts that end suddenly.

use std::time::Instant;

use browser_rtc_e2e::{Browser, Page, play_on_network, report};

use crate::support::{RECOVERY, connect, part};

/// Options of a server for which a client is lost after three seconds of silence.
const SHORT: &[&str] = &["--heartbeat-ms", "1000"];

#[tokio::test(flavor = "multi_thread")]
async fn the_other_page_is_reloaded() {
    play_on_network("page reloaded", SHORT, async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        let begun = Instant::now();
        // The name is free: otherwise the server would refuse it.
        let (took, ()) = tokio::join!(until_noticed(&ada, begun), field.rejoin(&bob));
        report(&format!("page of the other side reloaded: noticed after {took:.1} s"));
        connect(&bob, &ada).await;
        part(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_browser_is_killed() {
    play_on_network("browser killed", SHORT, async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        let begun = Instant::now();
        field.kill(&bob);
        let took = until_noticed(&ada, begun).await;
        ada.until_gone(&bob).await;
        report(&format!("browser of the other side killed: noticed after {took:.1} s"));

        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&bob, &ada).await;
        part(&ada, &bob).await;
    })
    .await;
}

/// Its cable is pulled, so that nothing ends its socket: only its silence tells.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_host_is_gone() {
    play_on_network("host gone", SHORT, async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        let begun = Instant::now();
        field.cut(&bob);
        field.kill(&bob);
        let took = until_noticed(&ada, begun).await;
        ada.until_gone(&bob).await;
        field.mend(&bob);
        report(&format!("host of the other side gone without a word: noticed after {took:.1} s"));

        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&bob, &ada).await;
        part(&ada, &bob).await;
    })
    .await;
}

/// Waits until the call is over because the other has left, and tells how long that took in seconds.
async fn until_noticed(page: &Page, begun: Instant) -> f32 {
    let over = |seen: &browser_rtc_e2e::Seen| seen.is_idle() && seen.has_freed_all();
    page.until_within(RECOVERY, "the call is over", over).await;
    let took = begun.elapsed().as_secs_f32();
    page.until_status("peer-left").await;
    took
}
