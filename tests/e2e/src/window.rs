//! A browser window with any page.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::browser::{Browser, Session};
use crate::site::Site;

const TIMEOUT: Duration = Duration::from_secs(120);

/// A page other than the demo, in a separate browser. Ends on drop.
#[derive(Debug)]
pub struct Window {
    session: Session,
}

impl Window {
    /// Opens the URL in a new browser.
    ///
    /// # Panics
    /// If the browser or the page cannot be opened.
    pub async fn open(browser: Browser, url: &str) -> Self {
        let session = Session::open(browser.into(), Site::default()).await;
        if let Err(error) = session.client.goto(url).await {
            panic!("{browser:?} cannot open {url}: {error}");
        }
        Self { session }
    }

    /// Runs the body of a function in the page, and returns its result.
    ///
    /// # Panics
    /// If the script throws, returns a value of another type, or takes longer than two minutes.
    pub async fn script<T: DeserializeOwned>(&self, script: &str) -> T {
        let answer = tokio::time::timeout(TIMEOUT, self.session.client.execute(script, Vec::new())).await;
        let answer =
            answer.expect("a script takes less than two minutes").unwrap_or_else(|error| panic!("{script}: {error}"));
        serde_json::from_value(answer).unwrap_or_else(|error| panic!("the result of {script}: {error}"))
    }
}
