//! The network between two goes, comes back, or becomes another.

use std::time::{Duration, Instant};

use browser_rtc_e2e::{Browser, Page, Seen, play_on_network, report};

use crate::support::{
    connect, in_the_room, never_stood_still, nothing_lost, part, part_and_call_again, say, still_in_call,
    until_flowing, wait,
};

/// How long it may take until a call is given up.
const GIVING_UP: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread")]
async fn a_cable_is_cut_and_restored_chrome() {
    a_cable_is_cut_and_restored("cable cut in chrome", [Browser::Chrome; 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cable_is_cut_and_restored_firefox() {
    a_cable_is_cut_and_restored("cable cut in firefox", [Browser::Chrome, Browser::Firefox]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cable_is_cut_and_restored_between_firefoxes() {
    a_cable_is_cut_and_restored("cable cut between firefoxes", [Browser::Firefox; 2]).await;
}

/// The cable carries the call and the socket to the server.
async fn a_cable_is_cut_and_restored(scene: &str, [one, other]: [Browser; 2]) {
    play_on_network(scene, &[], async |field| {
        let ada = field.join(one, "Ada").await;
        let bob = field.join(other, "Bob").await;
        connect(&ada, &bob).await;

        field.cut(&bob);
        wait(12).await;
        field.mend(&bob);
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert!(stood.media.still > 11.0 && stood.data.still > 11.0, "the cable was out for 12 s: {stood:?}");
        nothing_lost(&stood);
        in_the_room(&ada, &bob, "after the cut").await;
        report(&format!("veth of {other:?} cut for 12 s, beside {one:?}: {stood}, recovered"));
        part_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// The connection fails, and both sockets to the server stay open.
#[tokio::test(flavor = "multi_thread")]
async fn the_path_between_two_is_cut_and_restored() {
    play_on_network("path cut", &[], async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        field.part([&ada, &bob]);
        for page in [&ada, &bob] {
            page.until_still(Duration::from_secs(3), Duration::from_secs(20)).await;
        }
        say(&ada, &bob, "can you hear me?").await;
        wait(17).await;
        field.join_again([&ada, &bob]);
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        nothing_lost(&stood);
        report(&format!("path between the two cut for 22 s, signaling up: {stood}, recovered"));
        part_and_call_again(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_chrome() {
    an_address_changes("address changes in chrome", Browser::Chrome).await;
}

/// The remote peer of the browser that moves is a Firefox.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_beside_firefox() {
    an_address_changes("address changes beside firefox", Browser::Firefox).await;
}

/// The old sockets no longer work, as on a laptop that is carried into another network.
async fn an_address_changes(scene: &str, other: Browser) {
    play_on_network(scene, &[], async |field| {
        let ada = field.join(other, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        field.readdress(&bob);
        for page in [&ada, &bob] {
            page.until_still(Duration::from_secs(1), Duration::from_secs(20)).await;
        }
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        nothing_lost(&stood);
        in_the_room(&ada, &bob, "after the move").await;
        report(&format!("address of Chrome changed, beside {other:?}: {stood}, recovered"));
        part_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// A page may restart ICE because it knows more of its network than the browser. A Firefox answers as the client in
/// DTLS, although it has called and is the server. A Chromium that offers the restart may use a wrong address, for a while or
/// until ICE is restarted again, which Firefox 153 may not survive. The call always recovers.
#[tokio::test(flavor = "multi_thread")]
async fn ice_is_restarted_by_hand_beside_firefox() {
    play_on_network("restart by hand beside firefox", &[], async |field| {
        let ada = field.join(Browser::Firefox, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        restart_ice(&ada).await;
        let stood = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        never_stood_still(&stood);
        report(&format!("ICE restarted by hand in Firefox, beside Chrome: {stood}"));

        restart_ice(&bob).await;
        tokio::select! {
            stood = until_flowing(&ada, &bob) => {
                still_in_call(&ada, &bob).await;
                nothing_lost(&stood);
                report(&format!("ICE restarted by hand in Chrome, beside Firefox: {stood}"));
                part(&ada, &bob).await;
            }
            took = until_given_up(&ada, &bob) => {
                report(&format!("ICE restarted by hand in Chrome, beside Firefox: the call ended after {took:.1} s"));
            }
        }
        connect(&bob, &ada).await;
        part(&bob, &ada).await;
    })
    .await;
}

/// And waits until its effects are there.
async fn restart_ice(page: &Page) {
    let () = page.script("window.e2e.connection().restartIce()").await;
    wait(4).await;
}

/// Firefox 153 takes the first packet that finds no way out for the end of DTLS, and no restart of ICE brings that back.
/// So the call ends on both sides, which say why, and a new one works.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_firefox() {
    play_on_network("address changes in firefox", &[], async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Firefox, "Bob").await;
        connect(&ada, &bob).await;

        field.readdress(&bob);
        let took = until_given_up(&ada, &bob).await;
        report(&format!("address of Firefox changed: the call ended on both sides after {took:.1} s, cameras free"));
        in_the_room(&ada, &bob, "after the move").await;
        connect(&bob, &ada).await;
        part(&bob, &ada).await;
    })
    .await;
}

/// Waits until the call is over on both sides, and each has said why; tells for how long in seconds.
async fn until_given_up(one: &Page, other: &Page) -> f32 {
    let begun = Instant::now();
    for page in [one, other] {
        let over = |seen: &Seen| seen.is_idle() && seen.has_freed_all();
        let seen = page.until_within(GIVING_UP, "the call is over and the camera free", over).await;
        assert!(seen.status.contains("lost"), "the reason as {} sees it: {:?}", page.name(), seen.status);
    }
    begun.elapsed().as_secs_f32()
}

/// A call that cannot be saved ends on both sides, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_never_comes_back() {
    play_on_network("path gone for good", &[], async |field| {
        let ada = field.join(Browser::Chrome, "Ada").await;
        let bob = field.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        field.part([&ada, &bob]);
        let took = until_given_up(&ada, &bob).await;
        report(&format!("path gone for good: the call ended on both sides after {took:.1} s, cameras free"));

        field.join_again([&ada, &bob]);
        connect(&bob, &ada).await;
        part(&bob, &ada).await;
    })
    .await;
}
