//! Calls with a native Rust peer, `examples/native-peer`, which echoes messages and media.

use browser_rtc_e2e::{Browser, NativePeer, Page, Peer, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn f48_chrome_calls_native_peer() {
    page_calls("chrome calls native peer", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f48_firefox_calls_native_peer() {
    page_calls("firefox calls native peer", Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f48_native_peer_calls_chrome() {
    native_peer_calls("native peer calls chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f48_native_peer_calls_firefox() {
    native_peer_calls("native peer calls firefox", Browser::Firefox).await;
}

/// Calls from the page, which hangs up, twice in a row.
async fn page_calls(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let mut robot = stage.native_peer("Robot", &[]);
        for call in 1..=2 {
            ada.call(&robot).await;
            ada.until_in_call_with(&robot).await;
            robot.until_lines(call, "connected to Ada").await;
            ada.until_frames(10).await;
            ada.until_black(false).await;
            if call == 1 {
                chat_is_echoed(&ada).await;
                call_is_changed(&ada, &mut robot).await;
            }
            ada.hang_up().await;
            ada.until_free().await;
            robot.until_lines(call, "call with Ada has ended: peer-hung-up").await;
        }
        assert!(robot.interrupt().await.success());
        ada.until_gone(&robot).await;
        talk::no_uncaught_errors(&[&ada]).await;
    })
    .await;
}

/// A call from the native peer, which hangs up.
async fn native_peer_calls(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let mut robot = stage.native_peer("Robot", &["--call", "Ada"]);
        ada.until_rung_by(&robot).await;
        ada.accept().await;
        ada.until_in_call_with(&robot).await;
        ada.until_frames(10).await;
        ada.until_black(false).await;
        chat_is_echoed(&ada).await;
        call_is_changed(&ada, &mut robot).await;

        assert!(robot.interrupt().await.success());
        assert_eq!(robot.count("call with Ada has ended: hung-up"), 1);
        ada.until_status("ended").await;
        ada.until_free().await;
        ada.until_gone(&robot).await;
        talk::no_uncaught_errors(&[&ada]).await;
    })
    .await;
}

async fn chat_is_echoed(page: &Page) {
    page.chat("hello").await;
    let is_echo = |line: &browser_rtc_e2e::ChatLine| line.from == "them" && line.text == "hello";
    page.until("the chat is echoed", |seen| seen.chat.iter().any(is_echo)).await;
}

/// Restarts ICE, adds a track and removes it. Messages and media are echoed after each change.
async fn call_is_changed(page: &Page, robot: &mut NativePeer) {
    page.load_script("native_peer", include_str!("native_peer.js")).await;
    messages_are_echoed(page).await;

    let generations = "return window.native.generations()";
    let agreed = |found: &Vec<String>| found.len() == 2;
    let before = page.until_script(generations, "both sides have the same ICE generations", agreed).await;
    let () = page.script("window.native.restartIce()").await;
    let restarted = |found: &Vec<String>| agreed(found) && found.iter().zip(&before).all(|(now, then)| now != then);
    page.until_script(generations, "both sides have restarted ICE", restarted).await;
    page.until_frames(10).await;
    messages_are_echoed(page).await;

    let tracks = robot.count("receiving video");
    let () = page.script("window.native.addTrack()").await;
    robot.until_lines(tracks + 1, "receiving video").await;
    let extra = "return window.native.extraTrack()";
    let is_echoed =
        |(direction, frames): &(Option<String>, u64)| direction.as_deref() == Some("sendrecv") && *frames > 10;
    page.until_script(extra, "the second track is echoed", is_echoed).await;
    messages_are_echoed(page).await;

    let () = page.script("window.native.removeTrack()").await;
    let is_removed = |(direction, _): &(Option<String>, u64)| direction.as_deref().is_some_and(|now| now != "sendrecv");
    page.until_script(extra, "the second track is removed", is_removed).await;
    page.until_frames(10).await;
    messages_are_echoed(page).await;
    assert!(page.seen().await.is_in_call_with(robot.name()));
}

async fn messages_are_echoed(page: &Page) {
    let (text, bytes): (String, Vec<u8>) = page.script("return window.native.echo()").await;
    assert_eq!((&*text, &*bytes), ("Grüße 👋", &[0, 1, 255][..]));
}
