//! The lobby while the program of the room is loaded, and when it cannot be loaded.

use browser_rtc_e2e::{Browser, Page, play};
use serde_json::Value;

use crate::{preview, talk};

#[tokio::test(flavor = "multi_thread")]
async fn join_waits_for_program_in_chrome() {
    join_waits_for_program("late program in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn join_waits_for_program_in_firefox() {
    join_waits_for_program("late program in firefox", Browser::Firefox).await;
}

async fn join_waits_for_program(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let bob = stage.join(Browser::Chrome, "Bob").await;
        stage.serve_late_room().await;
        let ada = stage.open(browser, "Ada", "/").await;
        ada.click("#preview-button").await;
        preview::until_picture(&ada).await;
        ada.ask_to_join("lobby").await;
        until_button(&ada, "Joining…").await;
        assert_eq!(ada.seen().await.focus.as_deref(), Some("join"));
        // Another click and the keyboard join only once.
        ada.click("#join").await;
        ada.press("#room", "\u{e007}").await;
        assert_eq!(ada.seen().await.focus.as_deref(), Some("room"));
        let before: f64 = ada.script("return document.querySelector('#preview-video').currentTime").await;
        let time = "return document.querySelector('#preview-video').currentTime";
        ada.until_script(time, "the preview continues", |time: &f64| *time > before).await;
        let seen = ada.seen().await;
        assert!(seen.view == "join" && seen.failure.is_none(), "{seen:#?}");

        let _: Value = ada.script("dispatchEvent(new Event('release'))").await;
        ada.until("the room is shown", |seen| seen.view == "room").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
        ada.until_free().await;
        assert_eq!(bob.seen().await.people, ["Ada"]);

        // From now on, the program of the room shows the form.
        ada.leave().await;
        until_button(&ada, "Join").await;
        ada.join("lobby").await;
        ada.until_here(&bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_program_can_be_retried_in_chrome() {
    missing_program_can_be_retried("missing program in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_program_can_be_retried_in_firefox() {
    missing_program_can_be_retried("missing program in firefox", Browser::Firefox).await;
}

async fn missing_program_can_be_retried(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        stage.serve_no_room().await;
        let ada = stage.open(browser, "Ada", "/").await;
        ada.ask_to_join("lobby").await;
        let sentence = ada.until_failure("Network").await;
        assert!(sentence.contains("could not be loaded") && sentence.contains("again"), "{sentence:?}");
        until_button(&ada, "Join").await;
        let seen = ada.seen().await;
        assert_eq!((&*seen.view, seen.focus.as_deref()), ("join", Some("join")));

        stage.serve_room().await;
        ada.click("#join").await;
        let seen = ada.until("the room is shown", |seen| seen.view == "room").await;
        assert!(seen.failure.is_none() && seen.you == "Ada", "{seen:#?}");
        talk::no_uncaught_errors(&[&ada]).await;
    })
    .await;
}

async fn until_button(page: &Page, text: &str) {
    let read = "const { textContent, ariaDisabled } = document.querySelector('#join');
        return [textContent, ariaDisabled === 'true']";
    let is_joining = text != "Join";
    page.until_script(read, &format!("the button shows {text:?}"), |(shown, is_disabled): &(String, bool)| {
        shown == text && *is_disabled == is_joining
    })
    .await;
}
