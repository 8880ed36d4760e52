//! [`RTCDTMFSender`](https://www.w3.org/TR/webrtc/#rtcdtmfsender)

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, RtcdtmfSender};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcdtmfSender, extends = EventTarget, extends = Object, js_name = RTCDTMFSender)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type DtmfSender;

    #[wasm_bindgen(method, catch, js_name = insertDTMF)]
    pub(crate) fn insert_dtmf(
        this: &DtmfSender,
        tones: &str,
        duration: u32,
        inter_tone_gap: u32,
    ) -> Result<(), JsValue>;

    /// The attribute is absent in Firefox before 129.
    #[wasm_bindgen(method, getter, js_name = canInsertDTMF)]
    pub(crate) fn can_insert_dtmf(this: &DtmfSender) -> Option<bool>;
}
