//! Sent streams, at the local and the remote peer.

use super::{
    Codec, InboundRtp, MediaSource, NumbersByName, QualityLimitationReason, RemoteInboundRtp, StatsId, Timestamp,
    Transport, parents::sent,
};
use crate::media::TrackKind;

sent! {
    {
        /// A stream of media that is sent. In simulcast, there is one for each encoding.
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
    /// The rid of the encoding, in simulcast.
    #[doc(alias = "RTCOutboundRtpStreamStats.rid")]
    rid: String = "rid",
    /// The index of the encoding among those of its sender, from 0.
    #[doc(alias = "RTCOutboundRtpStreamStats.encodingIndex")]
    encoding_index: u32 = "encodingIndex",
    /// Bytes of RTP headers and padding sent.
    #[doc(alias = "RTCOutboundRtpStreamStats.headerBytesSent")]
    header_bytes_sent: u64 = "headerBytesSent",
    /// Retransmitted packets sent.
    #[doc(alias = "RTCOutboundRtpStreamStats.retransmittedPacketsSent")]
    retransmitted_packets_sent: u64 = "retransmittedPacketsSent",
    /// Bytes of payload sent in retransmitted packets.
    #[doc(alias = "RTCOutboundRtpStreamStats.retransmittedBytesSent")]
    retransmitted_bytes_sent: u64 = "retransmittedBytesSent",
    /// The SSRC of the retransmission stream, if there is one.
    #[doc(alias = "RTCOutboundRtpStreamStats.rtxSsrc")]
    rtx_ssrc: u32 = "rtxSsrc",
    /// The target bit rate of the encoder, in bits per second.
    #[doc(alias = "RTCOutboundRtpStreamStats.targetBitrate")]
    target_bitrate: f64 = "targetBitrate",
    /// The sum of the target sizes of all encoded frames, in bytes.
    #[doc(alias = "RTCOutboundRtpStreamStats.totalEncodedBytesTarget")]
    total_encoded_bytes_target: u64 = "totalEncodedBytesTarget",
    /// The width of the last encoded frame, in pixels.
    #[doc(alias = "RTCOutboundRtpStreamStats.frameWidth")]
    frame_width: u32 = "frameWidth",
    /// The height of the last encoded frame, in pixels.
    #[doc(alias = "RTCOutboundRtpStreamStats.frameHeight")]
    frame_height: u32 = "frameHeight",
    /// Frames encoded in the last second.
    #[doc(alias = "RTCOutboundRtpStreamStats.framesPerSecond")]
    frames_per_second: f64 = "framesPerSecond",
    /// Frames sent.
    #[doc(alias = "RTCOutboundRtpStreamStats.framesSent")]
    frames_sent: u32 = "framesSent",
    /// Frames sent that are more than 2.5 times as large as the mean.
    #[doc(alias = "RTCOutboundRtpStreamStats.hugeFramesSent")]
    huge_frames_sent: u32 = "hugeFramesSent",
    /// Frames encoded.
    #[doc(alias = "RTCOutboundRtpStreamStats.framesEncoded")]
    frames_encoded: u32 = "framesEncoded",
    /// Key frames encoded.
    #[doc(alias = "RTCOutboundRtpStreamStats.keyFramesEncoded")]
    key_frames_encoded: u32 = "keyFramesEncoded",
    /// The sum of the quantization parameters of all encoded frames. A greater parameter is a coarser quantization.
    #[doc(alias = "RTCOutboundRtpStreamStats.qpSum")]
    qp_sum: u64 = "qpSum",
    /// The sum of the peak signal-to-noise ratios of frames, in decibels, for each of the planes `y`, `u` and `v`.
    #[doc(alias = "RTCOutboundRtpStreamStats.psnrSum")]
    psnr_sum: NumbersByName = "psnrSum",
    /// The number of these measurements.
    #[doc(alias = "RTCOutboundRtpStreamStats.psnrMeasurements")]
    psnr_measurements: u64 = "psnrMeasurements",
    /// The total time of encoding, in seconds.
    #[doc(alias = "RTCOutboundRtpStreamStats.totalEncodeTime")]
    total_encode_time: f64 = "totalEncodeTime",
    /// The sum over all packets of the time from their creation to their sending, in seconds.
    #[doc(alias = "RTCOutboundRtpStreamStats.totalPacketSendDelay")]
    total_packet_send_delay: f64 = "totalPacketSendDelay",
    /// The reason for a lower resolution or frame rate than that of the source.
    #[doc(alias = "RTCOutboundRtpStreamStats.qualityLimitationReason")]
    quality_limitation_reason: QualityLimitationReason = "qualityLimitationReason",
    /// The total time of each reason, in seconds, by the name of the reason in the specification.
    #[doc(alias = "RTCOutboundRtpStreamStats.qualityLimitationDurations")]
    quality_limitation_durations: NumbersByName = "qualityLimitationDurations",
    /// The number of resolution changes because of limited quality.
    #[doc(alias = "RTCOutboundRtpStreamStats.qualityLimitationResolutionChanges")]
    quality_limitation_resolution_changes: u32 = "qualityLimitationResolutionChanges",
    /// Retransmission requests received (NACK).
    #[doc(alias = "RTCOutboundRtpStreamStats.nackCount")]
    nack_count: u32 = "nackCount",
    /// Full intra requests received (FIR).
    #[doc(alias = "RTCOutboundRtpStreamStats.firCount")]
    fir_count: u32 = "firCount",
    /// Picture loss indications received (PLI).
    #[doc(alias = "RTCOutboundRtpStreamStats.pliCount")]
    pli_count: u32 = "pliCount",
    /// The name of the encoder.
    #[doc(alias = "RTCOutboundRtpStreamStats.encoderImplementation")]
    encoder_implementation: String = "encoderImplementation",
    /// True for a power-efficient encoder, such as a hardware encoder.
    #[doc(alias = "RTCOutboundRtpStreamStats.powerEfficientEncoder")]
    power_efficient_encoder: bool = "powerEfficientEncoder",
    /// True while the encoding is enabled.
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
        /// The sending of a received stream, according to the last report of the remote peer.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#remoteoutboundrtpstats-dict*)
        #[doc(alias = "RTCRemoteOutboundRtpStreamStats")]
        #[doc(alias = "RTCRtpStreamStats")]
        #[doc(alias = "RTCSentRtpStreamStats")]
        RemoteOutboundRtp = "remote-outbound-rtp"
    }
    /// The local entry of the stream.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.localId")]
    local_id: StatsId<InboundRtp> = "localId",
    /// The time of the remote peer's report, by its clock.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.remoteTimestamp")]
    remote_timestamp: Timestamp = "remoteTimestamp",
    /// Reports sent by the remote peer.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.reportsSent")]
    reports_sent: u64 = "reportsSent",
    /// The latest round-trip time, in seconds.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.roundTripTime")]
    round_trip_time: f64 = "roundTripTime",
    /// The total round-trip time, in seconds.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.totalRoundTripTime")]
    total_round_trip_time: f64 = "totalRoundTripTime",
    /// The number of measured round trips.
    #[doc(alias = "RTCRemoteOutboundRtpStreamStats.roundTripTimeMeasurements")]
    round_trip_time_measurements: u64 = "roundTripTimeMeasurements",
}
