//! Candidates and candidate pairs.

use browser_rtc_proto::sdp::{IceCandidateType, IceServerTransportProtocol, IceTcpCandidateType};

use super::{CandidatePairState, StatsId, Timestamp, Transport, decode::dictionary};

dictionary! {
    /// A pair of candidates, in use or checked.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#candidatepair-dict*)
    #[doc(alias = "RTCIceCandidatePairStats")]
    CandidatePair = "candidate-pair" {
        /// The transport of the pair.
        #[doc(alias = "RTCIceCandidatePairStats.transportId")]
        transport_id: StatsId<Transport> = "transportId",
        /// The local candidate.
        #[doc(alias = "RTCIceCandidatePairStats.localCandidateId")]
        local_candidate_id: StatsId<LocalCandidate> = "localCandidateId",
        /// The remote candidate.
        #[doc(alias = "RTCIceCandidatePairStats.remoteCandidateId")]
        remote_candidate_id: StatsId<RemoteCandidate> = "remoteCandidateId",
        /// The state of the pair.
        #[doc(alias = "RTCIceCandidatePairStats.state")]
        state: CandidatePairState = "state",
        /// True once the controlling peer has nominated the pair.
        #[doc(alias = "RTCIceCandidatePairStats.nominated")]
        nominated: bool = "nominated",
        /// Packets sent.
        #[doc(alias = "RTCIceCandidatePairStats.packetsSent")]
        packets_sent: u64 = "packetsSent",
        /// Packets received.
        #[doc(alias = "RTCIceCandidatePairStats.packetsReceived")]
        packets_received: u64 = "packetsReceived",
        /// Bytes of payload sent, without headers, padding and ICE checks.
        #[doc(alias = "RTCIceCandidatePairStats.bytesSent")]
        bytes_sent: u64 = "bytesSent",
        /// Bytes of payload received, without headers, padding and ICE checks.
        #[doc(alias = "RTCIceCandidatePairStats.bytesReceived")]
        bytes_received: u64 = "bytesReceived",
        /// The time of the last sent packet.
        #[doc(alias = "RTCIceCandidatePairStats.lastPacketSentTimestamp")]
        last_packet_sent_timestamp: Timestamp = "lastPacketSentTimestamp",
        /// The time of the last received packet.
        #[doc(alias = "RTCIceCandidatePairStats.lastPacketReceivedTimestamp")]
        last_packet_received_timestamp: Timestamp = "lastPacketReceivedTimestamp",
        /// The total round-trip time of all checks, in seconds.
        #[doc(alias = "RTCIceCandidatePairStats.totalRoundTripTime")]
        total_round_trip_time: f64 = "totalRoundTripTime",
        /// The latest round-trip time, in seconds.
        #[doc(alias = "RTCIceCandidatePairStats.currentRoundTripTime")]
        current_round_trip_time: f64 = "currentRoundTripTime",
        /// The estimated outgoing bandwidth, in bits per second.
        #[doc(alias = "RTCIceCandidatePairStats.availableOutgoingBitrate")]
        available_outgoing_bitrate: f64 = "availableOutgoingBitrate",
        /// The estimated incoming bandwidth, in bits per second.
        #[doc(alias = "RTCIceCandidatePairStats.availableIncomingBitrate")]
        available_incoming_bitrate: f64 = "availableIncomingBitrate",
        /// Connectivity checks received.
        #[doc(alias = "RTCIceCandidatePairStats.requestsReceived")]
        requests_received: u64 = "requestsReceived",
        /// Connectivity checks sent, without consent checks.
        #[doc(alias = "RTCIceCandidatePairStats.requestsSent")]
        requests_sent: u64 = "requestsSent",
        /// Responses to checks received.
        #[doc(alias = "RTCIceCandidatePairStats.responsesReceived")]
        responses_received: u64 = "responsesReceived",
        /// Responses to checks sent.
        #[doc(alias = "RTCIceCandidatePairStats.responsesSent")]
        responses_sent: u64 = "responsesSent",
        /// Consent checks sent.
        #[doc(alias = "RTCIceCandidatePairStats.consentRequestsSent")]
        consent_requests_sent: u64 = "consentRequestsSent",
        /// Packets that could not be sent.
        #[doc(alias = "RTCIceCandidatePairStats.packetsDiscardedOnSend")]
        packets_discarded_on_send: u32 = "packetsDiscardedOnSend",
        /// Bytes that could not be sent.
        #[doc(alias = "RTCIceCandidatePairStats.bytesDiscardedOnSend")]
        bytes_discarded_on_send: u64 = "bytesDiscardedOnSend",
        /// True while the transport uses the pair. Only Firefox reports this member, which is not part of the
        /// specification. See [`selected_pair`](super::StatsReport::selected_pair).
        selected: bool = "selected",
    }
}

/// Defines the dictionary of a candidate.
macro_rules! candidate {
    ({ $($head:tt)* }) => {
        dictionary! { $($head)* {
            /// The transport of the candidate.
            #[doc(alias = "RTCIceCandidateStats.transportId")]
            transport_id: StatsId<Transport> = "transportId",
            /// The address; absent if the browser hides it.
            #[doc(alias = "RTCIceCandidateStats.address")]
            address: String = "address",
            /// The port.
            #[doc(alias = "RTCIceCandidateStats.port")]
            port: u32 = "port",
            /// The protocol, `udp` or `tcp`.
            #[doc(alias = "RTCIceCandidateStats.protocol")]
            protocol: String = "protocol",
            /// The type of the candidate.
            #[doc(alias = "RTCIceCandidateStats.candidateType")]
            candidate_type: IceCandidateType = "candidateType",
            /// The priority. Candidates with a higher priority are checked earlier.
            #[doc(alias = "RTCIceCandidateStats.priority")]
            priority: u32 = "priority",
            /// The URL of the STUN or TURN server that reported the candidate, for local candidates.
            #[doc(alias = "RTCIceCandidateStats.url")]
            url: String = "url",
            /// The protocol to the TURN server, for local relay candidates.
            #[doc(alias = "RTCIceCandidateStats.relayProtocol")]
            relay_protocol: IceServerTransportProtocol = "relayProtocol",
            /// The foundation. Candidates of the same type, base address, protocol and server have the same one.
            #[doc(alias = "RTCIceCandidateStats.foundation")]
            foundation: String = "foundation",
            /// The base address of a candidate that a server reported, for candidates other than host candidates.
            #[doc(alias = "RTCIceCandidateStats.relatedAddress")]
            related_address: String = "relatedAddress",
            /// The port of the related address.
            #[doc(alias = "RTCIceCandidateStats.relatedPort")]
            related_port: u32 = "relatedPort",
            /// The user name fragment in ICE checks.
            #[doc(alias = "RTCIceCandidateStats.usernameFragment")]
            username_fragment: String = "usernameFragment",
            /// The type of a TCP candidate, which determines the peer that opens the connection.
            #[doc(alias = "RTCIceCandidateStats.tcpType")]
            tcp_type: IceTcpCandidateType = "tcpType",
        }}
    };
}

candidate! {
    {
        /// A candidate of the local peer.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#icecandidate-dict*)
        #[doc(alias = "RTCIceCandidateStats")]
        LocalCandidate = "local-candidate"
    }
}

candidate! {
    {
        /// A candidate of the remote peer.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#icecandidate-dict*)
        #[doc(alias = "RTCIceCandidateStats")]
        RemoteCandidate = "remote-candidate"
    }
}
