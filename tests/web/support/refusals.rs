//! What a call was refused with, and where a browser departs from the specification.

use browser_rtc::{Error, ErrorKind, Result};

use super::js;

/// None where it was not refused.
pub fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().as_ref().map(Error::kind).cloned()
}

fn or_in(firefox: bool, of_that_browser: Option<ErrorKind>, specified: Option<ErrorKind>) -> Option<ErrorKind> {
    if js::is_firefox() == firefox { of_that_browser } else { specified }
}

/// What Chromium says instead of what the specification has, which Firefox says.
pub fn in_chromium(said: Option<ErrorKind>, specified: ErrorKind) -> Option<ErrorKind> {
    or_in(false, said, Some(specified))
}

/// What Firefox says instead of what the specification has, which Chromium says.
pub fn in_firefox(said: Option<ErrorKind>, specified: ErrorKind) -> Option<ErrorKind> {
    or_in(true, said, Some(specified))
}
