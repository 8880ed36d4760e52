//! The elements of the page, found once, and their events as streams.

use std::fmt;

use browser_rtc::EventStream;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, EventTarget, HtmlElement, HtmlTemplateElement};

/// The page lacks this element, or it is of another kind: HTML and program are not of the same version.
#[derive(Debug)]
pub struct MissingElement(String);

impl fmt::Display for MissingElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page has no element {} of the kind that the demo needs", self.0)
    }
}

/// Where elements are looked up.
pub struct Dom(Document);

impl Dom {
    pub fn of_this_page() -> Result<Self, MissingElement> {
        let document = web_sys::window().and_then(|window| window.document());
        document.map(Self).ok_or_else(|| MissingElement("document".into()))
    }

    /// The element with this id.
    pub fn get<T: JsCast>(&self, id: &str) -> Result<T, MissingElement> {
        let element = self.0.get_element_by_id(id).and_then(|element| element.dyn_into().ok());
        element.ok_or_else(|| MissingElement(format!("#{id}")))
    }

    /// The first element that this selector finds.
    pub fn select<T: JsCast>(&self, selector: &str) -> Result<T, MissingElement> {
        let element = self.0.query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok());
        element.ok_or_else(|| MissingElement(selector.into()))
    }

    pub fn body(&self) -> Result<HtmlElement, MissingElement> {
        self.0.body().ok_or_else(|| MissingElement("body".into()))
    }

    /// A new element; what it says is text and never HTML.
    pub fn create(&self, tag: &str, text: &str) -> Result<Element, MissingElement> {
        let element = self.0.create_element(tag).map_err(|_no_such_tag| MissingElement(format!("<{tag}>")))?;
        element.set_text_content(Some(text));
        Ok(element)
    }
}

/// What a `<template>` holds, to be copied.
pub struct Template(Element);

impl Template {
    pub fn find(dom: &Dom, id: &str) -> Result<Self, MissingElement> {
        let content = dom.get::<HtmlTemplateElement>(id)?.content();
        content.first_element_child().map(Self).ok_or_else(|| MissingElement(format!("in #{id}")))
    }

    pub fn copy(&self) -> Result<Element, MissingElement> {
        let copy = self.0.clone_node_with_deep(true).ok().and_then(|copy| copy.dyn_into().ok());
        copy.ok_or_else(|| MissingElement("of the template".into()))
    }
}

/// The element within `parent` that this selector finds.
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

/// The letter that stands for somebody.
pub fn initial(name: &str) -> String {
    name.chars().next().map(String::from).unwrap_or_default()
}

pub fn clicks(target: &EventTarget) -> EventStream<()> {
    EventStream::listen(target, "click", |_| Some(()))
}

/// Forms that the program handles instead of the browser.
pub fn submits(form: &EventTarget) -> EventStream<()> {
    EventStream::listen(form, "submit", |event| {
        event.prevent_default();
        Some(())
    })
}

/// An element that is on show until this is dropped.
#[must_use = "the element is hidden when this is dropped"]
pub struct Shown<'a>(&'a HtmlElement);

impl<'a> Shown<'a> {
    /// Shows the element and moves the focus to it, so that whoever uses the keyboard goes on from there.
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
