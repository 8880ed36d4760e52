//! Helpers for several scenes.

use std::time::Duration;

use browser_rtc_e2e::{Page, TrafficStats};

/// The time limit for the recovery of a call after the network has been restored.
pub const RECOVERY: Duration = Duration::from_secs(45);
/// The longest gap in seconds that does not count as an interruption, because the machine may be busy.
pub const MAX_GAP: f64 = 4.0;

/// Connects a call, waits until media and data flow, and restarts the measurements.
pub async fn connect(caller: &Page, callee: &Page) {
    browser_rtc_e2e::connect(caller, callee).await;
    until_flowing(caller, callee).await;
    for page in [caller, callee] {
        page.begin_measuring().await;
    }
}

/// Waits until both sides receive frames and messages. Returns the combined measurements so far.
pub async fn until_flowing(one: &Page, other: &Page) -> TrafficStats {
    let (one, other) = tokio::join!(one.until_flowing(RECOVERY), other.until_flowing(RECOVERY));
    TrafficStats::merged(&one, &other)
}

/// Asserts that the call continues on both sides without an action of a user.
pub async fn still_in_call(one: &Page, other: &Page) {
    for (page, with) in [(one, other), (other, one)] {
        page.until_in_call_with(with).await;
        let seen = page.seen().await;
        assert!(seen.failure.is_none(), "{}: {:?}", page.name(), seen.failure);
    }
}

/// Asserts that no message of the reliable channel was lost or duplicated.
pub fn assert_nothing_lost(traffic: &TrafficStats) {
    assert_eq!((traffic.missed, traffic.duplicated), (0, 0), "lost and duplicated messages: {traffic:?}");
}

/// Asserts that the call was not interrupted.
pub fn assert_uninterrupted(traffic: &TrafficStats) {
    assert!(
        traffic.media.longest_gap < MAX_GAP && traffic.data.longest_gap < MAX_GAP,
        "the call was interrupted: {traffic:?}"
    );
    assert_nothing_lost(traffic);
}

/// Sends a line to the room, and asserts that it is received exactly once.
pub async fn send_to_room(one: &Page, other: &Page, line: &str) {
    one.say(line).await;
    until_received_once(other, line).await;
}

pub async fn until_received_once(page: &Page, line: &str) {
    let count = |seen: &browser_rtc_e2e::Seen| seen.room_chat.iter().filter(|received| received.text == line).count();
    page.until_within(RECOVERY, &format!("{line:?} is received"), |seen| count(seen) > 0).await;
    wait(2).await;
    assert_eq!(count(&page.seen().await), 1, "{} has received {line:?} more than once", page.name());
}

/// Waits until both pages are in the room, and sends a line in each direction.
pub async fn talk_in_room(one: &Page, other: &Page, text: &str) {
    for (page, with) in [(one, other), (other, one)] {
        let is_in_room = |seen: &browser_rtc_e2e::Seen| seen.view == "room" && seen.people == [with.name()];
        page.until_within(RECOVERY, &format!("{} is in the room", with.name()), is_in_room).await;
        send_to_room(with, page, &format!("{text} from {}", with.name())).await;
    }
}

/// Hangs up, and connects and hangs up a second call.
pub async fn hang_up_and_call_again(one: &Page, other: &Page) {
    hang_up(one, other).await;
    connect(other, one).await;
    hang_up(other, one).await;
}

pub async fn hang_up(one: &Page, other: &Page) {
    one.hang_up().await;
    for page in [one, other] {
        page.until_free().await;
        page.until_status("ended").await;
    }
}

pub async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
