//! The table of candidate pairs, with the selected one marked.

use browser_rtc::stats::{CandidatePair, LocalCandidate, RemoteCandidate, StatsReport};
use web_sys::{Element, HtmlElement};

use super::timeline::tenths;
use crate::{
    dom::{self, Dom, MissingElement, Template},
    texts::inspector as texts,
};

pub struct Candidates {
    local: Element,
    remote: Element,
    pairs: Element,
    candidate: Template,
    pair: Template,
}

impl Candidates {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            local: dom.get("local-candidates")?,
            remote: dom.get("remote-candidates")?,
            pairs: dom.get("candidate-pairs")?,
            candidate: Template::find(dom, "candidate-template")?,
            pair: Template::find(dom, "pair-template")?,
        })
    }

    /// Shows the candidates of a report.
    pub fn show(&self, report: &StatsReport) {
        let selected = report.selected_pair();
        let used = |id: &str| {
            selected.is_some_and(|pair| {
                pair.local_candidate_id.as_ref().is_some_and(|local| local.as_str() == id)
                    || pair.remote_candidate_id.as_ref().is_some_and(|remote| remote.as_str() == id)
            })
        };
        let locals = report.of_type::<LocalCandidate>().map(|local| (local.id.as_str(), describe_local(local)));
        self.fill(&self.local, &self.candidate, locals.map(|(id, text)| (used(id), [text])));
        let remotes = report.of_type::<RemoteCandidate>().map(|remote| (remote.id.as_str(), describe_remote(remote)));
        self.fill(&self.remote, &self.candidate, remotes.map(|(id, text)| (used(id), [text])));
        let pairs = report.of_type::<CandidatePair>().map(|pair| {
            let is_selected = selected.is_some_and(|selected| selected.id == pair.id);
            (is_selected, cells(report, pair))
        });
        self.fill(&self.pairs, &self.pair, pairs);
    }

    /// Replaces the rows of a table. The cells of a row follow each other, and the last one tells whether it is in use.
    fn fill<const N: usize>(&self, body: &Element, row: &Template, rows: impl Iterator<Item = (bool, [String; N])>) {
        body.set_text_content(None);
        for (is_used, texts) in rows {
            let Ok(row) = row.copy() else { return };
            for (at, text) in (0..).zip(&texts) {
                if let Some(cell) = row.children().item(at) {
                    cell.set_text_content(Some(text));
                }
            }
            if let Ok(mark) = dom::within::<HtmlElement>(&row, ".in-use") {
                mark.set_hidden(!is_used);
            }
            dom::set_attribute(&row, "data-selected", if is_used { "true" } else { "false" });
            dom::append(body, &row);
        }
    }

    /// Returns the tables as lines of text.
    pub fn text(&self) -> String {
        let rows = |body: &Element| -> String {
            let children = body.children();
            let rows = (0..children.length()).filter_map(|at| children.item(at));
            let line = |row: Element| {
                let mark = if row.get_attribute("data-selected").as_deref() == Some("true") { "* " } else { "  " };
                let cells = (0..row.child_element_count()).filter_map(|at| row.children().item(at)?.text_content());
                let cells: Vec<_> = cells.map(|cell| cell.trim().to_owned()).collect();
                format!("{mark}{}\n", cells.join(" | "))
            };
            rows.map(line).collect()
        };
        let (local, remote, pairs) = (rows(&self.local), rows(&self.remote), rows(&self.pairs));
        format!("local candidates:\n{local}remote candidates:\n{remote}pairs:\n{pairs}")
    }
}

fn describe_local(candidate: &LocalCandidate) -> String {
    let LocalCandidate { candidate_type, protocol, address, port, .. } = candidate;
    describe(candidate_type.as_ref().map(ToString::to_string), protocol.as_deref(), address.as_deref(), *port)
}

fn describe_remote(candidate: &RemoteCandidate) -> String {
    let RemoteCandidate { candidate_type, protocol, address, port, .. } = candidate;
    describe(candidate_type.as_ref().map(ToString::to_string), protocol.as_deref(), address.as_deref(), *port)
}

/// Returns the description of a candidate, such as `host udp 192.168.1.20:50000`. Browsers hide some addresses.
fn describe(kind: Option<String>, protocol: Option<&str>, address: Option<&str>, port: Option<u32>) -> String {
    let address = address.filter(|address| !address.is_empty()).unwrap_or(texts::HIDDEN_ADDRESS);
    let (kind, protocol) = (kind.unwrap_or_default(), protocol.unwrap_or_default());
    format!("{kind} {protocol} {address}:{}", port.unwrap_or_default())
}

fn cells(report: &StatsReport, pair: &CandidatePair) -> [String; 4] {
    let local = pair.local_candidate_id.as_ref().and_then(|id| report.follow(id)).map(describe_local);
    let remote = pair.remote_candidate_id.as_ref().and_then(|id| report.follow(id)).map(describe_remote);
    let state = pair.state.as_ref().map(ToString::to_string);
    let round_trip = pair.current_round_trip_time.map(|seconds| format!("{} ms", tenths(seconds * 1000.0)));
    [local, remote, state, round_trip].map(Option::unwrap_or_default)
}
