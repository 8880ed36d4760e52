//! Error kinds of rejected calls, and browser quirks that differ from the specification.

use browser_rtc::{Error, ErrorKind, Result};

use super::js;

/// Returns the kind of the error, or `None` if the call succeeded.
pub fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().as_ref().map(Error::kind).cloned()
}

/// Returns the outcome in Chromium, `quirk`, or in Firefox the kind that the specification requires.
pub fn in_chromium(quirk: Option<ErrorKind>, specified: ErrorKind) -> Option<ErrorKind> {
    if js::is_firefox() { Some(specified) } else { quirk }
}

/// Returns the outcome in Firefox, `quirk`, or in Chromium the kind that the specification requires.
pub fn in_firefox(quirk: Option<ErrorKind>, specified: ErrorKind) -> Option<ErrorKind> {
    if js::is_firefox() { quirk } else { Some(specified) }
}
