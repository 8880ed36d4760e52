//! Invalid values in every argument of the npm package.

use std::time::Duration;

use browser_rtc_e2e::{Browser, play};
use serde::Deserialize;

/// Most of the time is spent on values with which `joinRoom` waits for a server that does not answer.
const LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Deserialize)]
struct Outcome {
    faults: Vec<String>,
    uncaught: Vec<String>,
    #[serde(default)]
    calls: u32,
    /// Set if the page could create shared memory.
    #[serde(default)]
    shared: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_values_are_rejected_in_chrome() {
    wrong_values_are_rejected(Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_values_are_rejected_in_firefox() {
    wrong_values_are_rejected(Browser::Firefox).await;
}

async fn wrong_values_are_rejected(browser: Browser) {
    play(&format!("arguments in {browser:?}"), async |stage| {
        let page = stage.open(browser, "Ada", "/npm.html").await;
        let outcome: Outcome = page.run_module("arguments", LIMIT).await;
        assert!(outcome.faults.is_empty() && outcome.uncaught.is_empty(), "{outcome:#?}");
        assert!(outcome.calls > 1_000 && outcome.shared, "{outcome:?}");
    })
    .await;
}
