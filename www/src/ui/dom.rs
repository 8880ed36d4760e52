//! The elements of the page, found once, and their events as streams.

use std::fmt;

use browser_rtc::EventStream;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, EventTarget, HtmlElement, HtmlTemplateElement};

/// The error that the page lacks an element, or has one of another type: HTML and program differ in version.
#[derive(Debug)]
pub struct MissingElement(String);

impl fmt::Display for MissingElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page has no element {} of the expected type", self.0)
    }
}

/// Returns the error that something other than an element is missing.
pub fn missing(what: &str) -> MissingElement {
    MissingElement(what.into())
}

/// The document of the page, in which elements are looked up.
pub struct Dom(Document);

impl Dom {
    pub fn current() -> Result<Self, MissingElement> {
        let document = web_sys::window().and_then(|window| window.document());
        document.map(Self).ok_or_else(|| MissingElement("document".into()))
    }

    pub fn document(&self) -> &Document {
        &self.0
    }

    /// Returns the element with this id.
    pub fn get<T: JsCast>(&self, id: &str) -> Result<T, MissingElement> {
        let element = self.0.get_element_by_id(id).and_then(|element| element.dyn_into().ok());
        element.ok_or_else(|| MissingElement(format!("#{id}")))
    }

    /// Returns the first element that matches the selector.
    pub fn select<T: JsCast>(&self, selector: &str) -> Result<T, MissingElement> {
        let element = self.0.query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok());
        element.ok_or_else(|| MissingElement(selector.into()))
    }

    pub fn body(&self) -> Result<HtmlElement, MissingElement> {
        self.0.body().ok_or_else(|| MissingElement("body".into()))
    }

    /// Creates an element. Its content is text and never HTML.
    pub fn create(&self, tag: &str, text: &str) -> Result<Element, MissingElement> {
        let element = self.0.create_element(tag).map_err(|_no_such_tag| MissingElement(format!("<{tag}>")))?;
        element.set_text_content(Some(text));
        Ok(element)
    }
}

/// The content of a `<template>`, which is copied.
pub struct Template(Element);

impl Template {
    pub fn find(dom: &Dom, id: &str) -> Result<Self, MissingElement> {
        let content = dom.get::<HtmlTemplateElement>(id)?.content();
        content.first_element_child().map(Self).ok_or_else(|| MissingElement(format!("in the template #{id}")))
    }

    pub fn copy(&self) -> Result<Element, MissingElement> {
        let copy = self.0.clone_node_with_deep(true).ok().and_then(|copy| copy.dyn_into().ok());
        copy.ok_or_else(|| MissingElement("in a copy of a template".into()))
    }
}

/// Returns the first element within `parent` that matches the selector.
pub fn within<T: JsCast>(parent: &Element, selector: &str) -> Result<T, MissingElement> {
    let element = parent.query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok());
    element.ok_or_else(|| MissingElement(selector.into()))
}

/// Sets an attribute by a name that is well-formed.
pub fn set_attribute(element: &Element, name: &str, value: &str) {
    let _well_formed = element.set_attribute(name, value);
}

pub fn focus(element: &HtmlElement) {
    let _shown = element.focus();
}

/// Adds a child at the end, where no child of `parent` can be its own parent.
pub fn append(parent: &Element, child: &Element) {
    let _no_cycle = parent.append_child(child);
}

/// Returns the first letter of a name, which is shown as an avatar.
pub fn initial(name: &str) -> String {
    name.chars().next().map(String::from).unwrap_or_default()
}

pub fn clicks(target: &EventTarget) -> EventStream<()> {
    EventStream::listen(target, "click", |_| Some(()))
}

/// Submissions of a form, which the browser itself does not send.
pub fn submits(form: &EventTarget) -> EventStream<()> {
    EventStream::listen(form, "submit", |event| {
        event.prevent_default();
        Some(())
    })
}

/// Keeps an element visible until it is dropped.
#[must_use = "the element is hidden when this is dropped"]
pub struct Shown<'a>(&'a HtmlElement);

impl<'a> Shown<'a> {
    /// Shows the element and moves the focus to it, from where keyboard navigation continues.
    pub fn new(element: &'a HtmlElement) -> Self {
        element.set_hidden(false);
        focus(element);
        Self(element)
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.set_hidden(true);
    }
}
