//! The constraints that the browser supports.

use browser_rtc_proto::dictionary;
use serde::Serialize;

use crate::{
    dictionary::{self, js_members},
    error::{During, Result},
    members::Members,
};

/// Returns the constraints that this browser supports. Browsers ignore all others, even [`exact`](super::exact) ones.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getsupportedconstraints)
///
/// # Errors
/// `NotSupported` if the browser or the page has no camera API.
#[doc(alias = "MediaDevices.getSupportedConstraints")]
pub fn supported_constraints() -> Result<SupportedConstraints> {
    const OPERATION: &str = "getSupportedConstraints";
    let supported = super::media_devices(OPERATION)?.get_supported_constraints().during(OPERATION)?;
    Ok(dictionary::from_js(&supported).unwrap_or_default())
}

macro_rules! supported {
    (
        $(#[$meta:meta])*
        $name:ident { $( $(#[$field_meta:meta])* $field:ident / $js:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $name {
            $(
                #[doc = concat!("Support for the constraint `", $js, "`.")]
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "std::ops::Not::not")]
                pub $field: bool,
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

supported! {
    /// The constraints that a browser supports.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-mediatracksupportedconstraints)
    #[doc(alias = "MediaTrackSupportedConstraints")]
    SupportedConstraints {
        #[doc(alias = "MediaTrackSupportedConstraints.width")]
        width / "width",
        #[doc(alias = "MediaTrackSupportedConstraints.height")]
        height / "height",
        #[doc(alias = "MediaTrackSupportedConstraints.aspectRatio")]
        aspect_ratio / "aspectRatio",
        #[doc(alias = "MediaTrackSupportedConstraints.frameRate")]
        frame_rate / "frameRate",
        #[doc(alias = "MediaTrackSupportedConstraints.facingMode")]
        facing_mode / "facingMode",
        #[doc(alias = "MediaTrackSupportedConstraints.resizeMode")]
        resize_mode / "resizeMode",
        #[doc(alias = "MediaTrackSupportedConstraints.sampleRate")]
        sample_rate / "sampleRate",
        #[doc(alias = "MediaTrackSupportedConstraints.sampleSize")]
        sample_size / "sampleSize",
        #[doc(alias = "MediaTrackSupportedConstraints.echoCancellation")]
        echo_cancellation / "echoCancellation",
        #[doc(alias = "MediaTrackSupportedConstraints.autoGainControl")]
        auto_gain_control / "autoGainControl",
        #[doc(alias = "MediaTrackSupportedConstraints.noiseSuppression")]
        noise_suppression / "noiseSuppression",
        #[doc(alias = "MediaTrackSupportedConstraints.voiceIsolation")]
        voice_isolation / "voiceIsolation",
        #[doc(alias = "MediaTrackSupportedConstraints.latency")]
        latency / "latency",
        #[doc(alias = "MediaTrackSupportedConstraints.channelCount")]
        channel_count / "channelCount",
        #[doc(alias = "MediaTrackSupportedConstraints.deviceId")]
        device_id / "deviceId",
        #[doc(alias = "MediaTrackSupportedConstraints.groupId")]
        group_id / "groupId",
        #[doc(alias = "MediaTrackSupportedConstraints.backgroundBlur")]
        background_blur / "backgroundBlur",
        #[doc(alias = "MediaTrackSupportedConstraints.displaySurface")]
        display_surface / "displaySurface",
        #[doc(alias = "MediaTrackSupportedConstraints.logicalSurface")]
        logical_surface / "logicalSurface",
        #[doc(alias = "MediaTrackSupportedConstraints.cursor")]
        cursor / "cursor",
        #[doc(alias = "MediaTrackSupportedConstraints.restrictOwnAudio")]
        restrict_own_audio / "restrictOwnAudio",
        #[doc(alias = "MediaTrackSupportedConstraints.suppressLocalAudioPlayback")]
        suppress_local_audio_playback / "suppressLocalAudioPlayback",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_supported_constraints_serialize() {
        let json = json!({ "width": true, "suppressLocalAudioPlayback": true });
        let supported: SupportedConstraints = serde_json::from_value(json.clone()).unwrap();
        assert!(supported.width && supported.suppress_local_audio_playback && !supported.height);
        assert_eq!(serde_json::to_value(supported).unwrap(), json);
    }
}
