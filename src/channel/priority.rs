//! How much a stream or a channel matters beside others.

use browser_rtc_proto::spec_enum;

spec_enum! {
    /// How much a stream or a channel matters beside the others of its connection.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#rtc-priority-type)
    ///
    /// Each step is worth twice the one below it. Browsers start from [`Low`](Self::Low).
    #[doc(alias = "RTCPriorityType")]
    PriorityType {
        /// Below normal, such as a file that may take its time.
        #[doc(alias = "RTCPriorityType.very-low")]
        VeryLow = "very-low",
        /// Normal.
        #[doc(alias = "RTCPriorityType.low")]
        Low = "low",
        /// High.
        #[doc(alias = "RTCPriorityType.medium")]
        Medium = "medium",
        /// Extra high, such as the voice in a call.
        #[doc(alias = "RTCPriorityType.high")]
        High = "high",
    }
}
