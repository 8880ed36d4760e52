//! The quality of a connection as a number of bars, from its statistics.
//!
//! The rule: the round trip and the share of lost packets, in the worse direction, are averaged over the last five
//! seconds, so that the bars do not flicker.
//!
//! | Bars | Loss | Round trip |
//! |---|---|---|
//! | 4, good | below 2 % | below 200 ms |
//! | 3, fair | below 5 % | below 400 ms |
//! | 2, poor | below 10 % | below 800 ms |
//! | 1, bad | above | above |

use std::collections::VecDeque;

use browser_rtc::stats::{self, Rates, StatsReport};

/// The number of reports, one a second, that count.
const REPORTS: usize = 5;

/// The upper limits of loss, from 0 to 1, and of the round trip, in seconds, for 4, 3 and 2 bars.
const LIMITS: [(u8, f64, f64); 3] = [(4, 0.02, 0.2), (3, 0.05, 0.4), (2, 0.1, 0.8)];

#[derive(Default)]
pub struct Quality {
    earlier: Option<StatsReport>,
    recent: VecDeque<(Option<f64>, Option<f64>)>,
}

impl Quality {
    /// Returns the number of bars after another report, 1 to 4. `None` until there are measurements.
    pub fn update(&mut self, later: StatsReport) -> Option<u8> {
        let rates = self.earlier.as_ref().map(|earlier| stats::rates(earlier, &later));
        self.earlier = Some(later);
        let rates = rates?;
        self.recent.push_back((loss(&rates), rates.round_trip_time));
        if self.recent.len() > REPORTS {
            self.recent.pop_front();
        }
        bars(mean(self.recent.iter().map(|recent| recent.0)), mean(self.recent.iter().map(|recent| recent.1)))
    }
}

/// Returns the loss of the worse direction.
fn loss(rates: &Rates) -> Option<f64> {
    let outgoing = rates.outgoing.iter().filter_map(|stream| stream.loss);
    outgoing.chain(rates.incoming_loss).reduce(f64::max)
}

fn mean(numbers: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = numbers.flatten().fold((0.0, 0_u32), |(sum, count), number| (sum + number, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn bars(loss: Option<f64>, round_trip: Option<f64>) -> Option<u8> {
    if loss.is_none() && round_trip.is_none() {
        return None;
    }
    let is_within = |number: Option<f64>, limit| number.is_none_or(|number| number < limit);
    let found = LIMITS.iter().find(|(_, most, longest)| is_within(loss, *most) && is_within(round_trip, *longest));
    Some(found.map_or(1, |(bars, ..)| *bars))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_follow_worse_measurement() {
        assert_eq!(bars(None, None), None);
        assert_eq!(bars(Some(0.0), Some(0.05)), Some(4));
        assert_eq!(bars(Some(0.03), Some(0.05)), Some(3));
        assert_eq!(bars(None, Some(0.5)), Some(2));
        assert_eq!(bars(Some(0.2), None), Some(1));
        assert_eq!(bars(Some(0.0), Some(1.0)), Some(1));
    }

    #[test]
    fn mean_skips_missing_numbers() {
        assert_eq!(mean([Some(1.0), None, Some(2.0)].into_iter()), Some(1.5));
        assert_eq!(mean([None, None].into_iter()), None);
    }
}
