//! Constraints on a camera, a microphone or the screen.

mod choices;
mod js;
mod track;
mod value;

use js_sys::Object;
use serde::{Deserializer, Serialize};
use wasm_bindgen::JsValue;

pub(in crate::media) use self::js::{ToJs, set};
pub use self::{
    choices::{CursorCapture, DisplaySurface, EchoCancellation, EchoCancellationMode, FacingMode, ResizeMode},
    track::{Audio, TrackConstraints, Video},
    value::{Bounds, Constrain, Number, OneOf, exact, ideal, max, min},
};
use browser_rtc_proto::{
    as_union, dictionary,
    webidl::{FromIdl, Union},
};

use crate::members::{Members, member_setter};

/// The request for one kind of media. `true`, `false`, an [`Audio`] and a [`Video`] convert to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Wanted<T> {
    /// Any device of the kind for true, none for false.
    Any(bool),
    /// A device that meets the constraints.
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

impl<'de, T: FromIdl<'de>> Union<'de> for Wanted<T> {
    const EXPECTED: &'static str = "a boolean or a dictionary of constraints";

    fn from_primitive<D: Deserializer<'de>>(wanted: D) -> Result<Self, D::Error> {
        bool::from_idl(wanted).map(Self::Any)
    }

    fn from_dictionary<D: Deserializer<'de>>(constraints: D) -> Result<Self, D::Error> {
        T::from_idl(constraints).map(Self::Constrained)
    }
}

as_union!(Wanted<T>);

impl<T: ToJs> ToJs for Wanted<T> {
    fn to_js(&self) -> JsValue {
        match self {
            Self::Any(wanted) => (*wanted).into(),
            Self::Constrained(constraints) => constraints.to_js(),
        }
    }
}

/// The media that [`get_user_media`](super::get_user_media) captures. A kind of media that is not set is not captured.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#mediastreamconstraints)
///
/// Deserialization follows the rules of the web: `null` is an absent constraint, `1280.0` is `1280`, and unknown
/// constraints are ignored. An error names the constraint, such as `video.width`.
///
/// ```
/// use browser_rtc::media::{Audio, Constraints, FacingMode, Video, ideal};
///
/// let any = Constraints::new().audio(true).video(true);
/// let constrained = Constraints::new()
///     .audio(Audio::new().echo_cancellation(true))
///     .video(Video::new().width(ideal(1280)).facing_mode(FacingMode::User));
/// # let _ = (any, constrained);
/// ```
#[doc(alias = "MediaStreamConstraints")]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Constraints {
    /// The microphone to capture.
    #[doc(alias = "MediaStreamConstraints.audio")]
    pub audio: Wanted<Audio>,
    /// The camera to capture.
    #[doc(alias = "MediaStreamConstraints.video")]
    pub video: Wanted<Video>,
    /// Members that this crate does not type.
    #[serde(skip)]
    pub other: Members,
}

dictionary! {
    Constraints = Self::default(),
    required [],
    audio / "audio",
    video / "video",
}

impl Constraints {
    /// Creates constraints that request neither a microphone nor a camera.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the microphone to capture: `true` for any, or an [`Audio`].
    #[must_use]
    pub fn audio(mut self, wanted: impl Into<Wanted<Audio>>) -> Self {
        self.audio = wanted.into();
        self
    }

    /// Sets the camera to capture: `true` for any, or a [`Video`].
    #[must_use]
    pub fn video(mut self, wanted: impl Into<Wanted<Video>>) -> Self {
        self.video = wanted.into();
        self
    }

    member_setter!();

    pub(super) fn to_js(&self) -> Object {
        let object = Object::new();
        set(&object, "audio", Some(&self.audio));
        set(&object, "video", Some(&self.video));
        self.other.write(&object);
        object
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn to_json(constraints: &Constraints) -> Value {
        serde_json::to_value(constraints).unwrap()
    }

    #[test]
    fn constraints_serialize_as_specified() {
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
        assert_eq!(to_json(&constraints), expected);
        assert_eq!(serde_json::from_value::<Constraints>(expected).unwrap(), constraints);
    }

    #[test]
    fn alternatives_serialize_as_value_or_list() {
        let constraints = Constraints::new()
            .audio(
                Audio::new()
                    .echo_cancellation(exact(EchoCancellationMode::RemoteOnly))
                    .device_id(exact(["one", "other"]))
                    .group_id(String::from("headset"))
                    .suppress_local_audio_playback(exact(true)),
            )
            .video(
                Video::new()
                    .resize_mode(ideal(ResizeMode::CropAndScale))
                    .cursor([CursorCapture::Never, CursorCapture::Motion])
                    .display_surface(vec![DisplaySurface::Window])
                    .advanced(Video::new().width(1280))
                    .advanced(Video::new().facing_mode(exact([FacingMode::Left]))),
            );
        let expected = json!({
            "audio": {
                "echoCancellation": { "exact": "remote-only" },
                "deviceId": { "exact": ["one", "other"] },
                "groupId": "headset",
                "suppressLocalAudioPlayback": { "exact": true },
            },
            "video": {
                "resizeMode": { "ideal": "crop-and-scale" },
                "cursor": ["never", "motion"],
                "displaySurface": ["window"],
                "advanced": [{ "width": 1280 }, { "facingMode": { "exact": ["left"] } }],
            },
        });
        assert_eq!(to_json(&constraints), expected);
        assert_eq!(serde_json::from_value::<Constraints>(expected).unwrap(), constraints);
    }

    #[test]
    fn unknown_constraints_are_ignored() {
        let newer = json!({ "video": { "zoom": 3, "facingMode": "above", "advanced": [{ "torch": true }] } });
        let video = Video::new().facing_mode(FacingMode::from("above")).advanced(Video::new());
        assert_eq!(serde_json::from_value::<Constraints>(newer).unwrap(), Constraints::new().video(video));
    }

    #[test]
    fn bare_value_with_bounds_becomes_ideal() {
        assert_eq!(Constrain::<u32>::from(30).max(60), ideal(30).max(60));
    }
}
