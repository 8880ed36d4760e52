//! The parent dictionaries of streams.

/// Defines the dictionary of a stream.
macro_rules! rtp_stream {
    ({ $($head:tt)* } $($members:tt)*) => {
        $crate::stats::decode::dictionary! { $($head)* {
            /// The SSRC, the id of the stream in its packets.
            #[doc(alias = "RTCRtpStreamStats.ssrc")]
            ssrc: u32 = "ssrc",
            /// The kind of media.
            #[doc(alias = "RTCRtpStreamStats.kind")]
            kind: TrackKind = "kind",
            /// The transport of the stream.
            #[doc(alias = "RTCRtpStreamStats.transportId")]
            transport_id: StatsId<Transport> = "transportId",
            /// The codec; absent until media has been sent or received.
            #[doc(alias = "RTCRtpStreamStats.codecId")]
            codec_id: StatsId<Codec> = "codecId",
            $($members)*
        }}
    };
}

/// Defines the dictionary of a stream at its receiver.
macro_rules! received {
    ({ $($head:tt)* } $($members:tt)*) => {
        $crate::stats::parents::rtp_stream! { { $($head)* }
            /// Packets received, including retransmitted ones.
            #[doc(alias = "RTCReceivedRtpStreamStats.packetsReceived")]
            packets_received: u64 = "packetsReceived",
            /// Packets received with the ECT(1) mark.
            #[doc(alias = "RTCReceivedRtpStreamStats.packetsReceivedWithEct1")]
            packets_received_with_ect1: u64 = "packetsReceivedWithEct1",
            /// Packets received that the network has marked with congestion experienced (CE).
            #[doc(alias = "RTCReceivedRtpStreamStats.packetsReceivedWithCe")]
            packets_received_with_ce: u64 = "packetsReceivedWithCe",
            /// Packets that were reported lost in congestion control feedback.
            #[doc(alias = "RTCReceivedRtpStreamStats.packetsReportedAsLost")]
            packets_reported_as_lost: u64 = "packetsReportedAsLost",
            /// Packets that were reported lost in congestion control feedback, and received later.
            #[doc(alias = "RTCReceivedRtpStreamStats.packetsReportedAsLostButRecovered")]
            packets_reported_as_lost_but_recovered: u64 = "packetsReportedAsLostButRecovered",
            /// Packets lost, as RTCP counts them. The number is negative if more packets were duplicated than lost.
            #[doc(alias = "RTCReceivedRtpStreamStats.packetsLost")]
            packets_lost: i64 = "packetsLost",
            /// The jitter of packets, in seconds.
            #[doc(alias = "RTCReceivedRtpStreamStats.jitter")]
            jitter: f64 = "jitter",
            $($members)*
        }
    };
}

/// Defines the dictionary of a stream at its sender.
macro_rules! sent {
    ({ $($head:tt)* } $($members:tt)*) => {
        $crate::stats::parents::rtp_stream! { { $($head)* }
            /// Packets sent, including retransmitted ones.
            #[doc(alias = "RTCSentRtpStreamStats.packetsSent")]
            packets_sent: u64 = "packetsSent",
            /// Bytes of payload sent, without headers and padding, including retransmitted ones.
            #[doc(alias = "RTCSentRtpStreamStats.bytesSent")]
            bytes_sent: u64 = "bytesSent",
            $($members)*
        }
    };
}

pub(super) use {received, rtp_stream, sent};
