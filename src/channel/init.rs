//! The options of a new channel.

use std::time::Duration;

use browser_rtc_proto::{as_deserialized, dictionary};
use js_sys::Object;
use serde::{Deserialize, Serialize};

use super::priority::PriorityType;
use crate::{
    members::{Members, member_setter},
    sys::global,
};

/// Options of a new channel. By default, a channel is ordered, reliable, and announced to the remote peer.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannelinit)
///
/// ```
/// use browser_rtc::channel::{ChannelInit, Reliability};
///
/// let chat = ChannelInit::new();
/// let positions = ChannelInit::unreliable();
/// let telemetry = ChannelInit::new().reliability(Reliability::MaxPacketLifeTime(500));
/// let negotiated = ChannelInit::new().negotiated(7); // both peers open the id 7
/// # let _ = (chat, positions, telemetry, negotiated);
/// ```
#[doc(alias = "RTCDataChannelInit")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", try_from = "Wire")]
pub struct ChannelInit {
    ordered: bool,
    reliability: Reliability,
    protocol: String,
    negotiated: Option<u16>,
    priority: Option<PriorityType>,
    other: Members,
}

/// The limit to the retransmission of a message: a number, a time, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reliability {
    /// A message is retransmitted until it arrives.
    #[default]
    Reliable,
    /// A message is retransmitted at most this many times, 0 to 65,535.
    #[doc(alias = "RTCDataChannelInit.maxRetransmits")]
    MaxRetransmits(u16),
    /// A message is transmitted and retransmitted for at most this time, 0 to 65,535 milliseconds.
    #[doc(alias = "RTCDataChannelInit.maxPacketLifeTime")]
    MaxPacketLifeTime(u16),
}

impl Reliability {
    /// Returns a limit of `time`, truncated to whole milliseconds and to 65,535 ms.
    #[must_use]
    pub fn for_at_most(time: Duration) -> Self {
        Self::MaxPacketLifeTime(u16::try_from(time.as_millis()).unwrap_or(u16::MAX))
    }
}

impl Default for ChannelInit {
    fn default() -> Self {
        Self {
            ordered: true,
            reliability: Reliability::Reliable,
            protocol: String::new(),
            negotiated: None,
            priority: None,
            other: Members::new(),
        }
    }
}

impl ChannelInit {
    /// Creates the options of an ordered and reliable channel that is announced to the remote peer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the options of a channel that neither orders nor retransmits messages, for values of which only the latest
    /// counts, such as positions in a game.
    #[must_use]
    pub fn unreliable() -> Self {
        Self::new().ordered(false).reliability(Reliability::MaxRetransmits(0))
    }

    /// Sets whether messages arrive in the order in which they were sent.
    #[doc(alias = "RTCDataChannelInit.ordered")]
    #[must_use]
    pub fn ordered(mut self, ordered: bool) -> Self {
        self.ordered = ordered;
        self
    }

    /// Sets the limit to the retransmission of a message.
    #[must_use]
    pub fn reliability(mut self, reliability: Reliability) -> Self {
        self.reliability = reliability;
        self
    }

    /// Sets the name of the sub-protocol, which the program defines: at most 65,535 bytes.
    #[doc(alias = "RTCDataChannelInit.protocol")]
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>) -> Self {
        self.protocol = protocol.into();
        self
    }

    /// Makes the channel negotiated: both peers create a channel with this id, 0 to 65,534, and neither announces it.
    #[doc(alias = "RTCDataChannelInit.negotiated")]
    #[doc(alias = "RTCDataChannelInit.id")]
    #[must_use]
    pub fn negotiated(mut self, id: u16) -> Self {
        self.negotiated = Some(id);
        self
    }

    /// Sets the priority among the streams of the connection. Chromium and Firefox ignore it for channels.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcdatachannelinit-priority)
    #[doc(alias = "RTCDataChannelInit.priority")]
    #[must_use]
    pub fn priority(mut self, priority: PriorityType) -> Self {
        self.priority = Some(priority);
        self
    }

    member_setter!();

    /// Returns whether both peers open the channel.
    pub(crate) fn is_negotiated(&self) -> bool {
        self.negotiated.is_some()
    }

    // Written by hand for the size of the program, as in `peer::convert`.
    pub(crate) fn to_js(&self) -> Object {
        let object = Object::new();
        if !self.ordered {
            global::set(&object, "ordered", &false.into());
        }
        match self.reliability {
            Reliability::Reliable => {}
            Reliability::MaxRetransmits(sends) => global::set(&object, "maxRetransmits", &sends.into()),
            Reliability::MaxPacketLifeTime(ms) => global::set(&object, "maxPacketLifeTime", &ms.into()),
        }
        if !self.protocol.is_empty() {
            global::set_text(&object, "protocol", &self.protocol);
        }
        if let Some(id) = self.negotiated {
            global::set(&object, "negotiated", &true.into());
            global::set(&object, "id", &id.into());
        }
        if let Some(priority) = &self.priority {
            global::set_text(&object, "priority", priority.as_str());
        }
        self.other.write(&object);
        object
    }
}

/// The dictionary of the specification, whose members can contradict each other.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    ordered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_packet_life_time: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_retransmits: Option<u16>,
    #[serde(skip_serializing_if = "String::is_empty")]
    protocol: String,
    negotiated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<PriorityType>,
}

impl Default for Wire {
    fn default() -> Self {
        ChannelInit::default().into()
    }
}

dictionary! {
    Wire = Self::default(),
    required [],
    ordered / "ordered",
    max_packet_life_time / "maxPacketLifeTime",
    max_retransmits / "maxRetransmits",
    protocol / "protocol",
    negotiated / "negotiated",
    id / "id",
    priority / "priority",
}

as_deserialized!(ChannelInit);

impl From<ChannelInit> for Wire {
    fn from(init: ChannelInit) -> Self {
        let (max_retransmits, max_packet_life_time) = match init.reliability {
            Reliability::Reliable => (None, None),
            Reliability::MaxRetransmits(sends) => (Some(sends), None),
            Reliability::MaxPacketLifeTime(ms) => (None, Some(ms)),
        };
        Self {
            ordered: init.ordered,
            max_packet_life_time,
            max_retransmits,
            protocol: init.protocol,
            negotiated: init.negotiated.is_some(),
            id: init.negotiated,
            priority: init.priority,
        }
    }
}

impl TryFrom<Wire> for ChannelInit {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let reliability = match (wire.max_retransmits, wire.max_packet_life_time) {
            (None, None) => Reliability::Reliable,
            (Some(sends), None) => Reliability::MaxRetransmits(sends),
            (None, Some(ms)) => Reliability::MaxPacketLifeTime(ms),
            (Some(_), Some(_)) => {
                return Err("`maxPacketLifeTime`: a channel cannot have both this limit and maxRetransmits");
            }
        };
        let negotiated = match (wire.negotiated, wire.id) {
            (false, _) => None,
            (true, Some(id)) => Some(id),
            (true, None) => return Err("`id`: a negotiated channel requires this member"),
        };
        let Wire { ordered, protocol, priority, .. } = wire;
        Ok(Self { ordered, reliability, protocol, negotiated, priority, other: Members::new() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn f41_options_serialize_as_specified() {
        let init = ChannelInit::new()
            .ordered(false)
            .reliability(Reliability::MaxRetransmits(3))
            .negotiated(7)
            .priority(PriorityType::VeryLow);
        let expected =
            json!({ "ordered": false, "maxRetransmits": 3, "negotiated": true, "id": 7, "priority": "very-low" });
        assert_eq!(serde_json::to_value(&init).unwrap(), expected);
        assert_eq!(serde_json::from_value::<ChannelInit>(expected).unwrap(), init);
        assert_eq!(serde_json::from_value::<ChannelInit>(json!({})).unwrap(), ChannelInit::new());
    }

    #[test]
    fn f41_contradictory_options_are_rejected() {
        for contradiction in [json!({ "maxRetransmits": 3, "maxPacketLifeTime": 3 }), json!({ "negotiated": true })] {
            assert!(serde_json::from_value::<ChannelInit>(contradiction).is_err());
        }
    }

    #[test]
    fn life_time_is_clamped_to_16_bits() {
        assert_eq!(Reliability::for_at_most(Duration::from_millis(250)), Reliability::MaxPacketLifeTime(250));
        assert_eq!(Reliability::for_at_most(Duration::from_secs(3600)), Reliability::MaxPacketLifeTime(u16::MAX));
    }
}
