//! The state of a channel.

use browser_rtc_proto::spec_enum;

spec_enum! {
    /// The state of a data channel. [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdatachannelstate)
    #[doc(alias = "RTCDataChannelState")]
    ChannelState {
        /// The channel cannot send yet.
        #[doc(alias = "RTCDataChannelState.connecting")]
        Connecting = "connecting",
        /// The channel can send.
        #[doc(alias = "RTCDataChannelState.open")]
        Open = "open",
        /// The channel is closing: the messages in its send buffer are still being sent.
        #[doc(alias = "RTCDataChannelState.closing")]
        Closing = "closing",
        /// The channel is closed.
        #[doc(alias = "RTCDataChannelState.closed")]
        Closed = "closed",
    }
}
