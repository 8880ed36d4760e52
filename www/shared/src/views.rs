//! The views of the page, one of which is visible.

use web_sys::HtmlElement;

use crate::dom::{self, Dom, MissingElement};

/// The current view of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum View {
    Unsupported,
    Join,
    Room,
}

/// The sections of the page, one of which is visible.
pub struct Views {
    body: HtmlElement,
    loading: HtmlElement,
    unsupported: HtmlElement,
    join: HtmlElement,
    room: HtmlElement,
    room_bar: HtmlElement,
}

impl Views {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            body: dom.body()?,
            loading: dom.get("loading")?,
            unsupported: dom.get("unsupported")?,
            join: dom.get("join-view")?,
            room: dom.get("room-view")?,
            room_bar: dom.get("room-bar")?,
        })
    }

    pub fn show(&self, view: View) {
        self.loading.set_hidden(true);
        self.unsupported.set_hidden(view != View::Unsupported);
        self.join.set_hidden(view != View::Join);
        self.room.set_hidden(view != View::Room);
        self.room_bar.set_hidden(view != View::Room);
        let name = match view {
            View::Unsupported => "unsupported",
            View::Join => "join",
            View::Room => "room",
        };
        dom::set_attribute(&self.body, "data-view", name);
        // The element that had the focus may be hidden now.
        let keeps_focus = dom::focused().is_some_and(|focused| dom::is_visible(&focused));
        if !keeps_focus && let Some(content) = dom::content() {
            dom::focus_in_place(&content);
        }
        // Another view starts at its top.
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    }
}
