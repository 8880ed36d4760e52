//! The measurements of the connection, once a second while the panel is visible.

use std::time::Duration;

use browser_rtc::{
    Error, ErrorKind, Result,
    peer::{ConnectionState, PeerConnection},
    stats::{self, Rates, Stats, StatsReport},
};
use gloo_timers::future::TimeoutFuture;

use super::{Inspector, plot::Plot};
use crate::dom::{Dom, MissingElement};

const INTERVAL_MS: u32 = 1_000;
/// The longest time between two reports of which the rates are shown. After it, the panel was hidden.
const LONGEST: Duration = Duration::from_secs(3);

/// The plots, by what they measure.
pub struct Plots {
    incoming: Plot,
    outgoing: Plot,
    round_trip: Plot,
    loss: Plot,
    frames: Plot,
}

impl Plots {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            incoming: Plot::find(dom, "incoming", "kbit/s", 100.0)?,
            outgoing: Plot::find(dom, "outgoing", "kbit/s", 100.0)?,
            round_trip: Plot::find(dom, "round-trip", "ms", 20.0)?,
            loss: Plot::find(dom, "loss", "%", 5.0)?,
            frames: Plot::find(dom, "frames", "fps", 30.0)?,
        })
    }

    fn clear(&self) {
        for plot in [&self.incoming, &self.outgoing, &self.round_trip, &self.loss, &self.frames] {
            plot.clear();
        }
    }

    fn add(&self, rates: &Rates) {
        let kilobits = |rate: Option<f64>| rate.map(|rate| rate / 1000.0);
        self.incoming.add(kilobits(rates.transport_incoming_bit_rate.or(rates.incoming_bit_rate)));
        self.outgoing.add(kilobits(rates.transport_outgoing_bit_rate.or(rates.outgoing_bit_rate)));
        self.round_trip.add(rates.round_trip_time.map(|seconds| seconds * 1000.0));
        self.loss.add(rates.incoming_loss.map(|fraction| fraction * 100.0));
        self.frames.add(rates.incoming.iter().find_map(|stream| stream.frame_rate));
    }

    /// Returns the latest values as lines of text.
    pub fn text(&self) -> String {
        let Self { incoming, outgoing, round_trip, loss, frames } = self;
        let [incoming, outgoing, round_trip, loss, frames] =
            [incoming, outgoing, round_trip, loss, frames].map(Plot::text);
        format!("received: {incoming}\nsent: {outgoing}\nround trip: {round_trip}\nloss: {loss}\nframes: {frames}\n")
    }
}

/// Measures until the connection closes.
///
/// # Errors
/// The error of the browser, which ends the measurements.
pub async fn run(inspector: &Inspector, connection: &PeerConnection) -> Result<()> {
    inspector.plots.clear();
    let mut earlier: Option<StatsReport> = None;
    loop {
        if inspector.is_visible() {
            let report = match connection.stats().await {
                Err(error) if is_closed(&error) => return Ok(()),
                report => report?,
            };
            inspector.streams.show(&report);
            inspector.candidates.show(&report);
            if let Some(earlier) = earlier.as_ref().filter(|earlier| !is_old(earlier, &report)) {
                inspector.plots.add(&stats::rates(earlier, &report));
            }
            earlier = Some(report);
        }
        TimeoutFuture::new(INTERVAL_MS).await;
        if connection.connection_state() == ConnectionState::Closed {
            return Ok(());
        }
    }
}

fn is_closed(error: &Error) -> bool {
    *error.kind() == ErrorKind::Closed
}

/// Returns whether the panel was hidden between two reports.
fn is_old(earlier: &StatsReport, later: &StatsReport) -> bool {
    let time = |report: &StatsReport| report.iter().map(Stats::timestamp).next_back();
    time(later).zip(time(earlier)).is_none_or(|(later, earlier)| later.since(earlier) > LONGEST)
}
