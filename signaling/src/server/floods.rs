//! Seats whose clients were disconnected for sending too fast.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::lock;
use crate::PeerId;

/// A client that was disconnected for sending too fast more often than this in [`WINDOW`] loses its seat.
const FORGIVEN: usize = 3;

const WINDOW: Duration = Duration::from_secs(60);

/// The recent floods of each seat.
#[derive(Debug, Default)]
pub struct Floods(Mutex<HashMap<PeerId, Vec<Instant>>>);

impl Floods {
    /// Counts a flood of a seat, and returns whether the seat is kept for its client to resume.
    pub fn forgives(&self, seat: &PeerId, now: Instant) -> bool {
        let mut floods = lock(&self.0);
        floods.retain(|_, times| {
            times.retain(|time| now.duration_since(*time) < WINDOW);
            !times.is_empty()
        });
        let times = floods.entry(seat.clone()).or_default();
        times.push(now);
        let forgives = times.len() <= FORGIVEN;
        if !forgives {
            floods.remove(seat);
        }
        forgives
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floods_are_forgiven_while_they_are_rare() {
        let floods = Floods::default();
        let (seat, other) = (PeerId::from("a"), PeerId::from("b"));
        let start = Instant::now();
        for second in [0, 1, 2] {
            assert!(floods.forgives(&seat, start + Duration::from_secs(second)));
        }
        assert!(floods.forgives(&other, start + Duration::from_secs(3)));
        // The first two are out of the window by then.
        assert!(floods.forgives(&seat, start + Duration::from_secs(61)));
        assert!(floods.forgives(&seat, start + Duration::from_millis(61_500)));
        assert!(!floods.forgives(&seat, start + Duration::from_millis(61_600)));
    }

    #[test]
    fn old_floods_are_forgotten() {
        let floods = Floods::default();
        let start = Instant::now();
        for seat in 0..100 {
            floods.forgives(&PeerId::from(seat.to_string()), start);
        }
        floods.forgives(&PeerId::from("late"), start + WINDOW);
        assert_eq!(lock(&floods.0).len(), 1);
    }
}
