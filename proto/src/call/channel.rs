//! The data channel that each call has for itself, beside those of the application.

use serde::{Deserialize, Serialize};

use crate::signaling::PeerId;

/// The label of a call's control channel. Both sides create it, negotiated, before their first offer.
pub const CONTROL_CHANNEL_LABEL: &str = "browser-rtc";

/// The id of a call's control channel. It is not one of the low ids, which the channels of a plain peer get first: its
/// DTLS client begins with 0, its server with 1. And it is below 256, the number of streams that Firefox negotiates at
/// first.
pub const CONTROL_CHANNEL_ID: u16 = 254;

/// The message on a call's control channel: the id in the room by which its sender is known from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewId {
    /// The new id of the sender.
    pub me: PeerId,
}
