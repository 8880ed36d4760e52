//! The states of the pages, checked by axe.

use browser_rtc_e2e::{Browser, Camera, Look, play};

use crate::talk;

/// The panels beside a call, by the names of their tabs.
const PANELS: [&str; 5] = ["chat", "files", "keypad", "capture", "inspector"];

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_before_a_call() {
    play("accessibility before a call", async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/").await;
        ada.check_accessibility("join form").await;
        ada.click("#preview-button").await;
        ada.click("#settings summary").await;
        ada.check_accessibility("join form with preview and settings").await;
        ada.join("lobby").await;
        ada.check_accessibility("alone in the room").await;

        let bob = stage.join(Browser::Chrome.with(Camera::Refused), "Bob").await;
        ada.until_here(&bob).await;
        ada.say("Is anyone here?").await;
        bob.say("Yes.").await;
        ada.until("the answer is received", |seen| seen.room_chat.len() == 2).await;
        ada.check_accessibility("room with people and a chat").await;
        ada.click("#open-invite").await;
        ada.check_accessibility("invitation").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_a_call() {
    play("accessibility in a call", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.call(&bob).await;
        bob.until_rung_by(&ada).await;
        ada.check_accessibility("outgoing call").await;
        bob.check_accessibility("incoming call").await;

        bob.accept().await;
        ada.until_in_call_with(&bob).await;
        talk::see_each_other(&ada, &bob).await;
        talk::chat(&ada, &bob).await;
        for panel in PANELS {
            ada.open_panel(panel).await;
            ada.check_accessibility(&format!("call with the panel {panel}")).await;
        }
        ada.click("#toggle-microphone").await;
        ada.click("#toggle-camera").await;
        ada.until("both are muted", |seen| seen.microphone_muted && seen.camera_muted).await;
        ada.check_accessibility("muted in a call").await;

        bob.hang_up().await;
        ada.until_status("ended").await;
        ada.check_accessibility("after a call").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_other_pages() {
    play("accessibility of other pages", async |stage| {
        let demo = stage.join(Browser::Chrome, "Ada").await;
        let plain = stage.open(Browser::Chrome, "Plain", "/npm.html").await;
        plain.check_accessibility("join form of the plain page").await;
        plain.join("lobby").await;
        demo.until_here(&plain).await;
        plain.check_accessibility("room of the plain page").await;
        talk::connect(&plain, &demo).await;
        talk::see_each_other(&plain, &demo).await;
        plain.check_accessibility("call of the plain page").await;

        let labs = stage.open_blank(Browser::Chrome, "Labs").await;
        labs.go_to(&format!("{}/labs/", stage.url())).await;
        labs.check_accessibility("list of labs").await;
        labs.go_to(&format!("{}/labs/#pair", stage.url())).await;
        labs.until_script("return document.body.dataset.view ?? ''", "the lab is open", |view: &String| view == "lab")
            .await;
        labs.check_accessibility("lab").await;

        let insecure = stage.open_insecurely("Eve").await;
        insecure.check_accessibility("page without a camera API").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_reports_a_defect_in_each_look() {
    play("accessibility defect", async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/").await;
        let insert = "document.querySelector('main').append(document.createElement('img')); return null";
        let _: Option<()> = ada.script(insert).await;
        let problems = ada.accessibility_problems("picture without a text").await;
        assert_eq!(problems.len(), Look::ALL.len(), "{problems:#?}");
        for (problem, look) in problems.iter().zip(Look::ALL) {
            assert!(problem.contains(&format!("{}: image-alt", look.name)), "{problem}");
        }
    })
    .await;
}
