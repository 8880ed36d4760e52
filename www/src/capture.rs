//! Capture of the camera and the microphone for a call, with what is available.

use browser_rtc::{
    Error, ErrorKind, Result,
    media::{self, Audio, Constraints, DeviceKind, MediaStream, MediaStreamTrack, Permission, Video, exact},
};

use crate::{
    notices::Failure,
    page::Page,
    settings::Chosen,
    texts::capture::{self as texts, Kinds},
};

/// The camera and the microphone that are opened for a call. They are freed when the last clone is dropped.
#[derive(Clone, Default)]
pub struct LocalMedia {
    /// The captured tracks, or `None` in a call that only receives.
    pub stream: Option<MediaStream>,
}

impl LocalMedia {
    /// Returns the track of the camera, unless the call started without one.
    pub fn camera(&self) -> Option<MediaStreamTrack> {
        self.stream.as_ref()?.video_tracks().into_iter().next()
    }

    /// Returns the track of the microphone, unless the call started without one.
    pub fn microphone(&self) -> Option<MediaStreamTrack> {
        self.stream.as_ref()?.audio_tracks().into_iter().next()
    }
}

/// Opens the devices for a call, and shows what the call lacks.
pub async fn open(page: &Page, chosen: &Chosen) -> Result<LocalMedia> {
    let (media, lack) = open_available(chosen).await?;
    if let Some(lack) = lack {
        page.notices.fail(lack);
    }
    Ok(media)
}

/// Opens the devices that the user has switched on. If one of them is missing, busy or blocked, the other one is opened,
/// and the second value describes what is missing.
pub async fn open_available(chosen: &Chosen) -> Result<(LocalMedia, Option<Failure>)> {
    let wanted = chosen.kinds;
    let error = match open_kinds(wanted, chosen).await {
        Ok(stream) => return Ok((LocalMedia { stream }, None)),
        Err(error) => error,
    };
    // Browsers do not report which of two devices has failed.
    for rest in remaining(&error, wanted).await {
        if let Ok(stream) = open_kinds(rest, chosen).await {
            let lack = Failure::new(error.kind(), texts::incomplete(error.kind(), wanted.without(rest)));
            return Ok((LocalMedia { stream }, Some(lack)));
        }
    }
    Err(error)
}

/// Opens exactly these kinds of devices. A chosen device that is no longer connected is replaced by the default one.
async fn open_kinds(kinds: Kinds, chosen: &Chosen) -> Result<Option<MediaStream>> {
    if kinds == Kinds::NONE {
        return Ok(None);
    }
    let opened = match media::get_user_media(&constraints(kinds, chosen)).await {
        Err(error) if matches!(error.kind(), ErrorKind::Overconstrained { .. }) => {
            let default = Chosen { camera: None, microphone: None, ..chosen.clone() };
            media::get_user_media(&constraints(kinds, &default)).await
        }
        opened => opened,
    };
    opened.map(Some)
}

/// Returns the kinds of devices that can be tried after a failure, in order.
async fn remaining(error: &Error, wanted: Kinds) -> Vec<Kinds> {
    match error.kind() {
        ErrorKind::NotFound => {
            let present = present().await;
            let rest =
                Kinds { camera: wanted.camera && present.camera, microphone: wanted.microphone && present.microphone };
            if rest == wanted { Vec::new() } else { vec![rest] }
        }
        ErrorKind::NotReadable | ErrorKind::Abort if wanted == Kinds::BOTH => vec![Kinds::MICROPHONE, Kinds::CAMERA],
        ErrorKind::NotAllowed if wanted == Kinds::BOTH => {
            match (is_blocked(Permission::Camera).await, is_blocked(Permission::Microphone).await) {
                (true, false) => vec![Kinds::MICROPHONE],
                (false, true) => vec![Kinds::CAMERA],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

async fn is_blocked(permission: Permission) -> bool {
    media::permission(permission).await.is_ok_and(|status| status.state() == media::PermissionState::Denied)
}

/// Returns the kinds of devices that are connected.
async fn present() -> Kinds {
    let devices = media::devices().await.unwrap_or_default();
    let has = |kind| devices.iter().any(|device| device.kind == kind);
    Kinds { camera: has(DeviceKind::VideoInput), microphone: has(DeviceKind::AudioInput) }
}

/// Describes why the devices could not be opened.
pub fn failure(error: &Error, chosen: &Chosen) -> Failure {
    Failure::new(error.kind(), texts::failure(error, chosen.kinds, chosen.exact_width))
}

fn constraints(kinds: Kinds, chosen: &Chosen) -> Constraints {
    let mut constraints = Constraints::new();
    if kinds.microphone {
        let mut audio = Audio::new();
        if let Some(microphone) = &chosen.microphone {
            audio = audio.device_id(exact(microphone.as_str()));
        }
        constraints = constraints.audio(audio);
    }
    if kinds.camera {
        let mut video = Video::new();
        if let Some(camera) = &chosen.camera {
            video = video.device_id(exact(camera.as_str()));
        }
        if let Some(width) = chosen.exact_width {
            video = video.width(exact(width));
        }
        constraints = constraints.video(video);
    }
    constraints
}
