//! Codecs, and the capabilities of the browser.

use browser_rtc_proto::dictionary;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::TransceiverDirection;
use crate::{
    dictionary::{self, JsMembers, js_members, members_beside},
    error::{During, Error, ErrorKind, Result},
    media::TrackKind,
    members::Members,
    sys::global,
};

/// A codec. [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpcodec)
#[doc(alias = "RTCRtpCodec")]
#[doc(alias = "RTCRtpCodecCapability")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Codec {
    /// The MIME type, such as `video/VP8` or `audio/opus`. Browsers ignore its case.
    #[doc(alias = "RTCRtpCodec.mimeType")]
    pub mime_type: String,
    /// The clock rate, in ticks per second: 90,000 for video.
    #[doc(alias = "RTCRtpCodec.clockRate")]
    pub clock_rate: u32,
    /// The maximum number of audio channels.
    #[doc(alias = "RTCRtpCodec.channels")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u16>,
    /// The parameters, as in the `a=fmtp` line of a description.
    #[doc(alias = "RTCRtpCodec.sdpFmtpLine")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdp_fmtp_line: Option<String>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    Codec = Self::default(),
    required ["mimeType", "clockRate"],
    mime_type / "mimeType",
    clock_rate / "clockRate",
    channels / "channels",
    sdp_fmtp_line / "sdpFmtpLine",
}

js_members!(Codec: ; other);

impl Codec {
    /// Creates a codec with a MIME type, such as `video/VP8`, and a clock rate in ticks per second, such as 90,000.
    pub fn new(mime_type: impl Into<String>, clock_rate: u32) -> Self {
        Self { mime_type: mime_type.into(), clock_rate, ..Self::default() }
    }

    /// Sets the number of audio channels.
    #[must_use]
    pub fn channels(mut self, channels: u16) -> Self {
        self.channels = Some(channels);
        self
    }

    /// Sets the parameters as in the `a=fmtp` line of a description.
    #[must_use]
    pub fn sdp_fmtp_line(mut self, line: impl Into<String>) -> Self {
        self.sdp_fmtp_line = Some(line.into());
        self
    }

    /// Returns whether the codec has this MIME type, such as `video/VP9`, regardless of its parameters.
    #[must_use]
    pub fn is(&self, mime_type: &str) -> bool {
        self.mime_type.eq_ignore_ascii_case(mime_type)
    }
}

/// A negotiated codec. [Specification](https://www.w3.org/TR/webrtc/#rtcrtpcodecparameters)
#[doc(alias = "RTCRtpCodecParameters")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CodecParameters {
    /// The payload type in packets, 0 to 127.
    #[doc(alias = "RTCRtpCodecParameters.payloadType")]
    pub payload_type: u8,
    /// The codec itself.
    #[serde(flatten)]
    pub codec: Codec,
}

dictionary! {
    CodecParameters = Self::default(),
    required ["payloadType", "mimeType", "clockRate"],
    payload_type / "payloadType",
    codec.mime_type / "mimeType",
    codec.clock_rate / "clockRate",
    codec.channels / "channels",
    codec.sdp_fmtp_line / "sdpFmtpLine",
}

impl JsMembers for CodecParameters {
    fn write_members(&self, object: &JsValue) {
        self.codec.write_members(object);
    }

    fn read_members(&mut self, object: &JsValue) {
        self.codec.other = members_beside::<Self>(object);
    }
}

/// The capabilities of this browser for sending or receiving one kind of media.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpcapabilities)
///
/// [`RtpSender::capabilities`](super::RtpSender::capabilities) and
/// [`RtpReceiver::capabilities`](super::RtpReceiver::capabilities) return it.
#[doc(alias = "RTCRtpCapabilities")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RtpCapabilities {
    /// The codecs. Each combination of parameters is a separate entry. The list includes auxiliary codecs, such as
    /// `video/rtx` for retransmissions.
    #[doc(alias = "RTCRtpCapabilities.codecs")]
    pub codecs: Vec<Codec>,
    /// The header extensions.
    #[doc(alias = "RTCRtpCapabilities.headerExtensions")]
    pub header_extensions: Vec<HeaderExtensionCapability>,
}

dictionary! {
    RtpCapabilities = Self::default(),
    required ["codecs", "headerExtensions"],
    codecs / "codecs",
    header_extensions / "headerExtensions",
}

js_members!(RtpCapabilities: codecs / "codecs", header_extensions / "headerExtensions");

/// A header extension that this browser supports.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpheaderextensioncapability)
#[doc(alias = "RTCRtpHeaderExtensionCapability")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HeaderExtensionCapability {
    /// The URI, such as `urn:ietf:params:rtp-hdrext:sdes:mid`.
    #[doc(alias = "RTCRtpHeaderExtensionCapability.uri")]
    pub uri: String,
    /// The direction; `None` in Firefox, which does not report it.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtpheaderextensioncapability-direction)
    #[doc(alias = "RTCRtpHeaderExtensionCapability.direction")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<TransceiverDirection>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    HeaderExtensionCapability = Self::default(),
    required ["uri"],
    uri / "uri",
    direction / "direction",
}

js_members!(HeaderExtensionCapability: ; other);

impl RtpCapabilities {
    /// Queries the static method of this interface.
    pub(super) fn query(
        interface: &str,
        kind: &TrackKind,
        request: impl FnOnce(&str) -> std::result::Result<JsValue, JsValue>,
    ) -> Result<Self> {
        const OPERATION: &str = "getCapabilities";
        let unsupported = |advice| Error::new(OPERATION, ErrorKind::NotSupported, advice);
        let class = global::get(&js_sys::global(), interface);
        if !global::has_member(&class, OPERATION) {
            return Err(unsupported(
                "this browser does not report capabilities: use a current Chrome, Edge, Firefox or Safari",
            ));
        }
        let capabilities = request(kind.as_str()).during(OPERATION)?;
        dictionary::from_js(&capabilities).ok_or_else(|| unsupported("unknown kind of media: use audio or video"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codec_serializes_as_specified() {
        let codec = CodecParameters {
            payload_type: 111,
            codec: Codec {
                mime_type: "audio/opus".into(),
                clock_rate: 48_000,
                channels: Some(2),
                sdp_fmtp_line: Some("useinbandfec=1".into()),
                ..Codec::default()
            },
        };
        let expected = serde_json::json!({
            "payloadType": 111, "mimeType": "audio/opus", "clockRate": 48_000, "channels": 2,
            "sdpFmtpLine": "useinbandfec=1",
        });
        assert_eq!(serde_json::to_value(&codec).unwrap(), expected);
        assert_eq!(serde_json::from_value::<CodecParameters>(expected).unwrap(), codec);
    }

    #[test]
    fn codec_matches_mime_type_in_any_case() {
        let codec = Codec { mime_type: "video/VP8".into(), clock_rate: 90_000, ..Codec::default() };
        assert!(codec.is("VIDEO/vp8"));
        assert!(!codec.is("video/VP9"));
    }
}
