//! Capture of the camera and the microphone, and its failures.

use browser_rtc::{
    Error, ErrorKind, Result,
    media::{self, Audio, Constraints, DeviceKind, MediaStream, Video, exact},
};

use crate::{notices::Failure, page::Page, settings::Chosen};

/// Opens the devices that the user has chosen. They are freed when the stream is dropped.
pub async fn open(page: &Page, chosen: &Chosen) -> Result<MediaStream> {
    let stream = media::get_user_media(&constraints(chosen)).await?;
    // Browsers reveal the names of the devices only after the user has allowed a capture.
    page.settings.list_devices().await;
    Ok(stream)
}

/// Describes why the devices could not be opened.
pub async fn failure(error: &Error, chosen: &Chosen) -> Failure {
    Failure::new(error.kind(), sentence(error, chosen).await)
}

fn constraints(chosen: &Chosen) -> Constraints {
    let (mut audio, mut video) = (Audio::new(), Video::new());
    if let Some(microphone) = &chosen.microphone {
        audio = audio.device_id(exact(microphone.as_str()));
    }
    if let Some(camera) = &chosen.camera {
        video = video.device_id(exact(camera.as_str()));
    }
    if let Some(width) = chosen.exact_width {
        video = video.width(exact(width));
    }
    Constraints::new().audio(audio).video(video)
}

async fn sentence(error: &Error, chosen: &Chosen) -> String {
    match error.kind() {
        ErrorKind::NotAllowed => "The browser did not allow the camera and the microphone. Allow them for this page, \
            usually with the button next to its address, and try again."
            .into(),
        ErrorKind::NotFound => format!("{} was found. Connect one and try again.", missing_device().await),
        ErrorKind::NotReadable => {
            "The camera or the microphone cannot be used, usually because another program is using \
            it. Close that program and try again."
                .into()
        }
        ErrorKind::Overconstrained { constraint } => overconstrained(constraint.as_deref(), chosen),
        ErrorKind::NotSupported => format!("This page cannot use a camera: {}.", error.message()),
        ErrorKind::Security => "A security setting of this browser blocks the camera and the microphone.".into(),
        ErrorKind::Abort => "The camera or the microphone stopped while it was being opened. Try again.".into(),
        ErrorKind::Type => {
            "The browser does not support the requested settings. Reset the camera and the microphone to \
            the default."
                .into()
        }
        ErrorKind::InvalidState => "The browser opens a camera only for the active page. Try again.".into(),
        _ => format!("The camera or the microphone could not be opened: {}.", error.message()),
    }
}

fn overconstrained(constraint: Option<&str>, chosen: &Chosen) -> String {
    match (constraint, chosen.exact_width) {
        (Some("width"), Some(width)) | (None, Some(width)) => format!(
            "No camera supports a video width of exactly {width} pixels. Enter another width, or leave the field empty."
        ),
        (Some("deviceId") | None, _) => {
            "The chosen camera or microphone is no longer available. Choose another one.".into()
        }
        (Some(constraint), _) => format!("No camera or microphone meets the constraint “{constraint}”."),
    }
}

/// Names the missing device, which browsers do not report, by the list of devices.
async fn missing_device() -> &'static str {
    let devices = media::devices().await.unwrap_or_default();
    let has = |kind| devices.iter().any(|device| device.kind == kind);
    match (has(DeviceKind::VideoInput), has(DeviceKind::AudioInput)) {
        (false, true) => "No camera",
        (true, false) => "No microphone",
        _ => "No camera and no microphone",
    }
}
