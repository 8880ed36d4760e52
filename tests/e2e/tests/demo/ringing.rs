//! Calls that ring: sound, title, notification, keys and focus.

use browser_rtc_e2e::{Browser, Page, play};
use serde_json::Value;

use crate::talk;

const ESCAPE: &str = "\u{e00c}";

/// Records the frequencies of all tones that the page plays.
pub const COUNT_TONES: &str = "window.tones = [];
    const { start } = AudioScheduledSourceNode.prototype;
    AudioScheduledSourceNode.prototype.start = function (...args) {
        window.tones.push(this.frequency.value);
        return start.apply(this, args);
    };";

#[tokio::test(flavor = "multi_thread")]
async fn ringing_call_is_heard_and_titled_in_chrome() {
    ringing_call_is_heard_and_titled("heard in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ringing_call_is_heard_and_titled_in_firefox() {
    ringing_call_is_heard_and_titled("heard in firefox", Browser::Firefox).await;
}

async fn ringing_call_is_heard_and_titled(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        for page in [&ada, &bob] {
            let _: Value = page.script(COUNT_TONES).await;
        }
        assert_eq!(title(&ada).await, "lobby – browser-rtc");
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        assert!(title(&ada).await.contains("Bob is calling"), "{}", title(&ada).await);
        for page in [&ada, &bob] {
            page.until_script("return window.tones.length", "the ring is played", |count: &usize| *count > 0).await;
        }

        ada.press("body", ESCAPE).await;
        bob.until_status("declined").await;
        assert_eq!(title(&ada).await, "lobby – browser-rtc");

        ada.until_free().await;
        ada.call(&bob).await;
        bob.until_rung_by(&ada).await;
        ada.press("body", ESCAPE).await;
        ada.until_free().await;
        bob.until_status("cancelled").await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

async fn title(page: &Page) -> String {
    page.script("return document.title").await
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_ring_plays_nothing() {
    play("silent ring", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        let _: Value = ada.script(COUNT_TONES).await;
        ada.click("#settings summary").await;
        ada.click("[data-switch=sound]").await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        ada.decline().await;
        bob.until_status("declined").await;
        assert_eq!(ada.script::<usize>("return window.tones.length").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ringing_leaves_focus_of_typing_user_in_chrome() {
    ringing_leaves_focus_of_typing_user("typing in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ringing_leaves_focus_of_typing_user_in_firefox() {
    ringing_leaves_focus_of_typing_user("typing in firefox", Browser::Firefox).await;
}

/// The text of a user who types ends up in the field, and the focus of any other user moves to the call. At the size of a
/// phone, the call is visible although the field is at the end of the page.
async fn ringing_leaves_focus_of_typing_user(scene: &str, browser: Browser) {
    const FOCUSED: &str = "return document.activeElement.id";
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.resize(390, 700).await;
        ada.press("#room-chat-text", "Hel").await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        assert_eq!(ada.script::<String>(FOCUSED).await, "room-chat-text");
        ada.press("#room-chat-text", "lo").await;
        let text: String = ada.script("return document.querySelector('#room-chat-text').value").await;
        assert_eq!(text, "Hello");
        let visible: bool = ada
            .script(
                "const { top, bottom } = document.querySelector('#accept').getBoundingClientRect();
                return top >= 0 && bottom <= innerHeight",
            )
            .await;
        assert!(visible, "the call can be accepted without scrolling");
        ada.decline().await;
        bob.until_status("declined").await;

        ada.resize(1280, 1000).await;
        ada.click("#people-title").await;
        bob.call(&ada).await;
        ada.until_rung_by(&bob).await;
        ada.until_script(FOCUSED, "the call has the focus", |focused: &String| focused == "incoming").await;
        ada.decline().await;
    })
    .await;
}

/// Headless browsers deny notifications, so that the test replaces them.
#[tokio::test(flavor = "multi_thread")]
async fn hidden_tab_shows_notification() {
    const NOTIFICATIONS: &str = "window.notifications = [];
        window.Notification = class extends EventTarget {
            static permission = 'default';
            static requestPermission = async () => (this.permission = 'granted');
            constructor(title) { super(); this.title = title; window.notifications.push(this); }
            close() { this.closed = true; }
        };
        Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? false });";
    const SHOWN: &str = "return window.notifications.map(({ title, closed }) => [title, closed ?? false])";
    play("notification", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        let _: Value = ada.script(NOTIFICATIONS).await;
        ada.click("#settings summary").await;
        ada.click("[data-switch=notifications]").await;
        let read = "return document.querySelector('[data-switch=notifications]').ariaChecked";
        ada.until_script(read, "the switch is on", |checked: &String| checked == "true").await;

        let notifications = async || ada.script::<Vec<(String, bool)>>(SHOWN).await;
        for (hidden, expected) in [(false, vec![]), (true, vec![("Bob is calling".to_owned(), false)])] {
            let _: Value = ada.script(&format!("window.isHidden = {hidden}")).await;
            bob.call(&ada).await;
            ada.until_rung_by(&bob).await;
            assert_eq!(notifications().await, expected);
            ada.decline().await;
            bob.until_status("declined").await;
            bob.until_free().await;
        }
        assert_eq!(notifications().await, [("Bob is calling".to_owned(), true)], "the notification is closed");
    })
    .await;
}
