//! The room in the address, the link to share, and the return to the room after a reload.

use browser_rtc_e2e::{Browser, Page, play};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn reload_returns_to_room_in_chrome() {
    reload_returns_to_room("reload in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reload_returns_to_room_in_firefox() {
    reload_returns_to_room("reload in firefox", Browser::Firefox).await;
}

async fn reload_returns_to_room(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.open(Browser::Chrome, "Ada", "/").await;
        ada.join("kitchen & co").await;
        let bob = stage.open(browser, "Bob", "/#room=kitchen%20%26%20co&name=Bob").await;
        bob.click("#join").await;
        bob.until_here(&ada).await;
        assert_eq!(hash(&bob).await, "#room=kitchen%20%26%20co", "the link has the room, and not the name");

        bob.reload().await;
        bob.until("the room is shown again", |seen| seen.view == "room").await;
        bob.until_here(&ada).await;
        ada.until_here(&bob).await;
        assert_eq!(bob.seen().await.you, "Bob");

        // Who has left stays outside, with the form filled in.
        bob.leave().await;
        bob.reload().await;
        assert_eq!(bob.seen().await.view, "join");
        let filled: (String, String) =
            bob.script("return ['#name', '#room'].map((id) => document.querySelector(id).value)").await;
        assert_eq!(filled, ("Bob".to_owned(), "kitchen & co".to_owned()));
        ada.until_gone(&bob).await;
    })
    .await;
}

async fn hash(page: &Page) -> String {
    page.script("return location.hash").await
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_link_changes_room() {
    play("pasted link", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let _: Value = ada.script("location.hash = '#room=kitchen'").await;
        ada.until("the form is shown", |seen| seen.view == "join").await;
        ada.click("#join").await;
        ada.until("the room is shown", |seen| seen.view == "room").await;
        let room: String = ada.script("return document.querySelector('#room-name').textContent").await;
        assert_eq!(room, "kitchen");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_has_link_and_code_in_chrome() {
    invitation_has_link_and_code("invitation in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitation_has_link_and_code_in_firefox() {
    invitation_has_link_and_code("invitation in firefox", Browser::Firefox).await;
}

async fn invitation_has_link_and_code(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        // Reading the clipboard needs a permission that drivers cannot grant in Firefox.
        let spy = "navigator.clipboard.writeText = async (text) => { window.copied = text; }";
        let _: Value = ada.script(spy).await;
        for (width, height) in [(320, 640), (1280, 1000)] {
            ada.resize(width, height).await;
            ada.click("#open-invite").await;
            let read = "return [document.querySelector('#invite-link').value,
                document.querySelector('#invite-code path').getAttribute('d').length]";
            let (link, outline): (String, usize) = ada.script(read).await;
            assert_eq!(link, format!("{}/#room=lobby", stage.url()));
            assert!(outline > 500, "the code has {outline} characters");
            ada.click("#copy-link").await;
            ada.until_script("return window.copied ?? null", "the link is copied", |copied: &Option<String>| {
                copied.as_ref() == Some(&link)
            })
            .await;
            ada.press("#invite-link", "\u{e00c}").await;
            let is_open = "return document.querySelector('#invite').open";
            ada.until_script(is_open, "Escape closes the dialog", |open: &bool| !open).await;
        }

        // A call closes the invitation, which would cover it.
        ada.click("#open-invite").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        ada.decline().await;
        bob.until_status("declined").await;
    })
    .await;
}
