//! Helpers of several scenes.

use std::time::Duration;

use browser_rtc_e2e::{Page, Standstill};

/// How long a call may take to come back once the network is there again.
pub const RECOVERY: Duration = Duration::from_secs(45);
/// Longest pause that is no standstill, in seconds: the machine may be busy.
pub const HICCUP: f64 = 4.0;

/// One calls, the other takes it; the call is seen to flow, and then both pages measure.
pub async fn connect(caller: &Page, callee: &Page) {
    browser_rtc_e2e::connect(caller, callee).await;
    until_flowing(caller, callee).await;
    for page in [caller, callee] {
        page.begin_measuring().await;
    }
}

/// Waits until both sides get pictures and messages, and tells for how long the call has stood still so far.
pub async fn until_flowing(one: &Page, other: &Page) -> Standstill {
    let (one, other) = tokio::join!(one.until_flowing(RECOVERY), other.until_flowing(RECOVERY));
    Standstill::of_both(&one, &other)
}

/// Checks that the same call continues on both sides, without an action of a user.
pub async fn still_in_call(one: &Page, other: &Page) {
    for (page, with) in [(one, other), (other, one)] {
        page.until_in_call_with(with).await;
        let seen = page.seen().await;
        assert!(seen.failure.is_none(), "{}: {:?}", page.name(), seen.failure);
    }
}

/// It came back, and nothing that was said over the reliable channel is lost or came twice.
pub fn nothing_lost(stood: &Standstill) {
    assert_eq!((stood.missed, stood.doubled), (0, 0), "messages that are missed, and doubled: {stood:?}");
}

/// Checks that the call was not interrupted.
pub fn never_stood_still(stood: &Standstill) {
    assert!(stood.media.still < HICCUP && stood.data.still < HICCUP, "the call goes on: {stood:?}");
    nothing_lost(stood);
}

/// Sends a line to the room, and checks that it arrives exactly once, also after a while.
pub async fn say(one: &Page, other: &Page, line: &str) {
    one.say(line).await;
    until_heard_once(other, line).await;
}

pub async fn until_heard_once(page: &Page, line: &str) {
    let count = |seen: &browser_rtc_e2e::Seen| seen.room_chat.iter().filter(|heard| heard.text == line).count();
    page.until_within(RECOVERY, &format!("{line:?} is heard"), |seen| count(seen) > 0).await;
    wait(2).await;
    assert_eq!(count(&page.seen().await), 1, "{} hears {line:?} once", page.name());
}

/// Both are in the room, and the server carries what they say.
pub async fn in_the_room(one: &Page, other: &Page, word: &str) {
    for (page, with) in [(one, other), (other, one)] {
        let there = |seen: &browser_rtc_e2e::Seen| seen.view == "room" && seen.people == [with.name()];
        page.until_within(RECOVERY, &format!("in the room with {}", with.name()), there).await;
        say(with, page, &format!("{word} from {}", with.name())).await;
    }
}

/// One hangs up, the call is over on both sides, and both can call again.
pub async fn part_and_call_again(one: &Page, other: &Page) {
    part(one, other).await;
    connect(other, one).await;
    part(other, one).await;
}

pub async fn part(one: &Page, other: &Page) {
    one.hang_up().await;
    for page in [one, other] {
        page.until_free().await;
        page.until_status("ended").await;
    }
}

pub async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
