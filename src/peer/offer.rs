//! What an offer is to be like.

use js_sys::Object;
use serde::{Deserialize, Serialize};

use crate::sys::global;

/// What [`create_offer_with`](super::PeerConnection::create_offer_with) is to offer beyond what the connection has.
/// [Specification](https://www.w3.org/TR/webrtc/#dictionary-rtcofferoptions-members)
#[doc(alias = "RTCOfferOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OfferOptions {
    /// Look for a new way to the peer. [`restart_ice`](super::PeerConnection::restart_ice) does the same, and survives
    /// an offer that fails.
    #[doc(alias = "RTCOfferOptions.iceRestart")]
    pub ice_restart: bool,
    /// Whether to ask for the peer's sound: the connection gains a receiver where it has none, or its transceivers
    /// of sound no longer receive.
    #[doc(alias = "RTCOfferOptions.offerToReceiveAudio")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_to_receive_audio: Option<bool>,
    /// The same of picture.
    #[doc(alias = "RTCOfferOptions.offerToReceiveVideo")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer_to_receive_video: Option<bool>,
}

impl OfferOptions {
    /// What the connection has, and no more.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to look for a new way to the peer.
    #[must_use]
    pub fn ice_restart(mut self, restart: bool) -> Self {
        self.ice_restart = restart;
        self
    }

    /// Whether to ask for the peer's sound.
    #[must_use]
    pub fn offer_to_receive_audio(mut self, receive: bool) -> Self {
        self.offer_to_receive_audio = Some(receive);
        self
    }

    /// Whether to ask for the peer's picture.
    #[must_use]
    pub fn offer_to_receive_video(mut self, receive: bool) -> Self {
        self.offer_to_receive_video = Some(receive);
        self
    }

    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        if self.ice_restart {
            global::set(&object, "iceRestart", &true.into());
        }
        for (name, value) in
            [("offerToReceiveAudio", self.offer_to_receive_audio), ("offerToReceiveVideo", self.offer_to_receive_video)]
        {
            if let Some(value) = value {
                global::set(&object, name, &value.into());
            }
        }
        object
    }
}
