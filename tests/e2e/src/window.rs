//! A browser with any page in it.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::browser::{Browser, Session};
use crate::site::Site;

const PATIENCE: Duration = Duration::from_secs(120);

/// A page that is not the demo's, in a browser of its own, which ends on drop.
#[derive(Debug)]
pub struct Window {
    session: Session,
}

impl Window {
    /// Opens the address.
    ///
    /// # Panics
    /// When the browser does not.
    pub async fn open(browser: Browser, url: &str) -> Self {
        let session = Session::open(browser.into(), Site::default()).await;
        if let Err(error) = session.client.goto(url).await {
            panic!("{browser:?} does not open {url}: {error}");
        }
        Self { session }
    }

    /// Runs the body of a function in the page, and waits for what it returns.
    ///
    /// # Panics
    /// When it throws, returns something else, or takes longer than two minutes.
    pub async fn script<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer = tokio::time::timeout(PATIENCE, self.session.client.execute(script, Vec::new())).await;
        let answer =
            answer.expect("a script takes less than two minutes").unwrap_or_else(|error| panic!("{script}: {error}"));
        serde_json::from_value(answer).unwrap_or_else(|error| panic!("{script} gave {error}"))
    }
}
