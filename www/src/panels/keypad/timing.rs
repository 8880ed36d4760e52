//! The fields for the length of a tone and of the gap after it.

use std::{ops::RangeInclusive, time::Duration};

use browser_rtc::dtmf::Timing;
use web_sys::HtmlInputElement;

use crate::{
    dom::{Dom, MissingElement},
    texts::keypad as texts,
    ui::problem::mark_invalid,
};

/// The ranges of the specification, in milliseconds.
const DURATION: RangeInclusive<u64> = 40..=6_000;
const GAP: RangeInclusive<u64> = 30..=6_000;

pub struct TimingFields {
    duration: HtmlInputElement,
    gap: HtmlInputElement,
}

impl TimingFields {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self { duration: dom.get("tone-duration")?, gap: dom.get("tone-gap")? })
    }

    /// Returns the entered timing, or the sentence about a field that is not valid.
    pub fn entered(&self) -> Result<Timing, String> {
        let duration = milliseconds(&self.duration, &DURATION, texts::TONE_LENGTH);
        let gap = milliseconds(&self.gap, &GAP, texts::GAP);
        Ok(Timing::new().duration(duration?).gap(gap?))
    }
}

fn milliseconds(field: &HtmlInputElement, range: &RangeInclusive<u64>, name: &str) -> Result<Duration, String> {
    let entered = field.value().trim().parse().ok().filter(|value| range.contains(value));
    mark_invalid(field, entered.is_none());
    entered.map(Duration::from_millis).ok_or_else(|| texts::out_of_range(name, range))
}

/// Returns a duration in whole milliseconds, for a timer.
pub fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
