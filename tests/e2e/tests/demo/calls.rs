//! Complete calls, from the list of people to the hang-up, twice in a row.

use browser_rtc_e2e::{Browser, Page, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f11_call_chrome_to_chrome() {
    call("chrome to chrome", Browser::Chrome, Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_call_chrome_to_firefox() {
    call("chrome to firefox", Browser::Chrome, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_call_firefox_to_chrome() {
    call("firefox to chrome", Browser::Firefox, Browser::Chrome).await;
}

async fn call(scene: &str, caller: Browser, callee: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(caller, "Ada").await;
        let bob = stage.join(callee, "Bob").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
        assert_eq!(ada.seen().await.you, "Ada");
        assert!(ada.seen().await.tracks.is_empty(), "the camera is off before a call");

        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        states_are_shown(&ada).await;
        talk::chat(&ada, &bob).await;
        talk::press_keys(&ada, &bob).await;
        mute(&ada, &bob).await;
        talk::part(&ada, &bob).await;

        // A second call without a reload, in which the callee hangs up.
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        assert_eq!(ada.seen().await.open_connections().count(), 1, "one connection per call");
        talk::part(&bob, &ada).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

async fn states_are_shown(page: &Page) {
    let settled = |state: &str| matches!(state, "connected" | "completed");
    page.until("the page shows the states of an open connection", |seen| {
        let state = |name: &str| seen.states.get(name).map_or("", String::as_str);
        state("connection") == "connected"
            && settled(state("ice-connection"))
            && state("ice-gathering") == "complete"
            && state("signaling") == "stable"
    })
    .await;
}

/// Turns both devices off and on by their buttons. The camera is released, and the peer sees marks instead of a black
/// picture.
async fn mute(one: &Page, other: &Page) {
    one.click("#toggle-microphone").await;
    one.click("#toggle-camera").await;
    one.until("the microphone is muted and the camera is released", |seen| {
        let is_silent = seen.captured("audio").is_some_and(|track| !track.enabled);
        seen.microphone_muted && seen.camera_muted && is_silent && seen.captured("video").is_none()
    })
    .await;
    other
        .until("the tile has the marks", |seen| {
            seen.person.as_ref().is_some_and(|tile| tile.muted && tile.picture == "off")
        })
        .await;

    one.click("#toggle-microphone").await;
    one.click("#toggle-camera").await;
    one.until("both devices are on", |seen| {
        let is_sent = |kind| seen.captured(kind).is_some_and(|track| track.enabled);
        !seen.microphone_muted && !seen.camera_muted && is_sent("audio") && is_sent("video")
    })
    .await;
    other
        .until("the tile has no marks", |seen| {
            seen.person.as_ref().is_some_and(|tile| !tile.muted && tile.picture == "live" && tile.cover.is_none())
        })
        .await;
    other.until_frames(10).await;
    other.until_black(false).await;
}
