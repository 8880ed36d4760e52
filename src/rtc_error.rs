//! Details of a WebRTC failure, beyond its name.

use browser_rtc_proto::spec_enum;

use crate::{error::Error, sys::global};

spec_enum! {
    /// The part of WebRTC that failed. [Specification](https://www.w3.org/TR/webrtc/#rtcerrordetailtype-enum)
    #[doc(alias = "RTCErrorDetailType")]
    ErrorDetail {
        /// A data channel, for a reason of its own.
        #[doc(alias = "RTCErrorDetailType.data-channel-failure")]
        DataChannelFailure = "data-channel-failure",
        /// The encryption: an alert was sent or received.
        #[doc(alias = "RTCErrorDetailType.dtls-failure")]
        DtlsFailure = "dtls-failure",
        /// The peer is not who its description said.
        #[doc(alias = "RTCErrorDetailType.fingerprint-failure")]
        FingerprintFailure = "fingerprint-failure",
        /// The transport that the data channels share.
        #[doc(alias = "RTCErrorDetailType.sctp-failure")]
        SctpFailure = "sctp-failure",
        /// A description that does not parse.
        #[doc(alias = "RTCErrorDetailType.sdp-syntax-error")]
        SdpSyntaxError = "sdp-syntax-error",
        /// There is no hardware encoder for what was asked.
        #[doc(alias = "RTCErrorDetailType.hardware-encoder-not-available")]
        HardwareEncoderNotAvailable = "hardware-encoder-not-available",
        /// The hardware encoder does not take what was asked.
        #[doc(alias = "RTCErrorDetailType.hardware-encoder-error")]
        HardwareEncoderError = "hardware-encoder-error",
    }
}

/// Details of a WebRTC failure, from [`Error::rtc`].
/// [Specification](https://www.w3.org/TR/webrtc/#rtcerror-interface)
#[doc(alias = "RTCError")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RtcError {
    /// The part of WebRTC that failed.
    #[doc(alias = "RTCError.errorDetail")]
    pub detail: ErrorDetail,
    /// The line of the description, from 1. Chromium does not number it: there it is the first line with the text that
    /// it quotes.
    #[doc(alias = "RTCError.sdpLineNumber")]
    pub sdp_line_number: Option<u32>,
    /// The cause code of SCTP, such as 12 where the peer closed its connection.
    #[doc(alias = "RTCError.sctpCauseCode")]
    pub sctp_cause_code: Option<u16>,
    /// The DTLS alert that the peer sent, 0 to 255.
    #[doc(alias = "RTCError.receivedAlert")]
    pub received_alert: Option<u32>,
    /// The DTLS alert that we sent, 0 to 255.
    #[doc(alias = "RTCError.sentAlert")]
    pub sent_alert: Option<u32>,
}

impl Error {
    /// Returns the details of a WebRTC failure: of a channel, a transport, or a description that does not parse. Other
    /// failures have none.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcerror-interface)
    ///
    /// ```
    /// # use browser_rtc::Error;
    /// fn what_is_wrong_in(sdp: &str, error: &Error) -> Option<String> {
    ///     let line = error.rtc()?.sdp_line_number?;
    ///     sdp.lines().nth(line.checked_sub(1)? as usize).map(String::from)
    /// }
    /// ```
    #[must_use]
    pub fn rtc(&self) -> Option<RtcError> {
        let thrown = self.js()?;
        let detail = global::get(thrown, "errorDetail").as_string().map(|detail| detail.as_str().into());
        let quoted_line = quoted_line(self.message(), self.sdp().unwrap_or_default());
        Some(RtcError {
            detail: detail.or_else(|| quoted_line.map(|_| ErrorDetail::SdpSyntaxError))?,
            sdp_line_number: global::integer(thrown, "sdpLineNumber").or(quoted_line),
            sctp_cause_code: global::integer(thrown, "sctpCauseCode"),
            received_alert: global::integer(thrown, "receivedAlert"),
            sent_alert: global::integer(thrown, "sentAlert"),
        })
    }
}

/// Chromium quotes the line that does not parse, and does not number it.
fn quoted_line(message: &str, sdp: &str) -> Option<u32> {
    let (_, quoted) = message.split_once("parse SessionDescription. ")?;
    let line = sdp.lines().position(|line| !line.is_empty() && quoted.starts_with(line))?;
    u32::try_from(line + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_quoted_is_found() {
        let line = |message| quoted_line(message, "v=0\r\ns=-\r\n\r\nm=audio nonsense\r\n");
        assert_eq!(line("Failed to parse SessionDescription. m=audio nonsense Expects at least 4 fields."), Some(4));
        assert_eq!(line("Failed to parse SessionDescription. x=1 Expects m line."), None);
        assert_eq!(line("v=0"), None);
    }
}
