//! Wrong values in every argument of the npm package.

use std::time::Duration;

use browser_rtc_e2e::{Browser, play};
use serde::Deserialize;
use serde_json::Value;

/// The values that wait for a signaling server which does not answer take most of it.
const LIMIT: Duration = Duration::from_secs(300);

#[derive(Debug, Deserialize)]
#[serde(default)]
struct Outcome {
    faults: Vec<String>,
    uncaught: Vec<String>,
    calls: u32,
    working: bool,
    /// Whether the page could make shared memory.
    shared: bool,
}

impl Default for Outcome {
    fn default() -> Self {
        Self { faults: vec!["no outcome".into()], uncaught: Vec::new(), calls: 0, working: false, shared: false }
    }
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
        page.load_script("arguments", include_str!("arguments.js")).await;
        let _: Value = page.script("window.arguments_.begin()").await;
        let script = "return window.arguments_.outcome ?? { faults: [window.arguments_.at] }";
        let ended = |outcome: &Value| outcome.get("uncaught").is_some();
        let outcome = page.until_script_within(LIMIT, script, "all values were tried", ended).await;
        let outcome: Outcome = serde_json::from_value(outcome).expect("an outcome");
        assert!(outcome.faults.is_empty() && outcome.uncaught.is_empty(), "{outcome:#?}");
        assert!(outcome.working, "{outcome:?}");
        assert!(outcome.calls > 1_000 && outcome.shared, "{outcome:?}");
    })
    .await;
}
