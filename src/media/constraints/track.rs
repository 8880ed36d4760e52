//! What to ask of one track.

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

/// A set of constraints on one kind of track, its setters and its JavaScript form.
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
            /// Further sets, in the order of their weight: the browser meets each as a whole, or passes over it.
            /// `advanced` within one of them means nothing.
            #[doc(alias = "MediaTrackConstraints.advanced")]
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub advanced: Vec<Self>,
            /// Constraints that this crate does not type, such as `zoom`, each as JavaScript has it.
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
            /// No constraints: any device of this kind.
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

            /// Adds a set that is met as a whole, or passed over; the first that is added weighs most.
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
    /// What to ask of a camera, or of the screen.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatrackconstraintset)
    ///
    /// A browser passes over what it does not know, even where it is `exact`:
    /// [`supported_constraints`](crate::media::supported_constraints) tells.
    #[doc(alias = "MediaTrackConstraints")]
    Video {
        /// Pixels across.
        #[doc(alias = "MediaTrackConstraintSet.width")]
        width / "width": u32,
        /// Pixels down.
        #[doc(alias = "MediaTrackConstraintSet.height")]
        height / "height": u32,
        /// Width divided by height. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.aspectRatio")]
        aspect_ratio / "aspectRatio": f64,
        /// Frames a second.
        #[doc(alias = "MediaTrackConstraintSet.frameRate")]
        frame_rate / "frameRate": f64,
        /// Which way the camera looks.
        #[doc(alias = "MediaTrackConstraintSet.facingMode")]
        facing_mode / "facingMode": OneOf<FacingMode>,
        /// Whether the browser may cut and scale the camera's picture to the size that is asked for.
        #[doc(alias = "MediaTrackConstraintSet.resizeMode")]
        resize_mode / "resizeMode": OneOf<ResizeMode>,
        /// The camera, by its [`DeviceInfo::device_id`](crate::media::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackConstraintSet.deviceId")]
        device_id / "deviceId": OneOf<String>,
        /// The device that the camera is a part of.
        #[doc(alias = "MediaTrackConstraintSet.groupId")]
        group_id / "groupId": OneOf<String>,
        /// Blur what is behind the user. Unknown to Firefox, and to Chromium where the system cannot do it.
        #[doc(alias = "MediaTrackConstraintSet.backgroundBlur")]
        background_blur / "backgroundBlur": bool,
        /// What of the screen is offered first; the user chooses. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-displaysurface)
        #[doc(alias = "MediaTrackConstraintSet.displaySurface")]
        display_surface / "displaySurface": OneOf<DisplaySurface>,
        /// Of the screen: also what is hidden or scrolled out of sight. Browsers tell it in the settings, and pass over
        /// it as a constraint.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-logicalsurface)
        #[doc(alias = "MediaTrackConstraintSet.logicalSurface")]
        logical_surface / "logicalSurface": bool,
        /// Whether the pointer is in the picture of the screen. Chromium tells it in the settings, and passes over it
        /// as a constraint of a live track; unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-cursor)
        #[doc(alias = "MediaTrackConstraintSet.cursor")]
        cursor / "cursor": OneOf<CursorCapture>,
    }
}

track_constraints! {
    /// What to ask of a microphone, or of the sound that goes with the screen.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatrackconstraintset)
    ///
    /// A browser passes over what it does not know, even where it is `exact`:
    /// [`supported_constraints`](crate::media::supported_constraints) tells.
    #[doc(alias = "MediaTrackConstraints")]
    Audio {
        /// Take out what the loudspeaker plays.
        #[doc(alias = "MediaTrackConstraintSet.echoCancellation")]
        echo_cancellation / "echoCancellation": EchoCancellation,
        /// Take out steady noise.
        #[doc(alias = "MediaTrackConstraintSet.noiseSuppression")]
        noise_suppression / "noiseSuppression": bool,
        /// Keep the loudness even.
        #[doc(alias = "MediaTrackConstraintSet.autoGainControl")]
        auto_gain_control / "autoGainControl": bool,
        /// The isolation of the user's voice from all other sound. Unknown to Firefox.
        /// [Specification](https://w3c.github.io/mediacapture-extensions/#voice-isolation)
        #[doc(alias = "MediaTrackConstraintSet.voiceIsolation")]
        voice_isolation / "voiceIsolation": bool,
        /// Samples a second. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.sampleRate")]
        sample_rate / "sampleRate": u32,
        /// Bits a sample. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.sampleSize")]
        sample_size / "sampleSize": u32,
        /// Seconds from sound to sample. Unknown to Firefox.
        #[doc(alias = "MediaTrackConstraintSet.latency")]
        latency / "latency": f64,
        /// 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackConstraintSet.channelCount")]
        channel_count / "channelCount": u32,
        /// The microphone, by its [`DeviceInfo::device_id`](crate::media::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackConstraintSet.deviceId")]
        device_id / "deviceId": OneOf<String>,
        /// The device that the microphone is a part of.
        #[doc(alias = "MediaTrackConstraintSet.groupId")]
        group_id / "groupId": OneOf<String>,
        /// Leave the sound that this page plays out of the screen's. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-restrictownaudio)
        #[doc(alias = "MediaTrackConstraintSet.restrictOwnAudio")]
        restrict_own_audio / "restrictOwnAudio": bool,
        /// Silence the loudspeakers for what is shared with its sound. Unknown to Firefox.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-suppresslocalaudioplayback)
        #[doc(alias = "MediaTrackConstraintSet.suppressLocalAudioPlayback")]
        suppress_local_audio_playback / "suppressLocalAudioPlayback": bool,
    }
}

/// The constraints of a live track: from an [`Audio`] or a [`Video`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TrackConstraints {
    /// Of a track of sound.
    Audio(Box<Audio>),
    /// Of a track of picture.
    Video(Box<Video>),
}

impl TrackConstraints {
    /// Reads the constraints of a track of this kind.
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
