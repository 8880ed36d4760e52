//! Network conditions of a page, emulated by the developer tools of Chrome.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::page::Page;

/// Emulated network conditions, for sent and for received packets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Conditions {
    /// Percentage of lost packets.
    pub loss: f64,
    /// Set if packets are reordered.
    pub reordering: bool,
    /// Additional latency in milliseconds.
    pub latency: f64,
}

impl Page {
    /// Emulates these network conditions in Chrome.
    pub async fn emulate(&self, conditions: Conditions) {
        let Conditions { loss, reordering, latency } = conditions;
        self.devtools("Network.enable", json!({})).await;
        let rule = json!({
            // An empty pattern matches all traffic, including peer connections.
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

    /// Executes a command of the developer tools.
    pub(crate) async fn devtools(&self, command: &str, arguments: Value) {
        let body = json!({ "cmd": command, "params": arguments }).to_string();
        self.with_timeout(command, self.client.issue_cmd(DevTools(body))).await;
    }
}

/// The command of chromedriver that executes a command of the developer tools.
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
