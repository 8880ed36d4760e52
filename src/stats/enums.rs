//! The enumerations of the statistics specification.

use browser_rtc_proto::spec_enum;

spec_enum! {
    /// The type of an entry.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#rtcstatstype-*)
    #[doc(alias = "RTCStatsType")]
    StatsType {
        /// A codec in use.
        #[doc(alias = "RTCStatsType.codec")]
        Codec = "codec",
        /// A stream of media that is received.
        #[doc(alias = "RTCStatsType.inbound-rtp")]
        InboundRtp = "inbound-rtp",
        /// A stream of media that is sent.
        #[doc(alias = "RTCStatsType.outbound-rtp")]
        OutboundRtp = "outbound-rtp",
        /// The reception of a sent stream, as reported by the remote peer.
        #[doc(alias = "RTCStatsType.remote-inbound-rtp")]
        RemoteInboundRtp = "remote-inbound-rtp",
        /// The sending of a received stream, as reported by the remote peer.
        #[doc(alias = "RTCStatsType.remote-outbound-rtp")]
        RemoteOutboundRtp = "remote-outbound-rtp",
        /// A track that is sent, before it is encoded.
        #[doc(alias = "RTCStatsType.media-source")]
        MediaSource = "media-source",
        /// The playout of audio.
        #[doc(alias = "RTCStatsType.media-playout")]
        MediaPlayout = "media-playout",
        /// The connection as a whole.
        #[doc(alias = "RTCStatsType.peer-connection")]
        PeerConnection = "peer-connection",
        /// A data channel.
        #[doc(alias = "RTCStatsType.data-channel")]
        DataChannel = "data-channel",
        /// A transport.
        #[doc(alias = "RTCStatsType.transport")]
        Transport = "transport",
        /// A pair of candidates, in use or checked.
        #[doc(alias = "RTCStatsType.candidate-pair")]
        CandidatePair = "candidate-pair",
        /// A candidate of the local peer.
        #[doc(alias = "RTCStatsType.local-candidate")]
        LocalCandidate = "local-candidate",
        /// A candidate of the remote peer.
        #[doc(alias = "RTCStatsType.remote-candidate")]
        RemoteCandidate = "remote-candidate",
        /// A certificate.
        #[doc(alias = "RTCStatsType.certificate")]
        Certificate = "certificate",
    }
}

spec_enum! {
    /// The reason for a lower resolution or frame rate than that of the source.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#rtcqualitylimitationreason-enum)
    #[doc(alias = "RTCQualityLimitationReason")]
    QualityLimitationReason {
        /// The quality is not limited.
        #[doc(alias = "RTCQualityLimitationReason.none")]
        None = "none",
        /// The computing power is insufficient.
        #[doc(alias = "RTCQualityLimitationReason.cpu")]
        Cpu = "cpu",
        /// The bandwidth is insufficient.
        #[doc(alias = "RTCQualityLimitationReason.bandwidth")]
        Bandwidth = "bandwidth",
        /// There is another reason.
        #[doc(alias = "RTCQualityLimitationReason.other")]
        Other = "other",
    }
}

spec_enum! {
    /// The role in the DTLS handshake.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#rtcdtlsrole-enum)
    #[doc(alias = "RTCDtlsRole")]
    DtlsRole {
        /// The local peer is the client.
        #[doc(alias = "RTCDtlsRole.client")]
        Client = "client",
        /// The local peer is the server.
        #[doc(alias = "RTCDtlsRole.server")]
        Server = "server",
        /// The role is not determined yet.
        #[doc(alias = "RTCDtlsRole.unknown")]
        NotKnown = "unknown",
    }
}

spec_enum! {
    /// The state of a candidate pair.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#rtcstatsicecandidatepairstate-enum)
    #[doc(alias = "RTCStatsIceCandidatePairState")]
    CandidatePairState {
        /// The pair waits for another pair of its foundation to succeed.
        #[doc(alias = "RTCStatsIceCandidatePairState.frozen")]
        Frozen = "frozen",
        /// The pair waits for its check.
        #[doc(alias = "RTCStatsIceCandidatePairState.waiting")]
        Waiting = "waiting",
        /// The check of the pair is in progress.
        #[doc(alias = "RTCStatsIceCandidatePairState.in-progress")]
        InProgress = "in-progress",
        /// The remote peer did not answer the check.
        #[doc(alias = "RTCStatsIceCandidatePairState.failed")]
        Failed = "failed",
        /// The remote peer answered the check.
        #[doc(alias = "RTCStatsIceCandidatePairState.succeeded")]
        Succeeded = "succeeded",
    }
}
