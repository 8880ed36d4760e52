//! A seat's resume token in the page's `sessionStorage`, for [`Join::keep_seat`](super::Join::keep_seat).

use crate::{
    error::concat,
    signaling::ResumeToken,
    sys::storage::{self, Storage},
};

/// The count of received frames that a page sends if it has lost the state of its seat. No server has sent that many
/// frames. The server therefore frees the seat, and assigns a new one under the same name.
pub(super) const UNKNOWN_COUNT: u32 = u32::MAX;

/// The stored token of one seat. Nothing is stored if `sessionStorage` is unavailable or full.
pub(super) struct KeptSeat {
    storage: Option<Storage>,
    key: String,
}

impl KeptSeat {
    pub(super) fn new(url: &str, room: &str, name: &str) -> Self {
        // The length separates the room and the name, which may contain any character.
        let length = room.len().to_string();
        let key = concat(&["browser-rtc seat ", url, " ", &length, " ", room, name]);
        Self { storage: storage::session_storage(), key }
    }

    /// Returns the stored token, which a page that was loaded in this tab before has left.
    pub(super) fn token(&self) -> Option<ResumeToken> {
        let token = self.storage.as_ref()?.get_item(&self.key).ok()?.as_string()?;
        Some(token.into())
    }

    /// Stores the token in place of the previous one.
    pub(super) fn keep(&self, token: Option<&ResumeToken>) {
        let Some(storage) = &self.storage else { return };
        // Without a stored token, the name of a crashed page becomes free later.
        let _ = match token {
            Some(token) => storage.set_item(&self.key, token.as_str()),
            None => storage.remove_item(&self.key),
        };
    }

    /// Removes the token of a seat that has been given up, unless another room of the page has replaced it.
    pub(super) fn forget(&self, token: Option<&ResumeToken>) {
        if self.token().as_ref() == token {
            self.keep(None);
        }
    }
}
