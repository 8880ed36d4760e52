//! Measurements of the traffic of a call: gaps in the media, and lost messages.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::page::Page;

const SCRIPT: &str = include_str!("traffic.js");
/// The number of frames or messages after which a gap counts as over, which is that of one second.
const ENOUGH: u64 = 10;

/// Frames or messages that were received from the remote peer since the measurement began.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Flow {
    /// The longest gap between two of them, in seconds.
    pub longest_gap: f64,
    /// The time since the last one, in seconds.
    pub current_gap: f64,
    /// The number of frames or messages.
    pub count: u64,
}

/// The measurements of a page.
#[derive(Clone, Debug, Deserialize)]
pub struct TrafficStats {
    /// Frames of the remote video that were shown.
    pub media: Flow,
    /// Messages of the remote peer, which sends ten per second over a reliable channel.
    pub data: Flow,
    /// The number of lost messages.
    pub missed: u64,
    /// The number of messages that were received more than once or out of order.
    pub duplicated: u64,
    /// The seats of the page since it was opened, oldest first.
    pub seats: Vec<Seat>,
    /// Events of the page, each with its time in seconds.
    pub events: Vec<String>,
}

/// A seat in a room.
#[derive(Clone, Debug, Deserialize)]
pub struct Seat {
    /// The peer's id.
    pub id: String,
    /// Set if the page had this seat before.
    pub resumed: bool,
}

/// Messages over an unordered channel without retransmissions.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct BurstStats {
    /// The number of sent messages, by the highest number that was received.
    pub sent: i64,
    /// The number of received messages.
    pub received: i64,
    /// The number of messages that were received after a later one.
    pub reordered: i64,
}

impl TrafficStats {
    /// Combines the measurements of both sides: the longer gaps, and the sums of the counts.
    #[must_use]
    pub fn merged(one: &Self, other: &Self) -> Self {
        let longer = |one: Flow, other: Flow| if one.longest_gap > other.longest_gap { one } else { other };
        Self {
            media: longer(one.media, other.media),
            data: longer(one.data, other.data),
            missed: one.missed + other.missed,
            duplicated: one.duplicated + other.duplicated,
            seats: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl fmt::Display for TrafficStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "media interrupted for {:.1} s, data for {:.1} s", self.media.longest_gap, self.data.longest_gap)
    }
}

impl fmt::Display for BurstStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, received, reordered } = self;
        write!(f, "{sent} sent, {} lost, {reordered} reordered", sent - received)
    }
}

impl Page {
    /// Installs the measurement in the page, which has to precede the call.
    pub(crate) async fn watch_traffic(&self) {
        let () = self.script(SCRIPT).await;
    }

    /// Restarts the measurement.
    pub async fn begin_measuring(&self) {
        let () = self.script("window.traffic.begin()").await;
    }

    /// Returns the measurements so far.
    pub async fn traffic(&self) -> TrafficStats {
        self.script("return window.traffic.read()").await
    }

    /// Starts sending bursts of unreliable messages.
    pub async fn begin_bursts(&self) {
        let () = self.script("window.traffic.burst()").await;
    }

    /// Returns the statistics of the bursts of the remote peer.
    pub async fn burst_stats(&self) -> BurstStats {
        self.script("return window.traffic.burstStats()").await
    }

    /// Waits until neither frames nor messages have been received for this long.
    pub async fn until_interrupted(&self, gap: Duration, limit: Duration) {
        let seconds = gap.as_secs_f64();
        let what = format!("media and data are interrupted for {seconds} s");
        self.until_traffic(&what, limit, |seen| seen.media.current_gap > seconds && seen.data.current_gap > seconds)
            .await;
    }

    /// Waits until the frames and messages of one second have been received.
    pub async fn until_flowing(&self, limit: Duration) -> TrafficStats {
        let before = self.traffic().await;
        let flows = |now: Flow, before: Flow| now.count >= before.count + ENOUGH;
        self.until_traffic("media and data flow", limit, |seen| {
            flows(seen.media, before.media) && flows(seen.data, before.data)
        })
        .await
    }

    /// Waits until the condition holds for the measurements.
    ///
    /// # Panics
    /// If this takes longer than the limit.
    pub async fn until_traffic(
        &self,
        what: &str,
        limit: Duration,
        condition: impl Fn(&TrafficStats) -> bool,
    ) -> TrafficStats {
        self.until_script_within(limit, "return window.traffic.read()", what, condition).await
    }
}
