//! Network conditions of a page, emulated by Chrome's developer tools.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::page::Page;

/// How badly the page's connections go. What comes and what is sent suffers alike.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// Percentage of lost packets.
    pub loss: f64,
    /// Set if packets are reordered.
    pub reordering: bool,
    /// How much later everything comes, in milliseconds.
    pub latency: f64,
}

impl Page {
    /// Has a Chrome's network go so from now on.
    pub async fn emulate(&self, conditions: Conditions) {
        let Conditions { loss, reordering, latency } = conditions;
        self.devtools("Network.enable", json!({})).await;
        let rule = json!({
            // Everything, and that is where connections between peers are.
            "urlPattern": "",
            "latency": latency,
            "downloadThroughput": -1,
            "uploadThroughput": -1,
            "packetLoss": loss,
            "packetQueueLength": 0,
            "packetReordering": reordering,
        });
        let arguments = json!({ "offline": false, "matchedNetworkConditions": [rule] });
        self.devtools("Network.emulateNetworkConditionsByRule", arguments).await;
    }

    async fn devtools(&self, command: &str, arguments: Value) {
        let body = json!({ "cmd": command, "params": arguments }).to_string();
        self.soon(command, self.client.issue_cmd(DevTools(body))).await;
    }
}

/// A command of its own to chromedriver.
#[derive(Debug)]
struct DevTools(String);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.clone()))
    }
}
