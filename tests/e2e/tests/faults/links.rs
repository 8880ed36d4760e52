//! Failures of the network between two peers: cut links, cut paths and changed addresses.

use std::time::{Duration, Instant};

use browser_rtc_e2e::{Browser, Page, Seen, play_on_network, report};

use crate::support::{
    assert_nothing_lost, assert_uninterrupted, connect, hang_up, hang_up_and_call_again, send_to_room, still_in_call,
    talk_in_room, until_flowing, wait,
};

/// The time limit for the end of a call without a path.
const LOSS: Duration = Duration::from_secs(150);

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_cut_link_chrome() {
    call_survives_cut_link("link cut in chrome", [Browser::Chrome; 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_cut_link_firefox() {
    call_survives_cut_link("link cut in firefox", [Browser::Chrome, Browser::Firefox]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn call_survives_cut_link_between_firefoxes() {
    call_survives_cut_link("link cut between firefoxes", [Browser::Firefox; 2]).await;
}

/// Cuts the link that carries the call and the socket to the server.
async fn call_survives_cut_link(scene: &str, [one, other]: [Browser; 2]) {
    play_on_network(scene, &[], async |stage| {
        let ada = stage.join(one, "Ada").await;
        let bob = stage.join(other, "Bob").await;
        connect(&ada, &bob).await;

        stage.cut(&bob);
        wait(12).await;
        stage.restore(&bob);
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert!(
            traffic.media.longest_gap > 11.0 && traffic.data.longest_gap > 11.0,
            "the link was cut for 12 s: {traffic:?}"
        );
        assert_nothing_lost(&traffic);
        talk_in_room(&ada, &bob, "after the cut").await;
        report(&format!("veth of {other:?} cut for 12 s, with {one:?}: {traffic}, recovered"));
        hang_up_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// Cuts the path of the connection while both sockets to the server stay open.
#[tokio::test(flavor = "multi_thread")]
async fn call_survives_cut_path() {
    play_on_network("path cut", &[], async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        stage.disconnect([&ada, &bob]);
        for page in [&ada, &bob] {
            page.until_interrupted(Duration::from_secs(3), Duration::from_secs(20)).await;
        }
        send_to_room(&ada, &bob, "can you hear me?").await;
        wait(17).await;
        stage.reconnect([&ada, &bob]);
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert_nothing_lost(&traffic);
        report(&format!("path between the two cut for 22 s, signaling up: {traffic}, recovered"));
        hang_up_and_call_again(&ada, &bob).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chrome_address_change_is_recovered() {
    address_change_is_recovered("address changes in chrome", Browser::Chrome).await;
}

/// The peer of the browser whose address changes is Firefox.
#[tokio::test(flavor = "multi_thread")]
async fn chrome_address_change_with_firefox_is_recovered() {
    address_change_is_recovered("address change with firefox", Browser::Firefox).await;
}

/// Changes the address of a host, as when a laptop moves to another network, so that existing sockets fail.
async fn address_change_is_recovered(scene: &str, other: Browser) {
    play_on_network(scene, &[], async |stage| {
        let ada = stage.join(other, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        stage.change_address(&bob);
        for page in [&ada, &bob] {
            page.until_interrupted(Duration::from_secs(1), Duration::from_secs(20)).await;
        }
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert_nothing_lost(&traffic);
        talk_in_room(&ada, &bob, "after the move").await;
        report(&format!("address of Chrome changed, with {other:?}: {traffic}, recovered"));
        hang_up_and_call_again(&ada, &bob).await;
    })
    .await;
}

/// Restarts ICE by a call of the page. Firefox answers as the DTLS client even if it is the server. If Chromium offers
/// the restart, it may use a wrong address for a while or until the next restart, during which Firefox 153 may lose the
/// call. A new call always works.
#[tokio::test(flavor = "multi_thread")]
async fn manual_ice_restart_beside_firefox_recovers() {
    play_on_network("manual restart with firefox", &[], async |stage| {
        let ada = stage.join(Browser::Firefox, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        restart_ice(&ada).await;
        let traffic = until_flowing(&ada, &bob).await;
        still_in_call(&ada, &bob).await;
        assert_uninterrupted(&traffic);
        report(&format!("ICE restarted by the page in Firefox, with Chrome: {traffic}"));

        restart_ice(&bob).await;
        tokio::select! {
            traffic = until_flowing(&ada, &bob) => {
                still_in_call(&ada, &bob).await;
                assert_nothing_lost(&traffic);
                report(&format!("ICE restarted by the page in Chrome, with Firefox: {traffic}"));
                hang_up(&ada, &bob).await;
            }
            took = until_lost(&ada, &bob) => {
                report(&format!("ICE restarted by the page in Chrome, with Firefox: the call ended after {took:.1} s"));
            }
        }
        connect(&bob, &ada).await;
        hang_up(&bob, &ada).await;
    })
    .await;
}

/// Restarts ICE, and waits until the restart has taken effect.
async fn restart_ice(page: &Page) {
    let () = page.script("window.e2e.connection().restartIce()").await;
    wait(4).await;
}

/// Firefox 153 treats the first packet without a route as the end of DTLS, which an ICE restart does not recover. The
/// call therefore ends on both sides with a reason, and a new call works.
#[tokio::test(flavor = "multi_thread")]
async fn firefox_address_change_ends_call() {
    play_on_network("address changes in firefox", &[], async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Firefox, "Bob").await;
        connect(&ada, &bob).await;

        stage.change_address(&bob);
        let took = until_lost(&ada, &bob).await;
        report(&format!("address of Firefox changed: the call ended on both sides after {took:.1} s, cameras free"));
        talk_in_room(&ada, &bob, "after the move").await;
        connect(&bob, &ada).await;
        hang_up(&bob, &ada).await;
    })
    .await;
}

/// Waits until the call has ended on both sides and each shows the reason. Returns the elapsed seconds.
async fn until_lost(one: &Page, other: &Page) -> f32 {
    let started = Instant::now();
    for page in [one, other] {
        let has_ended = |seen: &Seen| seen.is_idle() && seen.has_freed_all();
        let seen = page.until_within(LOSS, "the call has ended and the camera is free", has_ended).await;
        assert!(seen.status.contains("lost"), "the reason on the page of {}: {:?}", page.name(), seen.status);
    }
    started.elapsed().as_secs_f32()
}

/// A call that cannot recover ends on both sides with a reason.
#[tokio::test(flavor = "multi_thread")]
async fn permanently_cut_path_ends_call() {
    play_on_network("path cut permanently", &[], async |stage| {
        let ada = stage.join(Browser::Chrome, "Ada").await;
        let bob = stage.join(Browser::Chrome, "Bob").await;
        connect(&ada, &bob).await;

        stage.disconnect([&ada, &bob]);
        let took = until_lost(&ada, &bob).await;
        report(&format!("path cut permanently: the call ended on both sides after {took:.1} s, cameras free"));

        stage.reconnect([&ada, &bob]);
        connect(&bob, &ada).await;
        hang_up(&bob, &ada).await;
    })
    .await;
}
