//! The Lua scripts, each of which Redis runs atomically.

/// A script; the discriminant is its index in [`ALL`](Self::ALL).
#[derive(Clone, Copy, Debug)]
pub enum Script {
    Join,
    Frame,
    Leave,
    Touch,
    Sync,
    Refs,
}

macro_rules! room_script {
    ($file:literal) => {
        concat!(include_str!("lua/prelude.lua"), include_str!(concat!("lua/", $file)))
    };
}

impl Script {
    pub const ALL: [Self; 6] = [Self::Join, Self::Frame, Self::Leave, Self::Touch, Self::Sync, Self::Refs];

    pub fn text(self) -> &'static str {
        match self {
            Self::Join => room_script!("join.lua"),
            Self::Frame => room_script!("frame.lua"),
            Self::Leave => room_script!("leave.lua"),
            Self::Touch => room_script!("touch.lua"),
            Self::Sync => room_script!("sync.lua"),
            Self::Refs => include_str!("lua/refs.lua"),
        }
    }
}

const PREFIX: &str = "browser-rtc:{r:";

/// The keys of the reference counts of rooms, and of the references with their expiry times.
pub const REFS: [&str; 2] = ["browser-rtc:{rooms}:count", "browser-rtc:{rooms}:held"];

/// Returns the keys of a room's hash, log and channel, which are in one slot of a Redis Cluster.
pub fn keys(room: &str) -> [String; 3] {
    ["", ":log", ":updates"].map(|suffix| format!("{PREFIX}{room}}}{suffix}"))
}

/// Returns the name of the room that a channel belongs to.
pub fn channel_room(channel: &str) -> Option<&str> {
    channel.strip_prefix(PREFIX)?.strip_suffix("}:updates")
}
