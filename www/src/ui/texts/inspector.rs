//! The words of the connection panel.

pub const CONNECTION: &str = "Connection";
pub const ICE: &str = "ICE";
pub const GATHERING: &str = "Gathering";
pub const SIGNALING: &str = "Signaling";
pub const RECOVERY: &str = "Recovery";
pub const ICE_SERVER: &str = "ICE server";
pub const SOCKET: &str = "Socket";
pub const YOU: &str = "You";

pub const RESTART: &str = "restart ICE";
pub const NOT_SENDING: &str = "stop sending";
pub const SENDING: &str = "send again";

pub const SENT: &str = "Sends";
pub const RECEIVED: &str = "Receives";
pub const UNKNOWN_CODEC: &str = "an unknown codec";
pub const HIDDEN_ADDRESS: &str = "(hidden)";

pub const COPIED: &str = "The report is in the clipboard.";
pub const NOT_COPIED: &str = "The browser did not copy the report.";

/// Returns the size of a description and, after the first one, the number of lines that differ from the previous one.
pub fn description(lines: usize, changes: Option<u32>) -> String {
    match changes {
        None => format!("{lines} lines"),
        Some(1) => format!("{lines} lines, 1 change"),
        Some(changes) => format!("{lines} lines, {changes} changes"),
    }
}
