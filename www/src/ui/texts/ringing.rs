//! The texts of calls that ring.

pub const NOTIFICATION: &str = "Click to show the call.";

pub fn calls(caller: &str) -> String {
    format!("{caller} is calling")
}

/// Returns the title of the tab during an incoming call.
pub fn title(caller: &str) -> String {
    format!("📞 {} – browser-rtc", calls(caller))
}

pub fn calling(callee: &str) -> String {
    format!("Calling {callee}.")
}

pub fn called_by(caller: &str) -> String {
    format!("{}.", calls(caller))
}

pub fn cancelled(callee: &str) -> String {
    format!("You cancelled the call to {callee}.")
}

pub fn declined(caller: &str) -> String {
    format!("You declined the call from {caller}.")
}

pub fn failed(peer: &str) -> String {
    format!("The call with {peer} has failed.")
}
