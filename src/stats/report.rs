//! Reports, each of which contains the entries of one point in time.

use std::slice;

use serde::{Serialize, Serializer};
use wasm_bindgen::JsCast;

use super::{
    CandidatePair, CandidatePairState, Stats, StatsEntry, StatsId, StatsType, Transport,
    decode::{Head, Raw},
};
use crate::{
    error::{During, Result},
    sys,
};

/// A statistics report: the entries of one point in time, in the browser's order.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcstatsreport-object)
///
/// It serializes as an object with the entries by their ids, like the result of `Object.fromEntries` in JavaScript.
#[doc(alias = "RTCStatsReport")]
#[derive(Clone, Debug, Default)]
pub struct StatsReport {
    entries: Vec<Stats>,
}

impl StatsReport {
    /// Reads a report that other code has obtained from the browser.
    ///
    /// # Errors
    /// `Type` for an object that is not a report.
    pub fn from_raw(raw: web_sys::RtcStatsReport) -> Result<Self> {
        let raw: sys::stats_report::StatsReport = raw.unchecked_into();
        let mut entries = Vec::new();
        raw.for_each_entry(&mut |entry, id| {
            let raw = Raw::new(entry);
            let stats_type = raw.read("type").unwrap_or_else(|| StatsType::from(""));
            let timestamp = raw.read("timestamp").unwrap_or_default();
            entries.push(Stats::decode(stats_type, Head { id: id.as_string().unwrap_or_default(), timestamp, raw }));
        })
        .during("getStats")?;
        Ok(Self { entries })
    }

    /// Returns all entries.
    #[doc(alias = "RTCStatsReport.maplike")]
    pub fn iter(&self) -> slice::Iter<'_, Stats> {
        self.entries.iter()
    }

    /// Returns the number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the entry with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Stats> {
        self.iter().find(|entry| entry.id() == id)
    }

    /// Returns the entry that another entry refers to; `None` if the report does not contain the entry, or it has
    /// another type.
    #[must_use]
    pub fn follow<T: StatsEntry>(&self, id: &StatsId<T>) -> Option<&T> {
        T::from_stats(self.get(id.as_str())?)
    }

    /// Returns all entries of a type.
    pub fn of_type<T: StatsEntry>(&self) -> impl Iterator<Item = &T> {
        self.iter().filter_map(T::from_stats)
    }

    /// Returns the selected candidate pair, which is the path in use. If there are several transports, it is that of
    /// the first one.
    #[must_use]
    pub fn selected_pair(&self) -> Option<&CandidatePair> {
        let pair_of = |transport: &Transport| {
            let id = transport.selected_candidate_pair_id.as_ref()?;
            self.follow(id)
        };
        let pair = |is_match: fn(&CandidatePair) -> bool| self.of_type::<CandidatePair>().find(|pair| is_match(pair));
        self.of_type()
            .find_map(pair_of)
            .or_else(|| pair(|pair| pair.selected == Some(true)))
            .or_else(|| pair(|pair| pair.nominated == Some(true) && pair.state == Some(CandidatePairState::Succeeded)))
    }
}

impl<'a> IntoIterator for &'a StatsReport {
    type Item = &'a Stats;
    type IntoIter = slice::Iter<'a, Stats>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for StatsReport {
    type Item = Stats;
    type IntoIter = std::vec::IntoIter<Stats>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// Collects entries that were created in Rust, for a test.
impl FromIterator<Stats> for StatsReport {
    fn from_iter<I: IntoIterator<Item = Stats>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}

impl Serialize for StatsReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|entry| (entry.id(), entry)))
    }
}
