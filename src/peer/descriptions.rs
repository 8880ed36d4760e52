//! The session descriptions of a connection.

use super::{PeerConnection, SessionDescription, convert};
use crate::sys::global;

/// Descriptions. Each is a snapshot, and contains the candidates that have been gathered or received so far.
impl PeerConnection {
    /// Returns the local description: the pending one, or else the current one.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-localdescription)
    #[doc(alias = "RTCPeerConnection.localDescription")]
    #[must_use]
    pub fn local_description(&self) -> Option<SessionDescription> {
        self.description("localDescription")
    }

    /// Returns the local description that was negotiated last.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-currentlocaldesc)
    #[doc(alias = "RTCPeerConnection.currentLocalDescription")]
    #[must_use]
    pub fn current_local_description(&self) -> Option<SessionDescription> {
        self.description("currentLocalDescription")
    }

    /// Returns the local offer or provisional answer that is being negotiated.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-pendinglocaldesc)
    #[doc(alias = "RTCPeerConnection.pendingLocalDescription")]
    #[must_use]
    pub fn pending_local_description(&self) -> Option<SessionDescription> {
        self.description("pendingLocalDescription")
    }

    /// Returns the remote description: the pending one, or else the current one.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-remotedescription)
    #[doc(alias = "RTCPeerConnection.remoteDescription")]
    #[must_use]
    pub fn remote_description(&self) -> Option<SessionDescription> {
        self.description("remoteDescription")
    }

    /// Returns the remote description that was negotiated last.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-currentremotedesc)
    #[doc(alias = "RTCPeerConnection.currentRemoteDescription")]
    #[must_use]
    pub fn current_remote_description(&self) -> Option<SessionDescription> {
        self.description("currentRemoteDescription")
    }

    /// Returns the remote offer or provisional answer that is being negotiated.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-peerconnection-pendingremotedesc)
    #[doc(alias = "RTCPeerConnection.pendingRemoteDescription")]
    #[must_use]
    pub fn pending_remote_description(&self) -> Option<SessionDescription> {
        self.description("pendingRemoteDescription")
    }

    /// Returns whether the remote peer supports trickle ICE; `None` before the remote description is set.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcpeerconnection-cantrickleicecandidates)
    #[doc(alias = "RTCPeerConnection.canTrickleIceCandidates")]
    #[must_use]
    pub fn can_trickle_ice_candidates(&self) -> Option<bool> {
        global::get(&self.0.raw, "canTrickleIceCandidates").as_bool()
    }

    fn description(&self, attribute: &str) -> Option<SessionDescription> {
        convert::description_from_js(&global::get(&self.0.raw, attribute))
    }
}
