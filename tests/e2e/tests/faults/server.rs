//! Failures of the server or of the connection to it during a call, which does not need the server.

use browser_rtc_e2e::{Browser, Page, play_on_network, report};

use crate::support::{
    RECOVERY, assert_uninterrupted, connect, hang_up_and_call_again, still_in_call, talk_in_room, until_flowing,
    until_received_once, wait,
};

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_server_restart_chrome() {
    call_survives_server_restart("server killed with chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_server_restart_firefox() {
    call_survives_server_restart("server killed with firefox", Browser::Firefox).await;
}

async fn call_survives_server_restart(scene: &str, browser: Browser) {
    play_on_network(scene, &[], async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(browser, "Bob").await;
        connect(&ada, &bob).await;

        stage.kill_server();
        wait(5).await;
        stage.start_server().await;
        for page in [&ada, &bob] {
            until_seats(page, 2).await;
        }
        talk_in_room(&ada, &bob, "after the restart").await;
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert_uninterrupted(&traffic);
        report(&format!("server killed for 5 s, Chrome and {browser:?}: {traffic}, both in the room again"));
        hang_up_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// Resets both sockets while the server is unreachable, so that the server is not notified.
#[tokio::test(flavor = "multi_thread")]
async fn cut_sockets_keep_seats() {
    play_on_network("sockets cut", &[], async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        stage.cut_server();
        for page in [&ada, &bob] {
            stage.reset_sockets(page);
        }
        wait(1).await;
        ada.say("during the reset").await;
        wait(4).await;
        stage.restore_server();
        for page in [&ada, &bob] {
            until_seats(page, 2).await;
            let seats = page.traffic().await.seats;
            assert!(seats.iter().all(|seat| seat.id == seats[0].id), "{} is the same peer: {seats:?}", page.name());
            assert!(seats.last().is_some_and(|seat| seat.resumed), "{} has resumed its seat: {seats:?}", page.name());
        }
        until_received_once(&bob, "during the reset").await;
        talk_in_room(&ada, &bob, "after the reset").await;
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert_uninterrupted(&traffic);
        report(&format!(
            "sockets to the server reset, server unreachable for 5 s: {traffic}, same peers, nothing lost"
        ));
        hang_up_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// Waits until the page has received this number of seats.
async fn until_seats(page: &Page, count: usize) {
    page.until_traffic("the page has rejoined", RECOVERY, |seen| seen.seats.len() >= count).await;
}
