//! Snapshots and recordings of a call, which are kept after the call.

use browser_rtc_e2e::{Browser, Page, play};
use serde::Deserialize;

use crate::talk::{self, DESKTOP, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn f04_f07_call_is_captured_in_chrome() {
    captures("captures in chrome", Browser::Chrome, DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_f07_call_is_captured_in_firefox() {
    captures("captures in firefox", Browser::Firefox, PHONE).await;
}

/// A snapshot or a recording in the strip.
#[derive(Debug, Deserialize)]
struct Capture {
    kind: String,
    name: String,
    /// The name of the file that the link saves.
    saved_as: String,
    /// The width of the picture in pixels.
    width: u32,
    /// The duration in seconds, once the player knows it.
    duration: Option<f64>,
    is_visible: bool,
}

const CAPTURES: &str = "return [...document.querySelectorAll('#captures .capture')].map((item) => {
    const player = item.querySelector('video:not([hidden]), audio:not([hidden])');
    return {
        kind: item.dataset.kind,
        name: item.querySelector('.capture-name').textContent,
        saved_as: item.querySelector('.capture-save').download,
        width: item.querySelector('img').naturalWidth || player?.videoWidth || 0,
        duration: Number.isFinite(player?.duration) ? player.duration : null,
        is_visible: item.getClientRects().length > 0,
    };
})";

const TIME: &str = "return document.querySelector('#record-time').textContent";

async fn captures(scene: &str, browser: Browser, size: (u32, u32)) {
    play(scene, async |stage| {
        let [ada, bob] = talk::join_and_connect(stage, [browser, Browser::Chrome], size).await;
        talk::see_each_other(&ada, &bob).await;
        ada.open_panel("capture").await;

        ada.click("#snapshot-remote").await;
        let remote = until(&ada, "the snapshot of Bob", |capture| capture.width > 0).await;
        assert!(remote.kind == "picture" && remote.name.starts_with("Bob "), "{remote:?}");
        assert_eq!(remote.saved_as, remote.name);
        ada.click("#snapshot-own").await;
        until(&ada, "the own snapshot", |capture| capture.name.starts_with("You ") && capture.width > 0).await;

        // The picture opens in full size, and the Escape key closes it.
        ada.click("#captures .capture:first-child .capture-open").await;
        let viewer = "return document.querySelector('#viewer').open";
        assert!(ada.script::<bool>(viewer).await);
        ada.press("#viewer button", "\u{E00C}").await;
        ada.until_script(viewer, "the picture is closed", |open: &bool| !open).await;

        // Sound and picture, with a pause.
        ada.click("#record-start").await;
        let has_two_seconds = |time: &String| !["", "0:00", "0:01"].contains(&&**time);
        ada.until_script(TIME, "two seconds are recorded", has_two_seconds).await;
        ada.click("#record-pause").await;
        let paused = "return document.querySelector('#record-meter').dataset.state === 'paused'";
        ada.until_script(paused, "the recording is paused", |paused: &bool| *paused).await;
        let time: String = ada.script(TIME).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        assert_eq!(ada.script::<String>(TIME).await, time, "the time stands still");
        ada.click("#record-pause").await;
        ada.click("#record-stop").await;
        let video = until(&ada, "the video", |capture| capture.kind == "video" && capture.duration.is_some()).await;
        assert!(video.duration.is_some_and(|duration| duration > 1.0) && video.width > 0, "{video:?}");

        // Sound only, until the call ends.
        ada.load_script("a choice", "document.querySelector('#record-source').value = 'remote-sound'").await;
        ada.click("#record-start").await;
        ada.until_script(TIME, "two more seconds are recorded", has_two_seconds).await;
        bob.hang_up().await;
        ada.until_free().await;
        let sound = until(&ada, "the sound", |capture| capture.kind == "sound" && capture.duration.is_some()).await;
        assert!(sound.is_visible && sound.name.starts_with("Bob "), "{sound:?}");
        assert_eq!(ada.script::<Vec<Capture>>(CAPTURES).await.len(), 4);

        for left in (0..4).rev() {
            ada.click("#kept .capture:first-child .capture-remove").await;
            ada.until_script(CAPTURES, "a file is removed", |captures: &Vec<Capture>| captures.len() == left).await;
        }
        assert!(!ada.script::<bool>("return document.querySelector('#kept').getClientRects().length > 0").await);
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// Waits until the newest file in the strip meets the condition.
async fn until(page: &Page, what: &str, condition: impl Fn(&Capture) -> bool) -> Capture {
    let newest_is = |captures: &Vec<Capture>| captures.first().is_some_and(&condition);
    page.until_script(CAPTURES, &format!("{what} is in the strip"), newest_is).await.swap_remove(0)
}
