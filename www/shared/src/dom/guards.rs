//! States of elements that end when a value is dropped.

use web_sys::{Element, HtmlElement};

use super::{focus, is_typing, set_attribute};

/// Keeps an element visible until it is dropped.
#[must_use = "the element is hidden when this is dropped"]
pub struct Shown<'a>(&'a HtmlElement);

impl<'a> Shown<'a> {
    /// Shows the element and moves the focus to it, from where keyboard navigation continues, unless the user is typing.
    pub fn new(element: &'a HtmlElement) -> Self {
        element.set_hidden(false);
        if !is_typing() {
            focus(element);
        }
        Self(element)
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.set_hidden(true);
    }
}

/// Keeps an attribute without a value on an element until it is dropped.
#[must_use = "the attribute is removed when this is dropped"]
pub struct Mark<'a>(&'a Element, &'static str);

impl<'a> Mark<'a> {
    pub fn new(element: &'a Element, name: &'static str) -> Self {
        set_attribute(element, name, "");
        Self(element, name)
    }
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        let _well_formed = self.0.remove_attribute(self.1);
    }
}
