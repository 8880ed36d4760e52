//! Lists of results that outlive the call in which they were made.

use web_sys::Element;

use crate::dom::{self, Dom, MissingElement};

/// An element that is in a panel of the call, and in the room after the call.
pub struct Shelf {
    element: Element,
    call: Element,
    room: Element,
}

impl Shelf {
    /// Finds the element `#NAME-shelf`, which starts in `#NAME-in-room`, and `#NAME-in-call`.
    pub fn find(dom: &Dom, name: &str) -> Result<Self, MissingElement> {
        Ok(Self {
            element: dom.get(&format!("{name}-shelf"))?,
            call: dom.get(&format!("{name}-in-call"))?,
            room: dom.get(&format!("{name}-in-room"))?,
        })
    }

    /// Moves the element into the panel until the guard is dropped.
    pub fn move_to_call(&self) -> InCall<'_> {
        dom::append(&self.call, &self.element);
        InCall(self)
    }
}

/// Keeps an element in its panel. On drop, the element returns to the room.
#[must_use = "the element returns to the room when this is dropped"]
pub struct InCall<'a>(&'a Shelf);

impl Drop for InCall<'_> {
    fn drop(&mut self) {
        dom::append(&self.0.room, &self.0.element);
    }
}
