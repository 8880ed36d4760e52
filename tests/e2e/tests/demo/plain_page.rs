//! Calls between the plain JavaScript page, which uses the published npm package, and the Rust demo.

use browser_rtc_e2e::{Browser, Page, play};

use crate::{files, talk};

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

#[tokio::test(flavor = "multi_thread")]
async fn plain_page_shows_files_and_statistics() {
    play("plain page with files", async |stage| {
        let demo = stage.join(Browser::Chrome, "Demo").await;
        let plain = stage.open(Browser::Firefox, "Plain", PAGE).await;
        plain.join("lobby").await;
        demo.until_here(&plain).await;
        talk::connect(&plain, &demo).await;

        let rates = "return document.querySelector('#rates').textContent";
        let shows_rates = |text: &String| text.contains(" Mbit/s") && !text.contains("Receiving 0.0");
        plain.until_script(rates, "rates are shown", shows_rates).await;
        files::ready(&demo).await;
        let disabled = "return document.querySelector('#file').disabled";
        plain.until_script(disabled, "files can be sent", |disabled: &bool| !disabled).await;
        for (sends, receives) in [(&plain, &demo), (&demo, &plain)] {
            files::choose(sends, files::SMALL).await;
            files::until(receives, "offered").await;
            press(receives, "accept").await;
            files::until(sends, "done").await;
            let received = files::until(receives, "done").await;
            assert_eq!(received.link, Some(received.name), "the file can be saved");
        }
        files::choose(&plain, files::SMALL).await;
        files::until(&demo, "offered").await;
        press(&demo, "refuse").await;
        files::until(&plain, "refused").await;
        talk::part(&plain, &demo).await;
        talk::no_uncaught_errors(&[&plain, &demo]).await;
    })
    .await;
}

/// Presses a button of the newest file in the list, also while the list is not visible.
async fn press(page: &Page, button: &str) {
    let script = format!("document.querySelector('#files .file:first-child .file-{button}').click()");
    page.load_script(button, &script).await;
}
