//! The elements of the page, found once, and their events as streams.

mod events;
mod guards;

use std::{cmp::Ordering, fmt};

use js_sys::{Array, JsString, Object};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, FocusOptions, HtmlElement, HtmlTemplateElement};

pub use self::{
    events::{clicks, clicks_on, escapes, submits, window},
    guards::{Mark, Shown},
};

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

    /// Returns all elements that match the selector.
    pub fn all<T: JsCast>(&self, selector: &str) -> Result<Vec<T>, MissingElement> {
        let found = self.0.query_selector_all(selector).map_err(|_bad_selector| MissingElement(selector.into()))?;
        Ok((0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect())
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

    /// Copies the content into the document of the page.
    pub fn copy(&self) -> Result<Element, MissingElement> {
        let document = web_sys::window().and_then(|window| window.document());
        let copy = document.and_then(|document| document.import_node_with_deep(&self.0, true).ok());
        let copy = copy.and_then(|copy| copy.dyn_into().ok());
        copy.ok_or_else(|| MissingElement("in a copy of a template".into()))
    }
}

/// Returns the first element within `parent` that matches the selector.
pub fn within<T: JsCast>(parent: &Element, selector: &str) -> Result<T, MissingElement> {
    let element = parent.query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok());
    element.ok_or_else(|| MissingElement(selector.into()))
}

/// Returns an element as one of HTML.
pub fn html(element: Element) -> Result<HtmlElement, MissingElement> {
    element.dyn_into().map_err(|element: Element| MissingElement(element.tag_name()))
}

/// Returns all elements within `parent` that match the selector.
pub fn all<T: JsCast>(parent: &Element, selector: &str) -> Vec<T> {
    let Ok(found) = parent.query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect()
}

/// Adds the name of a thing to the labels of the buttons and links that act on it.
pub fn label_buttons(parent: &Element, name: &str) {
    for button in all::<Element>(parent, "button, a") {
        let action = button.get_attribute("aria-label").or_else(|| button.text_content()).unwrap_or_default();
        set_attribute(&button, "aria-label", &format!("{action} {name}"));
    }
}

/// Sets an attribute by a name that is well-formed.
pub fn set_attribute(element: &Element, name: &str, value: &str) {
    let _well_formed = element.set_attribute(name, value);
}

pub fn focus(element: &HtmlElement) {
    let _shown = element.focus();
}

/// Moves the focus without scrolling, so that the page starts at its top.
pub fn focus_in_place(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _shown = element.focus_with_options(&options);
}

/// Returns the element that has the focus. `None` if it is the body.
pub fn focused() -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    let element = document.active_element()?.dyn_into().ok()?;
    (document.body()? != element).then_some(element)
}

/// Returns the element with the content of the page, below the header and the notices.
pub fn content() -> Option<HtmlElement> {
    web_sys::window()?.document()?.query_selector("main").ok()??.dyn_into().ok()
}

/// Returns the time since the page was opened, in milliseconds.
pub fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}

/// Returns whether an element is displayed, in sight or not.
pub fn is_visible(element: &Element) -> bool {
    element.get_client_rects().length() > 0
}

/// Hides an element from view only: it stays available to screen readers.
pub fn set_visually_hidden(element: &Element, hidden: bool) {
    let _valid_name = element.class_list().toggle_with_force("visually-hidden", hidden);
}

/// Sets or removes a boolean attribute, such as `hidden` of an element of SVG.
pub fn set_flag(element: &Element, name: &str, is_set: bool) {
    let _well_formed = element.toggle_attribute_with_force(name, is_set);
}

/// Sets a custom property for style sheets.
pub fn set_property(element: &HtmlElement, name: &str, value: &str) {
    let _valid = element.style().set_property(name, value);
}

/// Returns whether the element has the focus.
pub fn has_focus(element: &Element) -> bool {
    element.owner_document().and_then(|document| document.active_element()).as_ref() == Some(element)
}

/// Adds a child at the end, where no child of `parent` can be its own parent.
pub fn append(parent: &Element, child: &Element) {
    let _no_cycle = parent.append_child(child);
}

/// Returns whether the user is typing in a visible field, so that the focus must stay where it is.
pub fn is_typing() -> bool {
    let is_field = |element: &HtmlElement| element.matches("input:not([type=checkbox], [type=radio]), textarea");
    focused().is_some_and(|focused| is_visible(&focused) && is_field(&focused).unwrap_or(false))
}

/// Inserts a child before another one or, without one, at the end.
pub fn insert(parent: &Element, child: &Element, before: Option<&Element>) {
    let _is_child = parent.insert_before(child, before.map(AsRef::as_ref));
}

/// Compares two texts by the rules of the user's language.
pub fn compare(one: &str, other: &str) -> Ordering {
    JsString::from(one).locale_compare(other, &Array::new(), &Object::new()).cmp(&0)
}

/// Returns the first letter of a name, which is shown as an avatar.
pub fn initial(name: &str) -> String {
    name.chars().next().map(String::from).unwrap_or_default()
}
