//! The chat of a call: marks, links, hidden characters and messages that are too large.

use browser_rtc_e2e::{Browser, Page, play};

use crate::talk::{self, DESKTOP, PHONE};

#[tokio::test(flavor = "multi_thread")]
async fn f34_chat_marks_messages_in_chrome() {
    chat("chat in chrome", [Browser::Chrome, Browser::Chrome], DESKTOP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f34_chat_marks_messages_in_firefox() {
    chat("chat in firefox", [Browser::Firefox, Browser::Chrome], PHONE).await;
}

const RECEIPTS: &str = "return [...document.querySelectorAll('#chat-log .receipt')].map((mark) => mark.textContent)";
const PROBLEM: &str = "return document.querySelector('#chat-problem').textContent";

async fn chat(scene: &str, browsers: [Browser; 2], size: (u32, u32)) {
    play(scene, async |stage| {
        let [ada, bob] = talk::join_and_connect(stage, browsers, size).await;
        // A message that arrives behind another panel is counted on the tab.
        bob.open_panel("files").await;
        ada.chat("see https://example.org/a, or http://user@example.com").await;
        ada.until_script(RECEIPTS, "the message is received", |marks: &Vec<String>| marks == &["Received"]).await;
        let badge = "return document.querySelector('#tab-chat .badge').textContent";
        assert_eq!(bob.script::<String>(badge).await, "1");
        bob.open_panel("chat").await;
        assert_eq!(bob.script::<String>(badge).await, "", "an open panel has no news");

        // Only the address without a user name is a link.
        let links = "return [...document.querySelectorAll('#chat-log a')].map((a) => [a.href, a.target, a.rel].join())";
        let expected = "https://example.org/a,_blank,noopener noreferrer nofollow";
        assert_eq!(bob.script::<Vec<String>>(links).await, [expected]);

        // The Enter key sends, and characters that reorder or hide text are removed.
        enter(&bob, "to\\u202Egether\\u0007\\u200B").await;
        let line = |page: &Page| page.name().to_owned();
        let together = ada.until(&format!("{} has the answer", line(&ada)), |seen| seen.chat.len() == 2).await;
        assert_eq!(together.chat.last().map(|line| &*line.text), Some("together"));
        enter(&bob, "\\u200B \\u2060").await;
        assert_eq!(bob.seen().await.chat.len(), 2, "a message without visible characters is not sent");

        // The text of a message that is too large stays in the field.
        enter(&bob, &"x".repeat(300_000)).await;
        let is_too_large = |problem: &String| problem.contains("300.0 kB") && problem.ends_with("send it as a file.");
        bob.until_script(PROBLEM, "the message is too large", is_too_large).await;
        assert_eq!(bob.script::<usize>("return document.querySelector('#chat-text').value.length").await, 300_000);
        bob.chat("short").await;
        ada.until("the short message arrives", |seen| seen.chat.len() == 3).await;
        assert_eq!(bob.script::<String>(PROBLEM).await, "", "the next message clears the problem");

        talk::part(&ada, &bob).await;
        // The form of a chat that has ended does not load the page again.
        let submit = "window.isSamePage = true; document.querySelector('#chat-form').requestSubmit()";
        ada.load_script("a submission", submit).await;
        assert!(ada.script::<bool>("return window.isSamePage && location.search === ''").await);
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// Enters a text, of which drivers cannot type each character, and presses the Enter key.
async fn enter(page: &Page, text: &str) {
    page.load_script("a text", &format!("document.querySelector('#chat-text').value = '{text}'")).await;
    page.press("#chat-text", "\u{E007}").await;
}
