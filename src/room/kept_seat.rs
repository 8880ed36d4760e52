//! The resume token of a page that keeps its seat, in the page's `sessionStorage`.

use crate::{
    signaling::ResumeToken,
    sys::storage::{self, Storage},
};

/// The received count of a page that has lost the state of its seat. No server has sent so many frames, and so the server
/// frees the seat, and gives another under the same name.
pub(super) const UNKNOWN_COUNT: u32 = u32::MAX;

/// The stored token of one seat. Nothing is stored if the page has no `sessionStorage`, or it is full.
pub(super) struct KeptSeat {
    storage: Option<Storage>,
    key: String,
}

impl KeptSeat {
    pub(super) fn new(url: &str, room: &str, name: &str) -> Self {
        Self { storage: storage::session_storage(), key: format!("browser-rtc seat {url} {room:?} {name:?}") }
    }

    /// Returns the token that a former page of this tab has left behind.
    pub(super) fn token(&self) -> Option<ResumeToken> {
        let token = self.storage.as_ref()?.get_item(&self.key).ok()?.as_string()?;
        Some(token.into())
    }

    /// Stores the token, in place of the former one.
    pub(super) fn keep(&self, token: Option<&ResumeToken>) {
        let Some(storage) = &self.storage else { return };
        // Without a stored token, the name is free a little later.
        let _ = match token {
            Some(token) => storage.set_item(&self.key, token.as_str()),
            None => storage.remove_item(&self.key),
        };
    }

    /// Removes the token of a seat that has been given up, unless another room of the page has put its own there.
    pub(super) fn forget(&self, token: Option<&ResumeToken>) {
        if self.token().as_ref() == token {
            self.keep(None);
        }
    }
}
