//! The sentences of a call.

use browser_rtc::{Error, ErrorKind};

use crate::notices::{Code, Failure};

/// A device that a call uses.
#[derive(Clone, Copy)]
pub enum Device {
    Microphone,
    Camera,
    Speaker,
}

impl Device {
    fn name(self) -> &'static str {
        match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Speaker => "loudspeaker",
        }
    }
}

pub fn talking(name: &str) -> String {
    format!("You are talking to {name}.")
}

/// Returns the label of a tile with the screen of a person.
pub fn screen_of(name: &str) -> String {
    format!("Screen of {name}")
}

/// Returns the label of the video in a tile.
pub fn video_of(tile: &str) -> String {
    format!("Video: {tile}")
}

/// Returns the text on a frozen picture, with the time since it froze, in milliseconds.
pub fn cover(code: Code, since: f64) -> String {
    let what = if code == Code::Stalled { "The picture has stopped" } else { "Reconnecting…" };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the time since a moment of the call")]
    let seconds = (since / 1_000.0) as u32;
    format!("{what} {seconds} s")
}

/// Returns the status while the picture is frozen.
pub fn interrupted(code: Code, name: &str) -> String {
    match code {
        Code::Stalled => format!("No picture comes from {name}. The connection may be interrupted."),
        _ => format!("The connection to {name} is interrupted. Reconnecting…"),
    }
}

pub fn restored(name: &str) -> String {
    format!("The connection to {name} is restored.")
}

/// Returns the mark on the picture of a person who records this side.
pub fn records(name: &str) -> String {
    format!("{name} is recording")
}

/// Returns the status when a recording begins.
pub fn records_you(name: &str) -> String {
    format!("{name} is recording you.")
}

/// Returns the label of the quality of a connection, 1 to 4 bars.
pub fn quality(bars: u8) -> &'static str {
    match bars {
        4 => "Connection: good",
        3 => "Connection: fair",
        2 => "Connection: poor",
        _ => "Connection: bad",
    }
}

/// Returns the label of the user's picture in a corner of the stage.
pub fn own_corner(bottom: bool, right: bool) -> &'static str {
    match (bottom, right) {
        (false, false) => "Your picture, at the top left",
        (false, true) => "Your picture, at the top right",
        (true, false) => "Your picture, at the bottom left",
        (true, true) => "Your picture, at the bottom right",
    }
}

pub fn unplugged(device: Device) -> Failure {
    let name = device.name();
    let sentence =
        format!("The {name} was disconnected. Connect it again, or choose another one in the menu beside its button.");
    Failure::new(&ErrorKind::NotFound, sentence)
}

/// Returns the failure to show if a device cannot be turned on, or be changed.
pub fn not_opened(error: &Error, device: Device) -> Failure {
    let name = device.name();
    let sentence = match error.kind() {
        ErrorKind::NotAllowed => {
            format!(
                "The browser does not allow the {name}. Allow it, usually with the button next to the page's address."
            )
        }
        ErrorKind::NotFound | ErrorKind::Overconstrained { .. } => {
            format!("The {name} is no longer connected. Choose another one in the menu beside its button.")
        }
        ErrorKind::NotReadable | ErrorKind::Abort => {
            format!(
                "The {name} cannot be used, usually because another program is using it. Close that program and try again."
            )
        }
        _ => format!("The {name} could not be opened: {}.", error.message()),
    };
    Failure::new(error.kind(), sentence)
}

/// Returns the failure to show if the screen cannot be shared.
pub fn not_shared(error: &Error) -> Failure {
    let sentence = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotReadable => {
            "The screen cannot be recorded. Allow it for this browser in the settings of the system, and try again."
                .into()
        }
        _ => format!("The screen could not be shared: {}.", error.message()),
    };
    Failure::new(error.kind(), sentence)
}
