//! A file whose sender reloads the page during the transfer, and chooses it again in the next call.

use browser_rtc_e2e::{Browser, connect, play};

use crate::files::{LARGE, SPY, choose, click_newest, ready, send_part, until};
use crate::talk::{self, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn f44_file_continues_after_reload_in_chrome() {
    continues_after_reload("file of reloaded chrome", [Browser::Chrome, Browser::Firefox]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f44_file_continues_after_reload_in_firefox() {
    continues_after_reload("file of reloaded firefox", [Browser::Firefox, Browser::Chrome]).await;
}

async fn continues_after_reload(scene: &str, browsers: [Browser; 2]) {
    const NOTE: &str = "const note = document.querySelector('#unfinished');
        return note.getClientRects().length > 0 ? document.querySelector('#unfinished-text').textContent : ''";
    play(scene, async |stage| {
        let [ada, bob] = talk::join_and_connect(stage, browsers, PHONE).await;
        send_part(&ada, &bob).await;
        ada.reload().await;
        until(&bob, "interrupted").await;
        bob.until_free().await;

        bob.load_script("a spy", SPY).await;
        ada.until_here(&bob).await;
        connect(&bob, &ada).await;
        ready(&ada).await;
        // The tab of the files announces the note.
        assert_eq!(ada.script::<String>("return document.querySelector('#tab-files .badge').textContent").await, "1");
        ada.open_panel("files").await;
        let note = "“film.mkv” was being sent to Bob when this page was closed. Choose it again to send the rest.";
        assert_eq!(ada.script::<String>(NOTE).await, note);
        choose(&ada, LARGE).await;
        ada.until_script(NOTE, "the note is gone", String::is_empty).await;
        // Bob has accepted the file already.
        until(&bob, "under-way").await;
        let values = "return [window.before, ...window.values.filter((value) => value > 0)]";
        let values = bob.until_script(values, "the transfer continues", |values: &Vec<f64>| values.len() > 1).await;
        // Up to 8 MiB that were received are not stored yet when the call ends.
        assert!(values[1] > values[0] - 0.02, "the transfer restarts from the beginning: {values:?}");
        click_newest(&ada, "cancel").await;
        until(&bob, "cancelled").await;

        // A file that was cancelled is not unfinished.
        bob.hang_up().await;
        ada.until_free().await;
        ada.reload().await;
        connect(&bob, &ada).await;
        ready(&ada).await;
        ada.open_panel("files").await;
        assert_eq!(ada.script::<String>(NOTE).await, "");
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}
