//! The texts of calls that ring.

pub const NOTIFICATION: &str = "Click to show the call.";

pub fn calls(caller: &str) -> String {
    format!("{caller} is calling")
}

/// Returns the title of the tab during an incoming call.
pub fn title(caller: &str) -> String {
    format!("📞 {} – browser-rtc", calls(caller))
}
