//! Tones and their timing.

use std::{error, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// A tone of the telephone keypad, or a pause.
/// [Specification](https://www.w3.org/TR/webrtc/#dom-rtcdtmfsender-insertdtmf)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tone(char);

impl Tone {
    /// A pause of two seconds.
    pub const PAUSE: Self = Self(',');

    /// Creates a tone: `0`–`9`, `A`–`D` in either case, `*`, `#`, or `,` for a pause of two seconds.
    ///
    /// # Errors
    /// [`ParseTonesError`] for any other character.
    pub fn new(key: char) -> Result<Self, ParseTonesError> {
        match key.to_ascii_uppercase() {
            key @ ('0'..='9' | 'A'..='D' | '*' | '#' | ',') => Ok(Self(key)),
            _ => Err(ParseTonesError { found: key }),
        }
    }

    /// Returns the key. Letters are in upper case.
    #[must_use]
    pub fn as_char(self) -> char {
        self.0
    }
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Write::write_char(f, self.0)
    }
}

/// A sequence of tones, which may be empty.
///
/// ```
/// use browser_rtc::dtmf::Tones;
///
/// let tones: Tones = "1,23#".parse()?;
/// assert_eq!(tones.to_string(), "1,23#");
/// assert!("hello".parse::<Tones>().is_err());
/// # Ok::<(), browser_rtc::dtmf::ParseTonesError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tones(String);

impl Tones {
    /// Returns the tones in order.
    pub fn iter(&self) -> impl Iterator<Item = Tone> {
        self.0.chars().map(Tone)
    }

    /// Returns the tones as a string, in the format of the web's interface.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether there are no tones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Tones {
    type Err = ParseTonesError;

    fn from_str(text: &str) -> Result<Self, ParseTonesError> {
        text.chars().map(Tone::new).collect()
    }
}

impl TryFrom<String> for Tones {
    type Error = ParseTonesError;

    fn try_from(text: String) -> Result<Self, ParseTonesError> {
        text.parse()
    }
}

impl From<Tones> for String {
    fn from(tones: Tones) -> Self {
        tones.0
    }
}

impl From<Tone> for Tones {
    fn from(tone: Tone) -> Self {
        Self(tone.0.into())
    }
}

impl FromIterator<Tone> for Tones {
    fn from_iter<I: IntoIterator<Item = Tone>>(tones: I) -> Self {
        Self(tones.into_iter().map(Tone::as_char).collect())
    }
}

impl fmt::Display for Tones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The error for text that contains a character other than a tone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseTonesError {
    found: char,
}

impl fmt::Display for ParseTonesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a tone: use 0-9, A-D, *, # or a comma", self.found)
    }
}

impl error::Error for ParseTonesError {}

impl From<ParseTonesError> for Error {
    fn from(error: ParseTonesError) -> Self {
        Self::new("insertDTMF", ErrorKind::Syntax, error.to_string())
    }
}

/// The duration of each tone and of the silence after it. As in browsers, values outside the specified ranges are
/// clamped.
///
/// ```
/// use std::time::Duration;
/// use browser_rtc::dtmf::Timing;
///
/// let slow = Timing::new().duration(Duration::from_secs(1)).gap(Duration::from_millis(200));
/// assert_eq!(slow.tone_duration(), Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    duration_ms: u16,
    gap_ms: u16,
}

impl Default for Timing {
    fn default() -> Self {
        Self { duration_ms: 100, gap_ms: 70 }
    }
}

impl Timing {
    /// Creates the default timing of the specification: 100 ms of tone and 70 ms of silence.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the duration of each tone, 40 ms to 6 s.
    #[must_use]
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration_ms = clamped(duration, 40, 6_000);
        self
    }

    /// Sets the silence between two tones, 30 ms to 6 s.
    #[must_use]
    pub fn gap(mut self, gap: Duration) -> Self {
        self.gap_ms = clamped(gap, 30, 6_000);
        self
    }

    /// Returns the duration of each tone.
    #[must_use]
    pub fn tone_duration(self) -> Duration {
        Duration::from_millis(self.duration_ms.into())
    }

    /// Returns the silence between two tones.
    #[must_use]
    pub fn tone_gap(self) -> Duration {
        Duration::from_millis(self.gap_ms.into())
    }

    pub(super) fn millis(self) -> (u32, u32) {
        (self.duration_ms.into(), self.gap_ms.into())
    }
}

fn clamped(time: Duration, min: u16, max: u16) -> u16 {
    u16::try_from(time.as_millis()).unwrap_or(max).clamp(min, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keypad_tones_parse() {
        let all = "0123456789ABCD*#,";
        assert_eq!(all.parse::<Tones>().unwrap().as_str(), all);
        assert_eq!("1a2d".parse::<Tones>().unwrap().as_str(), "1A2D");
        assert!("".parse::<Tones>().unwrap().is_empty());
        assert_eq!("12x".parse::<Tones>(), Err(ParseTonesError { found: 'x' }));
        for invalid in ["E", "é", " ", "+", "\0"] {
            assert!(invalid.parse::<Tones>().is_err(), "{invalid:?}");
        }
    }

    #[test]
    fn out_of_range_times_are_clamped() {
        let timing = Timing::new().duration(Duration::ZERO).gap(Duration::from_millis(29));
        assert_eq!(timing.millis(), (40, 30));
        let timing = Timing::new().duration(Duration::MAX).gap(Duration::MAX);
        assert_eq!(timing.millis(), (6_000, 6_000));
        assert_eq!(Timing::new().millis(), (100, 70));
    }
}
