//! Tokens that expire while a page is in a room.

use std::time::Duration;

use browser_rtc_e2e::{Browser, play};
use browser_rtc_signaling::JwtVerifier;
use serde::Deserialize;

const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);
/// The tokens of the page last for two seconds at most, because `exp` is in whole seconds.
const LIFETIME: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize, PartialEq)]
struct Outcome {
    ada: String,
    bob: String,
    provided: u32,
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token_is_renewed_in_chrome() {
    expired_token_is_renewed(Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_token_is_renewed_in_firefox() {
    expired_token_is_renewed(Browser::Firefox).await;
}

/// Bob has a fixed token, and Ada has a token provider.
async fn expired_token_is_renewed(browser: Browser) {
    play(&format!("tokens in {browser:?}"), async |stage| {
        let secret = "a secret of 32 characters or more".into();
        let verifier = JwtVerifier::new().hs256(&secret).expect("the secret is long enough").leeway(Duration::ZERO);
        stage.restart_server_with(|config| config.jwt = Some(verifier)).await;
        let page = stage.open(browser, "Ada", "/npm.html").await;
        let restart = async {
            while page.script::<Option<String>>("return document.body.dataset.at ?? null").await.is_none() {
                tokio::time::sleep(POLL).await;
            }
            tokio::time::sleep(LIFETIME).await;
            stage.restart_server().await;
        };
        let (outcome, ()) = tokio::join!(page.run_module::<Outcome>("tokens", LIMIT), restart);
        // The page requested one token for Bob, and the room two for Ada: for the first join, and after the restart.
        let expected = Outcome { ada: "recovered".into(), bob: "unauthorized".into(), provided: 3 };
        assert_eq!(outcome, expected);
    })
    .await;
}
