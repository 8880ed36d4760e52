//! The Lua scripts, each of which Redis runs atomically on one room.

/// A script; the discriminant is its index in [`ALL`](Self::ALL).
#[derive(Clone, Copy, Debug)]
pub enum Script {
    Join,
    Frame,
    Leave,
    Read,
}

macro_rules! room_script {
    ($file:literal) => {
        concat!(include_str!("lua/prelude.lua"), include_str!(concat!("lua/", $file)))
    };
}

impl Script {
    pub const ALL: [Self; 4] = [Self::Join, Self::Frame, Self::Leave, Self::Read];

    pub fn text(self) -> &'static str {
        match self {
            Self::Join => room_script!("join.lua"),
            Self::Frame => room_script!("frame.lua"),
            Self::Leave => room_script!("leave.lua"),
            Self::Read => room_script!("read.lua"),
        }
    }
}

const PREFIX: &str = "browser-rtc:{r:";

/// Returns the keys of a room's hash, log and channel, which are in one slot of a Redis Cluster.
pub fn keys(room: &str) -> [String; 3] {
    ["", ":log", ":updates"].map(|suffix| format!("{PREFIX}{room}}}{suffix}"))
}

/// Returns the name of the room that a channel belongs to.
pub fn channel_room(channel: &str) -> Option<&str> {
    channel.strip_prefix(PREFIX)?.strip_suffix("}:updates")
}
