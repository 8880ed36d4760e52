//! Evidence of the state of the path: samples of the traffic, and changes of the network.

use std::time::Duration;

use browser_rtc_proto::recovery::Sample;
use futures::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture, LocalBoxFuture},
    select_biased,
};
use wasm_bindgen::JsCast;

use super::traffic::PairCounters;
use crate::{
    event::{EventStream, online},
    peer::PeerConnection,
    sys::global,
    timer::{Sleep, milliseconds},
};

/// A piece of evidence.
pub(super) enum Evidence {
    Sample(Sample),
    /// The network has changed or returned.
    NetworkChanged,
}

/// The evidence of one connection.
pub(super) struct EvidenceSource {
    network_changes: EventStream<()>,
    reading: Fuse<LocalBoxFuture<'static, Option<PairCounters>>>,
    /// The previous counters.
    counters: Option<PairCounters>,
}

impl EvidenceSource {
    pub(super) fn new() -> Self {
        Self { network_changes: network_changes(), reading: Fuse::terminated(), counters: None }
    }

    /// Requests a sample after this time, unless one is pending.
    pub(super) fn sample_after(&mut self, pc: &PeerConnection, interval: Duration) {
        if self.reading.is_terminated() {
            let pc = pc.clone();
            let reading = async move {
                Sleep::new(milliseconds(interval)).await;
                PairCounters::read(&pc).await
            };
            self.reading = reading.boxed_local().fuse();
        }
    }

    /// Resolves to the next evidence; `None` if a sample could not be taken. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Evidence> {
        let counters = select_biased! {
            () = self.network_changes.select_next_some() => return Some(Evidence::NetworkChanged),
            counters = &mut self.reading => counters?,
        };
        let sample = self.counters.as_ref().map(|before| counters.since(before));
        self.counters = Some(counters);
        sample.map(Evidence::Sample)
    }
}

/// Returns a stream of the times at which a network has returned, or the browser uses another one. Only Chromium reports
/// the latter.
fn network_changes() -> EventStream<()> {
    let navigator = global::get(&js_sys::global(), "navigator");
    let connection = global::get(&navigator, "connection");
    if connection.is_undefined() {
        return online();
    }
    // A change is also reported when the network is lost.
    online()
        .on(connection.unchecked_ref(), "change", move |_| global::get(&navigator, "onLine").is_truthy().then_some(()))
}
