//! Transceivers: a sender and a receiver that share one media section of the descriptions.

use std::fmt;

use browser_rtc_proto::{dictionary, spec_enum};
use js_sys::{Array, Object};
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{
    Codec, Encoding, HeaderExtensionCapability, RtpReceiver, RtpSender,
    rtp::{callable, open},
};
use crate::{
    dictionary::{self, js_members},
    error::{During, Error, ErrorKind, Result},
    identity::{identity, same_object},
    media::{MediaStream, MediaStreamTrack, TrackKind},
    members::{Members, member_setter},
    sys::{self, global},
    wake::CloseSignal,
};

spec_enum! {
    /// The direction of media through a transceiver.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiverdirection)
    #[doc(alias = "RTCRtpTransceiverDirection")]
    TransceiverDirection {
        /// Media is sent and received.
        #[doc(alias = "RTCRtpTransceiverDirection.sendrecv")]
        SendRecv = "sendrecv",
        /// Media is only sent.
        #[doc(alias = "RTCRtpTransceiverDirection.sendonly")]
        SendOnly = "sendonly",
        /// Media is only received.
        #[doc(alias = "RTCRtpTransceiverDirection.recvonly")]
        RecvOnly = "recvonly",
        /// No media is sent or received.
        #[doc(alias = "RTCRtpTransceiverDirection.inactive")]
        Inactive = "inactive",
        /// The transceiver is stopped, by [`RtpTransceiver::stop`] or by the remote peer. This direction cannot be set.
        #[doc(alias = "RTCRtpTransceiverDirection.stopped")]
        Stopped = "stopped",
    }
}

/// A sender and a receiver of one kind of media, which share one media section of the descriptions.
/// [Specification](https://www.w3.org/TR/webrtc/#rtcrtptransceiver-interface)
///
/// Handles of one transceiver share its sender and its receiver. A transceiver does not keep its connection alive.
///
/// A transceiver without a track can warm a call up: the connection is established before the camera is available, and
/// the track is set later, without another negotiation.
///
/// ```no_run
/// # use browser_rtc::{media::{MediaStream, TrackKind}, peer::{PeerConnection, TransceiverInit}, Result};
/// # async fn example(pc: &PeerConnection, camera: MediaStream) -> Result<()> {
/// let video = pc.add_transceiver(TrackKind::Video, &TransceiverInit::new())?;
/// // … offer and answer; later, the camera is available:
/// video.sender().replace_track(camera.video_tracks().first()).await?;
/// # Ok(()) }
/// ```
#[doc(alias = "RTCRtpTransceiver")]
#[derive(Clone)]
pub struct RtpTransceiver {
    raw: sys::rtp_transceiver::RtpTransceiver,
    sender: RtpSender,
    receiver: RtpReceiver,
    end: CloseSignal,
}

impl RtpTransceiver {
    pub(super) fn new(
        raw: sys::rtp_transceiver::RtpTransceiver,
        sender: RtpSender,
        receiver: RtpReceiver,
        end: &CloseSignal,
    ) -> Self {
        Self { raw, sender, receiver, end: end.clone() }
    }

    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &web_sys::RtcRtpTransceiver {
        &self.raw
    }

    /// Returns the id of the media section; `None` before the first description is set, and once the transceiver is
    /// stopped.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtptransceiver-mid)
    #[doc(alias = "RTCRtpTransceiver.mid")]
    #[must_use]
    pub fn mid(&self) -> Option<String> {
        self.raw.mid()
    }

    /// Returns the sender.
    #[doc(alias = "RTCRtpTransceiver.sender")]
    #[must_use]
    pub fn sender(&self) -> &RtpSender {
        &self.sender
    }

    /// Returns the receiver.
    #[doc(alias = "RTCRtpTransceiver.receiver")]
    #[must_use]
    pub fn receiver(&self) -> &RtpReceiver {
        &self.receiver
    }

    /// Returns the preferred direction, which the next offer or answer requests.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-direction)
    #[doc(alias = "RTCRtpTransceiver.direction")]
    #[must_use]
    pub fn direction(&self) -> TransceiverDirection {
        self.direction_in("direction").unwrap_or(TransceiverDirection::Stopped)
    }

    /// Returns the direction that was negotiated last; `None` before the first negotiation.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-currentdirection)
    #[doc(alias = "RTCRtpTransceiver.currentDirection")]
    #[must_use]
    pub fn current_direction(&self) -> Option<TransceiverDirection> {
        self.direction_in("currentDirection")
    }

    fn direction_in(&self, attribute: &str) -> Option<TransceiverDirection> {
        global::get(&self.raw, attribute).as_string().map(|direction| TransceiverDirection::from(&*direction))
    }

    /// Sets the preferred direction. A negotiation is needed then.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-direction)
    ///
    /// # Errors
    /// - `InvalidState` if the transceiver is stopped.
    /// - `Type` for [`Stopped`](TransceiverDirection::Stopped) and for an unknown direction. If the transceiver is
    ///   stopped, `Stopped` is `Type` in Chromium, as specified, and `InvalidState` in Firefox.
    /// - `Closed` if the connection is closed.
    pub fn set_direction(&self, direction: &TransceiverDirection) -> Result<()> {
        const OPERATION: &str = "direction";
        let raw = open(OPERATION, &self.raw, &self.end)?;
        if let TransceiverDirection::Unknown(_) = direction {
            // Browsers ignore an unknown value of the attribute.
            return Err(Error::new(OPERATION, ErrorKind::Type, format!("unknown direction {:?}", direction.as_str())));
        }
        raw.set_direction_name(direction.as_str()).during(OPERATION)
    }

    /// Stops sending and receiving permanently. A negotiation is needed then, which stops the transceiver at the remote
    /// peer. The sender no longer keeps its track alive, and the track of the receiver ends with the answer. A stopped
    /// transceiver does not change.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-stop)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` if the browser does not support it: the direction [`Inactive`](TransceiverDirection::Inactive)
    ///   is similar.
    #[doc(alias = "RTCRtpTransceiver.stop")]
    pub fn stop(&self) -> Result<()> {
        const OPERATION: &str = "stop";
        callable(OPERATION, &self.raw, &self.end)?.stop_for_good().during(OPERATION)?;
        self.sender.forget_emptied();
        self.sender.keep(None);
        Ok(())
    }

    /// Sets the codecs to send and receive, in order of preference. Other codecs are excluded. An empty list stands for
    /// the default of the browser; Firefox then omits `video/rtx`. The preferences take effect with the next offer or
    /// answer.
    /// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-setcodecpreferences)
    ///
    /// ```no_run
    /// # use browser_rtc::{media::TrackKind, peer::{PeerConnection, RtpReceiver, TransceiverInit}, Result};
    /// # fn example(pc: &PeerConnection) -> Result<()> {
    /// let transceiver = pc.add_transceiver(TrackKind::Video, &TransceiverInit::new())?;
    /// let mut codecs = RtpReceiver::capabilities(&TrackKind::Video)?.codecs;
    /// codecs.sort_by_key(|codec| !codec.is("video/VP9")); // VP9 first, then the others in their order
    /// transceiver.set_codec_preferences(&codecs)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// - `InvalidModification` if a codec is not exactly as in [`RtpReceiver::capabilities`], or if all are auxiliary
    ///   codecs such as `video/rtx`.
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` if the browser does not support preferences.
    #[doc(alias = "RTCRtpTransceiver.setCodecPreferences")]
    pub fn set_codec_preferences(&self, codecs: &[Codec]) -> Result<()> {
        const OPERATION: &str = "setCodecPreferences";
        let codecs = dictionary::list_to_js(codecs);
        callable(OPERATION, &self.raw, &self.end)?.prefer_codecs(&codecs).during(OPERATION)
    }

    /// Returns the header extensions for the next offer or answer, each with its direction:
    /// [`Stopped`](TransceiverDirection::Stopped) for an extension that is not offered.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-getheaderextensionstonegotiate)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` in Firefox.
    #[doc(alias = "RTCRtpTransceiver.getHeaderExtensionsToNegotiate")]
    pub fn header_extensions_to_negotiate(&self) -> Result<Vec<HeaderExtensionCapability>> {
        self.header_extensions("getHeaderExtensionsToNegotiate")
    }

    /// Sets the directions of the header extensions for the next offer or answer. The argument is the list of
    /// [`header_extensions_to_negotiate`](Self::header_extensions_to_negotiate) with other directions.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-setheaderextensionstonegotiate)
    ///
    /// ```no_run
    /// # use browser_rtc::{peer::{RtpTransceiver, TransceiverDirection}, Result};
    /// # fn example(transceiver: &RtpTransceiver) -> Result<()> {
    /// let mut extensions = transceiver.header_extensions_to_negotiate()?;
    /// for extension in extensions.iter_mut().filter(|extension| extension.uri.ends_with("/abs-capture-time")) {
    ///     extension.direction = Some(TransceiverDirection::SendRecv);
    /// }
    /// transceiver.set_header_extensions_to_negotiate(&extensions)
    /// # }
    /// ```
    ///
    /// # Errors
    /// - `Type` for a missing or unknown direction, or an empty URI.
    /// - `InvalidModification` if the URIs, their number or their order differ, and for
    ///   [`Stopped`](TransceiverDirection::Stopped) of a mandatory extension.
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` in Firefox.
    #[doc(alias = "RTCRtpTransceiver.setHeaderExtensionsToNegotiate")]
    pub fn set_header_extensions_to_negotiate(&self, extensions: &[HeaderExtensionCapability]) -> Result<()> {
        const OPERATION: &str = "setHeaderExtensionsToNegotiate";
        let extensions = dictionary::list_to_js(extensions);
        callable(OPERATION, &self.raw, &self.end)?.set_header_extensions(&extensions).during(OPERATION)
    }

    /// Returns the header extensions that were negotiated last, each with its direction:
    /// [`Stopped`](TransceiverDirection::Stopped) for an extension that is not used.
    /// [Specification](https://w3c.github.io/webrtc-extensions/#dom-rtcrtptransceiver-getnegotiatedheaderextensions)
    ///
    /// # Errors
    /// - `Closed` if the connection is closed.
    /// - `NotSupported` in Firefox.
    #[doc(alias = "RTCRtpTransceiver.getNegotiatedHeaderExtensions")]
    pub fn negotiated_header_extensions(&self) -> Result<Vec<HeaderExtensionCapability>> {
        self.header_extensions("getNegotiatedHeaderExtensions")
    }

    fn header_extensions(&self, method: &'static str) -> Result<Vec<HeaderExtensionCapability>> {
        let raw = callable(method, &self.raw, &self.end)?;
        let extensions = global::call(raw, method).unwrap_or(Ok(JsValue::UNDEFINED)).during(method)?;
        Ok(dictionary::list_from_js(&extensions))
    }
}

impl fmt::Debug for RtpTransceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mid, direction) = (self.mid(), self.direction());
        f.debug_struct("RtpTransceiver").field("mid", &mid).field("direction", &direction).finish_non_exhaustive()
    }
}

/// The argument of [`add_transceiver`](super::PeerConnection::add_transceiver): a track to send, or a kind of media.
#[derive(Clone, Debug)]
pub enum TrackOrKind<'a> {
    /// A track that is sent from the start.
    Track(&'a MediaStreamTrack),
    /// A kind of media; [`RtpSender::replace_track`] sets the track.
    Kind(TrackKind),
}

impl TrackOrKind<'_> {
    pub(super) fn to_js(&self) -> JsValue {
        match self {
            Self::Track(track) => track.as_raw().into(),
            Self::Kind(kind) => kind.as_str().into(),
        }
    }
}

impl<'a> From<&'a MediaStreamTrack> for TrackOrKind<'a> {
    fn from(track: &'a MediaStreamTrack) -> Self {
        Self::Track(track)
    }
}

impl From<TrackKind> for TrackOrKind<'_> {
    fn from(kind: TrackKind) -> Self {
        Self::Kind(kind)
    }
}

/// Options of a new transceiver. By default, it sends and receives, has no stream and one encoding.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiverinit)
#[doc(alias = "RTCRtpTransceiverInit")]
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransceiverInit {
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<TransceiverDirection>,
    #[serde(skip)]
    streams: Vec<MediaStream>,
    send_encodings: Vec<Encoding>,
    #[serde(skip)]
    other: Members,
}

dictionary! {
    TransceiverInit = Self::default(),
    required [],
    direction / "direction",
    send_encodings / "sendEncodings",
}

js_members!(TransceiverInit: send_encodings / "sendEncodings"; other);

impl TransceiverInit {
    /// Creates the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the direction; the browser's default is [`TransceiverDirection::SendRecv`].
    #[doc(alias = "RTCRtpTransceiverInit.direction")]
    #[must_use]
    pub fn direction(mut self, direction: TransceiverDirection) -> Self {
        self.direction = Some(direction);
        self
    }

    /// Adds a stream in which the remote peer receives the track.
    #[doc(alias = "RTCRtpTransceiverInit.streams")]
    #[must_use]
    pub fn stream(mut self, stream: &MediaStream) -> Self {
        self.streams.push(stream.clone());
        self
    }

    /// Adds an encoding of the track. Several encodings, each with a rid, are simulcast of video.
    #[doc(alias = "RTCRtpTransceiverInit.sendEncodings")]
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.send_encodings.push(encoding);
        self
    }

    member_setter!();

    pub(super) fn to_js(&self) -> Object {
        let object = dictionary::to_js(self);
        let streams: Array = self.streams.iter().map(MediaStream::as_raw).collect();
        if self.other.get("streams").is_none() {
            global::set(&object, "streams", &streams);
        }
        object
    }
}

identity!(RtpTransceiver, |this, other| same_object(&this.raw, &other.raw));
