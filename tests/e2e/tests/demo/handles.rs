//! The handles of the npm package: signals, messages of every kind, and the end of a handle.

use browser_rtc_e2e::{Browser, play};
use serde_json::{Value, json};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn handles_keep_to_the_web_in_chrome() {
    handles(Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_keep_to_the_web_in_firefox() {
    handles(Browser::Firefox).await;
}

async fn handles(browser: Browser) {
    play(&format!("handles in {browser:?}"), async |stage| {
        let page = stage.open(browser, "Ada", "/npm.html").await;
        page.load_script("handles", include_str!("handles.js")).await;
        let _: Value = page.script("window.handles.begin()").await;
        let script = "return window.handles.outcome ?? window.handles.at";
        let faults = page.until_script(script, "all was tried", Value::is_array).await;
        assert_eq!(faults, json!([]));
        talk::no_uncaught_errors(&[&page]).await;
    })
    .await;
}
