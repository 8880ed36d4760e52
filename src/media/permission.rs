//! The permissions of the page.

use browser_rtc_proto::spec_enum;
use js_sys::Object;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::EventTarget;

use crate::{
    error::{Error, ErrorKind, Result},
    event::EventStream,
    identity::{identity, same_object},
    promise::settled_for_good,
    sys::{
        global,
        permissions::{PermissionStatus as RawStatus, permissions},
    },
    wake::CloseSignal,
};

/// The subject of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// The use of a camera. [Specification](https://www.w3.org/TR/mediacapture-streams/#permissions-integration)
    Camera,
    /// The use of a camera with pan, tilt and zoom. Firefox treats it as [`Camera`](Self::Camera).
    #[doc(alias = "CameraDevicePermissionDescriptor.panTiltZoom")]
    CameraPanTiltZoom,
    /// The use of a microphone.
    Microphone,
    /// The capture of the screen. Unknown to Firefox.
    /// [Specification](https://www.w3.org/TR/screen-capture/#permissions-integration)
    DisplayCapture,
    /// The selection of a speaker. Unknown to Chromium and Firefox.
    /// [Specification](https://www.w3.org/TR/audio-output/#permissions-integration)
    SpeakerSelection,
}

impl Permission {
    fn to_js(self) -> Object {
        let name = match self {
            Self::Camera | Self::CameraPanTiltZoom => "camera",
            Self::Microphone => "microphone",
            Self::DisplayCapture => "display-capture",
            Self::SpeakerSelection => "speaker-selection",
        };
        let descriptor = Object::new();
        global::set(&descriptor, "name", &name.into());
        if self == Self::CameraPanTiltZoom {
            global::set(&descriptor, "panTiltZoom", &JsValue::TRUE);
        }
        descriptor
    }
}

spec_enum! {
    /// The state of a permission. [Specification](https://www.w3.org/TR/permissions/#dom-permissionstate)
    PermissionState {
        /// The permission is granted, without another prompt.
        Granted = "granted",
        /// The permission is denied, without a prompt.
        Denied = "denied",
        /// The user will be prompted.
        Prompt = "prompt",
    }
}

/// Returns the status of a permission, without a prompt. Within a frame, Chromium sometimes never answers, so that a
/// timeout is needed there.
/// [Specification](https://www.w3.org/TR/permissions/#dom-permissions-query)
///
/// ```no_run
/// # use browser_rtc::{media::{self, Permission, PermissionState}, Result};
/// # async fn example() -> Result<()> {
/// let camera = media::permission(Permission::Camera).await?;
/// if camera.state() == PermissionState::Denied { /* explain how to allow it */ }
/// # Ok(()) }
/// ```
///
/// # Errors
/// - `NotSupported` if the browser does not report the permission. Only a capture shows then whether it is granted.
/// - `InvalidState` if the page is being unloaded.
///
/// # Cancel safety
/// This function is cancel safe.
#[doc(alias = "Permissions.query")]
pub async fn permission(permission: Permission) -> Result<PermissionStatus> {
    const OPERATION: &str = "permissions.query";
    let unknown = || {
        let advice = "this browser does not report the permission: try the capture itself";
        Error::new(OPERATION, ErrorKind::NotSupported, advice)
    };
    let permissions = permissions().ok_or_else(unknown)?;
    let status = settled_for_good(OPERATION, permissions.query(&permission.to_js())).await;
    // Browsers report an unknown name as a `TypeError`.
    let status = status.map_err(|error| if *error.kind() == ErrorKind::Type { unknown() } else { error })?;
    Ok(PermissionStatus(status.unchecked_into()))
}

/// The status of a permission. The user may change it.
#[derive(Clone, Debug)]
pub struct PermissionStatus(RawStatus);

impl PermissionStatus {
    /// Returns the underlying browser object.
    #[must_use]
    pub fn as_raw(&self) -> &EventTarget {
        &self.0
    }

    /// Returns the current state.
    #[doc(alias = "PermissionStatus.state")]
    #[must_use]
    pub fn state(&self) -> PermissionState {
        state(&self.0)
    }

    /// Returns a stream of the state: the current one, then each change. The stream never ends; dropping it removes the
    /// listener.
    #[doc(alias = "PermissionStatus.onchange")]
    pub fn changes(&self) -> EventStream<PermissionState> {
        let status = self.0.clone();
        EventStream::from_states(&CloseSignal::default(), &self.0, &["change"], move || state(&status))
    }
}

fn state(status: &RawStatus) -> PermissionState {
    PermissionState::from(&*global::get(status, "state").as_string().unwrap_or_default())
}

identity!(PermissionStatus, |this, other| same_object(&this.0, &other.0));
