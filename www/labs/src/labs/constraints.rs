//! Constraints on a camera and a microphone, changed while they run, and each failure of capture.

use std::fmt::Display;

use browser_rtc::{
    Error, ErrorKind, EventStream, Result,
    media::{self, Audio, Constrain, Constraints, FacingMode, MediaStreamTrack, Number, Video, exact, ideal, max, min},
};
use futures::StreamExt;
use web_sys::{FormData, HtmlFormElement, HtmlVideoElement};

/// Captures what the form asks for, and applies each change of the form to the live track.
pub async fn run(form: &HtmlFormElement, video: &HtmlVideoElement, show: impl Fn(&str, &dyn Display)) -> Result<()> {
    let mut wanted = Constraints::new();
    if let Some(constraints) = camera(form) {
        wanted = wanted.video(constraints);
    }
    if let Some(constraints) = microphone(form) {
        wanted = wanted.audio(constraints);
    }
    let stream = media::get_user_media(&wanted).await.inspect_err(|error| show("Cause", &cause(error)))?;
    let _shown = media::show(video, &stream)?;
    let supported = media::supported_constraints()?;
    show("Frame rate can be constrained", &supported.frame_rate);

    let mut changes = EventStream::listen(form, "change", |_| Some(()));
    loop {
        stream.tracks().iter().for_each(|track| report(track, &show));
        if changes.next().await.is_none() {
            return Ok(());
        }
        if let (Some(track), Some(constraints)) = (stream.video_tracks().first(), camera(form)) {
            match track.apply_constraints(constraints).await {
                Ok(()) => show("Change", &"applied"),
                Err(error) => show("Change", &cause(&error)),
            }
        }
    }
}

fn camera(form: &HtmlFormElement) -> Option<Video> {
    field(form, "camera")?;
    let mut video = Video::new();
    if let Some(width) = number::<u32>(form, "width") {
        video = video.width(constrain(form, width));
    }
    if let Some(rate) = number::<f64>(form, "rate") {
        video = video.frame_rate(constrain(form, rate));
    }
    if let Some(facing) = field(form, "facing") {
        video = video.facing_mode(ideal(FacingMode::from(&*facing)));
    }
    Some(video)
}

fn microphone(form: &HtmlFormElement) -> Option<Audio> {
    field(form, "microphone")?;
    let is_on = |name| field(form, name).is_some();
    let audio = Audio::new().echo_cancellation(ideal(is_on("echo")));
    Some(audio.noise_suppression(is_on("noise")).auto_gain_control(is_on("gain")).channel_count(ideal(1)))
}

/// Returns the value as the kind of constraint that the form names.
fn constrain<T: Number>(form: &HtmlFormElement, value: T) -> Constrain<T> {
    match field(form, "kind").as_deref() {
        Some("ideal") => ideal(value),
        Some("min") => min(value),
        Some("max") => max(value),
        Some("exact") => exact(value),
        _ => Constrain::Bare(value),
    }
}

/// Shows the settings of a track, and the range that its device supports.
fn report(track: &MediaStreamTrack, show: impl Fn(&str, &dyn Display)) {
    let settings = track.settings();
    if let (Some(width), Some(height), Some(rate)) = (settings.width, settings.height, settings.frame_rate) {
        show("Video", &format_args!("{width} × {height}, {rate:.0} frames per second"));
    }
    if let Some(range) = track.capabilities().ok().and_then(|capabilities| capabilities.width) {
        show("Possible width", &format_args!("{} to {}", range.min.unwrap_or(1), range.max.unwrap_or(u32::MAX)));
    }
    if let (Some(noise), Some(gain)) = (settings.noise_suppression, settings.auto_gain_control) {
        show("Audio", &format_args!("noise suppression {noise}, gain control {gain}"));
    }
}

fn cause(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotAllowed => "The user or the browser has refused the device.".into(),
        ErrorKind::NotFound => "There is no such device.".into(),
        ErrorKind::NotReadable => "Another program uses the device.".into(),
        ErrorKind::Overconstrained { constraint } => {
            format!("No device meets the constraint “{}”.", constraint.as_deref().unwrap_or("unknown"))
        }
        ErrorKind::NotSupported => "Capture needs a page over https.".into(),
        ErrorKind::Type => "Neither a camera nor a microphone was requested.".into(),
        _ => error.to_string(),
    }
}

fn number<T: std::str::FromStr>(form: &HtmlFormElement, name: &str) -> Option<T> {
    field(form, name)?.parse().ok()
}

/// Returns the value of a field, or `None` if it is empty or not checked.
fn field(form: &HtmlFormElement, name: &str) -> Option<String> {
    FormData::new_with_form(form).ok()?.get(name).as_string().filter(|value| !value.is_empty())
}
