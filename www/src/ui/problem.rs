//! A sentence beside the control that it is about.

use web_sys::HtmlElement;

use crate::dom::{self, Dom, MissingElement};

/// An element with `role="alert"`, which is hidden while there is no problem.
#[derive(Clone)]
pub struct Problem(HtmlElement);

impl Problem {
    pub fn find(dom: &Dom, id: &str) -> Result<Self, MissingElement> {
        dom.get(id).map(Self)
    }

    pub fn show(&self, sentence: &str) {
        self.0.set_hidden(false);
        // Screen readers announce a change only in an element that is visible already.
        self.0.set_text_content(Some(sentence));
    }

    pub fn clear(&self) {
        self.0.set_hidden(true);
        self.0.set_text_content(None);
    }

    /// Shows the problem of a result, or clears that of an earlier one.
    pub fn report(&self, result: Result<(), String>) {
        match result {
            Ok(()) => self.clear(),
            Err(sentence) => self.show(&sentence),
        }
    }
}

/// Marks a field as invalid for assistive technology and style sheets, or as valid.
pub fn mark_invalid(field: &HtmlElement, invalid: bool) {
    dom::set_attribute(field, "aria-invalid", if invalid { "true" } else { "false" });
}
