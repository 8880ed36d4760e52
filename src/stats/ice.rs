//! Candidates and candidate pairs.

use browser_rtc_proto::sdp::{IceCandidateType, IceServerTransportProtocol, IceTcpCandidateType};

use super::{CandidatePairState, StatsId, Timestamp, Transport, decode::dictionary};

dictionary! {
    /// A way to the peer, in use or tried.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#candidatepair-dict*)
    #[doc(alias = "RTCIceCandidatePairStats")]
    CandidatePair = "candidate-pair" {
        /// The transport that uses it.
        #[doc(alias = "RTCIceCandidatePairStats.transportId")]
        transport_id: StatsId<Transport> = "transportId",
        /// Our end.
        #[doc(alias = "RTCIceCandidatePairStats.localCandidateId")]
        local_candidate_id: StatsId<LocalCandidate> = "localCandidateId",
        /// The peer's end.
        #[doc(alias = "RTCIceCandidatePairStats.remoteCandidateId")]
        remote_candidate_id: StatsId<RemoteCandidate> = "remoteCandidateId",
        /// How far its check is.
        #[doc(alias = "RTCIceCandidatePairStats.state")]
        state: CandidatePairState = "state",
        /// The nomination by the controlling peer, then or now.
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
        /// Bytes of payload received, likewise.
        #[doc(alias = "RTCIceCandidatePairStats.bytesReceived")]
        bytes_received: u64 = "bytesReceived",
        /// When the last packet went.
        #[doc(alias = "RTCIceCandidatePairStats.lastPacketSentTimestamp")]
        last_packet_sent_timestamp: Timestamp = "lastPacketSentTimestamp",
        /// When the last packet came.
        #[doc(alias = "RTCIceCandidatePairStats.lastPacketReceivedTimestamp")]
        last_packet_received_timestamp: Timestamp = "lastPacketReceivedTimestamp",
        /// The sum of the times of all checks there and back, in seconds.
        #[doc(alias = "RTCIceCandidatePairStats.totalRoundTripTime")]
        total_round_trip_time: f64 = "totalRoundTripTime",
        /// The last time there and back, in seconds.
        #[doc(alias = "RTCIceCandidatePairStats.currentRoundTripTime")]
        current_round_trip_time: f64 = "currentRoundTripTime",
        /// The estimated outgoing bandwidth, in bits per second.
        #[doc(alias = "RTCIceCandidatePairStats.availableOutgoingBitrate")]
        available_outgoing_bitrate: f64 = "availableOutgoingBitrate",
        /// The estimated incoming bandwidth, in bits per second.
        #[doc(alias = "RTCIceCandidatePairStats.availableIncomingBitrate")]
        available_incoming_bitrate: f64 = "availableIncomingBitrate",
        /// Checks received.
        #[doc(alias = "RTCIceCandidatePairStats.requestsReceived")]
        requests_received: u64 = "requestsReceived",
        /// Checks sent, without those of consent.
        #[doc(alias = "RTCIceCandidatePairStats.requestsSent")]
        requests_sent: u64 = "requestsSent",
        /// Answers to checks received.
        #[doc(alias = "RTCIceCandidatePairStats.responsesReceived")]
        responses_received: u64 = "responsesReceived",
        /// Answers to checks sent.
        #[doc(alias = "RTCIceCandidatePairStats.responsesSent")]
        responses_sent: u64 = "responsesSent",
        /// Checks sent whether the peer still consents.
        #[doc(alias = "RTCIceCandidatePairStats.consentRequestsSent")]
        consent_requests_sent: u64 = "consentRequestsSent",
        /// Packets that could not be sent.
        #[doc(alias = "RTCIceCandidatePairStats.packetsDiscardedOnSend")]
        packets_discarded_on_send: u32 = "packetsDiscardedOnSend",
        /// Their bytes.
        #[doc(alias = "RTCIceCandidatePairStats.bytesDiscardedOnSend")]
        bytes_discarded_on_send: u64 = "bytesDiscardedOnSend",
        /// Whether it is in use. Firefox alone tells it, beyond the specification;
        /// [`selected_pair`](super::StatsReport::selected_pair) looks at it where there is nothing else.
        selected: bool = "selected",
    }
}

/// The priority, by the candidates of both peers.
macro_rules! candidate {
    ({ $($head:tt)* }) => {
        dictionary! { $($head)* {
            /// The transport that it was found for.
            #[doc(alias = "RTCIceCandidateStats.transportId")]
            transport_id: StatsId<Transport> = "transportId",
            /// The address; absent where the browser hides it.
            #[doc(alias = "RTCIceCandidateStats.address")]
            address: String = "address",
            /// The port.
            #[doc(alias = "RTCIceCandidateStats.port")]
            port: u32 = "port",
            /// `udp` or `tcp`.
            #[doc(alias = "RTCIceCandidateStats.protocol")]
            protocol: String = "protocol",
            /// The URL of the server that reported the address.
            #[doc(alias = "RTCIceCandidateStats.candidateType")]
            candidate_type: IceCandidateType = "candidateType",
            /// Its priority: the greater, the earlier it is tried.
            #[doc(alias = "RTCIceCandidateStats.priority")]
            priority: u32 = "priority",
            /// The STUN or TURN server that told of it; of our own candidates alone.
            #[doc(alias = "RTCIceCandidateStats.url")]
            url: String = "url",
            /// How we speak to the TURN server; of our own relayed candidates alone.
            #[doc(alias = "RTCIceCandidateStats.relayProtocol")]
            relay_protocol: IceServerTransportProtocol = "relayProtocol",
            /// The same for candidates found in the same way.
            #[doc(alias = "RTCIceCandidateStats.foundation")]
            foundation: String = "foundation",
            /// The address that it stands for, of one that is not the machine's own.
            #[doc(alias = "RTCIceCandidateStats.relatedAddress")]
            related_address: String = "relatedAddress",
            /// The port likewise.
            #[doc(alias = "RTCIceCandidateStats.relatedPort")]
            related_port: u32 = "relatedPort",
            /// The user name in ICE checks.
            #[doc(alias = "RTCIceCandidateStats.usernameFragment")]
            username_fragment: String = "usernameFragment",
            /// The peer that opens the connection, for TCP.
            #[doc(alias = "RTCIceCandidateStats.tcpType")]
            tcp_type: IceTcpCandidateType = "tcpType",
        }}
    };
}

candidate! {
    {
        /// An address of our own.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#icecandidate-dict*)
        #[doc(alias = "RTCIceCandidateStats")]
        LocalCandidate = "local-candidate"
    }
}

candidate! {
    {
        /// An address of the peer's.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#icecandidate-dict*)
        #[doc(alias = "RTCIceCandidateStats")]
        RemoteCandidate = "remote-candidate"
    }
}
