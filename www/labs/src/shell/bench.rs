//! The controls and the elements of the open lab, and the list of what it reports.

use std::{cell::RefCell, fmt::Display, str::FromStr};

use browser_rtc::{Error, EventStream, Result};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, EventTarget, HtmlFormElement, HtmlInputElement, HtmlSelectElement};

/// Access of a lab to the page.
pub struct Bench {
    pub document: Document,
    pub form: HtmlFormElement,
    pub stage: Element,
    pub results: Element,
}

impl Bench {
    /// Returns the element of this name, from the controls or from the stage.
    pub fn part<T: JsCast>(&self, name: &str) -> Result<T> {
        let selector = format!("[data-part=\"{name}\"]");
        let found = [self.form.as_ref(), &self.stage].into_iter().find_map(|parent: &Element| find(parent, &selector));
        found.and_then(|element| element.dyn_into().ok()).ok_or_else(|| missing(&selector))
    }

    /// Returns the value of the field of this name.
    pub fn text(&self, name: &str) -> Result<String> {
        let selector = format!("[name=\"{name}\"]");
        let field = find(&self.form, &selector).ok_or_else(|| missing(&selector))?;
        match field.dyn_ref::<HtmlSelectElement>() {
            Some(select) => Ok(select.value()),
            None => field.dyn_ref().map(HtmlInputElement::value).ok_or_else(|| missing(&selector)),
        }
    }

    /// Returns the value of a number field.
    ///
    /// # Errors
    /// Returns an error that names the field if it has no number.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<T> {
        let text = self.text(name)?;
        text.parse().map_err(|_not_a_number| Error::other("start", format!("“{name}” needs a number, not “{text}”")))
    }

    /// Returns whether a field is checked.
    pub fn is_checked(&self, name: &str) -> bool {
        find(&self.form, &format!("[name=\"{name}\"]:checked")).is_some()
    }

    /// Returns the clicks on the element of this name.
    pub fn clicks(&self, name: &str) -> Result<EventStream<()>> {
        Ok(EventStream::listen(&self.part::<EventTarget>(name)?, "click", |_| Some(())))
    }

    /// Returns the names of the actions whose buttons are clicked.
    pub fn actions(&self) -> EventStream<String> {
        EventStream::listen(&self.form, "click", |event| {
            let target = event.target()?.dyn_into::<Element>().ok()?;
            target.closest("[data-action]").ok()??.get_attribute("data-action")
        })
    }

    /// Returns the function that shows a value under a name, in place of the previous one.
    pub fn results(&self) -> impl Fn(&str, &dyn Display) + use<> {
        let (document, list) = (self.document.clone(), self.results.clone());
        let rows = RefCell::new(Vec::<(String, Element)>::new());
        move |name, value| {
            let mut rows = rows.borrow_mut();
            let row = rows.iter().find(|(this, _)| this == name).map(|(_, row)| row.clone());
            let row = row.or_else(|| {
                let row = add_row(&document, &list, name)?;
                rows.push((name.to_owned(), row.clone()));
                Some(row)
            });
            if let Some(row) = row {
                row.set_text_content(Some(&value.to_string()));
            }
        }
    }
}

/// Adds a name to the list. Returns the element of its value.
fn add_row(document: &Document, list: &Element, name: &str) -> Option<Element> {
    let create = |tag| document.create_element(tag).ok();
    let (row, term, value) = (create("div")?, create("dt")?, create("dd")?);
    term.set_text_content(Some(name));
    value.set_attribute("data-result", name).ok()?;
    row.append_child(&term).ok()?;
    row.append_child(&value).ok()?;
    list.append_child(&row).ok()?;
    Some(value)
}

pub fn find(parent: &Element, selector: &str) -> Option<Element> {
    parent.query_selector(selector).ok().flatten()
}

/// Returns the error of a page that does not fit to this program.
pub fn missing(what: &str) -> Error {
    Error::other("open", format!("the page has no element {what}"))
}
