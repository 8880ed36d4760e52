//! The other ways in which a call, or a ring, goes.

use browser_rtc_e2e::{Browser, Page, Seen, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_call_is_declined() {
    play("declined", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.call(&bob).await;
        ada.until("it rings", |seen| seen.outgoing.as_deref() == Some("Bob")).await;
        bob.until_rung_by(&ada).await;
        assert!(bob.seen().await.tracks.is_empty(), "ringing opens no camera");
        bob.decline().await;
        let seen = ada.until_status("declined").await;
        assert!(seen.status.contains("Bob"), "{}", seen.status);
        ada.until_free().await;
        bob.until_free().await;

        // It was a no to this call only.
        talk::connect(&bob, &ada).await;
        talk::part(&bob, &ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_somebody_in_a_call_or_ringing_is_busy() {
    play("busy", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        let cyd = stage.join(Browser::Chrome, "Cyd").await;

        // While it rings.
        ada.call(&bob).await;
        bob.until_rung_by(&ada).await;
        finds_busy(&cyd, &bob).await;
        finds_busy(&cyd, &ada).await;
        assert_eq!(bob.seen().await.incoming.as_deref(), Some("Ada"), "it rings on");
        bob.accept().await;
        bob.until_in_call_with(&ada).await;
        ada.until_in_call_with(&bob).await;

        // In the call.
        finds_busy(&cyd, &bob).await;
        let seen = bob.seen().await;
        assert!(seen.is_in_call_with("Ada"), "the call goes on: {seen:#?}");
        assert_eq!((seen.incoming, seen.connections.len()), (None, 1));
        ada.until_frames(10).await;
        bob.until_frames(10).await;
        talk::part(&ada, &bob).await;

        // And afterwards not any more.
        talk::connect(&cyd, &bob).await;
        talk::part(&bob, &cyd).await;
    })
    .await;
}

async fn finds_busy(caller: &Page, callee: &Page) {
    caller.call(callee).await;
    let named = |seen: &Seen| seen.status_code == "busy" && seen.status.contains(callee.name());
    caller.until("the other is busy", named).await;
    caller.until_free().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_the_caller_gives_up() {
    play("cancelled", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.call(&bob).await;
        bob.until_rung_by(&ada).await;
        ada.cancel().await;
        ada.until_free().await;
        bob.until_free().await;
        bob.until_status("cancelled").await;

        talk::connect(&ada, &bob).await;
        talk::part(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chrome_page_is_closed_in_mid_call() {
    closed_in_mid_call("chrome page closed", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firefox_page_is_closed_in_mid_call() {
    closed_in_mid_call("firefox page closed", Browser::Firefox).await;
}

async fn closed_in_mid_call(scene: &str, closing: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(closing, "Bob").await;
        talk::connect(&bob, &ada).await;
        ada.until_frames(10).await;
        bob.close().await;
        ada.until_free().await;
        ada.until_gone(&bob).await;
        // Not by a failed connection, which would take longer to be noticed.
        let seen = ada.until_status("peer-left").await;
        assert!(seen.status.contains("Bob"), "{}", seen.status);
        assert!(seen.failure.is_none(), "{:?}", seen.failure);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_closed_while_it_rings() {
    play("closed while ringing", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        bob.close().await;
        ada.until_gone(&bob).await;
        ada.until_free().await;
    })
    .await;
}

/// Their rings cross on the way: neither has heard of the other's when it rings.
#[tokio::test(flavor = "multi_thread")]
async fn two_rings_that_cross_are_one_call() {
    play("crossed rings", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        for (one, other) in [(&ada, &bob), (&bob, &ada)] {
            one.hold_signaling().await;
            one.call(other).await;
            one.until("the ring waits", |seen| seen.held.iter().any(|frame| frame.contains("\"ring\""))).await;
        }
        tokio::join!(ada.release_signaling(), bob.release_signaling());
        become_one_call(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_click_at_once_get_one_call() {
    play("clicked at once", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
        tokio::join!(ada.call(&bob), bob.call(&ada));
        become_one_call(&ada, &bob).await;
    })
    .await;
}

async fn become_one_call(ada: &Page, bob: &Page) {
    tokio::join!(ada.until_in_call_with(bob), bob.until_in_call_with(ada));
    talk::see_each_other(ada, bob).await;
    for page in [ada, bob] {
        let seen = page.seen().await;
        assert_eq!(seen.open_connections().count(), 1, "{}", page.name());
        assert_eq!((seen.incoming, seen.outgoing), (None, None), "{}", page.name());
    }
    talk::chat(ada, bob).await;
    talk::part(ada, bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_outlives_the_server_chrome() {
    a_call_outlives_the_server("server gone in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_outlives_the_server_firefox() {
    a_call_outlives_the_server("server gone in firefox", Browser::Firefox).await;
}

/// A call that is up needs no server, and neither does the word that it is over.
async fn a_call_outlives_the_server(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(browser, "Bob").await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        stage.stop_server();
        for page in [&ada, &bob] {
            page.until_status("reconnecting").await;
            page.until_frames(10).await;
        }
        talk::chat(&ada, &bob).await;

        ada.hang_up().await;
        for page in [&ada, &bob] {
            page.until_free().await;
        }
        // By a word, then, and not by the silence that came after.
        let states = &bob.seen().await.connections[0].states;
        assert!(!states.iter().any(|state| state == "failed"), "{states:?}");
        for page in [&ada, &bob] {
            page.leave().await;
        }
    })
    .await;
}
