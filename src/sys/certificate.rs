//! [`RTCCertificate`](https://www.w3.org/TR/webrtc/#rtccertificate-interface)

use js_sys::Object;
use wasm_bindgen::prelude::*;
use web_sys::RtcCertificate;

use super::promise::Promise;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcCertificate, extends = Object, js_name = RTCCertificate)]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) type Certificate;

    /// Milliseconds since 1970.
    #[wasm_bindgen(method, getter, js_name = expires)]
    pub(crate) fn expires_at(this: &Certificate) -> f64;

    #[wasm_bindgen(catch, js_namespace = RTCPeerConnection, js_name = generateCertificate)]
    pub(crate) fn generate_certificate(algorithm: &Object) -> Result<Promise, JsValue>;
}
