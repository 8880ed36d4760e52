//! Calls that are declined, cancelled, busy or crossing, and calls whose page or server ends.

use browser_rtc_e2e::{Browser, Page, Seen, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f11_declined_call_is_reported() {
    play("declined", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.call(&bob).await;
        ada.until("the call rings", |seen| seen.outgoing.as_deref() == Some("Bob")).await;
        bob.until_rung_by(&ada).await;
        assert!(bob.seen().await.tracks.is_empty(), "ringing opens no camera");
        bob.decline().await;
        let seen = ada.until_status("declined").await;
        assert!(seen.status.contains("Bob"), "{}", seen.status);
        ada.until_free().await;
        bob.until_free().await;

        // Only this call was declined.
        talk::connect(&bob, &ada).await;
        talk::part(&bob, &ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_ringing_or_calling_peer_is_busy() {
    play("busy", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        let cyd = stage.join(Browser::Chrome, "Cyd").await;

        // While the call rings.
        ada.call(&bob).await;
        bob.until_rung_by(&ada).await;
        assert_busy(&cyd, &bob).await;
        assert_busy(&cyd, &ada).await;
        assert_eq!(bob.seen().await.incoming.as_deref(), Some("Ada"), "the call continues to ring");
        bob.accept().await;
        bob.until_in_call_with(&ada).await;
        ada.until_in_call_with(&bob).await;

        // During the call.
        assert_busy(&cyd, &bob).await;
        let seen = bob.seen().await;
        assert!(seen.is_in_call_with("Ada"), "the call continues: {seen:#?}");
        assert_eq!((seen.incoming, seen.connections.len()), (None, 1));
        ada.until_frames(10).await;
        bob.until_frames(10).await;
        talk::part(&ada, &bob).await;

        // After the call.
        talk::connect(&cyd, &bob).await;
        talk::part(&bob, &cyd).await;
    })
    .await;
}

async fn assert_busy(caller: &Page, callee: &Page) {
    caller.call(callee).await;
    let named = |seen: &Seen| seen.status_code == "busy" && seen.status.contains(callee.name());
    caller.until("the callee is busy", named).await;
    caller.until_free().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_cancelled_call_stops_ringing() {
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
async fn closed_chrome_page_ends_call() {
    closed_page_ends_call("chrome page closed", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_firefox_page_ends_call() {
    closed_page_ends_call("firefox page closed", Browser::Firefox).await;
}

async fn closed_page_ends_call(scene: &str, closing: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(closing, "Bob").await;
        talk::connect(&bob, &ada).await;
        ada.until_frames(10).await;
        bob.close().await;
        ada.until_free().await;
        ada.until_gone(&bob).await;
        // The server reports the end, before the failure of the connection is detected.
        let seen = ada.until_status("peer-left").await;
        assert!(seen.status.contains("Bob"), "{}", seen.status);
        assert!(seen.failure.is_none(), "{:?}", seen.failure);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_page_stops_ringing() {
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

/// Neither page has received the ring of the other when it rings.
#[tokio::test(flavor = "multi_thread")]
async fn crossing_rings_are_one_call() {
    play("crossed rings", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        for (one, other) in [(&ada, &bob), (&bob, &ada)] {
            one.hold_signaling().await;
            one.call(other).await;
            one.until("the ring is held back", |seen| seen.held.iter().any(|frame| frame.contains("\"ring\""))).await;
        }
        tokio::join!(ada.release_signaling(), bob.release_signaling());
        assert_one_call(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_clicks_are_one_call() {
    play("simultaneous clicks", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
        tokio::join!(ada.call(&bob), bob.call(&ada));
        assert_one_call(&ada, &bob).await;
    })
    .await;
}

async fn assert_one_call(ada: &Page, bob: &Page) {
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
async fn call_outlives_server_in_chrome() {
    call_outlives_server("server stopped in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn call_outlives_server_in_firefox() {
    call_outlives_server("server stopped in firefox", Browser::Firefox).await;
}

/// Neither a connected call nor its hang-up needs the server.
async fn call_outlives_server(scene: &str, browser: Browser) {
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
        // Bob received the hang-up, and did not detect a failed connection.
        let states = &bob.seen().await.connections[0].states;
        assert!(!states.iter().any(|state| state == "failed"), "{states:?}");
        for page in [&ada, &bob] {
            page.leave().await;
        }
    })
    .await;
}
