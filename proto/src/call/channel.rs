//! The control channel of a call: a data channel next to those of the application.

use crate::{
    json::{Object, ParseMessageError, Writer},
    signaling::PeerId,
};

/// The label of a call's control channel. Both sides create it, negotiated, before their first offer.
pub const CONTROL_CHANNEL_LABEL: &str = "browser-rtc";

/// The id of a call's control channel.
///
/// Low ids are avoided because a plain peer assigns them to its own channels: the DTLS client starts at 0 and the
/// server at 1. The id is below 256, the number of streams that Firefox negotiates initially.
pub const CONTROL_CHANNEL_ID: u16 = 254;

/// A message on a call's control channel, which announces the new id of its sender in the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewId {
    /// The new id of the sender.
    pub me: PeerId,
}

impl NewId {
    /// Returns the message as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = Writer::new();
        json.member("me", &self.me);
        json.finish()
    }

    /// Reads a message. Unknown members are ignored.
    ///
    /// # Errors
    /// Returns an error if the text is not a JSON object, or lacks the id.
    pub fn from_json(text: &str) -> Result<Self, ParseMessageError> {
        Ok(Self { me: Object::parse(text)?.required("me")? })
    }
}
