//! Session descriptions: offers and answers.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use crate::{dictionary, json::json_text, spec_enum};

spec_enum! {
    /// The type of a session description. [Specification](https://www.w3.org/TR/webrtc/#rtcsdptype)
    #[doc(alias = "RTCSdpType")]
    SdpType {
        /// An offer.
        #[doc(alias = "RTCSdpType.offer")]
        Offer = "offer",
        /// A provisional answer.
        #[doc(alias = "RTCSdpType.pranswer")]
        Pranswer = "pranswer",
        /// A final answer.
        #[doc(alias = "RTCSdpType.answer")]
        Answer = "answer",
        /// The rollback of an offer.
        #[doc(alias = "RTCSdpType.rollback")]
        Rollback = "rollback",
    }
}

json_text!(SdpType);

/// A session description, such as an offer or an answer.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcsessiondescription-class)
#[doc(alias = "RTCSessionDescription")]
#[doc(alias = "RTCSessionDescription.constructor")]
#[doc(alias = "RTCSessionDescription.toJSON")]
#[doc(alias = "RTCSessionDescriptionInit")]
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SessionDescription {
    /// The type.
    #[doc(alias = "RTCSessionDescription.type")]
    #[doc(alias = "RTCSessionDescriptionInit.type")]
    #[doc(alias = "RTCLocalSessionDescriptionInit.type")]
    #[serde(rename = "type")]
    pub kind: SdpType,
    /// The text in the Session Description Protocol.
    #[doc(alias = "RTCSessionDescription.sdp")]
    #[doc(alias = "RTCSessionDescriptionInit.sdp")]
    #[doc(alias = "RTCLocalSessionDescriptionInit.sdp")]
    pub sdp: String,
}

dictionary! {
    SessionDescription = Self { kind: SdpType::Offer, sdp: String::new() },
    required ["type"],
    kind / "type",
    sdp / "sdp",
}

impl SessionDescription {
    /// Returns the rest of each line that starts with a prefix, such as `a=ice-ufrag:`.
    pub fn values<'a>(&'a self, start: &'static str) -> impl Iterator<Item = &'a str> {
        self.sdp.lines().filter_map(move |line| line.strip_prefix(start))
    }

    /// Hashes the negotiated lines, without those that differ in each attempt, such as credentials and the version, so
    /// that an offer that is repeated without a change is detected.
    pub(crate) fn shape(&self) -> u64 {
        const NEGOTIATED: [&str; 6] = ["m=", "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive", "a=msid:"];
        let mut hasher = DefaultHasher::new();
        for line in self.sdp.lines().filter(|line| NEGOTIATED.iter().any(|start| line.starts_with(start))) {
            line.hash(&mut hasher);
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn description_json_matches_specification() {
        let offer = SessionDescription { kind: SdpType::Offer, sdp: "v=0\r\n".into() };
        assert_eq!(serde_json::to_value(&offer).unwrap(), json!({ "type": "offer", "sdp": "v=0\r\n" }));
    }

    #[test]
    fn unknown_type_is_value() {
        let description: SessionDescription = serde_json::from_value(json!({ "type": "haiku", "sdp": "" })).unwrap();
        assert_eq!(description.kind, SdpType::Unknown("haiku".into()));
    }
}
