//! Joining and leaving a room, and messages to the room.

use std::time::Duration;

use browser_rtc_e2e::{Browser, ChatLine, Page, Seen, play};

use crate::talk;

#[tokio::test(flavor = "multi_thread")]
async fn taken_name_is_refused() {
    play("name taken", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let other = stage.open(Browser::Chrome, "Ada", "/").await;
        other.ask_to_join("lobby").await;
        let sentence = other.until_failure("Signaling").await;
        assert!(sentence.contains("Ada") || sentence.contains("name"), "{sentence:?}");
        assert_eq!(other.seen().await.view, "join");
        assert!(ada.seen().await.people.is_empty());

        // The name is free in another room.
        other.join("kitchen").await;
        assert!(ada.seen().await.people.is_empty(), "peers of another room are not in the list");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_leaving_peer_is_removed_from_list() {
    play("leaving", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        ada.until_here(&bob).await;
        bob.leave().await;
        ada.until_gone(&bob).await;

        // The name is free again, and the page can join again.
        bob.join("lobby").await;
        ada.until_here(&bob).await;
        bob.until_here(&ada).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn url_parameters_fill_in_form() {
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
async fn crashed_page_rejoins_in_chrome() {
    crashed_page_rejoins("crashed chrome page", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashed_page_rejoins_in_firefox() {
    crashed_page_rejoins("crashed firefox page", Browser::Firefox).await;
}

async fn crashed_page_rejoins(scene: &str, browser: Browser) {
    play(scene, async |stage| {
        // Without the kept token, the name would be taken for longer than the scene.
        stage.restart_server_with(|config| config.grace = Duration::from_secs(3_600)).await;
        let proxy = stage.proxy().await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        let ada = stage.join_through(&proxy, browser, "Ada").await;
        bob.until_here(&ada).await;
        let former = bob.seen().await.people_ids;
        ada.crash_and_reopen(&proxy).await;
        assert_eq!(bob.seen().await.people_ids, former, "the seat still exists");

        ada.join("lobby").await;
        ada.until_here(&bob).await;
        let changed = |seen: &Seen| seen.people == ["Ada"] && seen.people_ids != former;
        bob.until("Ada is in the list once, with another id", changed).await;
        ada.say("after the crash").await;
        wait_for_message(&bob, "Ada", "after the crash").await;
        talk::connect(&bob, &ada).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_room_and_call_messages_reach_peers() {
    play("room chat", async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Firefox, "Bob").await;
        let cyd = stage.join(Browser::Chrome, "Cyd").await;
        for page in [&ada, &bob] {
            page.until_here(&cyd).await;
        }
        ada.say("<b>hello</b> all").await;
        for listener in [&bob, &cyd] {
            wait_for_message(listener, "Ada", "<b>hello</b> all").await;
        }
        bob.say("Grüße").await;
        for listener in [&ada, &cyd] {
            wait_for_message(listener, "Bob", "Grüße").await;
        }

        // Also during a call, whose messages reach only its peer.
        talk::connect(&ada, &bob).await;
        ada.chat("for Bob alone").await;
        bob.until("the line is received", |seen| seen.chat.iter().any(|line| line.text == "for Bob alone")).await;
        cyd.say("still here?").await;
        for listener in [&ada, &bob] {
            wait_for_message(listener, "Cyd", "still here?").await;
        }
        let cyds = cyd.seen().await;
        assert_eq!(cyds.chat, []);
        let texts: Vec<&str> = cyds.room_chat.iter().map(|line| &*line.text).collect();
        assert_eq!(texts, ["<b>hello</b> all", "Grüße", "still here?"]);
    })
    .await;
}

async fn wait_for_message(listener: &Page, speaker: &str, text: &str) {
    let line = ChatLine { from: "them".into(), who: speaker.into(), text: text.into(), elements: 0 };
    listener.until(&format!("the message of {speaker} is received"), |seen| seen.room_chat.contains(&line)).await;
}
