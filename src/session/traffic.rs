//! Observation of the traffic on a connection. A connection's state alone is not sufficient, because ICE may consider a
//! path valid on which no data arrives.

use std::time::Duration;

use browser_rtc_proto::recovery::{Sample, Traffic};
use wasm_bindgen::JsValue;

use crate::{
    error::{During, Result},
    peer::PeerConnection,
    sys::global,
    timer::{Sleep, milliseconds},
};

/// Time in which bytes that were sent on the previous path may still arrive.
const IN_FLIGHT_MS: u32 = 1_000;

/// Waits for `time`, and returns the traffic in that time, except in its first second.
pub(super) async fn observe(pc: PeerConnection, time: Duration) -> Traffic {
    let time = milliseconds(time);
    let excluded = time.min(IN_FLIGHT_MS);
    Sleep::new(excluded).await;
    let before = ByteCounts::read(&pc).await;
    Sleep::new(time - excluded).await;
    match (before, ByteCounts::read(&pc).await) {
        (Ok(before), Ok(now)) => now.since(&before),
        // The connection is closed, so that nothing uses the outcome.
        _ => Traffic::Idle,
    }
}

/// The numbers of bytes that were sent and received, from each entry of a statistics report.
struct ByteCounts(Vec<Count>);

struct Count {
    id: String,
    sent: f64,
    received: f64,
}

impl ByteCounts {
    async fn read(pc: &PeerConnection) -> Result<Self> {
        let mut counts = Vec::new();
        let report = pc.raw_stats().await?;
        report
            .for_each_entry(&mut |entry, id| {
                let bytes = |member| entry.member(member).ok().and_then(|count| count.as_f64()).unwrap_or_default();
                let (sent, received) = (bytes("bytesSent"), bytes("bytesReceived"));
                if let Some(id) = id.as_string().filter(|_| sent + received > 0.0) {
                    counts.push(Count { id, sent, received });
                }
            })
            .during("getStats")?;
        Ok(Self(counts))
    }

    fn since(&self, before: &Self) -> Traffic {
        let has_grown = |count: fn(&Count) -> f64| {
            self.0.iter().any(|now| count(now) > before.0.iter().find(|then| then.id == now.id).map_or(0.0, count))
        };
        if has_grown(|count| count.received) {
            Traffic::Received
        } else if has_grown(|count| count.sent) {
            Traffic::SentOnly
        } else {
            Traffic::Idle
        }
    }
}

/// The counters of the selected candidate pair.
#[derive(Default)]
pub(super) struct PairCounters {
    id: String,
    /// The time of the reading, in milliseconds.
    time: f64,
    bytes_received: f64,
    bytes_sent: f64,
    checks_received: f64,
    checks_sent: f64,
}

impl PairCounters {
    /// Reads the counters. Returns `None` if no pair is selected, or the connection is closed.
    pub(super) async fn read(pc: &PeerConnection) -> Option<Self> {
        let report = pc.raw_stats().await.ok()?;
        let (mut selected_id, mut pairs) = (JsValue::UNDEFINED, Vec::new());
        report
            .for_each_entry(&mut |entry, id| {
                let kind = global::get_text(&entry, "type");
                if kind.as_deref() == Some("transport") {
                    selected_id = global::get(&entry, "selectedCandidatePairId");
                } else if kind.as_deref() == Some("candidate-pair") {
                    pairs.push((entry, id));
                }
            })
            .ok()?;
        // Firefox marks the pair instead.
        let mut pairs = pairs.into_iter();
        let (pair, id) = pairs.find(|(pair, id)| *id == selected_id || global::get(pair, "selected").is_truthy())?;
        let count = |member| global::get(&pair, member).as_f64().unwrap_or_default();
        Some(Self {
            id: id.as_string()?,
            time: js_sys::Date::now(),
            bytes_received: count("bytesReceived"),
            bytes_sent: count("bytesSent"),
            checks_received: count("requestsReceived") + count("responsesReceived"),
            checks_sent: count("requestsSent"),
        })
    }

    /// Returns the growth since earlier counters. The counters of another pair begin at zero.
    pub(super) fn since(&self, before: &Self) -> Sample {
        let zero = Self { time: before.time, ..Self::default() };
        let before = if self.id == before.id { before } else { &zero };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
        let growth = |count: fn(&Self) -> f64| (count(self) - count(before)).max(0.0) as u32;
        let mut sample = Sample::new(Duration::from_millis(growth(|counters| counters.time).into()));
        sample.bytes_received = growth(|counters| counters.bytes_received);
        sample.bytes_sent = growth(|counters| counters.bytes_sent);
        sample.checks_received = growth(|counters| counters.checks_received);
        sample.checks_sent = growth(|counters| counters.checks_sent);
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(counts: [(&str, u32, u32); N]) -> ByteCounts {
        let count = |(id, sent, received): (&str, u32, u32)| Count {
            id: id.into(),
            sent: sent.into(),
            received: received.into(),
        };
        ByteCounts(counts.map(count).into())
    }

    #[test]
    fn traffic_includes_all_entries() {
        let before = counts([("pair 1", 500, 700), ("video", 400, 0)]);
        for (now, traffic) in [
            (vec![("pair 1", 500, 700), ("video", 400, 0)], Traffic::Idle),
            (vec![("pair 1", 500, 700), ("video", 450, 0)], Traffic::SentOnly),
            (vec![("pair 1", 600, 701), ("video", 450, 0)], Traffic::Received),
            // The entry of the previous path has been removed.
            (vec![("pair 2", 0, 0)], Traffic::Idle),
            (vec![("pair 2", 300, 0)], Traffic::SentOnly),
            (vec![("pair 2", 300, 20)], Traffic::Received),
        ] {
            let now = ByteCounts(now.into_iter().flat_map(|count| counts([count]).0).collect());
            assert_eq!(now.since(&before), traffic);
        }
    }
}
