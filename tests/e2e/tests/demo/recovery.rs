//! The server, or the way to it, is lost for a while: rooms come back by themselves, and calls go on.

use std::time::Duration;

use browser_rtc_e2e::{Browser, Page, play};

use crate::talk;

/// For how long the server keeps the seat of one who is to come back to it: longer than any scene is away.
const GRACE: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_cut_keeps_its_seat_in_chrome() {
    a_socket_that_is_cut_keeps_its_seat("socket cut in chrome", Browser::Chrome, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_cut_keeps_its_seat_in_firefox() {
    a_socket_that_is_cut_keeps_its_seat("socket cut in firefox", Browser::Firefox, Browser::Chrome).await;
}

async fn a_socket_that_is_cut_keeps_its_seat(scene: &str, cut: Browser, other: Browser) {
    play(scene, async |stage| {
        stage.restart_server_with(|config| config.grace = GRACE).await;
        let proxy = stage.proxy().await;
        let ada = stage.join_through(&proxy, cut, "Ada").await;
        let bob = stage.join(other, "Bob").await;
        talk::connect(&bob, &ada).await;
        talk::see_each_other(&ada, &bob).await;
        let (ids_of_ada, ids_of_bob) = (bob.seen().await.people_ids, ada.seen().await.people_ids);

        proxy.cut();
        ada.until_status("reconnecting").await;
        ada.say("said while away").await;
        bob.say("to one who is away").await;
        talk::chat(&ada, &bob).await;
        frames_flow(&ada, &bob).await;
        assert_eq!(bob.seen().await.people_ids, ids_of_ada, "nobody is told of one who comes back");
        proxy.mend();
        ada.until_status("recovered").await;

        heard_once(&bob, "Ada", "said while away").await;
        heard_once(&ada, "Bob", "to one who is away").await;
        assert_eq!(bob.seen().await.people_ids, ids_of_ada);
        assert_eq!(ada.seen().await.people_ids, ids_of_bob);
        frames_flow(&ada, &bob).await;
        ada.renegotiate_with(&bob).await;
        bob.renegotiate_with(&ada).await;
        frames_flow(&ada, &bob).await;
        talk::part(&ada, &bob).await;
        talk::connect(&ada, &bob).await;
        talk::part(&bob, &ada).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// A browser is told nothing, and would wait for minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_falls_silent_is_replaced() {
    play("socket silent", async |stage| {
        stage.restart_server_with(|config| (config.heartbeat_ms, config.grace) = (4_000, GRACE)).await;
        let proxy = stage.proxy().await;
        let ada = stage.join_through(&proxy, Browser::Chrome, "Ada").await;
        let bob = stage.join_through(&proxy, Browser::Firefox, "Bob").await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        let ids = (ada.seen().await.people_ids, bob.seen().await.people_ids);

        proxy.silence();
        ada.say("into the silence").await;
        for page in [&ada, &bob] {
            page.until_status("recovered").await;
        }
        heard_once(&bob, "Ada", "into the silence").await;
        assert_eq!((ada.seen().await.people_ids, bob.seen().await.people_ids), ids);
        frames_flow(&ada, &bob).await;
        ada.renegotiate_with(&bob).await;
        talk::chat(&ada, &bob).await;
        talk::part(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_started_again_has_everybody_back() {
    a_server_comes_back("server killed", Ending::Killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_shut_down_and_started_again_has_everybody_back() {
    a_server_comes_back("server restarted", Ending::Aborted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_drained_and_started_again_has_everybody_back() {
    a_server_comes_back("server drained", Ending::Drained).await;
}

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Without a last word to its clients.
    Killed,
    /// Its sockets are closed.
    Aborted,
    /// It tells its clients to come back.
    Drained,
}

async fn a_server_comes_back(scene: &str, ending: Ending) {
    play(scene, async |stage| {
        let proxy = stage.proxy().await;
        let ada = stage.join_through(&proxy, Browser::Chrome, "Ada").await;
        let bob = stage.join_through(&proxy, Browser::Firefox, "Bob").await;
        let cyd = stage.join_through(&proxy, Browser::Chrome, "Cyd").await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        let former = cyd.seen().await.people_ids;

        // A client that need not tell when the server accepts a message hears of that with the next heartbeat.
        for (page, who) in [(&cyd, "Cyd"), (&ada, "Ada")] {
            page.say(&format!("{who}: said before the end")).await;
        }
        heard_once(&bob, "Cyd", "Cyd: said before the end").await;
        heard_once(&bob, "Ada", "Ada: said before the end").await;
        match ending {
            Ending::Killed => {
                proxy.cut();
                stage.stop_server();
            }
            Ending::Aborted => stage.stop_server(),
            Ending::Drained => stage.drain_server().await,
        }
        for page in [&ada, &bob, &cyd] {
            page.until_status("reconnecting").await;
        }
        frames_flow(&ada, &bob).await;
        cyd.say("said without a server").await;
        stage.restart_server().await;
        proxy.mend();

        for page in [&ada, &bob, &cyd] {
            page.until_status("recovered").await;
        }
        for (page, others) in [(&ada, ["Bob", "Cyd"]), (&bob, ["Ada", "Cyd"]), (&cyd, ["Ada", "Bob"])] {
            let everybody = page
                .until("everybody is here once", |seen| {
                    let mut people = seen.people.clone();
                    people.sort();
                    people == others
                })
                .await;
            assert!(!everybody.people_ids.iter().any(|id| former.contains(id)), "ids are new");
        }
        // What the former server had carried is not heard again, and what it had not is heard now.
        heard_once(&ada, "Cyd", "Cyd: said before the end").await;
        heard_once(&bob, "Cyd", "Cyd: said before the end").await;
        heard_once(&bob, "Ada", "Ada: said before the end").await;
        heard_once(&cyd, "Ada", "Ada: said before the end").await;
        cyd.say("said after all").await;
        for page in [&ada, &bob] {
            heard_once(page, "Cyd", "said after all").await;
            heard_once(page, "Cyd", "Cyd: said before the end").await;
        }
        // The call has gone on, can be changed from both sides, and ends as any other.
        frames_flow(&ada, &bob).await;
        ada.renegotiate_with(&bob).await;
        bob.renegotiate_with(&ada).await;
        frames_flow(&ada, &bob).await;
        talk::chat(&ada, &bob).await;
        talk::part(&bob, &ada).await;
        talk::connect(&cyd, &bob).await;
        talk::part(&cyd, &bob).await;
        talk::connect(&bob, &ada).await;
        talk::part(&ada, &bob).await;
        talk::no_uncaught_errors(&[&ada, &bob, &cyd]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chrome_page_is_reloaded_in_mid_call() {
    a_page_is_reloaded_in_mid_call("chrome page reloaded", Browser::Chrome, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firefox_page_is_reloaded_in_mid_call() {
    a_page_is_reloaded_in_mid_call("firefox page reloaded", Browser::Firefox, Browser::Chrome).await;
}

async fn a_page_is_reloaded_in_mid_call(scene: &str, reloaded: Browser, other: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(other, "Ada").await;
        let bob = stage.join(reloaded, "Bob").await;
        talk::connect(&bob, &ada).await;
        talk::see_each_other(&ada, &bob).await;
        bob.reload().await;
        ada.until_status("peer-left").await;
        ada.until_free().await;
        ada.until_gone(&bob).await;

        // The name is free at once.
        bob.join("lobby").await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        talk::part(&ada, &bob).await;
    })
    .await;
}

async fn frames_flow(one: &Page, other: &Page) {
    for page in [one, other] {
        page.until_frames(10).await;
        let seen = page.seen().await;
        let states: Vec<&str> = seen.open_connections().map(|connection| &*connection.state).collect();
        assert_eq!(states, ["connected"], "{}", page.name());
    }
}

async fn heard_once(listener: &Page, who: &str, text: &str) {
    let count = |seen: &browser_rtc_e2e::Seen| {
        seen.room_chat.iter().filter(|line| line.who == who && line.text == text && line.from == "them").count()
    };
    let seen = listener.until(&format!("{who} is heard"), |seen| count(seen) > 0).await;
    assert_eq!(count(&seen), 1, "{:?}", seen.room_chat);
}
