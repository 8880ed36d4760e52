//! Streams that come in, here and at the peer.

use super::{AudioPlayout, Codec, OutboundRtp, RemoteOutboundRtp, StatsId, Timestamp, Transport, parents::received};
use crate::media::TrackKind;

received! {
    {
        /// A stream of media that comes in. It appears with its first packet.
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
    /// Pictures decoded.
    #[doc(alias = "RTCInboundRtpStreamStats.framesDecoded")]
    frames_decoded: u32 = "framesDecoded",
    /// Pictures decoded that stand for themselves.
    #[doc(alias = "RTCInboundRtpStreamStats.keyFramesDecoded")]
    key_frames_decoded: u32 = "keyFramesDecoded",
    /// Pictures shown.
    #[doc(alias = "RTCInboundRtpStreamStats.framesRendered")]
    frames_rendered: u32 = "framesRendered",
    /// Pictures dropped before they were decoded or as too late to be shown.
    #[doc(alias = "RTCInboundRtpStreamStats.framesDropped")]
    frames_dropped: u32 = "framesDropped",
    /// The width of the last picture decoded, in pixels.
    #[doc(alias = "RTCInboundRtpStreamStats.frameWidth")]
    frame_width: u32 = "frameWidth",
    /// The height of the last picture decoded, in pixels.
    #[doc(alias = "RTCInboundRtpStreamStats.frameHeight")]
    frame_height: u32 = "frameHeight",
    /// Pictures decoded in the last second.
    #[doc(alias = "RTCInboundRtpStreamStats.framesPerSecond")]
    frames_per_second: f64 = "framesPerSecond",
    /// The sum of the quantization parameters of all pictures decoded: the greater, the coarser.
    #[doc(alias = "RTCInboundRtpStreamStats.qpSum")]
    qp_sum: u64 = "qpSum",
    /// Seconds spent in decoding.
    #[doc(alias = "RTCInboundRtpStreamStats.totalDecodeTime")]
    total_decode_time: f64 = "totalDecodeTime",
    /// The sum of the times between pictures shown one after another, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalInterFrameDelay")]
    total_inter_frame_delay: f64 = "totalInterFrameDelay",
    /// The sum of the squares of the same, in square seconds: with the sum it gives the variance.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSquaredInterFrameDelay")]
    total_squared_inter_frame_delay: f64 = "totalSquaredInterFrameDelay",
    /// How often the picture stood still for more than five seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.pauseCount")]
    pause_count: u32 = "pauseCount",
    /// The total time of pauses of more than five seconds, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalPausesDuration")]
    total_pauses_duration: f64 = "totalPausesDuration",
    /// How often the picture stood still for longer than it should.
    #[doc(alias = "RTCInboundRtpStreamStats.freezeCount")]
    freeze_count: u32 = "freezeCount",
    /// The total time of freezes, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalFreezesDuration")]
    total_freezes_duration: f64 = "totalFreezesDuration",
    /// When the last packet came.
    #[doc(alias = "RTCInboundRtpStreamStats.lastPacketReceivedTimestamp")]
    last_packet_received_timestamp: Timestamp = "lastPacketReceivedTimestamp",
    /// Bytes of RTP headers and padding received.
    #[doc(alias = "RTCInboundRtpStreamStats.headerBytesReceived")]
    header_bytes_received: u64 = "headerBytesReceived",
    /// Packets that came too late or too early to be played.
    #[doc(alias = "RTCInboundRtpStreamStats.packetsDiscarded")]
    packets_discarded: u64 = "packetsDiscarded",
    /// Bytes of forward error correction received.
    #[doc(alias = "RTCInboundRtpStreamStats.fecBytesReceived")]
    fec_bytes_received: u64 = "fecBytesReceived",
    /// Packets of forward error correction received.
    #[doc(alias = "RTCInboundRtpStreamStats.fecPacketsReceived")]
    fec_packets_received: u64 = "fecPacketsReceived",
    /// Packets of forward error correction that were of no use.
    #[doc(alias = "RTCInboundRtpStreamStats.fecPacketsDiscarded")]
    fec_packets_discarded: u64 = "fecPacketsDiscarded",
    /// Bytes of payload received, without headers and padding.
    #[doc(alias = "RTCInboundRtpStreamStats.bytesReceived")]
    bytes_received: u64 = "bytesReceived",
    /// Requests sent to have packets again (NACK).
    #[doc(alias = "RTCInboundRtpStreamStats.nackCount")]
    nack_count: u32 = "nackCount",
    /// Full intra requests sent (FIR).
    #[doc(alias = "RTCInboundRtpStreamStats.firCount")]
    fir_count: u32 = "firCount",
    /// Requests sent for a key picture, as pictures were lost (PLI).
    #[doc(alias = "RTCInboundRtpStreamStats.pliCount")]
    pli_count: u32 = "pliCount",
    /// The sum over all pictures or samples of the time from the first packet to the end of decoding, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalProcessingDelay")]
    total_processing_delay: f64 = "totalProcessingDelay",
    /// When, by the clock of the sender, what plays now was captured, in milliseconds since the beginning of 1900.
    #[doc(alias = "RTCInboundRtpStreamStats.estimatedPlayoutTimestamp")]
    estimated_playout_timestamp: Timestamp = "estimatedPlayoutTimestamp",
    /// The sum over all samples or pictures of the time spent in the jitter buffer, in seconds: divided by
    /// `jitter_buffer_emitted_count` it is the mean.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferDelay")]
    jitter_buffer_delay: f64 = "jitterBufferDelay",
    /// The sum of what the jitter buffer aimed at, in seconds, likewise.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferTargetDelay")]
    jitter_buffer_target_delay: f64 = "jitterBufferTargetDelay",
    /// Samples or pictures that have left the jitter buffer.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferEmittedCount")]
    jitter_buffer_emitted_count: u64 = "jitterBufferEmittedCount",
    /// The sum of what the jitter buffer would have aimed at for the network alone, in seconds, likewise.
    #[doc(alias = "RTCInboundRtpStreamStats.jitterBufferMinimumDelay")]
    jitter_buffer_minimum_delay: f64 = "jitterBufferMinimumDelay",
    /// Samples of sound received, made up ones among them.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSamplesReceived")]
    total_samples_received: u64 = "totalSamplesReceived",
    /// Samples made up in the place of missing ones.
    #[doc(alias = "RTCInboundRtpStreamStats.concealedSamples")]
    concealed_samples: u64 = "concealedSamples",
    /// The concealed samples that are silent.
    #[doc(alias = "RTCInboundRtpStreamStats.silentConcealedSamples")]
    silent_concealed_samples: u64 = "silentConcealedSamples",
    /// How often samples had to be made up.
    #[doc(alias = "RTCInboundRtpStreamStats.concealmentEvents")]
    concealment_events: u64 = "concealmentEvents",
    /// Samples added to play more slowly.
    #[doc(alias = "RTCInboundRtpStreamStats.insertedSamplesForDeceleration")]
    inserted_samples_for_deceleration: u64 = "insertedSamplesForDeceleration",
    /// Samples left out to play faster.
    #[doc(alias = "RTCInboundRtpStreamStats.removedSamplesForAcceleration")]
    removed_samples_for_acceleration: u64 = "removedSamplesForAcceleration",
    /// How loud it is, from 0 to 1, linear.
    #[doc(alias = "RTCInboundRtpStreamStats.audioLevel")]
    audio_level: f64 = "audioLevel",
    /// The sum over all samples of level squared times duration, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalAudioEnergy")]
    total_audio_energy: f64 = "totalAudioEnergy",
    /// How much sound was received, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSamplesDuration")]
    total_samples_duration: f64 = "totalSamplesDuration",
    /// Whole pictures received.
    #[doc(alias = "RTCInboundRtpStreamStats.framesReceived")]
    frames_received: u32 = "framesReceived",
    /// The decoder, by name.
    #[doc(alias = "RTCInboundRtpStreamStats.decoderImplementation")]
    decoder_implementation: String = "decoderImplementation",
    /// The playout path of the stream.
    #[doc(alias = "RTCInboundRtpStreamStats.playoutId")]
    playout_id: StatsId<AudioPlayout> = "playoutId",
    /// The power efficiency of the decoder, as of hardware.
    #[doc(alias = "RTCInboundRtpStreamStats.powerEfficientDecoder")]
    power_efficient_decoder: bool = "powerEfficientDecoder",
    /// Pictures that took more than one packet.
    #[doc(alias = "RTCInboundRtpStreamStats.framesAssembledFromMultiplePackets")]
    frames_assembled_from_multiple_packets: u32 = "framesAssembledFromMultiplePackets",
    /// The sum of the times from their first packet to their last, in seconds.
    #[doc(alias = "RTCInboundRtpStreamStats.totalAssemblyTime")]
    total_assembly_time: f64 = "totalAssemblyTime",
    /// Packets received that were sent again.
    #[doc(alias = "RTCInboundRtpStreamStats.retransmittedPacketsReceived")]
    retransmitted_packets_received: u64 = "retransmittedPacketsReceived",
    /// Bytes of payload received that were sent again.
    #[doc(alias = "RTCInboundRtpStreamStats.retransmittedBytesReceived")]
    retransmitted_bytes_received: u64 = "retransmittedBytesReceived",
    /// The number of the stream of what is sent again, where it has its own.
    #[doc(alias = "RTCInboundRtpStreamStats.rtxSsrc")]
    rtx_ssrc: u32 = "rtxSsrc",
    /// The number of the stream of forward error correction, where it has its own.
    #[doc(alias = "RTCInboundRtpStreamStats.fecSsrc")]
    fec_ssrc: u32 = "fecSsrc",
    /// The sum of the estimates, each from 0 to 1, that a picture was corrupt.
    #[doc(alias = "RTCInboundRtpStreamStats.totalCorruptionProbability")]
    total_corruption_probability: f64 = "totalCorruptionProbability",
    /// The sum of their squares.
    #[doc(alias = "RTCInboundRtpStreamStats.totalSquaredCorruptionProbability")]
    total_squared_corruption_probability: f64 = "totalSquaredCorruptionProbability",
    /// How many estimates were made.
    #[doc(alias = "RTCInboundRtpStreamStats.corruptionMeasurements")]
    corruption_measurements: u64 = "corruptionMeasurements",
}

received! {
    {
        /// How a stream of ours comes in at the peer, by the peer's last report.
        /// [Specification](https://www.w3.org/TR/webrtc-stats/#remoteinboundrtpstats-dict*)
        #[doc(alias = "RTCRemoteInboundRtpStreamStats")]
        #[doc(alias = "RTCRtpStreamStats")]
        #[doc(alias = "RTCReceivedRtpStreamStats")]
        RemoteInboundRtp = "remote-inbound-rtp"
    }
    /// The stream of ours that it tells of.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.localId")]
    local_id: StatsId<OutboundRtp> = "localId",
    /// The last time there and back, in seconds.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.roundTripTime")]
    round_trip_time: f64 = "roundTripTime",
    /// The sum of all, in seconds.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.totalRoundTripTime")]
    total_round_trip_time: f64 = "totalRoundTripTime",
    /// The fraction of packets lost since the report before, from 0 to 1.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.fractionLost")]
    fraction_lost: f64 = "fractionLost",
    /// How many round trips were measured.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.roundTripTimeMeasurements")]
    round_trip_time_measurements: u64 = "roundTripTimeMeasurements",
    /// Packets that we sent with the ECT(1) mark and that came without.
    #[doc(alias = "RTCRemoteInboundRtpStreamStats.packetsWithBleachedEct1Marking")]
    packets_with_bleached_ect1_marking: u64 = "packetsWithBleachedEct1Marking",
}
