//! What to ask of a camera and a microphone.

use js_sys::Object;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::{spec_enum::spec_enum, sys::global};

spec_enum! {
    /// Which way a camera looks. [Specification](https://www.w3.org/TR/mediacapture-streams/#def-constraint-facingMode)
    #[doc(alias = "VideoFacingModeEnum")]
    FacingMode {
        /// Towards the user: the selfie camera.
        #[doc(alias = "VideoFacingModeEnum.user")]
        User = "user",
        /// Away from the user.
        #[doc(alias = "VideoFacingModeEnum.environment")]
        Environment = "environment",
        /// To the user's left.
        #[doc(alias = "VideoFacingModeEnum.left")]
        Left = "left",
        /// To the user's right.
        #[doc(alias = "VideoFacingModeEnum.right")]
        Right = "right",
    }
}

/// One constraint: a bare value, or any of `ideal`, `exact`, `min` and `max`.
///
/// A bare value and `ideal` are wishes, which the browser meets as well as it can; with `exact`, `min` or `max` it
/// refuses ([`ErrorKind::Overconstrained`](crate::ErrorKind::Overconstrained)) where no device can.
///
/// ```
/// use browser_rtc::media::{Video, exact, ideal, min};
///
/// let video = Video::new()
///     .width(min(640).max(1920).ideal(1280))
///     .height(720)
///     .device_id(exact("4f0e…"));
/// # let _ = video;
/// ```
#[doc(alias = "ConstrainULong")]
#[doc(alias = "ConstrainDouble")]
#[doc(alias = "ConstrainBoolean")]
#[doc(alias = "ConstrainDOMString")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Constrain<T> {
    /// A wish, the same as `ideal`.
    Bare(T),
    /// Bounds and wishes.
    Bounds(Bounds<T>),
}

/// The parts of a [`Constrain`] that is not a bare value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds<T> {
    /// No other value will do.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub exact: Option<T>,
    /// As near to this as can be.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub ideal: Option<T>,
    /// No less than this, for numbers.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub min: Option<T>,
    /// No more than this, for numbers.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub max: Option<T>,
}

fn none<T>() -> Option<T> {
    None
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { exact: None, ideal: None, min: None, max: None }
    }
}

/// A wish: as near to `value` as the device can.
pub fn ideal<T>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { ideal: Some(value), ..Bounds::default() })
}

/// `value` or a refusal.
pub fn exact<T>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { exact: Some(value), ..Bounds::default() })
}

/// `value` or more, or a refusal.
pub fn min<T: Number>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { min: Some(value), ..Bounds::default() })
}

/// `value` or less, or a refusal.
pub fn max<T: Number>(value: T) -> Constrain<T> {
    Constrain::Bounds(Bounds { max: Some(value), ..Bounds::default() })
}

impl<T> Constrain<T> {
    /// Adds a wish, in place of an earlier one or of the bare value.
    #[must_use]
    pub fn ideal(self, value: T) -> Self {
        Self::Bounds(Bounds { ideal: Some(value), ..self.into_bounds() })
    }

    fn map<U>(self, convert: impl Fn(T) -> U) -> Constrain<U> {
        match self {
            Self::Bare(value) => Constrain::Bare(convert(value)),
            Self::Bounds(Bounds { exact, ideal, min, max }) => Constrain::Bounds(Bounds {
                exact: exact.map(&convert),
                ideal: ideal.map(&convert),
                min: min.map(&convert),
                max: max.map(&convert),
            }),
        }
    }

    fn into_bounds(self) -> Bounds<T> {
        match self {
            Self::Bare(value) => Bounds { ideal: Some(value), ..Bounds::default() },
            Self::Bounds(bounds) => bounds,
        }
    }
}

impl<T: Number> Constrain<T> {
    /// Adds a lower bound.
    #[must_use]
    pub fn min(self, value: T) -> Self {
        Self::Bounds(Bounds { min: Some(value), ..self.into_bounds() })
    }

    /// Adds an upper bound.
    #[must_use]
    pub fn max(self, value: T) -> Self {
        Self::Bounds(Bounds { max: Some(value), ..self.into_bounds() })
    }
}

/// The numbers that have a `min` and a `max`: `u32` and `f64`.
pub trait Number: private::Number {}
impl Number for u32 {}
impl Number for f64 {}

mod private {
    pub trait Number {}
    impl Number for u32 {}
    impl Number for f64 {}
}

macro_rules! bare {
    ($($from:ty => $to:ty),* $(,)?) => {
        $(impl From<$from> for Constrain<$to> {
            fn from(value: $from) -> Self {
                Self::Bare(value.into())
            }
        })*
    };
}

bare!(u32 => u32, f64 => f64, u32 => f64, bool => bool, FacingMode => FacingMode, &str => String, String => String);

impl From<Constrain<&str>> for Constrain<String> {
    fn from(constrain: Constrain<&str>) -> Self {
        constrain.map(String::from)
    }
}

impl From<Constrain<u32>> for Constrain<f64> {
    fn from(constrain: Constrain<u32>) -> Self {
        constrain.map(f64::from)
    }
}

/// A value that a constraint may carry, as JavaScript sees it.
trait ToJs {
    fn to_js(&self) -> JsValue;
}

impl ToJs for u32 {
    fn to_js(&self) -> JsValue {
        (*self).into()
    }
}

impl ToJs for f64 {
    fn to_js(&self) -> JsValue {
        (*self).into()
    }
}

impl ToJs for bool {
    fn to_js(&self) -> JsValue {
        (*self).into()
    }
}

impl ToJs for String {
    fn to_js(&self) -> JsValue {
        self.as_str().into()
    }
}

impl ToJs for FacingMode {
    fn to_js(&self) -> JsValue {
        self.as_str().into()
    }
}

impl<T: ToJs> ToJs for Constrain<T> {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Bare(value) => value.to_js(),
            Self::Bounds(Bounds { exact, ideal, min, max }) => {
                let object = Object::new();
                for (name, value) in [("exact", exact), ("ideal", ideal), ("min", min), ("max", max)] {
                    set(&object, name, value.as_ref());
                }
                object.into()
            }
        }
    }
}

fn set(object: &Object, name: &str, value: Option<&impl ToJs>) {
    if let Some(value) = value {
        global::set(object, name, &value.to_js());
    }
}

/// A set of constraints on one kind of track, its setters and its JavaScript form.
macro_rules! track_constraints {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$field_meta:meta])* $field:ident / $js:literal : $value:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<Constrain<$value>>,
            )*
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
        }

        impl ToJs for $name {
            fn to_js(&self) -> JsValue {
                let object = Object::new();
                $( set(&object, $js, self.$field.as_ref()); )*
                object.into()
            }
        }
    };
}

track_constraints! {
    /// What to ask of a camera.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatrackconstraintset)
    #[doc(alias = "MediaTrackConstraints")]
    Video {
        /// Pixels across.
        #[doc(alias = "MediaTrackConstraintSet.width")]
        width / "width": u32,
        /// Pixels down.
        #[doc(alias = "MediaTrackConstraintSet.height")]
        height / "height": u32,
        /// Width divided by height.
        #[doc(alias = "MediaTrackConstraintSet.aspectRatio")]
        aspect_ratio / "aspectRatio": f64,
        /// Frames a second.
        #[doc(alias = "MediaTrackConstraintSet.frameRate")]
        frame_rate / "frameRate": f64,
        /// Which way the camera looks.
        #[doc(alias = "MediaTrackConstraintSet.facingMode")]
        facing_mode / "facingMode": FacingMode,
        /// The camera, by its [`DeviceInfo::device_id`](super::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackConstraintSet.deviceId")]
        device_id / "deviceId": String,
        /// The device that the camera is a part of.
        #[doc(alias = "MediaTrackConstraintSet.groupId")]
        group_id / "groupId": String,
    }
}

track_constraints! {
    /// What to ask of a microphone.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatrackconstraintset)
    #[doc(alias = "MediaTrackConstraints")]
    Audio {
        /// Take out what the loudspeaker plays.
        #[doc(alias = "MediaTrackConstraintSet.echoCancellation")]
        echo_cancellation / "echoCancellation": bool,
        /// Take out steady noise.
        #[doc(alias = "MediaTrackConstraintSet.noiseSuppression")]
        noise_suppression / "noiseSuppression": bool,
        /// Keep the loudness even.
        #[doc(alias = "MediaTrackConstraintSet.autoGainControl")]
        auto_gain_control / "autoGainControl": bool,
        /// Samples a second.
        #[doc(alias = "MediaTrackConstraintSet.sampleRate")]
        sample_rate / "sampleRate": u32,
        /// Bits a sample.
        #[doc(alias = "MediaTrackConstraintSet.sampleSize")]
        sample_size / "sampleSize": u32,
        /// Seconds from sound to sample.
        #[doc(alias = "MediaTrackConstraintSet.latency")]
        latency / "latency": f64,
        /// 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackConstraintSet.channelCount")]
        channel_count / "channelCount": u32,
        /// The microphone, by its [`DeviceInfo::device_id`](super::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackConstraintSet.deviceId")]
        device_id / "deviceId": String,
        /// The device that the microphone is a part of.
        #[doc(alias = "MediaTrackConstraintSet.groupId")]
        group_id / "groupId": String,
    }
}

/// Whether to capture a kind of media, and with which constraints: from `true`, `false`, [`Audio`] or [`Video`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wanted<T> {
    /// Any device, or none of this kind.
    Any(bool),
    /// A device that meets these.
    Constrained(T),
}

impl<T> Default for Wanted<T> {
    fn default() -> Self {
        Self::Any(false)
    }
}

impl<T> From<bool> for Wanted<T> {
    fn from(wanted: bool) -> Self {
        Self::Any(wanted)
    }
}

impl From<Audio> for Wanted<Audio> {
    fn from(constraints: Audio) -> Self {
        Self::Constrained(constraints)
    }
}

impl From<Video> for Wanted<Video> {
    fn from(constraints: Video) -> Self {
        Self::Constrained(constraints)
    }
}

impl<T: ToJs> ToJs for Wanted<T> {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Any(wanted) => (*wanted).into(),
            Self::Constrained(constraints) => constraints.to_js(),
        }
    }
}

/// What [`get_user_media`](super::get_user_media) is to capture. Nothing is asked for unless named.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastreamconstraints)
///
/// ```
/// use browser_rtc::media::{Audio, Constraints, FacingMode, Video, ideal};
///
/// let both = Constraints::new().audio(true).video(true);
/// let choosy = Constraints::new()
///     .audio(Audio::new().echo_cancellation(true))
///     .video(Video::new().width(ideal(1280)).facing_mode(FacingMode::User));
/// # let _ = (both, choosy);
/// ```
#[doc(alias = "MediaStreamConstraints")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Constraints {
    /// The microphone.
    #[doc(alias = "MediaStreamConstraints.audio")]
    pub audio: Wanted<Audio>,
    /// The camera.
    #[doc(alias = "MediaStreamConstraints.video")]
    pub video: Wanted<Video>,
}

impl Constraints {
    /// Neither microphone nor camera.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a microphone: `true`, or an [`Audio`].
    #[must_use]
    pub fn audio(mut self, wanted: impl Into<Wanted<Audio>>) -> Self {
        self.audio = wanted.into();
        self
    }

    /// Asks for a camera: `true`, or a [`Video`].
    #[must_use]
    pub fn video(mut self, wanted: impl Into<Wanted<Video>>) -> Self {
        self.video = wanted.into();
        self
    }

    pub(crate) fn to_js(&self) -> Object {
        let object = Object::new();
        set(&object, "audio", Some(&self.audio));
        set(&object, "video", Some(&self.video));
        object
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn json_of(constraints: &Constraints) -> Value {
        serde_json::to_value(constraints).unwrap()
    }

    #[test]
    fn constraints_travel_as_the_specification_spells_them() {
        let constraints = Constraints::new()
            .audio(Audio::new().echo_cancellation(true).channel_count(exact(2)))
            .video(Video::new().width(min(640).ideal(1280)).frame_rate(30).facing_mode(FacingMode::Environment));
        let expected = json!({
            "audio": { "echoCancellation": true, "channelCount": { "exact": 2 } },
            "video": {
                "width": { "min": 640, "ideal": 1280 },
                "frameRate": 30.0,
                "facingMode": "environment",
            },
        });
        assert_eq!(json_of(&constraints), expected);
        assert_eq!(serde_json::from_value::<Constraints>(expected).unwrap(), constraints);
    }

    #[test]
    fn a_bare_value_turns_into_the_ideal_when_bounds_join_it() {
        assert_eq!(Constrain::<u32>::from(30).max(60), ideal(30).max(60));
    }
}
