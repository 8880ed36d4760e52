//! The details of WebRTC errors.

use browser_rtc_proto::spec_enum;

use crate::{error::Error, sys::global};

spec_enum! {
    /// The type of a WebRTC error. [Specification](https://www.w3.org/TR/webrtc/#rtcerrordetailtype-enum)
    #[doc(alias = "RTCErrorDetailType")]
    ErrorDetail {
        /// The data channel has failed.
        #[doc(alias = "RTCErrorDetailType.data-channel-failure")]
        DataChannelFailure = "data-channel-failure",
        /// DTLS negotiation failed, or the connection was ended with a fatal alert.
        #[doc(alias = "RTCErrorDetailType.dtls-failure")]
        DtlsFailure = "dtls-failure",
        /// The certificate of the remote peer does not match the fingerprint in its session description.
        #[doc(alias = "RTCErrorDetailType.fingerprint-failure")]
        FingerprintFailure = "fingerprint-failure",
        /// SCTP negotiation failed, or the association was ended with a fatal error.
        #[doc(alias = "RTCErrorDetailType.sctp-failure")]
        SctpFailure = "sctp-failure",
        /// The session description has a syntax error.
        #[doc(alias = "RTCErrorDetailType.sdp-syntax-error")]
        SdpSyntaxError = "sdp-syntax-error",
        /// No hardware encoder is available for the requested operation.
        #[doc(alias = "RTCErrorDetailType.hardware-encoder-not-available")]
        HardwareEncoderNotAvailable = "hardware-encoder-not-available",
        /// The hardware encoder does not support the requested parameters.
        #[doc(alias = "RTCErrorDetailType.hardware-encoder-error")]
        HardwareEncoderError = "hardware-encoder-error",
    }
}

/// The details of a WebRTC error, from [`Error::rtc`].
/// [Specification](https://www.w3.org/TR/webrtc/#rtcerror-interface)
#[doc(alias = "RTCError")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RtcError {
    /// The type of the error.
    #[doc(alias = "RTCError.errorDetail")]
    pub detail: ErrorDetail,
    /// The line number of the syntax error in the session description, from 1. Chromium quotes the line without a number.
    /// In that case, this is the number of the first line with the quoted text.
    #[doc(alias = "RTCError.sdpLineNumber")]
    pub sdp_line_number: Option<u32>,
    /// The SCTP cause code, such as 12 if the remote peer closed its connection.
    #[doc(alias = "RTCError.sctpCauseCode")]
    pub sctp_cause_code: Option<u16>,
    /// The DTLS alert that the remote peer sent, 0 to 255.
    #[doc(alias = "RTCError.receivedAlert")]
    pub received_alert: Option<u32>,
    /// The DTLS alert that the local peer sent, 0 to 255.
    #[doc(alias = "RTCError.sentAlert")]
    pub sent_alert: Option<u32>,
}

impl Error {
    /// Returns the details of a WebRTC error: of a data channel, a transport, or a session description with a syntax error.
    /// Returns `None` for other errors.
    /// [Specification](https://www.w3.org/TR/webrtc/#rtcerror-interface)
    ///
    /// # Examples
    /// ```
    /// # use browser_rtc::Error;
    /// fn invalid_line(sdp: &str, error: &Error) -> Option<String> {
    ///     let number = error.rtc()?.sdp_line_number?;
    ///     sdp.lines().nth(number.checked_sub(1)? as usize).map(String::from)
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

/// Returns the number of the line that Chromium quotes in the message of a syntax error.
fn quoted_line(message: &str, sdp: &str) -> Option<u32> {
    let (_, quoted) = message.split_once("parse SessionDescription. ")?;
    let line = sdp.lines().position(|line| !line.is_empty() && quoted.starts_with(line))?;
    u32::try_from(line + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_line_is_found() {
        let line = |message| quoted_line(message, "v=0\r\ns=-\r\n\r\nm=audio nonsense\r\n");
        assert_eq!(line("Failed to parse SessionDescription. m=audio nonsense Expects at least 4 fields."), Some(4));
        assert_eq!(line("Failed to parse SessionDescription. x=1 Expects m line."), None);
        assert_eq!(line("v=0"), None);
    }
}
