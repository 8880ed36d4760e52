//! The connection, its codecs and its data channels.

use super::{StatsId, Transport, decode::dictionary};
use crate::channel::ChannelState;

dictionary! {
    /// A codec in use.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#codec-dict*)
    #[doc(alias = "RTCCodecStats")]
    Codec = "codec" {
        /// The payload type in packets.
        #[doc(alias = "RTCCodecStats.payloadType")]
        payload_type: u32 = "payloadType",
        /// The transport that the payload type is valid for.
        #[doc(alias = "RTCCodecStats.transportId")]
        transport_id: StatsId<Transport> = "transportId",
        /// The MIME type, such as `video/VP8`.
        #[doc(alias = "RTCCodecStats.mimeType")]
        mime_type: String = "mimeType",
        /// The clock rate of the timestamps, in hertz.
        #[doc(alias = "RTCCodecStats.clockRate")]
        clock_rate: u32 = "clockRate",
        /// The number of audio channels.
        #[doc(alias = "RTCCodecStats.channels")]
        channels: u32 = "channels",
        /// The parameters, as in the session description.
        #[doc(alias = "RTCCodecStats.sdpFmtpLine")]
        sdp_fmtp_line: String = "sdpFmtpLine",
    }
}

dictionary! {
    /// The connection as a whole.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#pcstats-dict*)
    #[doc(alias = "RTCPeerConnectionStats")]
    Connection = "peer-connection" {
        /// The number of data channels that have been open.
        #[doc(alias = "RTCPeerConnectionStats.dataChannelsOpened")]
        data_channels_opened: u32 = "dataChannelsOpened",
        /// The number of data channels that have closed.
        #[doc(alias = "RTCPeerConnectionStats.dataChannelsClosed")]
        data_channels_closed: u32 = "dataChannelsClosed",
    }
}

dictionary! {
    /// A data channel.
    /// [Specification](https://www.w3.org/TR/webrtc-stats/#dcstats-dict*)
    #[doc(alias = "RTCDataChannelStats")]
    Channel = "data-channel" {
        /// The label.
        #[doc(alias = "RTCDataChannelStats.label")]
        label: String = "label",
        /// The protocol.
        #[doc(alias = "RTCDataChannelStats.protocol")]
        protocol: String = "protocol",
        /// The id, once the channel has one.
        #[doc(alias = "RTCDataChannelStats.dataChannelIdentifier")]
        data_channel_identifier: u32 = "dataChannelIdentifier",
        /// The state of the data channel.
        #[doc(alias = "RTCDataChannelStats.state")]
        state: ChannelState = "state",
        /// Messages sent.
        #[doc(alias = "RTCDataChannelStats.messagesSent")]
        messages_sent: u32 = "messagesSent",
        /// Bytes of payload sent.
        #[doc(alias = "RTCDataChannelStats.bytesSent")]
        bytes_sent: u64 = "bytesSent",
        /// Messages received.
        #[doc(alias = "RTCDataChannelStats.messagesReceived")]
        messages_received: u32 = "messagesReceived",
        /// Bytes of payload received.
        #[doc(alias = "RTCDataChannelStats.bytesReceived")]
        bytes_received: u64 = "bytesReceived",
    }
}
