//! The sentences for the capture of the camera and the microphone.

use browser_rtc::{Error, ErrorKind};

use super::permission;

pub const BAD_WIDTH: &str = "The exact width must be a whole number of pixels, such as 640.";

/// Kinds of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    pub camera: bool,
    pub microphone: bool,
}

impl Kinds {
    pub const NONE: Self = Self { camera: false, microphone: false };
    pub const CAMERA: Self = Self { camera: true, microphone: false };
    pub const MICROPHONE: Self = Self { camera: false, microphone: true };
    pub const BOTH: Self = Self { camera: true, microphone: true };

    /// Returns these kinds without those.
    pub fn without(self, other: Self) -> Self {
        Self { camera: self.camera && !other.camera, microphone: self.microphone && !other.microphone }
    }

    fn select(self, camera: &'static str, microphone: &'static str, both: &'static str) -> &'static str {
        match self {
            Self::CAMERA => camera,
            Self::MICROPHONE => microphone,
            _ => both,
        }
    }

    fn devices(self) -> &'static str {
        self.select("the camera", "the microphone", "the camera and the microphone")
    }

    fn any(self) -> &'static str {
        self.select("The camera", "The microphone", "The camera or the microphone")
    }
}

/// Describes what the next call begins with.
pub fn summary(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::NONE => "The camera and the microphone stay off: you only watch and listen.",
        Kinds::CAMERA => "Only the camera turns on when you call or answer.",
        Kinds::MICROPHONE => "Only the microphone turns on when you call or answer.",
        _ => "The camera and the microphone turn on when you call or answer.",
    }
}

/// Describes a call without the missing devices.
pub fn incomplete(kind: &ErrorKind, missing: Kinds) -> String {
    let effect = missing.select(
        "The other person hears you, but does not see you.",
        "The other person sees you, but does not hear you.",
        "You see and hear the other person, but they do not see or hear you.",
    );
    let reason = match kind {
        ErrorKind::NotFound => {
            missing.select("No camera was found.", "No microphone was found.", "No camera and no microphone was found.")
        }
        ErrorKind::NotAllowed => missing.select(
            "The camera is blocked for this page.",
            "The microphone is blocked for this page.",
            "The camera and the microphone are blocked for this page.",
        ),
        _ => missing.select(
            "The camera cannot be used, usually because another program is using it.",
            "The microphone cannot be used, usually because another program is using it.",
            "The camera and the microphone cannot be used, usually because another program is using them.",
        ),
    };
    format!("{reason} {effect}")
}

/// Describes why the wanted devices could not be opened, and how to continue.
pub fn failure(error: &Error, wanted: Kinds, exact_width: Option<u32>) -> String {
    let reason = reason(error, wanted, exact_width);
    match error.kind() {
        ErrorKind::NotAllowed => {
            let pronoun = wanted.select("it", "it", "them");
            format!("{reason} {} Or switch {pronoun} off, and continue without.", permission::steps().join(" "))
        }
        _ => reason,
    }
}

/// Describes why the wanted devices could not be opened.
pub fn reason(error: &Error, wanted: Kinds, exact_width: Option<u32>) -> String {
    match error.kind() {
        ErrorKind::NotAllowed => format!("The browser did not allow {}.", wanted.devices()),
        ErrorKind::NotFound => format!(
            "{} was found. Connect one and try again.",
            wanted.select("No camera", "No microphone", "No camera and no microphone")
        ),
        ErrorKind::NotReadable => format!(
            "{} cannot be used, usually because another program is using it. Close that program and try again.",
            wanted.any()
        ),
        ErrorKind::Overconstrained { constraint } => overconstrained(constraint.as_deref(), exact_width),
        ErrorKind::NotSupported => format!("This page cannot use {}: {}.", wanted.devices(), error.message()),
        ErrorKind::Security => format!("A security setting of this browser blocks {}.", wanted.devices()),
        ErrorKind::Abort => format!("{} stopped while it was being opened. Try again.", wanted.any()),
        ErrorKind::Type => {
            format!("The browser does not support the requested settings. Reset {} to the default.", wanted.devices())
        }
        ErrorKind::InvalidState => "The browser opens devices only for the active page. Try again.".into(),
        _ => format!("{} could not be opened: {}.", wanted.any(), error.message()),
    }
}

fn overconstrained(constraint: Option<&str>, exact_width: Option<u32>) -> String {
    match (constraint, exact_width) {
        (Some("width") | None, Some(width)) => format!(
            "No camera supports a video width of exactly {width} pixels. Enter another width, or leave the field empty."
        ),
        (Some(constraint), _) => format!("No camera or microphone meets the constraint “{constraint}”."),
        (None, None) => "No camera or microphone meets the settings.".into(),
    }
}
