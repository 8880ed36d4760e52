//! A plot of a value over the last minute, as a line in an SVG, with the latest value as text.

use std::{cell::RefCell, collections::VecDeque, fmt::Write};

use web_sys::Element;

use crate::dom::{self, Dom, MissingElement};

/// The number of values in the plot, of which there is one a second.
const WINDOW: usize = 60;
/// The size of the drawing in its own units, in which the style sheet stretches it.
const HEIGHT: f64 = 24.0;

pub struct Plot {
    line: Element,
    value: Element,
    /// The values, in the unit of the text.
    values: RefCell<VecDeque<f64>>,
    /// The least value of the upper edge, so that small changes of a small value do not fill the plot.
    least_top: f64,
    unit: &'static str,
}

impl Plot {
    pub fn find(dom: &Dom, name: &str, unit: &'static str, least_top: f64) -> Result<Self, MissingElement> {
        Ok(Self {
            line: dom.select(&format!("#plot-{name} polyline"))?,
            value: dom.select(&format!("#plot-{name} output"))?,
            values: RefCell::default(),
            least_top,
            unit,
        })
    }

    pub fn clear(&self) {
        self.values.borrow_mut().clear();
        dom::set_attribute(&self.line, "points", "");
        self.value.set_text_content(None);
    }

    /// Adds a value. A missing one ends the line at the last value.
    pub fn add(&self, value: Option<f64>) {
        let Some(value) = value else {
            self.value.set_text_content(Some("–"));
            return;
        };
        let mut values = self.values.borrow_mut();
        values.push_back(value);
        if values.len() > WINDOW {
            values.pop_front();
        }
        let top = values.iter().copied().fold(self.least_top, f64::max);
        dom::set_attribute(&self.line, "points", &points(&values, top));
        self.value.set_text_content(Some(&format!("{} {}", whole(value), self.unit)));
    }

    /// Returns the latest value as text.
    pub fn text(&self) -> String {
        self.value.text_content().unwrap_or_default()
    }
}

/// Returns the points of the line. The latest value is at the right edge.
fn points(values: &VecDeque<f64>, top: f64) -> String {
    let first = WINDOW - values.len();
    let mut points = String::new();
    for (at, value) in (first..).zip(values) {
        let y = whole((1.0 - value / top) * HEIGHT * 10.0);
        // Writing to a string does not fail. The height has one digit after the point.
        let _ = write!(points, "{at},{}.{} ", y / 10, y % 10);
    }
    points
}

/// Rounds a number, whose formatting as an integer needs less code.
pub fn whole(number: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the conversion saturates")]
    let whole = number.round().max(0.0) as u64;
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_value_is_at_right_edge() {
        assert_eq!(points(&VecDeque::from([0.0, 5.0, 10.0]), 10.0), "57,24.0 58,12.0 59,0.0 ");
    }
}
