//! What happens in Redis in one go.

/// A script; the number is its place in [`ALL`](Self::ALL).
#[derive(Clone, Copy, Debug)]
pub enum Script {
    Join,
    Frame,
    Leave,
    Touch,
    Sync,
    Refs,
}

macro_rules! on_a_room {
    ($file:literal) => {
        concat!(include_str!("lua/prelude.lua"), include_str!(concat!("lua/", $file)))
    };
}

impl Script {
    pub const ALL: [Self; 6] = [Self::Join, Self::Frame, Self::Leave, Self::Touch, Self::Sync, Self::Refs];

    pub fn text(self) -> &'static str {
        match self {
            Self::Join => on_a_room!("join.lua"),
            Self::Frame => on_a_room!("frame.lua"),
            Self::Leave => on_a_room!("leave.lua"),
            Self::Touch => on_a_room!("touch.lua"),
            Self::Sync => on_a_room!("sync.lua"),
            Self::Refs => include_str!("lua/refs.lua"),
        }
    }
}

const PREFIX: &str = "browser-rtc:{r:";

/// How many processes have each room, and until when.
pub const REFS: [&str; 2] = ["browser-rtc:{rooms}:count", "browser-rtc:{rooms}:held"];

/// A room's hash, log and channel: in one slot of a cluster.
pub fn keys(room: &str) -> [String; 3] {
    ["", ":log", ":told"].map(|which| format!("{PREFIX}{room}}}{which}"))
}

/// The room of a channel.
pub fn room_of(channel: &str) -> Option<&str> {
    channel.strip_prefix(PREFIX)?.strip_suffix("}:told")
}
