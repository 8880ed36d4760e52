//! Received streams, at the local and the remote peer.

use super::{AudioPlayout, Codec, OutboundRtp, RemoteOutboundRtp, StatsId, Timestamp, Transport, parents::received};
use crate::media::TrackKind;

received! {
    {
        /// A stream of media that is received. It appears with its first packet.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#inboundrtpstats-dict*)
        #[doc(alias = "RTCInboundRtpStreamStats")]
        #[doc(alias = "RTCRtpStreamStats")]
        #[doc(alias = "RTCReceivedRtpStreamStats")]
        InboundRtp = "inbound-rtp"
    }
    /// The id of the track.
    #[doc(alias = "RTCInboundRtpStreamStats.trackIdentifier")]
    track_identifier: String = "trackIdentifier",
    /// The id of the media section in the session description.
    #[doc(alias = "RTCInboundRtpStreamStats.mid")]
    mid: String = "mid",
    /// The report of the remote peer on this stream.
    #[doc(alias = "RTCInboundRtpStreamStats.remoteId")]
    remote_id: StatsId<RemoteOutboundRtp> = "remoteId",
    /// Frames decoded.
    #[doc(alias = "RTCInboundRtpStreamStats.framesDecoded")]
    frames_decoded: u32 = "framesDecoded",
    /// Key frames decoded.
    #[doc(alias = "RTCInboundRtpStreamStats.keyFramesDecoded")]
    key_frames_decoded: u32 = "keyFramesDecoded",
    /// Frames rendered.
    #[doc(alias = "RTCInboundRtpStreamStats.framesRendered")]
    frames_rendered: u32 = "framesRendered",
    /// Frames dropped before decoding, or as too late for rendering.
    #[doc(alias = "RTCInboundRtpStreamStats.framesDropped")]
    frames_dropped: u32 = "framesDropped",
    /// The width of the last decoded frame, in pixels.
    #[doc(alias = "RTCInboundRtpStreamStats.frameWidth")]
    frame_width: u32 = "frameWidth",
    /// The height of the last decoded frame, in pixels.
    #[doc(alias = "RTCInboundRtpStreamStats.frameHeight")]
    frame_height: u32 = "frameHeight",
    /// Frames decoded in the last second.
    #[doc(alias = "RTCInboundRtpStreamStats.framesPerSecond")]
    frames_per_second: f64 = "framesPerSecond",
    /// The sum of the quantization parameters of all decoded frames. A greater parameter is a coarser quantization.
    #[doc(alias = "RTCInboundRtpStreamStats.qpSum")]
    qp_sum: u64 = "qpSum",
    /// The total time of decoding, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalDecodeTime")]
    total_decode_time: f64 = "totalDecodeTime",
    /// The sum of the intervals between rendered frames, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalInterFrameDelay")]
    total_inter_frame_delay: f64 = "totalInterFrameDelay",
    /// The sum of the squares of the intervals between rendered frames, in square seconds, for the variance.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSquaredInterFrameDelay")]
    total_squared_inter_frame_delay: f64 = "totalSquaredInterFrameDelay",
    /// The number of pauses of more than five seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.pauseCount")]
    pause_count: u32 = "pauseCount",
    /// The total time of pauses of more than five seconds, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalPausesDuration")]
    total_pauses_duration: f64 = "totalPausesDuration",
    /// The number of freezes.
    #[doc(alias = "RTCInboundRtpStreamStats.freezeCount")]
    freeze_count: u32 = "freezeCount",
    /// The total time of freezes, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalFreezesDuration")]
    total_freezes_duration: f64 = "totalFreezesDuration",
    /// The time of the last received packet.
    #[doc(alias = "RTCInboundRtpStreamStats.lastPacketReceivedTimestamp")]
    last_packet_received_timestamp: Timestamp = "lastPacketReceivedTimestamp",
    /// Bytes of RTP headers and padding received.
    #[doc(alias = "RTCInboundRtpStreamStats.headerBytesReceived")]
    header_bytes_received: u64 = "headerBytesReceived",
    /// Packets that arrived too late or too early for the playout.
    #[doc(alias = "RTCInboundRtpStreamStats.packetsDiscarded")]
    packets_discarded: u64 = "packetsDiscarded",
    /// Bytes of forward error correction received.
    #[doc(alias = "RTCInboundRtpStreamStats.fecBytesReceived")]
    fec_bytes_received: u64 = "fecBytesReceived",
    /// Packets of forward error correction received.
    #[doc(alias = "RTCInboundRtpStreamStats.fecPacketsReceived")]
    fec_packets_received: u64 = "fecPacketsReceived",
    /// Packets of forward error correction that were discarded.
    #[doc(alias = "RTCInboundRtpStreamStats.fecPacketsDiscarded")]
    fec_packets_discarded: u64 = "fecPacketsDiscarded",
    /// Bytes of payload received, without headers and padding.
    #[doc(alias = "RTCInboundRtpStreamStats.bytesReceived")]
    bytes_received: u64 = "bytesReceived",
    /// Retransmission requests sent (NACK).
    #[doc(alias = "RTCInboundRtpStreamStats.nackCount")]
    nack_count: u32 = "nackCount",
    /// Full intra requests sent (FIR).
    #[doc(alias = "RTCInboundRtpStreamStats.firCount")]
    fir_count: u32 = "firCount",
    /// Picture loss indications sent (PLI).
    #[doc(alias = "RTCInboundRtpStreamStats.pliCount")]
    pli_count: u32 = "pliCount",
    /// The sum over all frames or samples of the time from the first packet to the end of decoding, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalProcessingDelay")]
    total_processing_delay: f64 = "totalProcessingDelay",
    /// The capture time of the media that is being played out, by the sender's clock, in milliseconds since the
    /// beginning of 1900.
    #[doc(alias = "RTCInboundRtpStreamStats.estimatedPlayoutTimestamp")]
    estimated_playout_timestamp: Timestamp = "estimatedPlayoutTimestamp",
    /// The sum over all samples or frames of the time spent in the jitter buffer, in seconds. Divided by
    /// `jitter_buffer_emitted_count` it is the mean.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferDelay")]
    jitter_buffer_delay: f64 = "jitterBufferDelay",
    /// The sum over all samples or frames of the target delay of the jitter buffer, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferTargetDelay")]
    jitter_buffer_target_delay: f64 = "jitterBufferTargetDelay",
    /// Samples or frames emitted by the jitter buffer.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferEmittedCount")]
    jitter_buffer_emitted_count: u64 = "jitterBufferEmittedCount",
    /// The sum over all samples or frames of the delay that the network alone requires, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferMinimumDelay")]
    jitter_buffer_minimum_delay: f64 = "jitterBufferMinimumDelay",
    /// Audio samples received, including concealed ones.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSamplesReceived")]
    total_samples_received: u64 = "totalSamplesReceived",
    /// Concealed samples, which replace missing samples.
    #[doc(alias = "RTCInboundRtpStreamStats.concealedSamples")]
    concealed_samples: u64 = "concealedSamples",
    /// Concealed samples that are silent.
    #[doc(alias = "RTCInboundRtpStreamStats.silentConcealedSamples")]
    silent_concealed_samples: u64 = "silentConcealedSamples",
    /// The number of concealment events.
    #[doc(alias = "RTCInboundRtpStreamStats.concealmentEvents")]
    concealment_events: u64 = "concealmentEvents",
    /// Samples inserted to slow down the playout.
    #[doc(alias = "RTCInboundRtpStreamStats.insertedSamplesForDeceleration")]
    inserted_samples_for_deceleration: u64 = "insertedSamplesForDeceleration",
    /// Samples removed to speed up the playout.
    #[doc(alias = "RTCInboundRtpStreamStats.removedSamplesForAcceleration")]
    removed_samples_for_acceleration: u64 = "removedSamplesForAcceleration",
    /// The audio level, from 0 to 1, linear.
    #[doc(alias = "RTCInboundRtpStreamStats.audioLevel")]
    audio_level: f64 = "audioLevel",
    /// The sum over all samples of level squared times duration, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalAudioEnergy")]
    total_audio_energy: f64 = "totalAudioEnergy",
    /// The total duration of received audio, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSamplesDuration")]
    total_samples_duration: f64 = "totalSamplesDuration",
    /// Complete frames received.
    #[doc(alias = "RTCInboundRtpStreamStats.framesReceived")]
    frames_received: u32 = "framesReceived",
    /// The name of the decoder.
    #[doc(alias = "RTCInboundRtpStreamStats.decoderImplementation")]
    decoder_implementation: String = "decoderImplementation",
    /// The playout path of the stream.
    #[doc(alias = "RTCInboundRtpStreamStats.playoutId")]
    playout_id: StatsId<AudioPlayout> = "playoutId",
    /// True for a power-efficient decoder, such as a hardware decoder.
    #[doc(alias = "RTCInboundRtpStreamStats.powerEfficientDecoder")]
    power_efficient_decoder: bool = "powerEfficientDecoder",
    /// Frames assembled from more than one packet.
    #[doc(alias = "RTCInboundRtpStreamStats.framesAssembledFromMultiplePackets")]
    frames_assembled_from_multiple_packets: u32 = "framesAssembledFromMultiplePackets",
    /// The sum over these frames of the time from the first packet to the last, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalAssemblyTime")]
    total_assembly_time: f64 = "totalAssemblyTime",
    /// Retransmitted packets received.
    #[doc(alias = "RTCInboundRtpStreamStats.retransmittedPacketsReceived")]
    retransmitted_packets_received: u64 = "retransmittedPacketsReceived",
    /// Bytes of payload received in retransmitted packets.
    #[doc(alias = "RTCInboundRtpStreamStats.retransmittedBytesReceived")]
    retransmitted_bytes_received: u64 = "retransmittedBytesReceived",
    /// The SSRC of the retransmission stream, if there is one.
    #[doc(alias = "RTCInboundRtpStreamStats.rtxSsrc")]
    rtx_ssrc: u32 = "rtxSsrc",
    /// The SSRC of the forward error correction stream, if there is one.
    #[doc(alias = "RTCInboundRtpStreamStats.fecSsrc")]
    fec_ssrc: u32 = "fecSsrc",
    /// The sum of the estimated probabilities, each from 0 to 1, that a frame was corrupt.
    #[doc(alias = "RTCInboundRtpStreamStats.totalCorruptionProbability")]
    total_corruption_probability: f64 = "totalCorruptionProbability",
    /// The sum of the squares of these probabilities.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSquaredCorruptionProbability")]
    total_squared_corruption_probability: f64 = "totalSquaredCorruptionProbability",
    /// The number of these estimates.
    #[doc(alias = "RTCInboundRtpStreamStats.corruptionMeasurements")]
    corruption_measurements: u64 = "corruptionMeasurements",
}

received! {
    {
        /// The reception of a sent stream, according to the last report of the remote peer.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#remoteinboundrtpstats-dict*)
        #[doc(alias = "RTCRemoteInboundRtpStreamStats")]
        #[doc(alias = "RTCRtpStreamStats")]
        #[doc(alias = "RTCReceivedRtpStreamStats")]
        RemoteInboundRtp = "remote-inbound-rtp"
    }
    /// The local entry of the stream.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.localId")]
    local_id: StatsId<OutboundRtp> = "localId",
    /// The latest round-trip time, in seconds.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.roundTripTime")]
    round_trip_time: f64 = "roundTripTime",
    /// The total round-trip time, in seconds.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.totalRoundTripTime")]
    total_round_trip_time: f64 = "totalRoundTripTime",
    /// The fraction of packets lost since the previous report, from 0 to 1.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.fractionLost")]
    fraction_lost: f64 = "fractionLost",
    /// The number of measured round trips.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.roundTripTimeMeasurements")]
    round_trip_time_measurements: u64 = "roundTripTimeMeasurements",
    /// Packets that were sent with the ECT(1) mark and arrived without it.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.packetsWithBleachedEct1Marking")]
    packets_with_bleached_ect1_marking: u64 = "packetsWithBleachedEct1Marking",
}
