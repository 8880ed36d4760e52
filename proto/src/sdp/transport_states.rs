//! The states and kinds of what lies below a connection: DTLS, ICE and its candidates.

use crate::spec_enum;

spec_enum! {
    /// The encryption between the peers.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtlstransportstate)
    #[doc(alias = "RTCDtlsTransportState")]
    DtlsTransportState {
        /// Nothing has begun.
        #[doc(alias = "RTCDtlsTransportState.new")]
        New = "new",
        /// Keys are being agreed on, and the peer's fingerprint is checked.
        #[doc(alias = "RTCDtlsTransportState.connecting")]
        Connecting = "connecting",
        /// What is sent is encrypted, to the peer that was described.
        #[doc(alias = "RTCDtlsTransportState.connected")]
        Connected = "connected",
        /// Closed by either side.
        #[doc(alias = "RTCDtlsTransportState.closed")]
        Closed = "closed",
        /// It failed, as where the peer has not the fingerprint that it was described with.
        #[doc(alias = "RTCDtlsTransportState.failed")]
        Failed = "failed",
    }
}

spec_enum! {
    /// One search for a way to the peer.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransportstate)
    #[doc(alias = "RTCIceTransportState")]
    IceTransportState {
        /// Closed.
        #[doc(alias = "RTCIceTransportState.closed")]
        Closed = "closed",
        /// There is no way.
        #[doc(alias = "RTCIceTransportState.failed")]
        Failed = "failed",
        /// The way was lost, and may come back.
        #[doc(alias = "RTCIceTransportState.disconnected")]
        Disconnected = "disconnected",
        /// Nothing is tried yet.
        #[doc(alias = "RTCIceTransportState.new")]
        New = "new",
        /// Candidate pairs are being tried.
        #[doc(alias = "RTCIceTransportState.checking")]
        Checking = "checking",
        /// The best way is found.
        #[doc(alias = "RTCIceTransportState.completed")]
        Completed = "completed",
        /// A way is found; others are still tried.
        #[doc(alias = "RTCIceTransportState.connected")]
        Connected = "connected",
    }
}

spec_enum! {
    /// Who of the two peers chooses the candidate pair.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicerole)
    #[doc(alias = "RTCIceRole")]
    IceRole {
        /// Not settled yet.
        #[doc(alias = "RTCIceRole.unknown")]
        NotKnown = "unknown",
        /// We do.
        #[doc(alias = "RTCIceRole.controlling")]
        Controlling = "controlling",
        /// The peer does.
        #[doc(alias = "RTCIceRole.controlled")]
        Controlled = "controlled",
    }
}

spec_enum! {
    /// Where an address was learnt.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidatetype-enum)
    #[doc(alias = "RTCIceCandidateType")]
    IceCandidateType {
        /// From the machine itself.
        #[doc(alias = "RTCIceCandidateType.host")]
        Host = "host",
        /// From a STUN server, which saw us come from it.
        #[doc(alias = "RTCIceCandidateType.srflx")]
        ServerReflexive = "srflx",
        /// From the peer, which saw us come from it.
        #[doc(alias = "RTCIceCandidateType.prflx")]
        PeerReflexive = "prflx",
        /// From a TURN server, which relays.
        #[doc(alias = "RTCIceCandidateType.relay")]
        Relay = "relay",
    }
}

spec_enum! {
    /// Who opens the connection of a TCP candidate.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicetcpcandidatetype-enum)
    #[doc(alias = "RTCIceTcpCandidateType")]
    IceTcpCandidateType {
        /// This side.
        #[doc(alias = "RTCIceTcpCandidateType.active")]
        Active = "active",
        /// The other side.
        #[doc(alias = "RTCIceTcpCandidateType.passive")]
        Passive = "passive",
        /// Both at once.
        #[doc(alias = "RTCIceTcpCandidateType.so")]
        SimultaneousOpen = "so",
    }
}

spec_enum! {
    /// How a TURN server is spoken to.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtciceservertransportprotocol-enum)
    #[doc(alias = "RTCIceServerTransportProtocol")]
    IceServerTransportProtocol {
        /// By UDP.
        #[doc(alias = "RTCIceServerTransportProtocol.udp")]
        Udp = "udp",
        /// By TCP.
        #[doc(alias = "RTCIceServerTransportProtocol.tcp")]
        Tcp = "tcp",
        /// By TLS on TCP.
        #[doc(alias = "RTCIceServerTransportProtocol.tls")]
        Tls = "tls",
    }
}
