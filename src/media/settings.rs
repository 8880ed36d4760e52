//! The settings and capabilities of a track.

use browser_rtc_proto::dictionary;
use serde::Serialize;

use super::{CursorCapture, DisplaySurface, EchoCancellation, FacingMode, ResizeMode};
use crate::{dictionary::js_members, members::Members};

/// Defines a dictionary that browsers return.
macro_rules! reported {
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
                pub $field: Option<$value>,
            )*
            /// Members that this crate does not type, such as `zoom`.
            #[serde(skip)]
            pub other: Members,
        }

        dictionary! {
            $name = Self::default(),
            required [],
            $($field / $js,)*
        }

        js_members!($name: ; other);
    };
}

reported! {
    /// The current settings of a track. A member is `None` if the browser does not report it or it does not apply.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#media-track-settings)
    #[doc(alias = "MediaTrackSettings")]
    TrackSettings {
        /// The width, in pixels.
        #[doc(alias = "MediaTrackSettings.width")]
        width / "width": u32,
        /// The height, in pixels.
        #[doc(alias = "MediaTrackSettings.height")]
        height / "height": u32,
        /// The width divided by the height. Firefox does not report it.
        #[doc(alias = "MediaTrackSettings.aspectRatio")]
        aspect_ratio / "aspectRatio": f64,
        /// The frame rate, in frames per second.
        #[doc(alias = "MediaTrackSettings.frameRate")]
        frame_rate / "frameRate": f64,
        /// The direction that the camera faces, if it is known.
        #[doc(alias = "MediaTrackSettings.facingMode")]
        facing_mode / "facingMode": FacingMode,
        /// The means by which the resolution is produced: natively, or by cropping and scaling.
        #[doc(alias = "MediaTrackSettings.resizeMode")]
        resize_mode / "resizeMode": ResizeMode,
        /// The sample rate, in samples per second. Firefox does not report it.
        #[doc(alias = "MediaTrackSettings.sampleRate")]
        sample_rate / "sampleRate": u32,
        /// The sample size, in bits. Firefox does not report it.
        #[doc(alias = "MediaTrackSettings.sampleSize")]
        sample_size / "sampleSize": u32,
        /// The echo cancellation.
        #[doc(alias = "MediaTrackSettings.echoCancellation")]
        echo_cancellation / "echoCancellation": EchoCancellation,
        /// Automatic gain control.
        #[doc(alias = "MediaTrackSettings.autoGainControl")]
        auto_gain_control / "autoGainControl": bool,
        /// Noise suppression.
        #[doc(alias = "MediaTrackSettings.noiseSuppression")]
        noise_suppression / "noiseSuppression": bool,
        /// Voice isolation: the removal of all sound but the voice of the user. Firefox does not report it.
        /// [Specification](https://w3c.github.io/mediacapture-extensions/#voice-isolation)
        #[doc(alias = "MediaTrackSettings.voiceIsolation")]
        voice_isolation / "voiceIsolation": bool,
        /// The latency of the capture, in seconds. Firefox does not report it.
        #[doc(alias = "MediaTrackSettings.latency")]
        latency / "latency": f64,
        /// The number of channels: 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackSettings.channelCount")]
        channel_count / "channelCount": u32,
        /// The id of the device: [`DeviceInfo::device_id`](super::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackSettings.deviceId")]
        device_id / "deviceId": String,
        /// The group of the device: [`DeviceInfo::group_id`](super::DeviceInfo::group_id).
        #[doc(alias = "MediaTrackSettings.groupId")]
        group_id / "groupId": String,
        /// Background blur.
        #[doc(alias = "MediaTrackSettings.backgroundBlur")]
        background_blur / "backgroundBlur": bool,
        /// The kind of surface that is shared.
        #[doc(alias = "MediaTrackSettings.displaySurface")]
        display_surface / "displaySurface": DisplaySurface,
        /// Capture of the hidden parts of the surface too.
        #[doc(alias = "MediaTrackSettings.logicalSurface")]
        logical_surface / "logicalSurface": bool,
        /// The capture of the cursor.
        #[doc(alias = "MediaTrackSettings.cursor")]
        cursor / "cursor": CursorCapture,
        /// Exclusion of this page's own audio from the captured audio.
        #[doc(alias = "MediaTrackSettings.restrictOwnAudio")]
        restrict_own_audio / "restrictOwnAudio": bool,
        /// Silence of the speakers for the audio that is shared.
        #[doc(alias = "MediaTrackSettings.suppressLocalAudioPlayback")]
        suppress_local_audio_playback / "suppressLocalAudioPlayback": bool,
        /// The number of pixels of the video for each CSS pixel of the screen.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-screenpixelratio)
        #[doc(alias = "MediaTrackSettings.screenPixelRatio")]
        screen_pixel_ratio / "screenPixelRatio": f64,
    }
}

reported! {
    /// The capabilities of a track or a device. A member is `None` if the browser does not report it or it does not
    /// apply.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#media-track-capabilities)
    #[doc(alias = "MediaTrackCapabilities")]
    TrackCapabilities {
        /// The width, in pixels.
        #[doc(alias = "MediaTrackCapabilities.width")]
        width / "width": NumberRange<u32>,
        /// The height, in pixels.
        #[doc(alias = "MediaTrackCapabilities.height")]
        height / "height": NumberRange<u32>,
        /// The width divided by the height.
        #[doc(alias = "MediaTrackCapabilities.aspectRatio")]
        aspect_ratio / "aspectRatio": NumberRange<f64>,
        /// The frame rate, in frames per second.
        #[doc(alias = "MediaTrackCapabilities.frameRate")]
        frame_rate / "frameRate": NumberRange<f64>,
        /// The directions that the camera can face; empty if they are not known.
        #[doc(alias = "MediaTrackCapabilities.facingMode")]
        facing_mode / "facingMode": Vec<FacingMode>,
        /// The means by which the browser can produce a resolution.
        #[doc(alias = "MediaTrackCapabilities.resizeMode")]
        resize_mode / "resizeMode": Vec<ResizeMode>,
        /// The sample rate, in samples per second.
        #[doc(alias = "MediaTrackCapabilities.sampleRate")]
        sample_rate / "sampleRate": NumberRange<u32>,
        /// The sample size, in bits.
        #[doc(alias = "MediaTrackCapabilities.sampleSize")]
        sample_size / "sampleSize": NumberRange<u32>,
        /// The choices for echo cancellation.
        #[doc(alias = "MediaTrackCapabilities.echoCancellation")]
        echo_cancellation / "echoCancellation": Vec<EchoCancellation>,
        /// The choices for automatic gain control. There is a single one if it cannot be changed.
        #[doc(alias = "MediaTrackCapabilities.autoGainControl")]
        auto_gain_control / "autoGainControl": Vec<bool>,
        /// The choices for noise suppression.
        #[doc(alias = "MediaTrackCapabilities.noiseSuppression")]
        noise_suppression / "noiseSuppression": Vec<bool>,
        /// The choices for voice isolation.
        /// [Specification](https://w3c.github.io/mediacapture-extensions/#voice-isolation)
        #[doc(alias = "MediaTrackCapabilities.voiceIsolation")]
        voice_isolation / "voiceIsolation": Vec<bool>,
        /// The latency of the capture, in seconds.
        #[doc(alias = "MediaTrackCapabilities.latency")]
        latency / "latency": NumberRange<f64>,
        /// The number of channels: 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackCapabilities.channelCount")]
        channel_count / "channelCount": NumberRange<u32>,
        /// The id of the device: [`DeviceInfo::device_id`](super::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackCapabilities.deviceId")]
        device_id / "deviceId": String,
        /// The group of the device: [`DeviceInfo::group_id`](super::DeviceInfo::group_id).
        #[doc(alias = "MediaTrackCapabilities.groupId")]
        group_id / "groupId": String,
        /// The choices for background blur.
        #[doc(alias = "MediaTrackCapabilities.backgroundBlur")]
        background_blur / "backgroundBlur": Vec<bool>,
        /// The kind of surface that is shared.
        #[doc(alias = "MediaTrackCapabilities.displaySurface")]
        display_surface / "displaySurface": DisplaySurface,
        /// Capture of the hidden parts of the surface too.
        #[doc(alias = "MediaTrackCapabilities.logicalSurface")]
        logical_surface / "logicalSurface": bool,
        /// The choices for the capture of the cursor.
        #[doc(alias = "MediaTrackCapabilities.cursor")]
        cursor / "cursor": Vec<CursorCapture>,
    }
}

/// The range of a number. A bound is `None` if the browser does not report it.
#[doc(alias = "ULongRange")]
#[doc(alias = "DoubleRange")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NumberRange<T> {
    /// The minimum value.
    #[doc(alias = "ULongRange.min")]
    #[doc(alias = "DoubleRange.min")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<T>,
    /// The maximum value.
    #[doc(alias = "ULongRange.max")]
    #[doc(alias = "DoubleRange.max")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<T>,
}

dictionary! {
    NumberRange<T> = Self { min: None, max: None },
    required [],
    min / "min",
    max / "max",
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_and_capabilities_serialize_as_specified() {
        let json = json!({ "echoCancellation": "all", "facingMode": "user", "screenPixelRatio": 2.0, "width": 640 });
        let settings: TrackSettings = serde_json::from_value(json.clone()).unwrap();
        assert_eq!((settings.width, settings.facing_mode.clone()), (Some(640), Some(FacingMode::User)));
        assert_eq!(serde_json::to_value(settings).unwrap(), json);

        let json = json!({
            "echoCancellation": [true, false, "remote-only"],
            "frameRate": { "min": 0.0, "max": 30.0 },
            "height": { "max": 480 },
        });
        let capabilities: TrackCapabilities = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(capabilities.height, Some(NumberRange { min: None, max: Some(480) }));
        assert_eq!(serde_json::to_value(capabilities).unwrap(), json);
    }
}
