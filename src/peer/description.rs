//! What two peers tell each other: descriptions and candidates.

use js_sys::Object;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::{spec_enum::spec_enum, sys::global};

spec_enum! {
    /// What a description is for. [Specification](https://www.w3.org/TR/webrtc/#rtcsdptype)
    #[doc(alias = "RTCSdpType")]
    SdpType {
        /// A proposal.
        #[doc(alias = "RTCSdpType.offer")]
        Offer = "offer",
        /// A provisional answer.
        #[doc(alias = "RTCSdpType.pranswer")]
        Pranswer = "pranswer",
        /// The answer.
        #[doc(alias = "RTCSdpType.answer")]
        Answer = "answer",
        /// Takes an offer back.
        #[doc(alias = "RTCSdpType.rollback")]
        Rollback = "rollback",
    }
}

/// An offer or an answer. [Specification](https://www.w3.org/TR/webrtc/#rtcsessiondescription-class)
#[doc(alias = "RTCSessionDescription")]
#[doc(alias = "RTCSessionDescriptionInit")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDescription {
    /// What it is for.
    #[doc(alias = "RTCSessionDescription.type")]
    #[serde(rename = "type")]
    pub kind: SdpType,
    /// The text in the Session Description Protocol.
    #[doc(alias = "RTCSessionDescription.sdp")]
    #[serde(default)]
    pub sdp: String,
}

impl SessionDescription {
    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        global::set(&object, "type", &self.kind.as_str().into());
        global::set(&object, "sdp", &self.sdp.as_str().into());
        object
    }

    /// None for `null`.
    pub(super) fn from_js(description: &JsValue) -> Option<Self> {
        let kind = global::get(description, "type").as_string()?;
        Some(Self { kind: kind.as_str().into(), sdp: global::get(description, "sdp").as_string().unwrap_or_default() })
    }
}

/// An address at which a peer may be reached.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidate-interface)
#[doc(alias = "RTCIceCandidate")]
#[doc(alias = "RTCIceCandidateInit")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IceCandidate {
    /// The candidate line; empty for the end of candidates.
    #[doc(alias = "RTCIceCandidate.candidate")]
    pub candidate: String,
    /// The media section's identification.
    #[doc(alias = "RTCIceCandidate.sdpMid")]
    #[serde(rename = "sdpMid", skip_serializing_if = "Option::is_none")]
    pub sdp_mid: Option<String>,
    /// The media section's place, from 0.
    #[doc(alias = "RTCIceCandidate.sdpMLineIndex")]
    #[serde(rename = "sdpMLineIndex", skip_serializing_if = "Option::is_none")]
    pub sdp_m_line_index: Option<u16>,
    /// Which generation of candidates it belongs to.
    #[doc(alias = "RTCIceCandidate.usernameFragment")]
    #[serde(rename = "usernameFragment", skip_serializing_if = "Option::is_none")]
    pub username_fragment: Option<String>,
}

impl IceCandidate {
    /// The word that no more candidates follow.
    #[must_use]
    pub fn end_of_candidates() -> Self {
        Self::default()
    }

    /// Whether this says that no more candidates follow.
    #[must_use]
    pub fn is_end_of_candidates(&self) -> bool {
        self.candidate.is_empty()
    }

    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        global::set(&object, "candidate", &self.candidate.as_str().into());
        if let Some(mid) = &self.sdp_mid {
            global::set(&object, "sdpMid", &mid.as_str().into());
        }
        if let Some(index) = self.sdp_m_line_index {
            global::set(&object, "sdpMLineIndex", &index.into());
        }
        if let Some(fragment) = &self.username_fragment {
            global::set(&object, "usernameFragment", &fragment.as_str().into());
        }
        object
    }

    /// None for `null`.
    pub(super) fn from_js(candidate: &JsValue) -> Option<Self> {
        let text = |member| global::get(candidate, member).as_string();
        let index = global::get(candidate, "sdpMLineIndex").as_f64();
        Some(Self {
            candidate: text("candidate")?,
            sdp_mid: text("sdpMid"),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "WebIDL: unsigned short")]
            sdp_m_line_index: index.map(|index| index as u16),
            username_fragment: text("usernameFragment"),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn descriptions_and_candidates_travel_as_the_specification_spells_them() {
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0\r\n".into() };
        assert_eq!(serde_json::to_value(&offer).unwrap(), json!({ "type": "offer", "sdp": "v=0\r\n" }));

        let expected =
            json!({ "candidate": "candidate:1 …", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "x" });
        let candidate: IceCandidate = serde_json::from_value(expected.clone()).unwrap();
        assert_eq!(candidate.sdp_m_line_index, Some(0));
        assert_eq!(serde_json::to_value(&candidate).unwrap(), expected);
    }

    #[test]
    fn an_unknown_type_is_a_value() {
        let description: SessionDescription = serde_json::from_value(json!({ "type": "haiku", "sdp": "" })).unwrap();
        assert_eq!(description.kind, SdpType::Unknown("haiku".into()));
    }
}
