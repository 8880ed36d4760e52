//! Remembered values of the page: in this browser, or only in this tab. Nothing is remembered if the browser denies storage.

use web_sys::{Storage, Window};

/// The place of a remembered value.
#[derive(Clone, Copy)]
pub enum Place {
    /// All tabs, also after a restart of the browser.
    Browser,
    /// This tab, also after a reload.
    Tab,
}

impl Place {
    fn storage(self) -> Option<Storage> {
        let storage = match self {
            Self::Browser => Window::local_storage,
            Self::Tab => Window::session_storage,
        };
        storage(&web_sys::window()?).ok().flatten()
    }
}

/// Returns the remembered value.
pub fn get(place: Place, key: &str) -> Option<String> {
    place.storage()?.get_item(&name(key)).ok().flatten()
}

/// Remembers a value, or forgets it if it is empty.
pub fn set(place: Place, key: &str, value: &str) {
    let Some(storage) = place.storage() else { return };
    // A value that cannot be stored, because the storage is full, is not remembered.
    let _ = match value {
        "" => storage.remove_item(&name(key)),
        _ => storage.set_item(&name(key), value),
    };
}

/// Other pages of the same host share the storage.
fn name(key: &str) -> String {
    ["browser-rtc demo ", key].concat()
}
