//! A counter of disconnections because of flooding.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use tokio::time::Instant;

use super::lock::lock;
use browser_rtc_proto::signaling::PeerId;

/// Maximum number of floods within [`WINDOW`] after which a client keeps its seat.
const MAX_FLOODS: usize = 3;

const WINDOW: Duration = Duration::from_secs(60);

/// The recent floods of each seat.
#[derive(Debug, Default)]
pub struct FloodCounter(Mutex<HashMap<PeerId, Vec<Instant>>>);

impl FloodCounter {
    /// Records a flood of a seat, and returns whether the client may resume the seat.
    pub fn record(&self, seat: &PeerId, now: Instant) -> bool {
        let mut floods = lock(&self.0);
        floods.retain(|_, times| {
            times.retain(|time| now.duration_since(*time) < WINDOW);
            !times.is_empty()
        });
        let times = floods.entry(seat.clone()).or_default();
        times.push(now);
        let keeps_seat = times.len() <= MAX_FLOODS;
        if !keeps_seat {
            floods.remove(seat);
        }
        keeps_seat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_floods_keep_seat() {
        let floods = FloodCounter::default();
        let (seat, other) = (PeerId::from("a"), PeerId::from("b"));
        let start = Instant::now();
        for second in [0, 1, 2] {
            assert!(floods.record(&seat, start + Duration::from_secs(second)));
        }
        assert!(floods.record(&other, start + Duration::from_secs(3)));
        // The first two are outside of the window.
        assert!(floods.record(&seat, start + Duration::from_secs(61)));
        assert!(floods.record(&seat, start + Duration::from_millis(61_500)));
        assert!(!floods.record(&seat, start + Duration::from_millis(61_600)));
    }

    #[test]
    fn old_floods_are_removed() {
        let floods = FloodCounter::default();
        let start = Instant::now();
        for seat in 0..100 {
            floods.record(&PeerId::from(seat.to_string()), start);
        }
        floods.record(&PeerId::from("late"), start + WINDOW);
        assert_eq!(lock(&floods.0).len(), 1);
    }
}
