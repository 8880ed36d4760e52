//! Coming and going, and what is said to everybody.

use std::time::Duration;

use browser_rtc_e2e::{Browser, ChatLine, Page, Seen, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_refused() {
    play("name taken", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let other = stage.open(Browser::Chrome, "Ada", "/").await;
        other.ask_to_join("lobby").await;
        let sentence = other.until_failure("Signaling").await;
        assert!(sentence.contains("Ada") || sentence.contains("name"), "{sentence:?}");
        assert_eq!(other.seen().await.view, "join");
        assert!(ada.seen().await.people.is_empty());

        // In another room the name is free.
        other.join("kitchen").await;
        assert!(ada.seen().await.people.is_empty(), "another room is another list");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_who_leaves_is_gone_from_the_list() {
    play("leaving", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.until_here(&bob).await;
        bob.leave().await;
        ada.until_gone(&bob).await;

        // The name is free again, and the page is as new.
        bob.join("lobby").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_fills_in_the_form_and_joins_nothing() {
    play("prefilled", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.open(Browser::Chrome, "Bob", "/?room=lobby&name=Bob").await;
        assert_eq!(bob.seen().await.view, "join");
        assert!(ada.seen().await.people.is_empty());
        bob.click("#join").await;
        bob.until_here(&ada).await;
        assert_eq!(bob.seen().await.you, "Bob");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chrome_page_that_crashed_is_back_at_once() {
    page_that_crashed_is_back_at_once("crashed chrome page", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn firefox_page_that_crashed_is_back_at_once() {
    page_that_crashed_is_back_at_once("crashed firefox page", Browser::Firefox).await;
}

async fn page_that_crashed_is_back_at_once(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        // Without its token, the name would be taken for longer than the scene lasts.
        stage.restart_server_with(|config| config.grace = Duration::from_secs(3_600)).await;
        let proxy = stage.proxy().await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        let ada = stage.join_through(&proxy, browser, "Ada").await;
        bob.until_here(&ada).await;
        let former = bob.seen().await.people_ids;
        ada.crash_and_reopen(&proxy).await;
        assert_eq!(bob.seen().await.people_ids, former, "the seat is still there");

        ada.join("lobby").await;
        ada.until_here(&bob).await;
        let changed = |seen: &Seen| seen.people == ["Ada"] && seen.people_ids != former;
        bob.until("Ada is here once, with another id", changed).await;
        ada.say("back again").await;
        heard(&bob, "Ada", "back again").await;
        talk::connect(&bob, &ada).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_a_line_to_everybody_and_a_line_to_one() {
    play("room chat", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Firefox, "Bob").await;
        let cyd = stage.join(Browser::Chrome, "Cyd").await;
        for page in [&ada, &bob] {
            page.until_here(&cyd).await;
        }
        ada.say("<b>hello</b> all").await;
        for listener in [&bob, &cyd] {
            heard(listener, "Ada", "<b>hello</b> all").await;
        }
        bob.say("Grüße").await;
        for listener in [&ada, &cyd] {
            heard(listener, "Bob", "Grüße").await;
        }

        // In a call, too; and what is said in the call reaches the one who is in it.
        talk::connect(&ada, &bob).await;
        ada.chat("for Bob alone").await;
        bob.until("the line has come", |seen| seen.chat.iter().any(|line| line.text == "for Bob alone")).await;
        cyd.say("still here?").await;
        for listener in [&ada, &bob] {
            heard(listener, "Cyd", "still here?").await;
        }
        let cyds = cyd.seen().await;
        assert_eq!(cyds.chat, []);
        let texts: Vec<&str> = cyds.room_chat.iter().map(|line| &*line.text).collect();
        assert_eq!(texts, ["<b>hello</b> all", "Grüße", "still here?"]);
    })
    .await;
}

async fn heard(listener: &Page, speaker: &str, text: &str) {
    let said = ChatLine { from: "them".into(), who: speaker.into(), text: text.into(), elements: 0 };
    listener.until(&format!("{speaker} is heard"), |seen| seen.room_chat.contains(&said)).await;
}
