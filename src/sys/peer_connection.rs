//! [`RTCPeerConnection`](https://www.w3.org/TR/webrtc/#rtcpeerconnection-interface)

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, MediaStreamTrack, RtcPeerConnection};

use super::{data_channel::DataChannel, promise::Promise, rtp_sender::RtpSender, rtp_transceiver::RtpTransceiver};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RtcPeerConnection, extends = EventTarget, extends = Object, js_name = RTCPeerConnection)]
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) type PeerConnection;

    #[wasm_bindgen(constructor, catch, js_class = "RTCPeerConnection")]
    pub(crate) fn new(configuration: &Object) -> Result<PeerConnection, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createOffer)]
    pub(crate) fn create_offer(this: &PeerConnection, options: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createAnswer)]
    pub(crate) fn create_answer(this: &PeerConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(crate) fn set_implicit_local_description(this: &PeerConnection) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setLocalDescription)]
    pub(crate) fn set_local_description(this: &PeerConnection, description: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setRemoteDescription)]
    pub(crate) fn set_remote_description(this: &PeerConnection, description: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = addIceCandidate)]
    pub(crate) fn add_ice_candidate(this: &PeerConnection, candidate: &Object) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, variadic, js_name = addTrack)]
    pub(crate) fn add_track(
        this: &PeerConnection,
        track: &MediaStreamTrack,
        streams: &Array,
    ) -> Result<RtpSender, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeTrack)]
    pub(crate) fn remove_track(this: &PeerConnection, sender: &RtpSender) -> Result<(), JsValue>;

    /// Adds a transceiver for a track or the name of a kind.
    #[wasm_bindgen(method, catch, js_name = addTransceiver)]
    pub(crate) fn add_transceiver(
        this: &PeerConnection,
        track_or_kind: &JsValue,
        init: &Object,
    ) -> Result<RtpTransceiver, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getSenders)]
    pub(crate) fn senders(this: &PeerConnection) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getReceivers)]
    pub(crate) fn receivers(this: &PeerConnection) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getTransceivers)]
    pub(crate) fn transceivers(this: &PeerConnection) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, catch, js_name = createDataChannel)]
    pub(crate) fn create_data_channel(
        this: &PeerConnection,
        label: &str,
        init: &Object,
    ) -> Result<DataChannel, JsValue>;

    /// Requests the statistics of a track's sender or receiver, or of the connection.
    #[wasm_bindgen(method, catch, js_name = getStats)]
    pub(crate) fn stats(this: &PeerConnection, selector: Option<&MediaStreamTrack>) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = setConfiguration)]
    pub(crate) fn set_configuration_to(this: &PeerConnection, configuration: &Object) -> Result<(), JsValue>;

    /// The method is absent in browsers other than Firefox.
    #[wasm_bindgen(method, catch, js_name = setIdentityProvider)]
    pub(crate) fn set_identity_provider_to(
        this: &PeerConnection,
        provider: &str,
        options: &Object,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = restartIce)]
    pub(crate) fn restart_ice(this: &PeerConnection) -> Result<(), JsValue>;
}
