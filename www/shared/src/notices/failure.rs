//! The failure box.

use std::cell::RefCell;

use browser_rtc::ErrorKind;
use web_sys::{Element, HtmlButtonElement, HtmlElement};

use crate::dom::{self, Dom, MissingElement};

/// The content of the failure box: the name of the kind of error, and a sentence with advice.
pub struct Failure {
    pub kind: String,
    pub sentence: String,
}

impl Failure {
    pub fn new(kind: &ErrorKind, sentence: impl Into<String>) -> Self {
        Self { kind: kind.name().to_owned(), sentence: sentence.into() }
    }

    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

pub struct FailureBox {
    element: HtmlElement,
    text: Element,
    pub dismiss: HtmlButtonElement,
    /// The element that had the focus before the failure.
    focused: RefCell<Option<HtmlElement>>,
}

impl FailureBox {
    pub fn find(dom: &Dom) -> Result<Self, MissingElement> {
        Ok(Self {
            element: dom.get("failure")?,
            text: dom.get("failure-text")?,
            dismiss: dom.get("dismiss-failure")?,
            focused: RefCell::default(),
        })
    }

    pub fn show(&self, Failure { kind, sentence }: Failure) {
        if self.element.hidden() {
            self.focused.replace(dom::focused());
        }
        dom::set_attribute(&self.element, "data-kind", &kind);
        self.text.set_text_content(Some(&sentence));
        self.element.set_hidden(false);
    }

    /// Hides the failure. If it had the focus, the focus returns to where it was before, or else goes to the content.
    pub fn clear(&self) {
        let had_focus = dom::focused().is_some_and(|focused| self.element.contains(Some(&focused)));
        self.element.set_hidden(true);
        self.text.set_text_content(None);
        let _removed = self.element.remove_attribute("data-kind");
        let earlier = self.focused.take().filter(|element| dom::is_visible(element));
        if had_focus && let Some(element) = earlier.or_else(dom::content) {
            dom::focus_in_place(&element);
        }
    }
}
