//! Calls between the plain JavaScript page, which uses the npm package, and the Rust demo.

use browser_rtc_e2e::{Browser, play};

use crate::talk;

const PAGE: &str = "/npm.html";

#[tokio::test(flavor = "multi_thread")]
async fn plain_page_calls_demo() {
    play("plain page calls", async |stage| {
        let demo = stage.join(Browser::Chrome, "Demo").await;
        let plain = stage.open(Browser::Chrome, "Plain", PAGE).await;
        plain.join("lobby").await;
        demo.until_here(&plain).await;

        talk::connect(&plain, &demo).await;
        talk::see_each_other(&plain, &demo).await;
        talk::chat(&plain, &demo).await;
        talk::press_keys(&plain, &demo).await;
        talk::part(&plain, &demo).await;
        talk::no_uncaught_errors(&[&plain, &demo]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_calls_plain_page() {
    play("plain page is called", async |stage| {
        let demo = stage.join(Browser::Chrome, "Demo").await;
        let plain = stage.open(Browser::Chrome, "Plain", PAGE).await;
        plain.join("lobby").await;

        demo.call(&plain).await;
        plain.until_rung_by(&demo).await;
        plain.decline().await;
        demo.until_status("declined").await;

        talk::connect(&demo, &plain).await;
        talk::see_each_other(&demo, &plain).await;
        talk::part(&demo, &plain).await;
    })
    .await;
}
