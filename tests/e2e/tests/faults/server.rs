//! The server, or the way to it, goes and comes back, while two talk who do not need it for that.

use browser_rtc_e2e::{Browser, Page, play_on_network, report};

use crate::support::{
    RECOVERY, connect, in_the_room, never_stood_still, part_and_call_again, still_in_call, until_flowing,
    until_heard_once, wait,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_killed_and_started_again_chrome() {
    the_server_is_killed_and_started_again("server killed with chrome", Browser::Chrome).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_killed_and_started_again_firefox() {
    the_server_is_killed_and_started_again("server killed with firefox", Browser::Firefox).await;
}

async fn the_server_is_killed_and_started_again(scene: &str, browser: Browser) {
    play_on_network(scene, &[], async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(browser, "Bob").await;
        connect(&ada, &bob).await;

        field.kill_server();
        wait(5).await;
        field.start_server().await;
        for page in [&ada, &bob] {
            until_seats(page, 2).await;
        }
        in_the_room(&ada, &bob, "after the restart").await;
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        never_stood_still(&stood);
        report(&format!("server killed for 5 s, Chrome and {browser:?}: {stood}, both in the room again"));
        part_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// Both sockets are reset, and for some seconds there is no way to the server, which has not noticed.
#[tokio::test(flavor = "multi_thread")]
async fn the_sockets_to_the_server_are_cut() {
    play_on_network("sockets cut", &[], async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        field.cut_server();
        for page in [&ada, &bob] {
            field.reset_sockets(page);
        }
        wait(1).await;
        ada.say("said meanwhile").await;
        wait(4).await;
        field.mend_server();
        for page in [&ada, &bob] {
            until_seats(page, 2).await;
            let seats = page.standstill().await.seats;
            assert!(seats.iter().all(|seat| seat.id == seats[0].id), "{} is the same peer: {seats:?}", page.name());
            assert!(seats.last().is_some_and(|seat| seat.resumed), "{} has its seat back: {seats:?}", page.name());
        }
        until_heard_once(&bob, "said meanwhile").await;
        in_the_room(&ada, &bob, "after the reset").await;
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        never_stood_still(&stood);
        report(&format!("sockets to the server reset, no way to it for 5 s: {stood}, same peers, nothing lost"));
        part_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// The server gives the page a seat once more.
async fn until_seats(page: &Page, count: usize) {
    page.until_measured("the page has its seat again", RECOVERY, |seen| seen.seats.len() >= count).await;
}
