//! [`RTCStatsReport`](https://www.w3.org/TR/webrtc/#rtcstatsreport-object) and the plain objects in it.

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::RtcStatsReport;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcStatsReport, extends = Object, js_name = RTCStatsReport)]
    #[derive(Clone, Debug)]
    pub(crate) type StatsReport;

    /// Calls `callback` with each entry and its id, before this returns.
    #[wasm_bindgen(method, catch, js_name = forEach)]
    pub(crate) fn for_each_entry(
        this: &StatsReport,
        callback: &mut dyn FnMut(StatsEntry, JsValue),
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(extends = Object, js_name = Object)]
    #[derive(Clone, Debug)]
    pub(crate) type StatsEntry;

    /// Reads a member with a single call into JavaScript, because a report has hundreds of members.
    #[wasm_bindgen(method, structural, catch, indexing_getter)]
    pub(crate) fn member(this: &StatsEntry, name: &str) -> Result<JsValue, JsValue>;
}
