//! The parameters of senders and receivers.

use browser_rtc_proto::{dictionary, spec_enum};
use js_sys::Object;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{CodecParameters, Encoding};
use crate::{
    dictionary::{self, js_members},
    members::{Members, member_setter},
    sys::global,
};

spec_enum! {
    /// The property of a video that is reduced when bandwidth or computing power is insufficient.
    /// [Specification](https://www.w3.org/TR/mst-content-hint/#dom-rtcdegradationpreference)
    #[doc(alias = "RTCDegradationPreference")]
    DegradationPreference {
        /// The resolution is reduced.
        #[doc(alias = "RTCDegradationPreference.maintain-framerate")]
        MaintainFramerate = "maintain-framerate",
        /// The frame rate is reduced.
        #[doc(alias = "RTCDegradationPreference.maintain-resolution")]
        MaintainResolution = "maintain-resolution",
        /// Both are reduced, in balance.
        #[doc(alias = "RTCDegradationPreference.balanced")]
        Balanced = "balanced",
        /// Neither is reduced; frames are dropped if necessary.
        #[doc(alias = "RTCDegradationPreference.maintain-framerate-and-resolution")]
        MaintainFramerateAndResolution = "maintain-framerate-and-resolution",
    }
}

/// The negotiated parameters of a sender or receiver. Only a negotiation changes them.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpparameters)
#[doc(alias = "RTCRtpParameters")]
#[doc(alias = "RTCRtpReceiveParameters")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RtpParameters {
    /// The header extensions. Firefox reports none.
    #[doc(alias = "RTCRtpParameters.headerExtensions")]
    pub header_extensions: Vec<HeaderExtensionParameters>,
    /// The parameters of RTCP. Firefox reports none for a receiver, and default values for a sender.
    #[doc(alias = "RTCRtpParameters.rtcp")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtcp: Option<RtcpParameters>,
    /// The codecs, the preferred one first; empty before an answer.
    #[doc(alias = "RTCRtpParameters.codecs")]
    pub codecs: Vec<CodecParameters>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    RtpParameters = Self::default(),
    required [],
    header_extensions / "headerExtensions",
    rtcp / "rtcp",
    codecs / "codecs",
}

js_members!(RtpParameters: codecs / "codecs"; other);

impl RtpParameters {
    pub(super) fn from_js(value: &JsValue) -> Self {
        let mut parameters: Self = dictionary::from_js(value).unwrap_or_default();
        if let Some(rtcp) = &mut parameters.rtcp {
            // Browsers return an empty name instead of omitting it.
            rtcp.cname.take_if(|name| name.is_empty());
        }
        parameters
    }
}

/// The parameters of RTCP, the reports that sender and receiver exchange.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtcpparameters)
#[doc(alias = "RTCRtcpParameters")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RtcpParameters {
    /// The canonical name of the source in reports, which all sources of a connection share; `None` if the browser does
    /// not report it, as for receivers.
    #[doc(alias = "RTCRtcpParameters.cname")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cname: Option<String>,
    /// True for reports of reduced size ([RFC 5506](https://www.rfc-editor.org/rfc/rfc5506)).
    #[doc(alias = "RTCRtcpParameters.reducedSize")]
    pub reduced_size: bool,
}

dictionary! {
    RtcpParameters = Self::default(),
    required [],
    cname / "cname",
    reduced_size / "reducedSize",
}

/// A negotiated header extension.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpheaderextensionparameters)
#[doc(alias = "RTCRtpHeaderExtensionParameters")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HeaderExtensionParameters {
    /// The URI of the extension.
    #[doc(alias = "RTCRtpHeaderExtensionParameters.uri")]
    pub uri: String,
    /// The id of the extension in packets.
    #[doc(alias = "RTCRtpHeaderExtensionParameters.id")]
    pub id: u16,
    /// True if the extension is encrypted.
    #[doc(alias = "RTCRtpHeaderExtensionParameters.encrypted")]
    pub encrypted: bool,
}

dictionary! {
    HeaderExtensionParameters = Self::default(),
    required [],
    uri / "uri",
    id / "id",
    encrypted / "encrypted",
}

/// The parameters of a sender. They are read with [`RtpSender::parameters`](super::RtpSender::parameters), changed, and
/// passed to [`RtpSender::set_parameters`](super::RtpSender::set_parameters).
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtpsendparameters)
///
/// The members that are not fields are passed back to the browser unchanged, including those that this crate does not
/// type.
#[doc(alias = "RTCRtpSendParameters")]
#[derive(Clone, Debug)]
pub struct RtpSendParameters {
    /// The encodings of the track. Their number, their order and their rids cannot change.
    #[doc(alias = "RTCRtpSendParameters.encodings")]
    pub encodings: Vec<Encoding>,
    /// The property that is reduced when bandwidth or computing power is insufficient; if it is `None`, the content
    /// hint of the track determines it.
    #[doc(alias = "RTCRtpSendParameters.degradationPreference")]
    pub degradation_preference: Option<DegradationPreference>,
    /// Members that this crate does not type, which are set in addition to those that were read.
    pub other: Members,
    raw: Object,
}

impl RtpSendParameters {
    pub(super) fn from_raw(raw: Object) -> Self {
        Self {
            encodings: dictionary::list_from_js(&global::get(&raw, "encodings")),
            degradation_preference: dictionary::value_from_js(global::get(&raw, "degradationPreference")),
            other: Members::new(),
            raw,
        }
    }

    /// Returns the negotiated parameters, which are read-only.
    #[must_use]
    pub fn agreed(&self) -> RtpParameters {
        // Its untyped members would be the encodings and the other members of the sender's parameters.
        RtpParameters { other: Members::new(), ..RtpParameters::from_js(&self.raw) }
    }

    /// Returns the id of the reading, by which the browser detects expired parameters.
    #[doc(alias = "RTCRtpSendParameters.transactionId")]
    #[must_use]
    pub fn transaction_id(&self) -> String {
        global::get(&self.raw, "transactionId").as_string().unwrap_or_default()
    }

    /// Returns the underlying browser object, as it was read.
    #[must_use]
    pub fn as_raw(&self) -> &Object {
        &self.raw
    }

    /// Returns a copy of the browser's own object with the values of the fields.
    pub(super) fn to_js(&self) -> Object {
        let object = Object::assign(&Object::new(), &self.raw);
        global::set(&object, "encodings", &dictionary::list_to_js(&self.encodings));
        let preference = self.degradation_preference.as_ref().map(|preference| JsValue::from_str(preference.as_str()));
        global::set(&object, "degradationPreference", &preference.into());
        self.other.write(&object);
        object
    }
}

/// Options of [`RtpSender::set_parameters_with`](super::RtpSender::set_parameters_with).
/// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcsetparameteroptions)
///
/// ```
/// use browser_rtc::peer::{EncodingOptions, SetParameterOptions};
///
/// let key_frame = SetParameterOptions::new().encoding(EncodingOptions::new().key_frame(true));
/// # let _ = key_frame;
/// ```
#[doc(alias = "RTCSetParameterOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetParameterOptions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    encoding_options: Vec<EncodingOptions>,
    #[serde(skip)]
    other: Members,
}

dictionary! {
    SetParameterOptions = Self::default(),
    required [],
    encoding_options / "encodingOptions",
}

js_members!(SetParameterOptions: encoding_options / "encodingOptions"; other);

impl SetParameterOptions {
    /// Creates empty options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the options of the next encoding. There must be options for all encodings or for none.
    #[doc(alias = "RTCSetParameterOptions.encodingOptions")]
    #[must_use]
    pub fn encoding(mut self, options: EncodingOptions) -> Self {
        self.encoding_options.push(options);
        self
    }

    member_setter!();
}

/// A one-time action on an encoding when its parameters are set.
/// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcencodingoptions)
#[doc(alias = "RTCEncodingOptions")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EncodingOptions {
    key_frame: bool,
    #[serde(skip)]
    other: Members,
}

dictionary! {
    EncodingOptions = Self::default(),
    required [],
    key_frame / "keyFrame",
}

js_members!(EncodingOptions: ; other);

impl EncodingOptions {
    /// Creates options without an action.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the next frame is a key frame; for video only. Chromium supports it, Firefox ignores it.
    #[doc(alias = "RTCEncodingOptions.keyFrame")]
    #[must_use]
    pub fn key_frame(mut self, key_frame: bool) -> Self {
        self.key_frame = key_frame;
        self
    }

    member_setter!();
}
