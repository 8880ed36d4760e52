//! The four state machines of a connection.

use crate::spec_enum;

spec_enum! {
    /// The connection as a whole. [Specification](https://www.w3.org/TR/webrtc/#rtcpeerconnectionstate-enum)
    #[doc(alias = "RTCPeerConnectionState")]
    ConnectionState {
        /// Nothing has begun.
        #[doc(alias = "RTCPeerConnectionState.new")]
        New = "new",
        /// A transport is being set up.
        #[doc(alias = "RTCPeerConnectionState.connecting")]
        Connecting = "connecting",
        /// All transports are up.
        #[doc(alias = "RTCPeerConnectionState.connected")]
        Connected = "connected",
        /// A transport hears nothing, and may recover.
        #[doc(alias = "RTCPeerConnectionState.disconnected")]
        Disconnected = "disconnected",
        /// A transport has given up: restart ICE.
        #[doc(alias = "RTCPeerConnectionState.failed")]
        Failed = "failed",
        /// Closed by us.
        #[doc(alias = "RTCPeerConnectionState.closed")]
        Closed = "closed",
    }
}

spec_enum! {
    /// The search for a way to the peer. [Specification](https://www.w3.org/TR/webrtc/#rtciceconnectionstate-enum)
    #[doc(alias = "RTCIceConnectionState")]
    IceConnectionState {
        /// Nothing has begun.
        #[doc(alias = "RTCIceConnectionState.new")]
        New = "new",
        /// Candidate pairs are being tried.
        #[doc(alias = "RTCIceConnectionState.checking")]
        Checking = "checking",
        /// A way is found; others are still tried.
        #[doc(alias = "RTCIceConnectionState.connected")]
        Connected = "connected",
        /// The best way is found.
        #[doc(alias = "RTCIceConnectionState.completed")]
        Completed = "completed",
        /// The way was lost, and may come back.
        #[doc(alias = "RTCIceConnectionState.disconnected")]
        Disconnected = "disconnected",
        /// There is no way: restart ICE.
        #[doc(alias = "RTCIceConnectionState.failed")]
        Failed = "failed",
        /// Closed by us.
        #[doc(alias = "RTCIceConnectionState.closed")]
        Closed = "closed",
    }
}

spec_enum! {
    /// The gathering of our own candidates, of a connection or of one transport. [Specification](https://www.w3.org/TR/webrtc/#rtcicegatheringstate-enum)
    #[doc(alias = "RTCIceGatheringState")]
    #[doc(alias = "RTCIceGathererState")]
    IceGatheringState {
        /// Nothing has begun.
        #[doc(alias = "RTCIceGatheringState.new")]
        #[doc(alias = "RTCIceGathererState.new")]
        New = "new",
        /// Candidates are coming.
        #[doc(alias = "RTCIceGatheringState.gathering")]
        #[doc(alias = "RTCIceGathererState.gathering")]
        Gathering = "gathering",
        /// All are known.
        #[doc(alias = "RTCIceGatheringState.complete")]
        #[doc(alias = "RTCIceGathererState.complete")]
        Complete = "complete",
    }
}

spec_enum! {
    /// Offers and answers. [Specification](https://www.w3.org/TR/webrtc/#rtcsignalingstate-enum)
    #[doc(alias = "RTCSignalingState")]
    SignalingState {
        /// No offer is open.
        #[doc(alias = "RTCSignalingState.stable")]
        Stable = "stable",
        /// We have offered.
        #[doc(alias = "RTCSignalingState.have-local-offer")]
        HaveLocalOffer = "have-local-offer",
        /// The peer has offered.
        #[doc(alias = "RTCSignalingState.have-remote-offer")]
        HaveRemoteOffer = "have-remote-offer",
        /// We have answered provisionally.
        #[doc(alias = "RTCSignalingState.have-local-pranswer")]
        HaveLocalPranswer = "have-local-pranswer",
        /// The peer has answered provisionally.
        #[doc(alias = "RTCSignalingState.have-remote-pranswer")]
        HaveRemotePranswer = "have-remote-pranswer",
        /// Closed by us.
        #[doc(alias = "RTCSignalingState.closed")]
        Closed = "closed",
    }
}
