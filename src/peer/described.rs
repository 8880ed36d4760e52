//! What has been described so far.

use super::{PeerConnection, SessionDescription, convert};
use crate::sys::global;

/// Descriptions. Each is as of now: it gains candidates as they are found or arrive.
impl PeerConnection {
    /// What we have offered or answered last: the pending one, or else the current one.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-localdescription)
    #[doc(alias = "RTCPeerConnection.localDescription")]
    #[must_use]
    pub fn local_description(&self) -> Option<SessionDescription> {
        self.described("localDescription")
    }

    /// Our half of what both sides have agreed on.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-currentlocaldesc)
    #[doc(alias = "RTCPeerConnection.currentLocalDescription")]
    #[must_use]
    pub fn current_local_description(&self) -> Option<SessionDescription> {
        self.described("currentLocalDescription")
    }

    /// Our offer or provisional answer that is not agreed on yet.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-pendinglocaldesc)
    #[doc(alias = "RTCPeerConnection.pendingLocalDescription")]
    #[must_use]
    pub fn pending_local_description(&self) -> Option<SessionDescription> {
        self.described("pendingLocalDescription")
    }

    /// What the peer has offered or answered last: the pending one, or else the current one.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-remotedescription)
    #[doc(alias = "RTCPeerConnection.remoteDescription")]
    #[must_use]
    pub fn remote_description(&self) -> Option<SessionDescription> {
        self.described("remoteDescription")
    }

    /// The peer's half of what both sides have agreed on.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-currentremotedesc)
    #[doc(alias = "RTCPeerConnection.currentRemoteDescription")]
    #[must_use]
    pub fn current_remote_description(&self) -> Option<SessionDescription> {
        self.described("currentRemoteDescription")
    }

    /// The peer's offer or provisional answer that is not agreed on yet.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-pendingremotedesc)
    #[doc(alias = "RTCPeerConnection.pendingRemoteDescription")]
    #[must_use]
    pub fn pending_remote_description(&self) -> Option<SessionDescription> {
        self.described("pendingRemoteDescription")
    }

    /// Whether the peer takes candidates one by one; not known before its description is set.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-cantrickleicecandidates)
    #[doc(alias = "RTCPeerConnection.canTrickleIceCandidates")]
    #[must_use]
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        global::get(&self.0.raw, "canTrickleIceCandidates").as_bool()
    }

    fn described(&self, attribute: &str) -> Option<SessionDescription> {
        convert::description_from_js(&global::get(&self.0.raw, attribute))
    }
}
