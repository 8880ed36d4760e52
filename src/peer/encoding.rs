//! The encodings of a sender.

use browser_rtc_proto::dictionary;
use serde::Serialize;

use super::Codec;
use crate::{
    channel::PriorityType,
    dictionary::js_members,
    members::{Members, member_setter},
};

/// An encoding of the track of a sender; several are simulcast. The browser chooses the values that are not set.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtpencodingparameters)
///
/// ```
/// use browser_rtc::peer::{Encoding, TransceiverInit};
///
/// let simulcast = TransceiverInit::new()
///     .encoding(Encoding::new().rid("h").max_bitrate(1_500_000))
///     .encoding(Encoding::new().rid("m").scale_resolution_down_by(2.0))
///     .encoding(Encoding::new().rid("l").scale_resolution_down_by(4.0).max_bitrate(100_000));
/// # let _ = simulcast;
/// ```
#[doc(alias = "RTCRtpEncodingParameters")]
#[doc(alias = "RTCRtpCodingParameters")]
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Encoding {
    /// The id of the encoding among those of its track: 1 to 255 ASCII letters and digits, of which Chromium and
    /// Firefox accept at most 16. It cannot change. Browsers discard the rid of a single encoding.
    #[doc(alias = "RTCRtpCodingParameters.rid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rid: Option<String>,
    /// False pauses the encoding; true by default. A change needs no negotiation.
    #[doc(alias = "RTCRtpEncodingParameters.active")]
    pub active: bool,
    /// The codec: one of the negotiated codecs or, before a negotiation, any of the sender's capabilities. A change
    /// needs no negotiation. Chromium requires the same codec in all encodings of a sender.
    #[doc(alias = "RTCRtpEncodingParameters.codec")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codec: Option<Codec>,
    /// The maximum bit rate, in bits per second.
    #[doc(alias = "RTCRtpEncodingParameters.maxBitrate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bitrate: Option<u32>,
    /// The maximum frame rate, in frames per second, 0 or more; for video only.
    #[doc(alias = "RTCRtpEncodingParameters.maxFramerate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_framerate: Option<f64>,
    /// The divisor of width and height, 1 or more; for video only. If all of several encodings omit it, the last one
    /// has the full size, and each one before it half the size of the next.
    #[doc(alias = "RTCRtpEncodingParameters.scaleResolutionDownBy")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_resolution_down_by: Option<f64>,
    /// The priority, which determines the share of the bandwidth.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcrtpencodingparameters-priority)
    #[doc(alias = "RTCRtpEncodingParameters.priority")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<PriorityType>,
    /// The priority with which packets are marked for the network. Chromium supports it, Firefox ignores it.
    /// [Specification](https://www.w3.org/TR/webrtc-priority/#dom-rtcrtpencodingparameters-networkpriority)
    #[doc(alias = "RTCRtpEncodingParameters.networkPriority")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_priority: Option<PriorityType>,
    /// The spatial and temporal layers, such as `L1T2`. Chromium supports it, Firefox ignores it.
    /// [Specification](https://www.w3.org/TR/webrtc-svc/#dom-rtcrtpencodingparameters-scalabilitymode)
    #[doc(alias = "RTCRtpEncodingParameters.scalabilityMode")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scalability_mode: Option<String>,
    /// The maximum size, to which a larger video is scaled down, preserving its aspect ratio; for video only, instead
    /// of [`scale_resolution_down_by`](Self::scale_resolution_down_by). Chromium supports it, Firefox ignores it.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtpencodingparameters-scaleresolutiondownto)
    #[doc(alias = "RTCRtpEncodingParameters.scaleResolutionDownTo")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale_resolution_down_to: Option<ResolutionRestriction>,
    /// True permits longer audio packets when the bandwidth is low; the browser's default is false. Chromium supports
    /// it, Firefox ignores it.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtpencodingparameters-adaptiveptime)
    #[doc(alias = "RTCRtpEncodingParameters.adaptivePtime")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adaptive_ptime: Option<bool>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

/// The maximum resolution of a video, in either orientation.
/// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcresolutionrestriction)
#[doc(alias = "RTCResolutionRestriction")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ResolutionRestriction {
    /// The maximum width, in pixels, 1 or more.
    #[doc(alias = "RTCResolutionRestriction.maxWidth")]
    pub max_width: u32,
    /// The maximum height, in pixels, 1 or more.
    #[doc(alias = "RTCResolutionRestriction.maxHeight")]
    pub max_height: u32,
}

impl ResolutionRestriction {
    /// Creates a restriction to a size in pixels.
    #[must_use]
    pub fn new(max_width: u32, max_height: u32) -> Self {
        Self { max_width, max_height }
    }
}

dictionary! {
    Encoding = Self::default(),
    required [],
    rid / "rid",
    active / "active",
    codec / "codec",
    max_bitrate / "maxBitrate",
    max_framerate / "maxFramerate",
    scale_resolution_down_by / "scaleResolutionDownBy",
    priority / "priority",
    network_priority / "networkPriority",
    scalability_mode / "scalabilityMode",
    scale_resolution_down_to / "scaleResolutionDownTo",
    adaptive_ptime / "adaptivePtime",
}

dictionary! {
    ResolutionRestriction = Self { max_width: 0, max_height: 0 },
    required ["maxWidth", "maxHeight"],
    max_width / "maxWidth",
    max_height / "maxHeight",
}

js_members!(Encoding: codec / "codec"; other);

impl Default for Encoding {
    fn default() -> Self {
        Self {
            rid: None,
            active: true,
            codec: None,
            max_bitrate: None,
            max_framerate: None,
            scale_resolution_down_by: None,
            priority: None,
            network_priority: None,
            scalability_mode: None,
            scale_resolution_down_to: None,
            adaptive_ptime: None,
            other: Members::new(),
        }
    }
}

impl Encoding {
    /// Creates an active encoding without other values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the rid.
    #[must_use]
    pub fn rid(mut self, rid: impl Into<String>) -> Self {
        self.rid = Some(rid.into());
        self
    }

    /// Sets whether the encoding is sent.
    #[must_use]
    pub fn active(mut self, active: bool) -> Self {
        self.active = active;
        self
    }

    /// Sets the codec.
    #[must_use]
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Sets the maximum bit rate, in bits per second.
    #[must_use]
    pub fn max_bitrate(mut self, bits_per_second: u32) -> Self {
        self.max_bitrate = Some(bits_per_second);
        self
    }

    /// Sets the maximum frame rate, in frames per second.
    #[must_use]
    pub fn max_framerate(mut self, frames_per_second: f64) -> Self {
        self.max_framerate = Some(frames_per_second);
        self
    }

    /// Sets the divisor of width and height.
    #[must_use]
    pub fn scale_resolution_down_by(mut self, divisor: f64) -> Self {
        self.scale_resolution_down_by = Some(divisor);
        self
    }

    /// Sets the priority.
    #[must_use]
    pub fn priority(mut self, priority: PriorityType) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Sets the priority with which packets are marked for the network.
    #[must_use]
    pub fn network_priority(mut self, priority: PriorityType) -> Self {
        self.network_priority = Some(priority);
        self
    }

    /// Sets the layers, such as `L1T2`.
    #[must_use]
    pub fn scalability_mode(mut self, mode: impl Into<String>) -> Self {
        self.scalability_mode = Some(mode.into());
        self
    }

    /// Sets the maximum size of the video.
    #[must_use]
    pub fn scale_resolution_down_to(mut self, size: ResolutionRestriction) -> Self {
        self.scale_resolution_down_to = Some(size);
        self
    }

    /// Sets whether audio packets may be longer when the bandwidth is low.
    #[must_use]
    pub fn adaptive_ptime(mut self, adaptive: bool) -> Self {
        self.adaptive_ptime = Some(adaptive);
        self
    }

    member_setter!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_serializes_as_specified() {
        let encoding = Encoding::new().rid("h").scale_resolution_down_by(2.0).priority(PriorityType::High);
        let expected = serde_json::json!({
            "rid": "h", "active": true, "scaleResolutionDownBy": 2.0, "priority": "high",
        });
        assert_eq!(serde_json::to_value(&encoding).unwrap(), expected);
        assert_eq!(serde_json::from_value::<Encoding>(expected).unwrap(), encoding);
        assert!(serde_json::from_str::<Encoding>("{}").unwrap().active);
    }
}
