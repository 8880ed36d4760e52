//! What a track is set to, what it could be set to, and what the browser knows of.

use browser_rtc_proto::dictionary;
use serde::Serialize;

use super::{CursorCapture, DisplaySurface, EchoCancellation, FacingMode, ResizeMode};
use crate::{dictionary::js_members, members::Members};

/// A dictionary that browsers fill: its struct, and how it is read.
macro_rules! told {
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

told! {
    /// What a track is set to now. A member is none where the browser does not tell it, or where it does not apply.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#media-track-settings)
    #[doc(alias = "MediaTrackSettings")]
    TrackSettings {
        /// Pixels across.
        #[doc(alias = "MediaTrackSettings.width")]
        width / "width": u32,
        /// Pixels down.
        #[doc(alias = "MediaTrackSettings.height")]
        height / "height": u32,
        /// Width divided by height. Firefox does not tell it.
        #[doc(alias = "MediaTrackSettings.aspectRatio")]
        aspect_ratio / "aspectRatio": f64,
        /// Frames a second.
        #[doc(alias = "MediaTrackSettings.frameRate")]
        frame_rate / "frameRate": f64,
        /// Which way the camera looks, where it is known.
        #[doc(alias = "MediaTrackSettings.facingMode")]
        facing_mode / "facingMode": FacingMode,
        /// Whether the picture is the camera's own, or was cut and scaled.
        #[doc(alias = "MediaTrackSettings.resizeMode")]
        resize_mode / "resizeMode": ResizeMode,
        /// Samples a second. Firefox does not tell it.
        #[doc(alias = "MediaTrackSettings.sampleRate")]
        sample_rate / "sampleRate": u32,
        /// Bits a sample. Firefox does not tell it.
        #[doc(alias = "MediaTrackSettings.sampleSize")]
        sample_size / "sampleSize": u32,
        /// Whether and how what the loudspeaker plays is taken out.
        #[doc(alias = "MediaTrackSettings.echoCancellation")]
        echo_cancellation / "echoCancellation": EchoCancellation,
        /// Whether the loudness is kept even.
        #[doc(alias = "MediaTrackSettings.autoGainControl")]
        auto_gain_control / "autoGainControl": bool,
        /// Whether steady noise is taken out.
        #[doc(alias = "MediaTrackSettings.noiseSuppression")]
        noise_suppression / "noiseSuppression": bool,
        /// The isolation of the user's voice from all other sound. Firefox does not tell it.
        /// [Specification](https://w3c.github.io/mediacapture-extensions/#voice-isolation)
        #[doc(alias = "MediaTrackSettings.voiceIsolation")]
        voice_isolation / "voiceIsolation": bool,
        /// Seconds from sound to sample. Firefox does not tell it.
        #[doc(alias = "MediaTrackSettings.latency")]
        latency / "latency": f64,
        /// 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackSettings.channelCount")]
        channel_count / "channelCount": u32,
        /// The device: [`DeviceInfo::device_id`](super::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackSettings.deviceId")]
        device_id / "deviceId": String,
        /// The device that it is a part of: [`DeviceInfo::group_id`](super::DeviceInfo::group_id).
        #[doc(alias = "MediaTrackSettings.groupId")]
        group_id / "groupId": String,
        /// Whether what is behind the user is blurred.
        #[doc(alias = "MediaTrackSettings.backgroundBlur")]
        background_blur / "backgroundBlur": bool,
        /// What of the screen is shared.
        #[doc(alias = "MediaTrackSettings.displaySurface")]
        display_surface / "displaySurface": DisplaySurface,
        /// Of the screen: whether what is hidden or scrolled out of sight is shared as well.
        #[doc(alias = "MediaTrackSettings.logicalSurface")]
        logical_surface / "logicalSurface": bool,
        /// Whether the pointer is in the picture of the screen.
        #[doc(alias = "MediaTrackSettings.cursor")]
        cursor / "cursor": CursorCapture,
        /// Whether the sound that this page plays is left out of the screen's.
        #[doc(alias = "MediaTrackSettings.restrictOwnAudio")]
        restrict_own_audio / "restrictOwnAudio": bool,
        /// Whether the loudspeakers are silent for what is shared.
        #[doc(alias = "MediaTrackSettings.suppressLocalAudioPlayback")]
        suppress_local_audio_playback / "suppressLocalAudioPlayback": bool,
        /// Of the screen: pixels of the picture for one CSS pixel.
        /// [Specification](https://www.w3.org/TR/screen-capture/#dfn-screenpixelratio)
        #[doc(alias = "MediaTrackSettings.screenPixelRatio")]
        screen_pixel_ratio / "screenPixelRatio": f64,
    }
}

told! {
    /// What a track, or a device, could be set to. A member is none where the browser does not tell it, or where it
    /// does not apply.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#media-track-capabilities)
    #[doc(alias = "MediaTrackCapabilities")]
    TrackCapabilities {
        /// Pixels across.
        #[doc(alias = "MediaTrackCapabilities.width")]
        width / "width": NumberRange<u32>,
        /// Pixels down.
        #[doc(alias = "MediaTrackCapabilities.height")]
        height / "height": NumberRange<u32>,
        /// Width divided by height.
        #[doc(alias = "MediaTrackCapabilities.aspectRatio")]
        aspect_ratio / "aspectRatio": NumberRange<f64>,
        /// Frames a second.
        #[doc(alias = "MediaTrackCapabilities.frameRate")]
        frame_rate / "frameRate": NumberRange<f64>,
        /// Which way the camera looks, in all ways in which that may be said; empty where it is not known.
        #[doc(alias = "MediaTrackCapabilities.facingMode")]
        facing_mode / "facingMode": Vec<FacingMode>,
        /// Whether the browser can cut and scale the picture.
        #[doc(alias = "MediaTrackCapabilities.resizeMode")]
        resize_mode / "resizeMode": Vec<ResizeMode>,
        /// Samples a second.
        #[doc(alias = "MediaTrackCapabilities.sampleRate")]
        sample_rate / "sampleRate": NumberRange<u32>,
        /// Bits a sample.
        #[doc(alias = "MediaTrackCapabilities.sampleSize")]
        sample_size / "sampleSize": NumberRange<u32>,
        /// Whether, and how, what the loudspeaker plays can be taken out.
        #[doc(alias = "MediaTrackCapabilities.echoCancellation")]
        echo_cancellation / "echoCancellation": Vec<EchoCancellation>,
        /// Whether the loudness can be kept even: one of them where the page has no choice.
        #[doc(alias = "MediaTrackCapabilities.autoGainControl")]
        auto_gain_control / "autoGainControl": Vec<bool>,
        /// Whether steady noise can be taken out.
        #[doc(alias = "MediaTrackCapabilities.noiseSuppression")]
        noise_suppression / "noiseSuppression": Vec<bool>,
        /// The choices for the isolation of the user's voice from all other sound.
        /// [Specification](https://w3c.github.io/mediacapture-extensions/#voice-isolation)
        #[doc(alias = "MediaTrackCapabilities.voiceIsolation")]
        voice_isolation / "voiceIsolation": Vec<bool>,
        /// Seconds from sound to sample.
        #[doc(alias = "MediaTrackCapabilities.latency")]
        latency / "latency": NumberRange<f64>,
        /// 1 for mono, 2 for stereo.
        #[doc(alias = "MediaTrackCapabilities.channelCount")]
        channel_count / "channelCount": NumberRange<u32>,
        /// The device: [`DeviceInfo::device_id`](super::DeviceInfo::device_id).
        #[doc(alias = "MediaTrackCapabilities.deviceId")]
        device_id / "deviceId": String,
        /// The device that it is a part of: [`DeviceInfo::group_id`](super::DeviceInfo::group_id).
        #[doc(alias = "MediaTrackCapabilities.groupId")]
        group_id / "groupId": String,
        /// Whether what is behind the user can be blurred.
        #[doc(alias = "MediaTrackCapabilities.backgroundBlur")]
        background_blur / "backgroundBlur": Vec<bool>,
        /// What of the screen is shared.
        #[doc(alias = "MediaTrackCapabilities.displaySurface")]
        display_surface / "displaySurface": DisplaySurface,
        /// Of the screen: whether what is hidden or scrolled out of sight is shared as well.
        #[doc(alias = "MediaTrackCapabilities.logicalSurface")]
        logical_surface / "logicalSurface": bool,
        /// Whether the pointer can be in the picture of the screen.
        #[doc(alias = "MediaTrackCapabilities.cursor")]
        cursor / "cursor": Vec<CursorCapture>,
    }
}

/// The least and the most that a number can be.
#[doc(alias = "ULongRange")]
#[doc(alias = "DoubleRange")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NumberRange<T> {
    /// The least.
    #[doc(alias = "ULongRange.min")]
    #[doc(alias = "DoubleRange.min")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<T>,
    /// The most.
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
    fn settings_and_capabilities_travel_as_the_specification_spells_them() {
        let told = json!({ "echoCancellation": "all", "facingMode": "user", "screenPixelRatio": 2.0, "width": 640 });
        let settings: TrackSettings = serde_json::from_value(told.clone()).unwrap();
        assert_eq!((settings.width, settings.facing_mode.clone()), (Some(640), Some(FacingMode::User)));
        assert_eq!(serde_json::to_value(settings).unwrap(), told);

        let told = json!({
            "echoCancellation": [true, false, "remote-only"],
            "frameRate": { "min": 0.0, "max": 30.0 },
            "height": { "max": 480 },
        });
        let capabilities: TrackCapabilities = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(capabilities.height, Some(NumberRange { min: None, max: Some(480) }));
        assert_eq!(serde_json::to_value(capabilities).unwrap(), told);
    }
}
