//! Six peers in one room, each in a call with each other.

use std::collections::BTreeMap;
use std::time::Duration;

use browser_rtc_e2e::{Browser, Page, Stage, play};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;

const NAMES: [&str; 6] = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay"];

/// The time limit for 15 simultaneous calls on a machine with two cores.
const LIMIT: Duration = Duration::from_secs(240);

const SEEN: &str = "return window.mesh.seen()";

/// The calls of one page.
#[derive(Debug, Deserialize)]
struct Seen {
    /// The number of frames shown of each peer in a call.
    frames: BTreeMap<String, u64>,
    /// The calls that could not be started, and those that ended although no peer left.
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

/// Waits until each page has shown this number of additional frames of each other page.
///
/// # Panics
/// If a call fails, or ends after all calls were connected.
async fn each_sees_all_others(pages: &[Page], more: u64) {
    join_all(pages.iter().map(|page| async {
        let others = pages.len() - 1;
        let all = |seen: &Seen| seen.has(page, others);
        let Seen { frames: before, .. } =
            page.until_script_within(LIMIT, SEEN, &format!("{others} calls are connected"), all).await;
        let shown = |seen: &Seen| {
            assert!(seen.has(page, others), "{}: one of {before:?} has ended: {seen:?}", page.name());
            seen.frames.iter().all(|(name, shown)| *shown >= before.get(name).unwrap_or(&0) + more)
        };
        page.until_script_within(LIMIT, SEEN, &format!("{more} more frames of each peer are shown"), shown).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn six_browsers_in_room_see_all_others() {
    play("mesh", async |stage| {
        let mut pages = Vec::new();
        for number in 0..NAMES.len() {
            pages.push(open(stage, number).await);
        }
        // All pages join at the same time.
        join_all(pages.iter().map(join)).await;
        each_sees_all_others(&pages, 10).await;

        // A peer that leaves is removed, and is connected again after it rejoins.
        let bob = pages.remove(1);
        let _: Value = bob.script("window.mesh.leave()").await;
        bob.until_script(SEEN, "no call is left", |seen: &Seen| seen.has(&bob, 0)).await;
        each_sees_all_others(&pages, 5).await;
        join(&bob).await;
        pages.push(bob);
        each_sees_all_others(&pages, 5).await;
    })
    .await;
}
