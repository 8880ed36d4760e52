//! The priority of a stream or a channel.

use browser_rtc_proto::spec_enum;

spec_enum! {
    /// The priority of a media stream or a channel among those of its connection.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#rtc-priority-type)
    ///
    /// Each level gets twice the share of the level below. The default of browsers is [`Low`](Self::Low).
    #[doc(alias = "RTCPriorityType")]
    PriorityType {
        /// Below normal, such as for a file transfer in the background.
        #[doc(alias = "RTCPriorityType.very-low")]
        VeryLow = "very-low",
        /// Normal.
        #[doc(alias = "RTCPriorityType.low")]
        Low = "low",
        /// High.
        #[doc(alias = "RTCPriorityType.medium")]
        Medium = "medium",
        /// Extra high, such as for the voice in a call.
        #[doc(alias = "RTCPriorityType.high")]
        High = "high",
    }
}
