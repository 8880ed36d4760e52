//! A room with many people, and the delivery of messages to it.

use browser_rtc_e2e::{Browser, Page, play};
use serde_json::Value;

const BACKSPACE: &str = "\u{e003}";

/// Joins 19 people to the room of the page, each by a socket of its own.
const CROWD: &str = "const join = (name) => new Promise((joined, failed) => {
        const socket = new WebSocket(`ws://${location.host}/signal`, 'browser-rtc.v1');
        (window.crowd ??= []).push(socket);
        socket.onopen = () => socket.send(JSON.stringify({ type: 'join', room: 'lobby', name }));
        socket.onmessage = joined;
        socket.onerror = failed;
    });
    for (let number = 1; number < 20; number += 1) await join(`Guest ${number}`);";

#[tokio::test(flavor = "multi_thread")]
async fn crowd_is_searched_in_chrome() {
    crowd_is_searched("crowd in chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crowd_is_searched_in_firefox() {
    crowd_is_searched("crowd in firefox", Browser::Firefox).await;
}

async fn crowd_is_searched(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(browser, "Ada").await;
        let field = "return document.querySelector('#people-search').getClientRects().length";
        assert_eq!(ada.script::<usize>(field).await, 0, "a short list has no search");
        ada.load_script("the crowd", CROWD).await;
        ada.until("19 others are listed", |seen| seen.people.len() == 19).await;
        for (width, height) in [(390, 844), (1280, 1000)] {
            ada.resize(width, height).await;
            let list = "const list = document.querySelector('#people');
                return [list.clientHeight < innerHeight / 2 + 1, list.scrollHeight > list.clientHeight,
                    list.querySelector('li').textContent.includes('Ada')]";
            assert_eq!(ada.script::<[bool; 3]>(list).await, [true; 3], "the list scrolls, and begins with the user");

            ada.press("#people-search", "guest 1").await;
            assert_eq!(shown(&ada).await.len(), 11);
            ada.press("#people-search", "9").await;
            assert_eq!(shown(&ada).await, ["Guest 19"]);
            ada.press("#people-search", "9").await;
            let no_match = "return document.querySelector('#no-match').getClientRects().length";
            assert_eq!(ada.script::<usize>(no_match).await, 1);
            ada.press("#people-search", &BACKSPACE.repeat(9)).await;
            assert_eq!(shown(&ada).await.len(), 19);
        }
    })
    .await;
}

/// Returns the names that are shown.
async fn shown(page: &Page) -> Vec<String> {
    page.script(
        "return [...document.querySelectorAll('#people [data-peer-id]')]
            .filter((item) => item.getClientRects().length > 0)
            .map((item) => item.dataset.name)",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn message_over_limit_is_not_shown_as_sent() {
    play("long message", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let _: Value = ada.script("document.querySelector('#room-chat-text').value = 'x'.repeat(70_000)").await;
        ada.click("#room-chat-send").await;
        let problem = "return document.querySelector('#room-chat-problem:not([hidden])')?.textContent ?? ''";
        ada.until_script(problem, "the limit is explained", |text: &String| text.contains("at most about 64 kB")).await;
        assert_eq!(ada.seen().await.room_chat, [], "the message is not shown as sent");
        let kept: usize = ada.script("return document.querySelector('#room-chat-text').value.length").await;
        assert_eq!(kept, 70_000, "the text can be shortened");

        ada.say("short").await;
        let delivery = "return document.querySelector('#room-chat-log li')?.dataset.delivery ?? ''";
        ada.until_script(delivery, "the message is delivered", |state: &String| state == "sent").await;
        ada.until_script(problem, "the explanation is gone", String::is_empty).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_characters_in_name_are_explained() {
    play("hidden characters", async |stage| {
        let ada = stage.open(Browser::Chrome, "A\u{202e}da", "/").await;
        ada.ask_to_join("lobby").await;
        let sentence = ada.until_failure("Signaling").await;
        assert!(sentence.contains("hidden"), "{sentence:?}");
        let other = stage.open(Browser::Chrome, "Bob", "/").await;
        other.ask_to_join("lob\u{200b}by").await;
        let sentence = other.until_failure("Signaling").await;
        assert!(sentence.contains("room name") && sentence.contains("hidden"), "{sentence:?}");
    })
    .await;
}
