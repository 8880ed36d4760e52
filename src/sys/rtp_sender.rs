//! [`RTCRtpSender`](https://www.w3.org/TR/webrtc/#rtcrtpsender-interface)

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{MediaStreamTrack, RtcRtpSender};

use super::{dtmf_sender::DtmfSender, promise::Promise};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcRtpSender, extends = Object, js_name = RTCRtpSender)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type RtpSender;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn dtmf(this: &RtpSender) -> Option<DtmfSender>;

    #[wasm_bindgen(method, catch, js_name = replaceTrack)]
    pub(crate) fn replace_track(this: &RtpSender, track: Option<&MediaStreamTrack>) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn stats(this: &RtpSender) -> Result<Promise, JsValue>;
}
