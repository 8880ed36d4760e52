//! The connection under the hood: its states, measurements, candidates and descriptions, and buttons that disturb it.

mod candidates;
mod descriptions;
mod diff;
mod faults;
mod measurements;
mod plot;
mod report;
mod states;
mod streams;
mod timeline;

use browser_rtc::{Result, room::Call};
use futures::join;
use web_sys::HtmlElement;

use self::{
    candidates::Candidates, descriptions::Descriptions, faults::Faults, measurements::Plots, report::Copier,
    states::States, streams::Streams, timeline::Timeline,
};
use crate::{
    dom::{Dom, MissingElement},
    page::Page,
};

pub struct Inspector {
    panel: HtmlElement,
    states: States,
    timeline: Timeline,
    faults: Faults,
    plots: Plots,
    streams: Streams,
    candidates: Candidates,
    descriptions: Descriptions,
    copier: Copier,
}

impl Inspector {
    pub fn find(dom: &Dom) -> std::result::Result<Self, MissingElement> {
        Ok(Self {
            panel: dom.get("panel-inspector")?,
            states: States::find(dom)?,
            timeline: Timeline::find(dom)?,
            faults: Faults::find(dom)?,
            plots: Plots::find(dom)?,
            streams: Streams::find(dom)?,
            candidates: Candidates::find(dom)?,
            descriptions: Descriptions::find(dom)?,
            copier: Copier::find(dom)?,
        })
    }

    /// Returns whether the panel is visible, so that its measurements are worth their cost.
    fn is_visible(&self) -> bool {
        !self.panel.hidden()
    }
}

/// Shows the connection until the call ends.
pub async fn run(page: &Page, call: &Call) -> Result<()> {
    let inspector = &page.inspector;
    let connection = call.connection();
    inspector.timeline.restart();
    inspector.descriptions.clear();
    let (_, measured, ..) = join!(
        states::follow(&inspector.states, &inspector.timeline, call),
        measurements::run(inspector, connection),
        descriptions::follow(&inspector.descriptions, connection),
        faults::run(&inspector.faults, &inspector.timeline, connection),
        report::run(inspector, call),
    );
    measured
}
