//! The handles of the npm package: abort signals, messages of every kind, and disposal.

use std::time::Duration;

use browser_rtc_e2e::{Browser, play};

use crate::talk;

const LIMIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn handles_follow_web_conventions_in_chrome() {
    handles(Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_follow_web_conventions_in_firefox() {
    handles(Browser::Firefox).await;
}

async fn handles(browser: Browser) {
    play(&format!("handles in {browser:?}"), async |stage| {
        let page = stage.open(browser, "Ada", "/npm.html").await;
        let faults: Vec<String> = page.run_module("handles", LIMIT).await;
        assert_eq!(faults, [""; 0]);
        talk::no_uncaught_errors(&[&page]).await;
    })
    .await;
}
