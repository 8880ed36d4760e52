//! The sentences of the page.

pub const START: &str = "Start";
pub const STOP: &str = "Stop";
pub const READY: &str = "Ready";
pub const RUNNING: &str = "Running";
pub const FINISHED: &str = "Finished, everything is released";
pub const STOPPED: &str = "Stopped, everything is released";
pub const FAILED: &str = "Failed";
pub const COPIED: &str = "Copied";
pub const NOT_COPIED: &str = "The browser does not allow copying";
/// The title of the page without a lab.
pub const TITLE: &str = "Labs of browser-rtc";

pub fn title(lab: &str) -> String {
    format!("{lab} · {TITLE}")
}

pub fn source_size(name: &str, source: &str) -> String {
    format!("{name}.rs, {} lines", source.lines().count())
}
