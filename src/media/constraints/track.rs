//! Constraints on one track.

use browser_rtc_proto::dictionary;
use js_sys::Object;
use serde::Serialize;
use wasm_bindgen::JsValue;

use super::{
    choices::{CursorCapture, DisplaySurface, EchoCancellation, FacingMode, ResizeMode},
    js::{ToJs, set},
    value::{Constrain, OneOf},
};
use crate::{
    dictionary::{self, js_members},
    media::TrackKind,
    members::{Members, member_setter},
};

/// Defines a set of constraints on one kind of track, with its setters and its conversion to JavaScript.
macro_rules! track_constraints {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$field_meta:meta])* $field:ident / $js:literal : $value:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<Constrain<$value>>,
            )*
            /// Further sets of constraints, in order of priority. The browser meets each set as a whole or ignores it.
            /// `advanced` within such a set has no effect.
            #[doc(alias = "MediaTrackConstraints.advanced")]
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub advanced: Vec<Self>,
            /// Constraints that this crate does not type, such as `zoom`, as JavaScript values.
            #[serde(skip)]
            pub other: Members,
        }

        dictionary! {
            $name = Self::default(),
            required [],
            $($field / $js,)*
            advanced / "advanced",
        }

        impl $name {
            /// Creates empty constraints, which any device of the kind meets.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            $(
                $(#[$field_meta])*
                #[must_use]
                pub fn $field(mut self, value: impl Into<Constrain<$value>>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )*

            /// Adds a set of constraints that is met as a whole or ignored. The first one has the highest priority.
            #[must_use]
            pub fn advanced(mut self, set: Self) -> Self {
                self.advanced.push(set);
                self
            }

            member_setter!();
        }

        js_members!($name: advanced / "advanced"; other);

        impl ToJs for $name {
            fn to_js(&self) -> JsValue {
                let object = Object::new();
                $( set(&object, $js, self.$field.as_ref()); )*
                set(&object, "advanced", (!self.advanced.is_empty()).then_some(&self.advanced));
                self.other.write(&object);
                object.into()
            }
        }

        impl From<$name> for TrackConstraints {
            fn from(constraints: $name) -> Self {
                Self::$name(constraints.into())
            }
        }
    };
}

track_constraints! {
    /// Constraints on a video track of a camera or a screen.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatrackconstraintset)
    ///
    /// Browsers ignore constraints that they do not support, even `exact` ones. See
    /// [`supported_constraints`](crate::media::supported_constraints).
    #[doc(alias = "MediaTrackConstraints")]
    Video {
        /// The width, in pixels.
        #[doc(alias = "MediaTrackConstraintSet.width")]
        width / "width": u32,
        /// The height, in pixels.
        #[doc(alias = "MediaTrackConstraintSet.height")]
        height / "height": u32,
        /// The width divided by the height. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.aspectRatio")]
        aspect_ratio / "aspectRatio": f64,
        /// The frame rate, in frames per second.
        #[doc(alias = "MediaTrackConstraintSet.frameRate")]
        frame_rate / "frameRate": f64,
        /// The direction that the camera faces.
        #[doc(alias = "MediaTrackConstraintSet.facingMode")]
        facing_mode / "facingMode": OneOf<FacingMode>,
        /// The means by which the requested resolution is produced: natively, or by cropping and scaling.
        #[doc(alias = "MediaTrackConstraintSet.resizeMode")]
        resize_mode / "resizeMode": OneOf<ResizeMode>,
        /// The camera, by its [`DeviceInfo::device_id`](crate::media::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackConstraintSet.deviceId")]
        device_id / "deviceId": OneOf<String>,
        /// The group of devices that the camera is part of.
        #[doc(alias = "MediaTrackConstraintSet.groupId")]
        group_id / "groupId": OneOf<String>,
        /// Background blur. Unknown to Firefox, and to Chromium if the system does not support it.
        #[doc(alias = "MediaTrackConstraintSet.backgroundBlur")]
        background_blur / "backgroundBlur": bool,
        /// The kind of surface that is offered first. The user makes the choice. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-displaysurface)
        #[doc(alias = "MediaTrackConstraintSet.displaySurface")]
        display_surface / "displaySurface": OneOf<DisplaySurface>,
        /// Capture of the hidden parts of a surface too. Browsers report it in the settings, and ignore it as
        /// a constraint.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-logicalsurface)
        #[doc(alias = "MediaTrackConstraintSet.logicalSurface")]
        logical_surface / "logicalSurface": bool,
        /// The capture of the cursor. Chromium reports it in the settings, and ignores it as a constraint
        /// of a live track. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-cursor)
        #[doc(alias = "MediaTrackConstraintSet.cursor")]
        cursor / "cursor": OneOf<CursorCapture>,
    }
}

track_constraints! {
    /// Constraints on an audio track of a microphone or a screen.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatrackconstraintset)
    ///
    /// Browsers ignore constraints that they do not support, even `exact` ones. See
    /// [`supported_constraints`](crate::media::supported_constraints).
    #[doc(alias = "MediaTrackConstraints")]
    Audio {
        /// Echo cancellation: the removal of audio that the speakers play.
        #[doc(alias = "MediaTrackConstraintSet.echoCancellation")]
        echo_cancellation / "echoCancellation": EchoCancellation,
        /// Noise suppression.
        #[doc(alias = "MediaTrackConstraintSet.noiseSuppression")]
        noise_suppression / "noiseSuppression": bool,
        /// Automatic gain control.
        #[doc(alias = "MediaTrackConstraintSet.autoGainControl")]
        auto_gain_control / "autoGainControl": bool,
        /// Voice isolation: the removal of all sound but the voice of the user. Unknown to Firefox.
        /// [Specification](https://w3c.github.io/mediacapture-extensions/#voice-isolation)
        #[doc(alias = "MediaTrackConstraintSet.voiceIsolation")]
        voice_isolation / "voiceIsolation": bool,
        /// The sample rate, in samples per second. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.sampleRate")]
        sample_rate / "sampleRate": u32,
        /// The sample size, in bits. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.sampleSize")]
        sample_size / "sampleSize": u32,
        /// The latency of the capture, in seconds. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.latency")]
        latency / "latency": f64,
        /// The number of channels: 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackConstraintSet.channelCount")]
        channel_count / "channelCount": u32,
        /// The microphone, by its [`DeviceInfo::device_id`](crate::media::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackConstraintSet.deviceId")]
        device_id / "deviceId": OneOf<String>,
        /// The group of devices that the microphone is part of.
        #[doc(alias = "MediaTrackConstraintSet.groupId")]
        group_id / "groupId": OneOf<String>,
        /// Exclusion of this page's own audio from the captured audio. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-restrictownaudio)
        #[doc(alias = "MediaTrackConstraintSet.restrictOwnAudio")]
        restrict_own_audio / "restrictOwnAudio": bool,
        /// Silence of the speakers for the audio that is shared. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-suppresslocalaudioplayback)
        #[doc(alias = "MediaTrackConstraintSet.suppressLocalAudioPlayback")]
        suppress_local_audio_playback / "suppressLocalAudioPlayback": bool,
    }
}

/// The constraints of a live track. An [`Audio`] and a [`Video`] convert to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TrackConstraints {
    /// The constraints of an audio track.
    Audio(Box<Audio>),
    /// The constraints of a video track.
    Video(Box<Video>),
}

impl TrackConstraints {
    /// Reads the constraints of a track of the given kind.
    pub(in crate::media) fn from_js(kind: &TrackKind, raw: &JsValue) -> Self {
        match kind {
            TrackKind::Audio => dictionary::from_js::<Audio>(raw).unwrap_or_default().into(),
            _ => dictionary::from_js::<Video>(raw).unwrap_or_default().into(),
        }
    }
}

impl ToJs for TrackConstraints {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Audio(constraints) => constraints.to_js(),
            Self::Video(constraints) => constraints.to_js(),
        }
    }
}
