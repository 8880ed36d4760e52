//! Many in one room, each in a call with each.

use std::collections::BTreeMap;
use std::time::Duration;

use browser_rtc_e2e::{Browser, Page, Stage, play};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;

const NAMES: [&str; 6] = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay"];

/// How long fifteen calls at once may take to begin, or to get a few pictures through, on a machine of two cores.
const LIMIT: Duration = Duration::from_secs(240);

const SEEN: &str = "return window.mesh.seen()";

/// The other peers as one page sees them.
#[derive(Debug, Deserialize)]
struct Seen {
    /// The number of frames shown of each, for as long as the call with it lasts.
    frames: BTreeMap<String, u64>,
    /// The calls that could not begin, and those that have ended although nobody left.
    failures: Vec<String>,
}

impl Seen {
    fn has(&self, page: &Page, others: usize) -> bool {
        assert!(self.failures.is_empty(), "{}: {self:?}", page.name());
        self.frames.len() == others
    }
}

async fn open(stage: &Stage, number: usize) -> Page {
    let browser = if number.is_multiple_of(2) { Browser::Chrome } else { Browser::Firefox };
    let page = stage.open(browser, NAMES[number], "/npm.html").await;
    page.load_script("mesh", include_str!("mesh.js")).await;
    page
}

async fn join(page: &Page) {
    let _: Value = page.script(&format!("return window.mesh.join({:?})", page.name())).await;
}

/// Waits until each has seen so many more frames of each of the others.
///
/// # Panics
/// As soon as a call has failed, or is gone after all were there.
async fn each_sees_all_others(pages: &[Page], more: u64) {
    join_all(pages.iter().map(|page| async {
        let others = pages.len() - 1;
        let all = |seen: &Seen| seen.has(page, others);
        let Seen { frames: before, .. } =
            page.until_script_within(LIMIT, SEEN, &format!("{others} others are there"), all).await;
        let shown = |seen: &Seen| {
            assert!(seen.has(page, others), "{}: one of {before:?} is gone: {seen:?}", page.name());
            seen.frames.iter().all(|(name, shown)| *shown >= before.get(name).unwrap_or(&0) + more)
        };
        page.until_script_within(LIMIT, SEEN, &format!("{more} frames more of each"), shown).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn six_browsers_in_one_room_each_see_all_others() {
    play("mesh", async |stage| {
        let mut pages = Vec::new();
        for number in 0..NAMES.len() {
            pages.push(open(stage, number).await);
        }
        // Two of them at once, and the others as the first are still at it.
        join_all(pages.iter().map(join)).await;
        each_sees_all_others(&pages, 10).await;

        // Who goes is gone, and who comes back is seen again.
        let bob = pages.remove(1);
        let _: Value = bob.script("window.mesh.leave()").await;
        bob.until_script(SEEN, "nobody is seen", |seen: &Seen| seen.has(&bob, 0)).await;
        each_sees_all_others(&pages, 5).await;
        join(&bob).await;
        pages.push(bob);
        each_sees_all_others(&pages, 5).await;
    })
    .await;
}
