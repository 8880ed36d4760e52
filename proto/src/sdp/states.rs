//! The states of a connection.

use crate::spec_enum;

spec_enum! {
    /// The state of a connection as a whole. [Specification](https://www.w3.org/TR/webrtc/#rtcpeerconnectionstate-enum)
    #[doc(alias = "RTCPeerConnectionState")]
    ConnectionState {
        /// Not started.
        #[doc(alias = "RTCPeerConnectionState.new")]
        New = "new",
        /// A transport is being established.
        #[doc(alias = "RTCPeerConnectionState.connecting")]
        Connecting = "connecting",
        /// All transports are connected.
        #[doc(alias = "RTCPeerConnectionState.connected")]
        Connected = "connected",
        /// A transport has stopped receiving, and may recover.
        #[doc(alias = "RTCPeerConnectionState.disconnected")]
        Disconnected = "disconnected",
        /// A transport has failed. An ICE restart may recover it.
        #[doc(alias = "RTCPeerConnectionState.failed")]
        Failed = "failed",
        /// Closed by the local side.
        #[doc(alias = "RTCPeerConnectionState.closed")]
        Closed = "closed",
    }
}

spec_enum! {
    /// The state of ICE: the search for a path to the peer.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtciceconnectionstate-enum)
    #[doc(alias = "RTCIceConnectionState")]
    IceConnectionState {
        /// Not started.
        #[doc(alias = "RTCIceConnectionState.new")]
        New = "new",
        /// Candidate pairs are being tried.
        #[doc(alias = "RTCIceConnectionState.checking")]
        Checking = "checking",
        /// A path was found; other candidate pairs are still being tried.
        #[doc(alias = "RTCIceConnectionState.connected")]
        Connected = "connected",
        /// The best path was found.
        #[doc(alias = "RTCIceConnectionState.completed")]
        Completed = "completed",
        /// The path was lost, and may recover.
        #[doc(alias = "RTCIceConnectionState.disconnected")]
        Disconnected = "disconnected",
        /// No path was found. An ICE restart may find one.
        #[doc(alias = "RTCIceConnectionState.failed")]
        Failed = "failed",
        /// Closed by the local side.
        #[doc(alias = "RTCIceConnectionState.closed")]
        Closed = "closed",
    }
}

spec_enum! {
    /// The state of gathering local candidates, of a connection or of one transport.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicegatheringstate-enum)
    #[doc(alias = "RTCIceGatheringState")]
    #[doc(alias = "RTCIceGathererState")]
    IceGatheringState {
        /// Not started.
        #[doc(alias = "RTCIceGatheringState.new")]
        #[doc(alias = "RTCIceGathererState.new")]
        New = "new",
        /// Candidates are being gathered.
        #[doc(alias = "RTCIceGatheringState.gathering")]
        #[doc(alias = "RTCIceGathererState.gathering")]
        Gathering = "gathering",
        /// All candidates were gathered.
        #[doc(alias = "RTCIceGatheringState.complete")]
        #[doc(alias = "RTCIceGathererState.complete")]
        Complete = "complete",
    }
}

spec_enum! {
    /// The state of offers and answers. [Specification](https://www.w3.org/TR/webrtc/#rtcsignalingstate-enum)
    #[doc(alias = "RTCSignalingState")]
    SignalingState {
        /// No offer is pending.
        #[doc(alias = "RTCSignalingState.stable")]
        Stable = "stable",
        /// A local offer is pending.
        #[doc(alias = "RTCSignalingState.have-local-offer")]
        HaveLocalOffer = "have-local-offer",
        /// A remote offer is pending.
        #[doc(alias = "RTCSignalingState.have-remote-offer")]
        HaveRemoteOffer = "have-remote-offer",
        /// A remote offer has a provisional local answer.
        #[doc(alias = "RTCSignalingState.have-local-pranswer")]
        HaveLocalPranswer = "have-local-pranswer",
        /// A local offer has a provisional remote answer.
        #[doc(alias = "RTCSignalingState.have-remote-pranswer")]
        HaveRemotePranswer = "have-remote-pranswer",
        /// Closed by the local side.
        #[doc(alias = "RTCSignalingState.closed")]
        Closed = "closed",
    }
}
