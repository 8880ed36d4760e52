//! [`RTCRtpSender`](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::{MediaStreamTrack, RtcRtpSender};

use super::{dtmf_sender::DtmfSender, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcRtpSender, extends = Object, js_name = RTCRtpSender)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type RtpSender;

    /// Returns the capabilities, or `null` for an unknown kind.
    #[wasm_bindgen(static_method_of = RtpSender, catch, js_class = "RTCRtpSender", js_name = getCapabilities)]
    pub(crate) fn capabilities(kind: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn dtmf(this: &RtpSender) -> Option<DtmfSender>;

    #[wasm_bindgen(method, catch, js_name = replaceTrack)]
    pub(crate) fn replace_track(this: &RtpSender, track: Option<&MediaStreamTrack>) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getParameters)]
    pub(crate) fn parameters(this: &RtpSender) -> Result<Object, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setParameters)]
    pub(crate) fn set_parameters(this: &RtpSender, parameters: &Object, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, variadic, js_name = setStreams)]
    pub(crate) fn set_streams(this: &RtpSender, streams: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn stats(this: &RtpSender) -> Result<Promise, JsValue>;
}
