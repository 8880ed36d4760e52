//! Streams that go out, here and at the peer.

use super::{
    Codec, InboundRtp, MediaSource, NumbersByName, QualityLimitationReason, RemoteInboundRtp, StatsId, Timestamp,
    Transport, parents::sent,
};
use crate::media::TrackKind;

sent! {
    {
        /// A stream of media that goes out: one an encoding, in simulcast.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#outboundrtpstats-dict*)
        #[doc(alias = "RTCOutboundRtpStreamStats")]
        #[doc(alias = "RTCRtpStreamStats")]
        #[doc(alias = "RTCSentRtpStreamStats")]
        OutboundRtp = "outbound-rtp"
    }
    /// The id of the media section in the session description.
    #[doc(alias = "RTCOutboundRtpStreamStats.mid")]
    mid: String = "mid",
    /// The track that is sent, before it is encoded. Firefox does not refer to it.
    #[doc(alias = "RTCOutboundRtpStreamStats.mediaSourceId")]
    media_source_id: StatsId<MediaSource> = "mediaSourceId",
    /// The report of the remote peer on this stream.
    #[doc(alias = "RTCOutboundRtpStreamStats.remoteId")]
    remote_id: StatsId<RemoteInboundRtp> = "remoteId",
    /// The name of the encoding, in simulcast.
    #[doc(alias = "RTCOutboundRtpStreamStats.rid")]
    rid: String = "rid",
    /// The place of the encoding among those of its sender, from 0.
    #[doc(alias = "RTCOutboundRtpStreamStats.encodingIndex")]
    encoding_index: u32 = "encodingIndex",
    /// Bytes of RTP headers and padding sent.
    #[doc(alias = "RTCOutboundRtpStreamStats.headerBytesSent")]
    header_bytes_sent: u64 = "headerBytesSent",
    /// Packets sent again.
    #[doc(alias = "RTCOutboundRtpStreamStats.retransmittedPacketsSent")]
    retransmitted_packets_sent: u64 = "retransmittedPacketsSent",
    /// Bytes of payload sent again.
    #[doc(alias = "RTCOutboundRtpStreamStats.retransmittedBytesSent")]
    retransmitted_bytes_sent: u64 = "retransmittedBytesSent",
    /// The number of the stream of what is sent again, where it has its own.
    #[doc(alias = "RTCOutboundRtpStreamStats.rtxSsrc")]
    rtx_ssrc: u32 = "rtxSsrc",
    /// The target of the encoder, in bits per second.
    #[doc(alias = "RTCOutboundRtpStreamStats.targetBitrate")]
    target_bitrate: f64 = "targetBitrate",
    /// The sum of the sizes that the encoder aimed at, in bytes.
    #[doc(alias = "RTCOutboundRtpStreamStats.totalEncodedBytesTarget")]
    total_encoded_bytes_target: u64 = "totalEncodedBytesTarget",
    /// The width of the last picture encoded, in pixels.
    #[doc(alias = "RTCOutboundRtpStreamStats.frameWidth")]
    frame_width: u32 = "frameWidth",
    /// The height of the last picture encoded, in pixels.
    #[doc(alias = "RTCOutboundRtpStreamStats.frameHeight")]
    frame_height: u32 = "frameHeight",
    /// Pictures encoded in the last second.
    #[doc(alias = "RTCOutboundRtpStreamStats.framesPerSecond")]
    frames_per_second: f64 = "framesPerSecond",
    /// Pictures sent.
    #[doc(alias = "RTCOutboundRtpStreamStats.framesSent")]
    frames_sent: u32 = "framesSent",
    /// Pictures sent that are more than two and a half times as large as the mean.
    #[doc(alias = "RTCOutboundRtpStreamStats.hugeFramesSent")]
    huge_frames_sent: u32 = "hugeFramesSent",
    /// Pictures encoded.
    #[doc(alias = "RTCOutboundRtpStreamStats.framesEncoded")]
    frames_encoded: u32 = "framesEncoded",
    /// Pictures encoded that stand for themselves.
    #[doc(alias = "RTCOutboundRtpStreamStats.keyFramesEncoded")]
    key_frames_encoded: u32 = "keyFramesEncoded",
    /// The sum of the quantization parameters of all pictures encoded: the greater, the coarser.
    #[doc(alias = "RTCOutboundRtpStreamStats.qpSum")]
    qp_sum: u64 = "qpSum",
    /// The sum of the peak signal-to-noise ratios of pictures, in decibels, for each of the planes `y`, `u` and `v`.
    #[doc(alias = "RTCOutboundRtpStreamStats.psnrSum")]
    psnr_sum: NumbersByName = "psnrSum",
    /// How many pictures were measured so.
    #[doc(alias = "RTCOutboundRtpStreamStats.psnrMeasurements")]
    psnr_measurements: u64 = "psnrMeasurements",
    /// Seconds spent in encoding.
    #[doc(alias = "RTCOutboundRtpStreamStats.totalEncodeTime")]
    total_encode_time: f64 = "totalEncodeTime",
    /// The sum over all packets of the time from their making to their sending, in seconds.
    #[doc(alias = "RTCOutboundRtpStreamStats.totalPacketSendDelay")]
    total_packet_send_delay: f64 = "totalPacketSendDelay",
    /// Why pictures are sent smaller or less often than they come.
    #[doc(alias = "RTCOutboundRtpStreamStats.qualityLimitationReason")]
    quality_limitation_reason: QualityLimitationReason = "qualityLimitationReason",
    /// The total time of each reason, in seconds, by the reason as the specification spells it.
    #[doc(alias = "RTCOutboundRtpStreamStats.qualityLimitationDurations")]
    quality_limitation_durations: NumbersByName = "qualityLimitationDurations",
    /// How often the size changed for such a reason.
    #[doc(alias = "RTCOutboundRtpStreamStats.qualityLimitationResolutionChanges")]
    quality_limitation_resolution_changes: u32 = "qualityLimitationResolutionChanges",
    /// Requests that came to send packets again (NACK).
    #[doc(alias = "RTCOutboundRtpStreamStats.nackCount")]
    nack_count: u32 = "nackCount",
    /// Full intra requests that came (FIR).
    #[doc(alias = "RTCOutboundRtpStreamStats.firCount")]
    fir_count: u32 = "firCount",
    /// Requests that came for a key picture (PLI).
    #[doc(alias = "RTCOutboundRtpStreamStats.pliCount")]
    pli_count: u32 = "pliCount",
    /// The encoder, by name.
    #[doc(alias = "RTCOutboundRtpStreamStats.encoderImplementation")]
    encoder_implementation: String = "encoderImplementation",
    /// The power efficiency of the encoder, as of hardware.
    #[doc(alias = "RTCOutboundRtpStreamStats.powerEfficientEncoder")]
    power_efficient_encoder: bool = "powerEfficientEncoder",
    /// The switch of the encoding.
    #[doc(alias = "RTCOutboundRtpStreamStats.active")]
    active: bool = "active",
    /// The layers of the encoding, such as `L1T3`.
    #[doc(alias = "RTCOutboundRtpStreamStats.scalabilityMode")]
    scalability_mode: String = "scalabilityMode",
    /// Packets sent with the ECT(1) mark.
    #[doc(alias = "RTCOutboundRtpStreamStats.packetsSentWithEct1")]
    packets_sent_with_ect1: u64 = "packetsSentWithEct1",
}

sent! {
    {
        /// How a stream of the peer's goes out there, by its last report.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#remoteoutboundrtpstats-dict*)
        #[doc(alias = "RTCRemoteOutboundRtpStreamStats")]
        #[doc(alias = "RTCRtpStreamStats")]
        #[doc(alias = "RTCSentRtpStreamStats")]
        RemoteOutboundRtp = "remote-outbound-rtp"
    }
    /// The stream here that it tells of.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.localId")]
    local_id: StatsId<InboundRtp> = "localId",
    /// When the peer made the report, by its clock.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.remoteTimestamp")]
    remote_timestamp: Timestamp = "remoteTimestamp",
    /// Reports that the peer has sent.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.reportsSent")]
    reports_sent: u64 = "reportsSent",
    /// The last time there and back, in seconds.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.roundTripTime")]
    round_trip_time: f64 = "roundTripTime",
    /// The sum of all, in seconds.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.totalRoundTripTime")]
    total_round_trip_time: f64 = "totalRoundTripTime",
    /// How many round trips were measured.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.roundTripTimeMeasurements")]
    round_trip_time_measurements: u64 = "roundTripTimeMeasurements",
}
