//! The enumerations of constraints and settings.

use std::fmt;

use browser_rtc_proto::{as_union, spec_enum, webidl::Union};

use serde::{
    Deserializer, Serialize,
    de::{Error, Visitor},
};

spec_enum! {
    /// The direction that a camera faces.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#def-constraint-facingMode)
    #[doc(alias = "VideoFacingModeEnum")]
    FacingMode {
        /// The camera faces the user, such as a selfie camera.
        #[doc(alias = "VideoFacingModeEnum.user")]
        User = "user",
        /// The camera faces away from the user.
        #[doc(alias = "VideoFacingModeEnum.environment")]
        Environment = "environment",
        /// The camera faces the user's left.
        #[doc(alias = "VideoFacingModeEnum.left")]
        Left = "left",
        /// The camera faces the user's right.
        #[doc(alias = "VideoFacingModeEnum.right")]
        Right = "right",
    }
}

spec_enum! {
    /// The means by which the browser produces the requested resolution.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#def-constraint-resizeMode)
    #[doc(alias = "VideoResizeModeEnum")]
    ResizeMode {
        /// The browser uses only the camera's native resolutions.
        #[doc(alias = "VideoResizeModeEnum.none")]
        None = "none",
        /// The browser may crop and scale a larger resolution.
        #[doc(alias = "VideoResizeModeEnum.crop-and-scale")]
        CropAndScale = "crop-and-scale",
    }
}

spec_enum! {
    /// The audio that echo cancellation removes from the audio of the microphone.
    /// [Specification](https://www.w3.org/TR/mediacapture-streams/#dom-echocancellationmodeenum)
    #[doc(alias = "EchoCancellationModeEnum")]
    EchoCancellationMode {
        /// All audio that the speakers of this machine play.
        #[doc(alias = "EchoCancellationModeEnum.all")]
        All = "all",
        /// Only the audio of remote peers.
        #[doc(alias = "EchoCancellationModeEnum.remote-only")]
        RemoteOnly = "remote-only",
    }
}

/// The echo cancellation of a microphone. `true`, `false` and an [`EchoCancellationMode`] convert to it.
/// [Specification](https://www.w3.org/TR/mediacapture-streams/#def-constraint-echoCancellation)
///
/// Chromium supports `true`, `false` and `remote-only`. Firefox supports `true` and `false`, and handles other values
/// like a preferred `true`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum EchoCancellation {
    /// Echo cancellation in the browser's default mode for true, none for false.
    Switch(bool),
    /// Echo cancellation in this mode.
    Mode(EchoCancellationMode),
}

impl<'de> Union<'de> for EchoCancellation {
    const EXPECTED: &'static str = "a boolean or the name of a mode";

    fn from_primitive<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        value.deserialize_any(SwitchOrMode)
    }
}

as_union!(EchoCancellation);

struct SwitchOrMode;

impl Visitor<'_> for SwitchOrMode {
    type Value = EchoCancellation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EchoCancellation::EXPECTED)
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<EchoCancellation, E> {
        Ok(on.into())
    }

    fn visit_str<E: Error>(self, mode: &str) -> Result<EchoCancellation, E> {
        Ok(EchoCancellationMode::from(mode).into())
    }
}

impl From<bool> for EchoCancellation {
    fn from(on: bool) -> Self {
        Self::Switch(on)
    }
}

impl From<EchoCancellationMode> for EchoCancellation {
    fn from(mode: EchoCancellationMode) -> Self {
        Self::Mode(mode)
    }
}

spec_enum! {
    /// The kind of display surface that is shared.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-displaycapturesurfacetype)
    #[doc(alias = "DisplayCaptureSurfaceType")]
    DisplaySurface {
        /// A whole monitor.
        #[doc(alias = "DisplayCaptureSurfaceType.monitor")]
        Monitor = "monitor",
        /// A window of a program.
        #[doc(alias = "DisplayCaptureSurfaceType.window")]
        Window = "window",
        /// A tab of the browser.
        #[doc(alias = "DisplayCaptureSurfaceType.browser")]
        Browser = "browser",
    }
}

spec_enum! {
    /// The capture of the cursor.
    /// [Specification](https://www.w3.org/TR/screen-capture/#dom-cursorcaptureconstraint)
    #[doc(alias = "CursorCaptureConstraint")]
    CursorCapture {
        /// The cursor is not captured.
        #[doc(alias = "CursorCaptureConstraint.never")]
        Never = "never",
        /// The cursor is captured.
        #[doc(alias = "CursorCaptureConstraint.always")]
        Always = "always",
        /// The cursor is captured while it moves and shortly after.
        #[doc(alias = "CursorCaptureConstraint.motion")]
        Motion = "motion",
    }
}
