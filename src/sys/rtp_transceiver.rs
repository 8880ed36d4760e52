//! [`RTCRtpTransceiver`](https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface)

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::RtcRtpTransceiver;

use super::{rtp_receiver::RtpReceiver, rtp_sender::RtpSender};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcRtpTransceiver, extends = Object, js_name = RTCRtpTransceiver)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type RtpTransceiver;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn sender(this: &RtpTransceiver) -> RtpSender;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn receiver(this: &RtpTransceiver) -> RtpReceiver;

    #[wasm_bindgen(method, setter, catch, js_name = direction)]
    pub(crate) fn set_direction_name(this: &RtpTransceiver, direction: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = stop)]
    pub(crate) fn stop_for_good(this: &RtpTransceiver) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = setCodecPreferences)]
    pub(crate) fn prefer_codecs(this: &RtpTransceiver, codecs: &Array) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = setHeaderExtensionsToNegotiate)]
    pub(crate) fn set_header_extensions(this: &RtpTransceiver, extensions: &Array) -> Result<(), JsValue>;
}
