//! Temporary loss of the server or of the connection to it: rooms reconnect, and calls continue.

use std::time::Duration;

use browser_rtc_e2e::{Browser, Page, play};

use crate::talk;

/// The time for which the server keeps a seat, longer than any scene.
const GRACE: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn cut_socket_keeps_seat_in_chrome() {
    cut_socket_keeps_seat("socket cut in chrome", Browser::Chrome, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_socket_keeps_seat_in_firefox() {
    cut_socket_keeps_seat("socket cut in firefox", Browser::Firefox, Browser::Chrome).await;
}

async fn cut_socket_keeps_seat(scene: &str, cut: Browser, other: Browser) {
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
        ada.say("from a disconnected client").await;
        bob.say("to a disconnected client").await;
        talk::chat(&ada, &bob).await;
        until_frames_flow(&ada, &bob).await;
        assert_eq!(bob.seen().await.people_ids, ids_of_ada, "a reconnection is not reported to other peers");
        proxy.restore();
        ada.until_status("recovered").await;

        assert_received_once(&bob, "Ada", "from a disconnected client").await;
        assert_received_once(&ada, "Bob", "to a disconnected client").await;
        assert_eq!(bob.seen().await.people_ids, ids_of_ada);
        assert_eq!(ada.seen().await.people_ids, ids_of_bob);
        until_frames_flow(&ada, &bob).await;
        ada.renegotiate_with(&bob).await;
        bob.renegotiate_with(&ada).await;
        until_frames_flow(&ada, &bob).await;
        talk::part(&ada, &bob).await;
        talk::connect(&ada, &bob).await;
        talk::part(&bob, &ada).await;
        talk::no_uncaught_errors(&[&ada, &bob]).await;
    })
    .await;
}

/// Without heartbeats, a browser would detect a silent socket after minutes.
#[tokio::test(flavor = "multi_thread")]
async fn silent_socket_is_replaced() {
    play("socket silent", async |stage| {
        stage.restart_server_with(|config| (config.heartbeat_ms, config.grace) = (4_000, GRACE)).await;
        let proxy = stage.proxy().await;
        let ada = stage.join_through(&proxy, Browser::Chrome, "Ada").await;
        let bob = stage.join_through(&proxy, Browser::Firefox, "Bob").await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        let ids = (ada.seen().await.people_ids, bob.seen().await.people_ids);

        proxy.silence();
        ada.say("over a silent socket").await;
        for page in [&ada, &bob] {
            page.until_status("recovered").await;
        }
        assert_received_once(&bob, "Ada", "over a silent socket").await;
        assert_eq!((ada.seen().await.people_ids, bob.seen().await.people_ids), ids);
        until_frames_flow(&ada, &bob).await;
        ada.renegotiate_with(&bob).await;
        talk::chat(&ada, &bob).await;
        talk::part(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_rejoin_killed_server() {
    clients_rejoin_restarted_server("server killed", Ending::Killed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_rejoin_aborted_server() {
    clients_rejoin_restarted_server("server restarted", Ending::Aborted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_rejoin_drained_server() {
    clients_rejoin_restarted_server("server drained", Ending::Drained).await;
}

/// The end of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The connections to the server end without a close frame.
    Killed,
    /// The sockets of the server are closed.
    Aborted,
    /// The server asks its clients to reconnect.
    Drained,
}

async fn clients_rejoin_restarted_server(scene: &str, ending: Ending) {
    play(scene, async |stage| {
        let proxy = stage.proxy().await;
        let ada = stage.join_through(&proxy, Browser::Chrome, "Ada").await;
        let bob = stage.join_through(&proxy, Browser::Firefox, "Bob").await;
        let cyd = stage.join_through(&proxy, Browser::Chrome, "Cyd").await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        let former = cyd.seen().await.people_ids;

        // These messages are accepted before the server ends, although their acknowledgement may come with a later heartbeat.
        for (page, who) in [(&cyd, "Cyd"), (&ada, "Ada")] {
            page.say(&format!("{who}: before the end")).await;
        }
        assert_received_once(&bob, "Cyd", "Cyd: before the end").await;
        assert_received_once(&bob, "Ada", "Ada: before the end").await;
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
        until_frames_flow(&ada, &bob).await;
        cyd.say("without a server").await;
        stage.restart_server().await;
        proxy.restore();

        for page in [&ada, &bob, &cyd] {
            page.until_status("recovered").await;
        }
        for (page, others) in [(&ada, ["Bob", "Cyd"]), (&bob, ["Ada", "Cyd"]), (&cyd, ["Ada", "Bob"])] {
            let rejoined = page
                .until("all peers are in the list once", |seen| {
                    let mut people = seen.people.clone();
                    people.sort();
                    people == others
                })
                .await;
            assert!(!rejoined.people_ids.iter().any(|id| former.contains(id)), "all ids are new");
        }
        // Messages that the previous server had delivered are not delivered again.
        assert_received_once(&ada, "Cyd", "Cyd: before the end").await;
        assert_received_once(&bob, "Cyd", "Cyd: before the end").await;
        assert_received_once(&bob, "Ada", "Ada: before the end").await;
        assert_received_once(&cyd, "Ada", "Ada: before the end").await;
        cyd.say("after the restart").await;
        for page in [&ada, &bob] {
            assert_received_once(page, "Cyd", "after the restart").await;
            assert_received_once(page, "Cyd", "Cyd: before the end").await;
        }
        // The call has continued, can be renegotiated by both sides, and is ended as usual.
        until_frames_flow(&ada, &bob).await;
        ada.renegotiate_with(&bob).await;
        bob.renegotiate_with(&ada).await;
        until_frames_flow(&ada, &bob).await;
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
async fn reloaded_chrome_page_ends_call() {
    reloaded_page_ends_call("chrome page reloaded", Browser::Chrome, Browser::Firefox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reloaded_firefox_page_ends_call() {
    reloaded_page_ends_call("firefox page reloaded", Browser::Firefox, Browser::Chrome).await;
}

async fn reloaded_page_ends_call(scene: &str, reloaded: Browser, other: Browser) {
    play(scene, async |stage| {
        let ada = stage.join(other, "Ada").await;
        let bob = stage.join(reloaded, "Bob").await;
        talk::connect(&bob, &ada).await;
        talk::see_each_other(&ada, &bob).await;
        bob.reload().await;
        ada.until_status("peer-left").await;
        ada.until_free().await;

        // The name is free immediately, and the page returns to the room.
        bob.until("the room is shown again", |seen| seen.view == "room").await;
        ada.until_here(&bob).await;
        talk::connect(&ada, &bob).await;
        talk::see_each_other(&ada, &bob).await;
        talk::part(&ada, &bob).await;
    })
    .await;
}

async fn until_frames_flow(one: &Page, other: &Page) {
    for page in [one, other] {
        page.until_frames(10).await;
        let seen = page.seen().await;
        let states: Vec<&str> = seen.open_connections().map(|connection| &*connection.state).collect();
        assert_eq!(states, ["connected"], "{}", page.name());
    }
}

async fn assert_received_once(listener: &Page, who: &str, text: &str) {
    let count = |seen: &browser_rtc_e2e::Seen| {
        seen.room_chat.iter().filter(|line| line.who == who && line.text == text && line.from == "them").count()
    };
    let seen = listener.until(&format!("the message of {who} is received"), |seen| count(seen) > 0).await;
    assert_eq!(count(&seen), 1, "{:?}", seen.room_chat);
}
