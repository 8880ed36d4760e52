//! [`RTCRtpReceiver`](https://www.w3.org/TR/webrtc/#rtcrtpreceiver-interface)

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::RtcRtpReceiver;

use super::promise::Promise;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcRtpReceiver, extends = Object, js_name = RTCRtpReceiver)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type RtpReceiver;

    /// Returns the capabilities, or `null` for an unknown kind.
    #[wasm_bindgen(static_method_of = RtpReceiver, catch, js_class = "RTCRtpReceiver", js_name = getCapabilities)]
    pub(crate) fn capabilities(kind: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getParameters)]
    pub(crate) fn parameters(this: &RtpReceiver) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getContributingSources)]
    pub(crate) fn contributing_sources(this: &RtpReceiver) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getSynchronizationSources)]
    pub(crate) fn synchronization_sources(this: &RtpReceiver) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn stats(this: &RtpReceiver) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, setter, catch, js_name = jitterBufferTarget)]
    pub(crate) fn set_jitter_buffer_target(this: &RtpReceiver, ms: Option<f64>) -> Result<(), JsValue>;
}
