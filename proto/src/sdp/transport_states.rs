//! The states of DTLS and ICE transports, and the types of ICE candidates.

use crate::spec_enum;

spec_enum! {
    /// The state of a DTLS transport.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtlstransportstate)
    #[doc(alias = "RTCDtlsTransportState")]
    DtlsTransportState {
        /// Not started.
        #[doc(alias = "RTCDtlsTransportState.new")]
        New = "new",
        /// Keys are being negotiated, and the peer's fingerprint is verified.
        #[doc(alias = "RTCDtlsTransportState.connecting")]
        Connecting = "connecting",
        /// The connection is encrypted, and the peer was verified.
        #[doc(alias = "RTCDtlsTransportState.connected")]
        Connected = "connected",
        /// Closed by either side.
        #[doc(alias = "RTCDtlsTransportState.closed")]
        Closed = "closed",
        /// Failed, for example because the certificate of the peer does not match the fingerprint in its description.
        #[doc(alias = "RTCDtlsTransportState.failed")]
        Failed = "failed",
    }
}

spec_enum! {
    /// The state of an ICE transport.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicetransportstate)
    #[doc(alias = "RTCIceTransportState")]
    IceTransportState {
        /// Closed.
        #[doc(alias = "RTCIceTransportState.closed")]
        Closed = "closed",
        /// No path was found.
        #[doc(alias = "RTCIceTransportState.failed")]
        Failed = "failed",
        /// The path was lost, and may recover.
        #[doc(alias = "RTCIceTransportState.disconnected")]
        Disconnected = "disconnected",
        /// Not started.
        #[doc(alias = "RTCIceTransportState.new")]
        New = "new",
        /// Candidate pairs are being tried.
        #[doc(alias = "RTCIceTransportState.checking")]
        Checking = "checking",
        /// The best path was found.
        #[doc(alias = "RTCIceTransportState.completed")]
        Completed = "completed",
        /// A path was found; other candidate pairs are still being tried.
        #[doc(alias = "RTCIceTransportState.connected")]
        Connected = "connected",
    }
}

spec_enum! {
    /// The role of a peer in ICE.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcicerole)
    #[doc(alias = "RTCIceRole")]
    IceRole {
        /// Not determined yet.
        #[doc(alias = "RTCIceRole.unknown")]
        NotKnown = "unknown",
        /// The local side selects the candidate pair.
        #[doc(alias = "RTCIceRole.controlling")]
        Controlling = "controlling",
        /// The peer selects the candidate pair.
        #[doc(alias = "RTCIceRole.controlled")]
        Controlled = "controlled",
    }
}

spec_enum! {
    /// The type of a candidate.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicecandidatetype-enum)
    #[doc(alias = "RTCIceCandidateType")]
    IceCandidateType {
        /// An address of a local network interface.
        #[doc(alias = "RTCIceCandidateType.host")]
        Host = "host",
        /// An address that a STUN server reported, such as that of a NAT.
        #[doc(alias = "RTCIceCandidateType.srflx")]
        ServerReflexive = "srflx",
        /// An address that was discovered by connectivity checks with the peer.
        #[doc(alias = "RTCIceCandidateType.prflx")]
        PeerReflexive = "prflx",
        /// A relayed address of a TURN server.
        #[doc(alias = "RTCIceCandidateType.relay")]
        Relay = "relay",
    }
}

spec_enum! {
    /// The side that opens the connection of a TCP candidate.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcicetcpcandidatetype-enum)
    #[doc(alias = "RTCIceTcpCandidateType")]
    IceTcpCandidateType {
        /// The candidate opens connections.
        #[doc(alias = "RTCIceTcpCandidateType.active")]
        Active = "active",
        /// The candidate accepts connections.
        #[doc(alias = "RTCIceTcpCandidateType.passive")]
        Passive = "passive",
        /// Both sides open the connection simultaneously.
        #[doc(alias = "RTCIceTcpCandidateType.so")]
        SimultaneousOpen = "so",
    }
}

spec_enum! {
    /// The protocol of the connection to a TURN server.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtciceservertransportprotocol-enum)
    #[doc(alias = "RTCIceServerTransportProtocol")]
    IceServerTransportProtocol {
        /// UDP.
        #[doc(alias = "RTCIceServerTransportProtocol.udp")]
        Udp = "udp",
        /// TCP.
        #[doc(alias = "RTCIceServerTransportProtocol.tcp")]
        Tcp = "tcp",
        /// TLS over TCP.
        #[doc(alias = "RTCIceServerTransportProtocol.tls")]
        Tls = "tls",
    }
}
