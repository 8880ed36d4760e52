//! The sentences of the keypad.

use std::ops::RangeInclusive;

use browser_rtc::{Error, ErrorKind};

pub const NO_MICROPHONE: &str = "Tones are part of the sound of a call, and this call has no microphone.";
pub const NO_TONES: &str = "Enter the tones to play, such as 12#.";
pub const PAUSE: &str = "pause";
pub const TONE_LENGTH: &str = "length of a tone";
pub const GAP: &str = "gap";

/// Returns the sentence about a character that has no tone.
pub fn not_a_tone(key: char) -> String {
    format!("“{key}” has no tone. Use the keys 0–9, A–D, * and #, or a comma for a pause of two seconds.")
}

/// Returns the sentence about a number of milliseconds.
pub fn out_of_range(name: &str, range: &RangeInclusive<u64>) -> String {
    format!("The {name} must be a whole number of milliseconds from {} to {}.", range.start(), range.end())
}

/// Returns the sentence about tones that could not be played.
pub fn failure(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Closed => "The call has ended.".into(),
        _ => format!("The tones cannot be played: {}.", error.message()),
    }
}
