//! Conversion of descriptions and candidates between Rust and JavaScript.
//!
//! The conversion is written by hand. If it used serde, and so did those of the configuration and the options of a
//! channel, a program that only opens a data channel would be 69 % larger (`minimal_channel` of `cargo xtask size`, by
//! gzip).

use browser_rtc_proto::sdp::{IceCandidate, IceServerTransportProtocol, ParseCandidateError, SessionDescription};
use js_sys::Object;
use wasm_bindgen::JsValue;

use crate::{
    error::{Error, ErrorKind},
    sys::global,
};

pub(super) fn description_to_js(description: &SessionDescription) -> Object {
    let object = Object::new();
    global::set_text(&object, "type", description.kind.as_str());
    global::set_text(&object, "sdp", &description.sdp);
    object
}

/// Returns `None` for `null`.
pub(super) fn description_from_js(description: &JsValue) -> Option<SessionDescription> {
    let kind = global::get_text(description, "type")?;
    let sdp = global::get_text(description, "sdp").unwrap_or_default();
    Some(SessionDescription { kind: kind.as_str().into(), sdp })
}

pub(super) fn candidate_to_js(candidate: &IceCandidate) -> Object {
    let object = Object::new();
    global::set_text(&object, "candidate", &candidate.candidate);
    if let Some(mid) = &candidate.sdp_mid {
        global::set_text(&object, "sdpMid", mid);
    }
    if let Some(fragment) = &candidate.username_fragment {
        global::set_text(&object, "usernameFragment", fragment);
    }
    if let Some(index) = candidate.sdp_m_line_index {
        global::set(&object, "sdpMLineIndex", &index.into());
    }
    object
}

/// Returns `None` for `null`.
pub(super) fn candidate_from_js(candidate: &JsValue) -> Option<IceCandidate> {
    let text = |member| global::get_text(candidate, member);
    Some(IceCandidate {
        candidate: text("candidate")?,
        sdp_mid: text("sdpMid"),
        sdp_m_line_index: global::integer(candidate, "sdpMLineIndex"),
        username_fragment: text("usernameFragment"),
        relay_protocol: text("relayProtocol").map(|protocol| IceServerTransportProtocol::from(&*protocol)),
        url: text("url"),
    })
}

impl From<ParseCandidateError> for Error {
    fn from(error: ParseCandidateError) -> Self {
        Self::new("RTCIceCandidate", ErrorKind::Syntax, error.to_string())
    }
}
