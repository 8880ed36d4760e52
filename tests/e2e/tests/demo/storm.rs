//! Simultaneous changes of a call by Chrome and Firefox, over hundreds of rounds.

use std::{collections::BTreeMap, time::Duration};

use browser_rtc_e2e::{Browser, play};
use futures::future::join;
use serde::Deserialize;
use serde_json::Value;

use crate::talk;

#[derive(Debug, Deserialize)]
struct Seen {
    rounds: u32,
    negotiations: u32,
    signaling: String,
    connection: String,
    directions: BTreeMap<String, Option<String>>,
}

impl Seen {
    fn is_settled(&self) -> bool {
        self.signaling == "stable" && self.connection == "connected"
    }

    /// Returns the directions as the remote peer has them.
    fn mirrored(&self) -> BTreeMap<String, Option<String>> {
        let mirror = |direction: &String| match &**direction {
            "sendonly" => "recvonly".to_owned(),
            "recvonly" => "sendonly".to_owned(),
            same => same.to_owned(),
        };
        self.directions.iter().map(|(mid, direction)| (mid.clone(), direction.as_ref().map(mirror))).collect()
    }
}

/// The time limit for 300 rounds, each with a negotiation by both sides.
const STORM: Duration = Duration::from_secs(400);

const SEEN: &str = "return window.storm.seen()";

/// Firefox 153 may write data during an ICE restart, treats the error as the end of DTLS, and has no data channels
/// afterwards. Therefore channels are opened in one storm, and ICE is restarted in another.
#[tokio::test(flavor = "multi_thread")]
async fn f17_glare_with_channels_300_rounds() {
    storm("storm of channels", "[0, 0, 0, 1, 1, 2, 2]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_glare_with_ice_restarts_300_rounds() {
    storm("storm of restarts", "[0, 0, 0, 1, 1, 3, 3]").await;
}

async fn storm(scene: &str, kinds: &str) {
    play(scene, async |stage| {
        let chrome = stage.join(Browser::Chrome, "Ada").await;
        let firefox = stage.join(Browser::Firefox, "Bob").await;
        talk::connect(&chrome, &firefox).await;
        talk::see_each_other(&chrome, &firefox).await;
        for (page, seed) in [(&chrome, 1), (&firefox, 2)] {
            page.load_script("storm", include_str!("storm.js")).await;
            let _: Value = page.script(&format!("window.storm.run({seed}, {kinds})")).await;
        }

        let over = |seen: &Seen| seen.rounds == 300 && seen.signaling == "stable";
        join(
            chrome.until_script_within(STORM, SEEN, "the storm is over", over),
            firefox.until_script_within(STORM, SEEN, "the storm is over", over),
        )
        .await;
        // A browser delays repeated negotiationneeded events, so that the last negotiation may take a while.
        let (mut agreed, mut last) = (None, None);
        for _ in 0..600 {
            let (one, other): (Seen, Seen) = join(chrome.script(SEEN), firefox.script(SEEN)).await;
            if one.directions == other.mirrored() && one.is_settled() && other.is_settled() {
                agreed = Some((one, other));
                break;
            }
            last = Some((one, other));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let Some((one, _other)) = agreed else { panic!("the connections are not settled: {last:?}") };
        println!("{scene}: 300 rounds, {} negotiations, {} sections", one.negotiations, one.directions.len());
        talk::chat(&chrome, &firefox).await;
        chrome.until_frames(10).await;
        firefox.until_frames(10).await;
        talk::part(&chrome, &firefox).await;
        talk::no_uncaught_errors(&[&chrome, &firefox]).await;
    })
    .await;
}
