//! The control channel of a call: a data channel next to those of the application.

use serde::{Deserialize, Serialize};

use crate::signaling::PeerId;

/// The label of a call's control channel. Both sides create it, negotiated, before their first offer.
pub const CONTROL_CHANNEL_LABEL: &str = "browser-rtc";

/// The id of a call's control channel.
///
/// Low ids are avoided because a plain peer assigns them to its own channels: the DTLS client starts at 0 and the
/// server at 1. The id is below 256, the number of streams that Firefox negotiates initially.
pub const CONTROL_CHANNEL_ID: u16 = 254;

/// A message on a call's control channel, which announces the new id of its sender in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewId {
    /// The new id of the sender.
    pub me: PeerId,
}
